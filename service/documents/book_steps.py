"""The steps of a price as rows of its sheet, in the order of the kernel, from the scheme's own data."""

from __future__ import annotations

from pricing.platform_terms import AS_IT_IS
from pricing.rules import AVERAGE_WAGE, BASE, INDUSTRY_CLASS, OCCUPATION_CLASS
from pricing.units import METRES_PER_1000_KM, PPM_PER_PCT, days_of_month
from pricing.words import say
from service.documents import exact_formulas as exact
from service.documents.book_pages import quoted
from service.documents.book_ratio import ratio_rows
from service.documents.book_scopes import gate_rows
from service.documents.book_sheet import NATIONAL, SchemeSheet
from service.documents.exact_formulas import Whole, constant


def price_rows(sheet: SchemeSheet) -> Whole:
    """The rows of the scheme's price; the last of them holds it. [millifen]"""
    scheme = sheet.scheme
    gate_rows(sheet)
    sheet.section("steps")
    if scheme.exposure == "contribution_base":
        money = _by_contribution_base(sheet)
    elif scheme.exposure == "heads":
        money = _by_average_wage(sheet)
    elif scheme.product is not None:
        money = _by_exposure(sheet)
    else:
        money = _by_orders(sheet)
    return ratio_rows(sheet, money) if scheme.relativities else money


def _by_contribution_base(sheet: SchemeSheet) -> Whole:
    scheme = sheet.scheme
    money = _contribution_base(sheet)
    risk_class = _risk_class(sheet)
    by_class = {"risk_class": f'{risk_class}&""'}
    rate = sheet.look_up(scheme.base_rate, by_class, "rate_not_known")
    money = sheet.step("after_rate", exact.times_ppm(money, rate), "millifen")
    if scheme.reduction:
        share = sheet.look_up(scheme.reduction, by_class, otherwise="1000000")
        money = sheet.step("after_reduction", exact.times_ppm(money, share), "millifen")
    if scheme.float_column:
        money = _class_float(sheet, money, str(by_class["risk_class"]))
    return money


def _contribution_base(sheet: SchemeSheet) -> Whole:
    """max(min(income, cap), floor), with the floor by days of the month where the scheme says so."""
    floor, cap = (
        sheet.look_up(BASE, {"bound": quoted(bound)}, "contribution_base_not_known") for bound in ("floor", "cap")
    )
    income, least = sheet.inputs["income_fen"], floor
    if sheet.scheme.floor_by_days:
        month, given = days_of_month(sheet.edition.month), sheet.inputs["active_days"]
        counted = Whole(f'IF({given}="",{month},MIN({given},{month}))', month)
        days = sheet.step("days", counted, "days", days=month)
        least = sheet.step("least", exact.parts_of(floor, days, constant(month)), "fen", days=month)
    base = Whole(f"MAX(MIN({income},{cap}),{least})", max(cap.greatest, floor.greatest))
    base = sheet.step("base", base, "fen")
    return sheet.step("base_millifen", exact.to_millifen(base), "millifen")


def _risk_class(sheet: SchemeSheet) -> Whole:
    """The class typed in, else the industry's, else the occupation's default; the first rests on no entry."""
    given = sheet.inputs["risk_class"]
    tables = [sheet.tables[name] for name in (INDUSTRY_CLASS, OCCUPATION_CLASS)]
    names = ("industry", "occupation")
    places = [
        table.place(sheet.region_of(table.table.id), {name: str(sheet.inputs[name])})
        for table, name in zip(tables, names, strict=True)
    ]
    values = [f"INDEX({table.column('value')},{place})" for table, place in zip(tables, places, strict=True)]
    formula = f'IF({given}="",IFERROR({values[0]},{values[1]}),VALUE({given}))'
    marks = [sheet.marks(table, place) for table, place in zip(tables, places, strict=True)]
    both = [f'IF({given}="",IFERROR({first},{second}),"")' for first, second in zip(*marks, strict=True)]
    counts = "risk_class" in sheet.tables[sheet.scheme.base_rate].keys  # else the premium does not rest on it
    greatest = max(table.greatest for table in tables)
    found = sheet.step("class", Whole(formula, greatest), "class", both if counts else both[:1])
    sheet.check(say("book_check_class", sheet.lang), f"ISNUMBER({found})", "risk_class_not_known")
    return found


def _class_float(sheet: SchemeSheet, money: Whole, risk_class: str) -> Whole:
    """The platform's float in the steps of its class; 100 % always stands, and rests on no entry."""
    pct, table = sheet.inputs[sheet.scheme.float_column], sheet.tables.get(sheet.scheme.float_steps)
    as_it_is, marks = f"{pct}={AS_IT_IS}", list[str]()
    allowed = as_it_is
    if table is not None and table.rows:
        place = table.place(NATIONAL, {"risk_class": risk_class, "one_of": f'{pct}&""'})
        allowed, marks = f"OR({as_it_is},ISNUMBER({place}))", sheet.marks(table, place, f"NOT({as_it_is})")
    _float_check(sheet, allowed, "float_not_a_step")
    factor = sheet.step("float", exact.times(pct, constant(PPM_PER_PCT)), "ppm", marks)
    return sheet.step("after_float", exact.times_ppm(money, factor), "millifen")


def _float_check(sheet: SchemeSheet, allowed: str, code: str) -> None:
    table = sheet.tables.get(sheet.scheme.float_steps)
    known = table is not None and table.rows
    label = (
        say("book_check_float", sheet.lang, steps=table.name)
        if known and table
        else say("book_check_no_float", sheet.lang)
    )
    sheet.check(label, allowed, code)


def _by_average_wage(sheet: SchemeSheet) -> Whole:
    wage = sheet.look_up(AVERAGE_WAGE, {}, "average_wage_not_known")
    of_one = exact.to_millifen(wage)
    heads = sheet.inputs["heads"]
    money = sheet.step("wages", exact.times(of_one, heads), "millifen")
    rate = sheet.look_up(sheet.scheme.base_rate, {}, "scope_not_established")
    return sheet.step("after_rate", exact.times_ppm(money, rate), "millifen")


def _by_exposure(sheet: SchemeSheet) -> Whole:
    """A cover's rate × its exposure: kilometres, orders, or the insured month."""
    scheme = sheet.scheme
    rate = sheet.look_up(scheme.base_rate, {"occupation": str(sheet.inputs["occupation"])}, "rate_not_known")
    if scheme.exposure == "insured_months":
        return sheet.step("insured_month", rate, "millifen")
    quantity = sheet.inputs[scheme.exposure]
    per = METRES_PER_1000_KM if scheme.exposure == "distance_m" else 1
    code = "by_distance" if scheme.exposure == "distance_m" else "by_units"
    found = exact.parts_of(rate, quantity, constant(per)) if per > 1 else exact.times(rate, quantity)
    return sheet.step(code, found, "millifen")


def _by_orders(sheet: SchemeSheet) -> Whole:
    """Amount × float, to millifen first; then × orders."""
    scheme = sheet.scheme
    levels = {name: str(sheet.inputs[name]) for name in ("pilot_industry", "pilot_tier")}
    amount = sheet.look_up(scheme.base_rate, levels, "rate_not_known")
    if scheme.float_column:
        amount = _pilot_float(sheet, amount)
    return sheet.step("by_units", exact.times(amount, sheet.inputs[scheme.exposure]), "millifen")


def _pilot_float(sheet: SchemeSheet, amount: Whole) -> Whole:
    """Whole steps away from 100 %, within the limit, where a table of steps is in force; else 100 % only."""
    pct, table = sheet.inputs[sheet.scheme.float_column], sheet.tables.get(sheet.scheme.float_steps)
    allowed, marks, code = f"{pct}={AS_IT_IS}", list[str](), "float_not_in_force"
    if table is not None and sheet.edition.steps(sheet.scheme.float_steps) is not None:
        step, limit = (
            f"INDEX({table.column('value')},{table.place(NATIONAL, {'steps': quoted(name)})})"
            for name in ("step", "limit")
        )
        away, code = f"ABS({pct}-{AS_IT_IS})", "float_not_a_step"
        allowed = f"AND({away}/{step}=INT({away}/{step}),{away}<={limit})"
        marks = sheet.marks(table, "1", f"NOT({pct}={AS_IT_IS})")
    _float_check(sheet, allowed, code)
    factor = sheet.step("float", exact.times(pct, constant(PPM_PER_PCT)), "ppm", marks)
    return sheet.step("after_float_amount", exact.times_ppm(amount, factor), "millifen")
