"""The kernel: quantities become money. One visible list of steps, read top to bottom in `price`.

Money inside is whole millifen, factors are whole ppm; each step rounds half up. Every door comes through here.
"""

from __future__ import annotations

import numpy as np

from pricing.check import platform_region
from pricing.coding import Rows
from pricing.edition import MISSING, NO_ENTRY, Edition
from pricing.merge import Merged
from pricing.pilot import tiers
from pricing.platform_terms import AS_IT_IS
from pricing.rate_table import NATION
from pricing.ratio import limits, off_balance, relativities
from pricing.relativities import Grid
from pricing.rules import AVERAGE_WAGE, BASE
from pricing.scheme import Scheme
from pricing.units import (
    LARGEST,
    METRES_PER_1000_KM,
    PPM,
    IntArray,
    days_of_month,
    over_ppm,
    parts_of,
    pct_to_ppm,
    times_ppm,
    times_ppm_wide,
    to_millifen,
)
from pricing.worksheet import Step, Worksheet


def price(rows: Rows, merged: Merged, edition: Edition, scheme: Scheme) -> Worksheet:
    """Price each accepted row as if the whole merged month had been worked under its own attributes.

    rows: coded and not refused by the scheme, shape (n,). The worksheet's last step holds the price. [millifen]
    """
    sheet = Worksheet(len(rows))
    if scheme.exposure == "contribution_base":
        _contribution_base(sheet, rows, merged, edition, scheme)
        _base_rate(sheet, rows, edition, scheme)
        if scheme.reduction:
            _reduction(sheet, rows, edition, scheme)
        _float(sheet, rows, edition, scheme)
    elif scheme.exposure == "heads":
        _average_wage(sheet, rows, edition)
        _base_rate(sheet, rows, edition, scheme)
    elif scheme.product is not None:
        _amount_of_exposure(sheet, rows, merged, edition, scheme)
    else:
        _amount_per_unit(sheet, rows, edition, scheme)
    if scheme.relativities:
        _by_relativities(sheet, relativities(rows, merged, edition, scheme, sheet.millifen), edition, scheme)
    return sheet


def price_again(sheet: Worksheet, rows: Rows, merged: Merged, edition: Edition, scheme: Scheme) -> IntArray:
    """Prices of the same rows at given merged kilometres: steps that do not read them stand as in `sheet`. [millifen]

    Kilometres may have shape (k, rows), and so the prices, if they depend on them.
    """
    again = Worksheet(len(rows), [step for step in sheet.steps if step.ratio is None])
    if scheme.exposure in merged.given:
        again.steps.clear()
        _amount_of_exposure(again, rows, merged, edition, scheme)
    if scheme.relativities:
        before = sheet.steps[len(again.steps) :]
        unmoved = [place for place, r in enumerate(scheme.relativities) if merged.given.keys().isdisjoint(r.reads)]
        stands = {place: before[place] for place in unmoved}
        steps = relativities(rows, merged, edition, scheme, again.millifen, stands)
        _by_relativities(again, steps, edition, scheme)
    return again.millifen


def _by_relativities(sheet: Worksheet, steps: list[Step], edition: Edition, scheme: Scheme) -> None:
    sheet.steps += steps
    _off_balance(sheet, edition, scheme)
    _limits(sheet, edition, scheme)
    _ratio(sheet)


def _contribution_base(sheet: Worksheet, rows: Rows, merged: Merged, edition: Edition, scheme: Scheme) -> None:
    """max(min(income, cap), floor), with the floor by days of the month where the scheme says so. [fen]"""
    bounds = edition.keep("bounds", "", lambda: _bounds(edition))
    place = bounds[0].places(rows.codes, len(rows))
    floor, cap = (bound.values.take(place) for bound in bounds)
    income = merged.total("income_fen")
    least, days = floor, None
    if scheme.floor_by_days:
        days = _days(merged, edition)
        least = parts_of(floor, days, days_of_month(edition.month))
    base = np.maximum(np.minimum(income, cap), least)
    facts = {"income": income, "floor": floor, "cap": cap, "least": least}
    if days is not None:
        facts["days"] = days
    sheet.steps.append(
        Step("contribution_base", "fen", base, bounds[0].entry_at(place), to_millifen(base), facts=facts)
    )


def _bounds(edition: Edition) -> list[Grid]:
    """Floor and cap per region. [fen]"""
    return [edition.grid(BASE).only("bound", edition.levels["bound"][name]) for name in ("floor", "cap")]


def _days(merged: Merged, edition: Edition) -> IntArray:
    """Days that the floor counts: the greatest of the worker's rows, the whole month where a row has none."""
    month = days_of_month(edition.month)
    days = np.minimum(merged.greatest("active_days"), month)
    lacks = merged.lacks("active_days")
    return days if lacks is None else np.where(lacks, month, days)


def _base_rate(sheet: Worksheet, rows: Rows, edition: Edition, scheme: Scheme) -> None:
    grid = edition.grid(scheme.base_rate)
    place = grid.places(rows.codes, len(rows))
    rate = grid.values.take(place)
    unit = edition.tables[scheme.base_rate].unit
    entries = grid.entry_at(place)
    if "risk_class" in grid.keys:
        class_entry = rows.codes["class_entry"]
        sheet.steps.append(Step("risk_class", "class", rows.codes["risk_class"], class_entry, sheet.millifen))
    times = times_ppm_wide if scheme.exposure == "heads" else times_ppm
    sheet.steps.append(Step("base_rate", unit, rate, entries, times(sheet.millifen, rate)))


def _reduction(sheet: Worksheet, rows: Rows, edition: Edition, scheme: Scheme) -> None:
    """A temporary reduction where the region has an entry; without one nothing is reduced."""
    grid = edition.grid(scheme.reduction)
    place = grid.places(rows.codes, len(rows))
    factor, entries = grid.values.take(place), grid.entry_at(place)
    factor = np.where(factor == MISSING, PPM, factor)
    sheet.steps.append(Step("reduction", "ppm", factor, entries, times_ppm(sheet.millifen, factor)))


def _float(sheet: Worksheet, rows: Rows, edition: Edition, scheme: Scheme) -> None:
    """The platform's own float, in the steps of its class. No entry where it stands at 100 %."""
    if scheme.float_column not in edition.terms.floating:
        sheet.steps.append(Step("float", "ppm", PPM, NO_ENTRY, sheet.millifen))
        return
    pct = edition.terms.floats[scheme.float_column].reshape(-1).take(platform_region(rows, edition))
    number = edition.number_of(scheme.float_steps, NATION)
    entries = np.where(pct == AS_IT_IS, NO_ENTRY, number if isinstance(number, int) else NO_ENTRY)
    factor = pct_to_ppm(pct)
    sheet.steps.append(Step("float", "ppm", factor, entries, times_ppm(sheet.millifen, factor)))


def _average_wage(sheet: Worksheet, rows: Rows, edition: Edition) -> None:
    """Heads × last year's average wage. [millifen]"""
    grid = edition.grid(AVERAGE_WAGE)
    place = grid.places(rows.codes, len(rows))
    wage, heads = grid.values.take(place), rows.numbers["heads"]
    sheet.steps.append(
        Step(
            "average_wage",
            "fen per month",
            wage,
            grid.entry_at(place),
            to_millifen(wage) * heads,
            facts={"heads": heads},
        )
    )


def _amount_per_unit(sheet: Worksheet, rows: Rows, edition: Edition, scheme: Scheme) -> None:
    """Amount × float, to millifen first; then × units. A float step stands before only where there is a float."""
    grid = edition.grid(scheme.base_rate)
    terms = platform_region(rows, edition)
    tier = edition.keep("tiers", "", lambda: tiers(edition)[0].reshape(-1)).take(terms)
    place = grid.places({**rows.codes, "pilot_tier": tier}, len(rows))
    amount, entries = grid.values.take(place), grid.entry_at(place)
    unit = edition.tables[scheme.base_rate].unit
    units = rows.numbers[scheme.exposure]
    if scheme.float_column in edition.terms.floating:
        pct = edition.terms.floats[scheme.float_column].reshape(-1).take(terms)
        steps = edition.steps(scheme.float_steps)
        factor = pct_to_ppm(pct)
        float_entry = np.where(pct == AS_IT_IS, NO_ENTRY, steps[1] if steps else NO_ENTRY)
        floated = times_ppm(amount, factor)
        sheet.steps.append(Step("float", "ppm", factor, float_entry, floated, facts={"amount": amount}))
        amount = floated
    sheet.steps.append(Step("base_rate", unit, amount, entries, amount * units, facts={"units": units}))


def _amount_of_exposure(sheet: Worksheet, rows: Rows, merged: Merged, edition: Edition, scheme: Scheme) -> None:
    """A cover's rate × its merged exposure: kilometres, orders, or the insured month."""
    grid = edition.grid(scheme.base_rate)
    place = grid.places(rows.codes, len(rows))
    rate, unit = grid.values.take(place), edition.tables[scheme.base_rate].unit
    whole_month = scheme.exposure == "insured_months"
    quantity = np.ones(len(rows), dtype=np.int64) if whole_month else merged.total(scheme.exposure)
    money = parts_of(rate * quantity, 1, METRES_PER_1000_KM if scheme.exposure == "distance_m" else 1)
    facts = {"quantity": quantity}
    sheet.steps.append(Step("base_rate", unit, rate, grid.entry_at(place), money, facts=facts))


def _off_balance(sheet: Worksheet, edition: Edition, scheme: Scheme) -> None:
    """÷ ω, which keeps the reference portfolio's premium."""
    omega, entry = off_balance(edition, scheme)
    last = sheet.steps[-1]
    ratio = over_ppm(last.ratio, omega)
    sheet.steps.append(Step("off_balance", "ppm", omega, entry, last.money, ratio))


def _limits(sheet: Worksheet, edition: Edition, scheme: Scheme) -> None:
    """Clamp the ratio to its dated limits."""
    last = sheet.steps[-1]
    if not scheme.limits or last.ratio is None:
        return
    least, greatest = limits(edition, scheme)
    ratio = np.minimum(np.maximum(last.ratio, least), greatest)
    entry = int(edition.grid(scheme.limits).entries[1])
    facts = {"least": least, "greatest": greatest}
    sheet.steps.append(Step("limits", "ppm", ratio, entry, last.money, ratio, facts))


def _ratio(sheet: Worksheet) -> None:
    """× ratio."""
    last = sheet.steps[-1]
    assert last.ratio is not None
    fits = int(last.money.max(initial=0)) * int(last.ratio.max(initial=0)) <= LARGEST
    money = (times_ppm if fits else times_ppm_wide)(last.money, last.ratio)
    sheet.steps.append(Step("ratio", "ppm", last.ratio, NO_ENTRY, money, last.ratio))
