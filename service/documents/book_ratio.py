"""The ratio of a price as rows of its sheet: levels and curves in their order, off-balance, limits, and the product."""

from __future__ import annotations

from itertools import pairwise

from pricing.ratio import off_balance
from pricing.scheme import Relativity
from pricing.units import PPM
from service.documents import exact_formulas as exact
from service.documents.book_pages import quoted
from service.documents.book_sheet import SchemeSheet, unit_of
from service.documents.book_tables import KNOT, OFF_BALANCE
from service.documents.exact_formulas import Whole, constant


def ratio_rows(sheet: SchemeSheet, money: Whole) -> Whole:
    """Each relativity with the running product, then money × ratio. [millifen]"""
    ratio: Whole | None = None
    for relativity in sheet.scheme.relativities:
        factor = _curve(sheet, relativity) if relativity.by_curve else _levels(sheet, relativity)
        ratio = factor if ratio is None else sheet.step("ratio", exact.times_ppm(ratio, factor), "ppm")
    assert ratio is not None
    ratio = _limited(sheet, _balanced(sheet, ratio))
    return sheet.step("times_ratio", exact.times_ppm(money, ratio), "millifen")


def _levels(sheet: SchemeSheet, relativity: Relativity) -> Whole:
    levels = {name: str(sheet.inputs[name]) for name in relativity.of}
    product = sheet.scheme.product
    by_options = product is not None and set(relativity.of) <= set(product.options)
    return sheet.look_up(relativity.table, levels, "option_not_priced" if by_options else "rate_not_known")


def _sum(sheet: SchemeSheet, names: tuple[str, ...]) -> Whole:
    """Several quantities, added."""
    cells = [sheet.inputs[name] for name in names]
    text = "+".join(map(str, cells))
    greatest = sum(cell.greatest for cell in cells)
    return Whole(f"({text})" if len(cells) > 1 else text, greatest)


def _quantity(sheet: SchemeSheet, relativity: Relativity) -> Whole:
    """What the curve is read by; empty where any part of it is unknown, or where there is nothing to divide by."""
    found = _sum(sheet, relativity.of)
    unknown = [f'{sheet.inputs[name]}=""' for name in (*relativity.of, *relativity.per)]
    if relativity.per:
        whole = _sum(sheet, relativity.per)
        unknown.append(f"{whole}=0")
        found = exact.parts_of(found, constant(PPM if relativity.share else 1), whole)
        found = Whole(f"MIN({found},{PPM})", PPM) if relativity.share else found
    return Whole(f'IF(OR({",".join(unknown)}),"",{found})', found.greatest)


def _curve(sheet: SchemeSheet, relativity: Relativity) -> Whole:
    """The relativity between the two knots around the quantity; level outside the knots; 1 where it is unknown."""
    table = sheet.tables[relativity.table]
    knots, title = table.knots(), table.table.title[sheet.lang]
    share = bool(relativity.per) and relativity.share
    code = "share" if share else "quotient" if relativity.per else "quantity"
    unit = "ppm" if share else unit_of(relativity.of[0])
    facts = {"title": title, "of": " + ".join(relativity.of), "per": " + ".join(relativity.per)}
    quantity = sheet.step(code, _quantity(sheet, relativity), unit, **facts)
    first, last = knots[0][0], knots[-1][0]
    held = Whole(f'IF({quantity}="","",MAX(MIN({quantity},{last}),{first}))', last)
    held = sheet.step("held", held, unit, title=title, first=f"{first:,}", last=f"{last:,}")
    x, y = table.curve(KNOT), table.curve("value")
    segment = Whole(f'IF({held}="","",MIN(MATCH({held},{x},1),{len(knots) - 1}))', len(knots))
    segment = sheet.step("segment", segment, "count", title=title, sheet=table.name)
    points = (f"INDEX({x},{segment})", f"INDEX({y},{segment})", f"INDEX({x},{segment}+1)", f"INDEX({y},{segment}+1)")
    rise = max(abs(after[1] - before[1]) * (after[0] - before[0]) for before, after in pairwise(knots))
    factor = exact.between_knots(held, points, rise, max(y for _, y in knots))
    factor = Whole(f'IF({held}="",{PPM},{factor})', max(factor.greatest, PPM))
    marks = sheet.marks(table, f"{segment}", f'NOT({held}="")')
    return sheet.step("factor", factor, "ppm", marks, title=title, sheet=table.name)


def _balanced(sheet: SchemeSheet, ratio: Whole) -> Whole:
    """÷ ω, where one of the curves has an off-balance of its own."""
    omega, number = off_balance(sheet.edition, sheet.scheme)
    if omega == PPM:
        return ratio
    table = sheet.edition.entries[number].entry.id.split("@")[0]
    divisor = sheet.look_up(table, {KNOT: quoted(OFF_BALANCE)})
    return sheet.step("balanced", exact.over_ppm(ratio, divisor, omega), "ppm")


def _limited(sheet: SchemeSheet, ratio: Whole) -> Whole:
    """Held within its dated limits, where the scheme has some."""
    if not sheet.scheme.limits:
        return ratio
    least, greatest = (
        sheet.look_up(sheet.scheme.limits, {"limit": quoted(bound)}, "rate_not_known")
        for bound in ("least", "greatest")
    )
    found = Whole(f"MIN(MAX({ratio},{least}),{greatest})", greatest.greatest)
    return sheet.step("limited", found, "ppm")
