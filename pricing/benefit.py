"""Statutory benefits of work injury, death, unemployment: dated tables in, whole fen out, with the steps between.

The severity side of a technical premium and the door `licheng benefit` call these. Everything is read from an edition:
the tables as they stand for one month and one knowledge date. A `wage_fen` is the average monthly contribution wage of
the twelve months before. What the tables do not know is Unanswered, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pricing.benefit_tables import (
    ALLOWANCE,
    CARE,
    DEATH_MULTIPLE,
    EMPLOYER,
    FUNERAL,
    LUMP_SUM,
    MINIMUM_WAGE,
    STOP_WORK,
    UNEMPLOYMENT_AMOUNT,
    UNEMPLOYMENT_FUND,
    UNEMPLOYMENT_LATER,
    UNEMPLOYMENT_MONTHS,
    URBAN_INCOME,
    WAGE_LIMITS,
    Amount,
    Benefit,
    Known,
    Lack,
    Said,
    Step,
    Unanswered,
    known,
    look_up,
    payer_of,
    together,
    where,
)
from pricing.dependants import Dependant, pensions
from pricing.edition import Edition
from pricing.rate_table import NATION
from pricing.rules import AVERAGE_WAGE
from pricing.spoken import percent, yuan_of_fen
from pricing.units import month_text, times_ppm

FIRST_MONTHS = 12  # the months before the amount `from month 13`
_MOST_YEARS = 20
_LEAVING = range(5, 11)  # grades with subsidies on leaving, whose amounts each province sets


def benefit_wage(edition: Edition, region: str, wage_fen: int) -> tuple[int, tuple[Step, ...]]:
    """Own wage held between floor and cap of the local average wage, with its steps. [fen]"""
    average, step = _average(edition, region)
    floor, cap = (known(edition, WAGE_LIMITS, NATION, bound) for bound in ("floor", "cap"))
    low, high = (times_ppm(average.value, limit.value) for limit in (floor, cap))
    wage = max(min(wage_fen, high), low)
    said = {"average": yuan_of_fen(average.value), "wage": yuan_of_fen(wage_fen), "base": yuan_of_fen(wage)}
    limits = {"floor": yuan_of_fen(low), "cap": yuan_of_fen(high)}
    return wage, (
        step,
        Step.of("wage_floor", floor, low, percent=percent(floor.value), average=said["average"], floor=limits["floor"]),
        Step.of("wage_cap", cap, high, percent=percent(cap.value), average=said["average"], cap=limits["cap"]),
        Step.of("benefit_wage", (wage_fen, "fen per month"), wage, wage=said["wage"], base=said["base"], **limits),
    )


def disability(edition: Edition, region: str, wage_fen: int, grade: int, *, employer: bool = True) -> Benefit:
    """Lump sum of a grade 1-10, with the monthly allowance of grades 1-6; employer: whether there is one to pay."""
    wage, steps = benefit_wage(edition, region, wage_fen)
    months = known(edition, LUMP_SUM, NATION, str(grade))
    lump_sum = wage * months.value
    facts = {"base": yuan_of_fen(wage), "months": months.value, "grade": grade, "running": yuan_of_fen(lump_sum)}
    leaving = "benefit_leaving_not_known" if employer else "benefit_leaving_no_employer"
    once = Benefit(
        amounts=(Amount("lump_sum", lump_sum, payer_of(edition, "lump_sum"), monthly=False),),
        steps=(*steps, Step.of("lump_sum", months, lump_sum, **facts)),
        warnings=(Said(leaving, {"grade": grade}),) if grade in _LEAVING else (),
    )
    share = look_up(edition, ALLOWANCE, NATION, str(grade))
    if not isinstance(share, Known):
        return once
    return together((once, _allowance(edition, region, wage, grade, share, employer=employer)))


def _allowance(edition: Edition, region: str, wage: int, grade: int, share: Known, *, employer: bool) -> Benefit:
    """Monthly allowance: a share of the benefit wage, never below the local minimum wage where it is known."""
    payer = payer_of(edition, "allowance", str(grade))
    if payer == EMPLOYER and not employer:
        return Benefit(warnings=(Said("benefit_allowance_no_employer", {"grade": grade}),))
    fen = times_ppm(wage, share.value)
    facts = {"base": yuan_of_fen(wage), "percent": percent(share.value), "grade": grade, "running": yuan_of_fen(fen)}
    steps = [Step.of("allowance", share, fen, **facts)]
    warnings = [Said("benefit_allowance_employer")] if payer == EMPLOYER else []
    least = look_up(edition, MINIMUM_WAGE, region)
    if isinstance(least, Known):
        raised = max(fen, least.value)
        said = {"before": yuan_of_fen(fen), "least": yuan_of_fen(least.value), "running": yuan_of_fen(raised)}
        steps.append(Step.of("minimum_wage", least, raised, **said))
        warnings += [Said("benefit_minimum_wage_class")] if raised > fen else []
        fen = raised
    else:
        warnings.append(Said("benefit_minimum_wage_not_known", where(edition, region)))
    return Benefit((Amount("allowance", fen, payer, monthly=True),), tuple(steps), tuple(warnings))


def life_care(edition: Edition, region: str, level: str) -> Benefit:
    """Monthly life care at a level (full, large, part) of dependence, from last year's local average wage."""
    average, step = _average(edition, region)
    share = known(edition, CARE, NATION, level)
    fen = times_ppm(average.value, share.value)
    facts = {"average": yuan_of_fen(average.value), "percent": percent(share.value), "running": yuan_of_fen(fen)}
    amount = Amount("care", fen, payer_of(edition, "care"), monthly=True)
    return Benefit((amount,), (step, Step.of("care", share, fen, **facts)))


def funeral(edition: Edition, region: str) -> Benefit:
    """Funeral grant: months of last year's local average wage."""
    average, step = _average(edition, region)
    months = known(edition, FUNERAL)
    fen = average.value * months.value
    facts = {"average": yuan_of_fen(average.value), "months": months.value, "running": yuan_of_fen(fen)}
    amount = Amount("funeral", fen, payer_of(edition, "funeral"), monthly=False)
    return Benefit((amount,), (step, Step.of("funeral", months, fen, **facts)))


def death_grant(edition: Edition) -> Benefit:
    """Death grant: a multiple of the national urban disposable income of the year before; same in every region."""
    income, times = known(edition, URBAN_INCOME), known(edition, DEATH_MULTIPLE)
    fen = income.value * times.value
    said = yuan_of_fen(income.value)
    year = edition.month // 12
    steps = (
        Step.of("urban_income", income, income.value, year=year - 1, income=said),
        Step.of("death_grant", times, fen, income=said, times=times.value, running=yuan_of_fen(fen)),
    )
    return Benefit((Amount("death_grant", fen, payer_of(edition, "death_grant"), monthly=False),), steps)


def dependants_pensions(edition: Edition, region: str, wage_fen: int, dependants: tuple[Dependant, ...]) -> Benefit:
    """Monthly pensions of the dependants, to the fen; together at most own wage."""
    wage, steps = benefit_wage(edition, region, wage_fen)
    parts, more = pensions(edition, wage, dependants)
    amount = Amount("dependants", sum(p.monthly_fen for p in parts), payer_of(edition, "dependants"), monthly=True)
    return Benefit((amount,), (*steps, *more), dependants=parts)


def death(
    edition: Edition, region: str, wage_fen: int | None = None, dependants: tuple[Dependant, ...] = ()
) -> Benefit:
    """Funeral, grant, pensions; what is not known is `lacking`, and Unanswered where nothing is known."""
    found = [_or_lacking(lambda: funeral(edition, region)), _or_lacking(lambda: death_grant(edition))]
    if dependants and wage_fen is not None:
        of_dependants = partial(dependants_pensions, edition, region, wage_fen, dependants)
        found.append(_or_lacking(of_dependants, monthly=True))
    if not any(part.amounts for part in found):
        raise found[0].lacking[0].reason
    return together(found)


def _or_lacking(part: Callable[[], Benefit], *, monthly: bool = False) -> Benefit:
    try:
        return part()
    except Unanswered as reason:
        return Benefit(lacking=(Lack(monthly, reason),))


def stop_work(edition: Edition, *, employer: bool = True) -> Benefit:
    """Stop-work pay: normal pay, from the employer, for a usual time that may be extended; no amount of the fund.

    employer: whether there is one to pay.
    """
    usual, extension = (known(edition, STOP_WORK, NATION, level) for level in ("usual", "extension"))
    steps = (
        Step.of("stop_work", usual, None, months=usual.value),
        Step.of("stop_work_extension", extension, None, months=extension.value, whole=usual.value + extension.value),
    )
    payer_of(edition, "stop_work")
    said = Said("benefit_stop_work" if employer else "benefit_stop_work_no_employer")
    return Benefit(steps=steps, months=usual.value, warnings=(said,))


def unemployment_amount(edition: Edition, region: str, years: int) -> Known | str:
    """Local unemployment benefit of the first twelve months, or why it is not known: `before`, `ended`, `no_level`.

    years: completed years of contributions; month and knowledge are the edition's. [fen per month]
    """
    return _banded(edition, UNEMPLOYMENT_AMOUNT, region, years)


def unemployment(edition: Edition, region: str, years: int) -> Benefit:
    """Months by completed years of contributions; the local amount, also from month 13 where it is known."""
    months = _banded(edition, UNEMPLOYMENT_MONTHS, NATION, years)
    if not isinstance(months, Known):
        code = "benefit_contributions_too_short" if months == "no_level" else "benefit_not_known"
        raise Unanswered(code, UNEMPLOYMENT_MONTHS, table=UNEMPLOYMENT_MONTHS, years=years, **where(edition, region))
    first = unemployment_amount(edition, region, years)
    if not isinstance(first, Known):
        facts = {"months": months.value, **where(edition, region)}
        raise Unanswered("benefit_unemployment_not_known", UNEMPLOYMENT_AMOUNT, **facts)
    steps = [
        Step.of("unemployment_months", months, None, years=years, months=months.value),
        Step.of("unemployment_amount", first, first.value, years=years, running=yuan_of_fen(first.value)),
    ]
    amounts = [
        Amount("unemployment", first.value, UNEMPLOYMENT_FUND, True, 1, min(months.value, FIRST_MONTHS)),
    ]
    if months.value <= FIRST_MONTHS:
        return Benefit(tuple(amounts), tuple(steps), months=months.value)
    later = look_up(edition, UNEMPLOYMENT_LATER, region)
    if not isinstance(later, Known):
        warning = Said("benefit_later_not_known", {"first": FIRST_MONTHS + 1, **where(edition, region)})
        return Benefit(tuple(amounts), tuple(steps), (warning,), months.value)
    steps.append(
        Step.of("unemployment_later", later, later.value, first=FIRST_MONTHS + 1, running=yuan_of_fen(later.value))
    )
    amounts.append(Amount("unemployment_later", later.value, UNEMPLOYMENT_FUND, True, FIRST_MONTHS + 1, months.value))
    return Benefit(tuple(amounts), tuple(steps), months=months.value)


def _banded(edition: Edition, table_id: str, region: str, years: int) -> Known | str:
    """A table's value at the highest band of years that is reached."""
    answers = (look_up(edition, table_id, region, str(reached)) for reached in range(min(years, _MOST_YEARS), 0, -1))
    return next((answer for answer in answers if answer != "no_level"), "no_level")


def _average(edition: Edition, region: str) -> tuple[Known, Step]:
    average = known(edition, AVERAGE_WAGE, region)
    facts = {"month": month_text(edition.month), "average": yuan_of_fen(average.value)}
    return average, Step.of("average_wage", average, average.value, **facts)
