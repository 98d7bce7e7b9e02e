"""Lint of prices: off-balances, limits, the greatest possible product, and what one order of one day costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import ROW_CODES
from pricing.finding import Finding
from pricing.portfolio import is_balanced
from pricing.rate_table import NATION, UNITS, Curve, Found, RateTable, leaves
from pricing.ratio import limits
from pricing.scheme import Scheme
from pricing.settle import settle
from pricing.spoken import yuan_of_fen
from pricing.tariff import Tariff
from pricing.units import LARGEST, MILLIFEN_PER_FEN, PPM, month_text, pct_to_ppm
from pricing.usage import BY_NAME, DECLARED_GREATEST, Usage

_GREATEST_FLOAT = 2 * PPM
# One order of three kilometres on one day, by a rider, a driver of goods and a courier, with and without an employer.
ONE_ORDER: Mapping[str, object] = {
    "worker": "w_one_order",
    "platform": "sf_intracity",
    "region": "110000",
    "vehicle": "e_bike",
    "orders": 1,
    "distance_m": 3000,
    "active_days": 1,
    "income_fen": 700,
}
_WHO: Mapping[str, Mapping[str, object]] = {
    "pilot_per_order": {"occupation": "instant_rider", "employment": "none"},
    "class_rate": {"occupation": "food_rider", "employment": "employee", "risk_class": 5},
    "courier_single": {"occupation": "parcel_courier", "employment": "employee"},
    "mileage_linked": {"occupation": "food_rider", "employment": "none", "risk_class": 5},
}


def balance(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """The off-balance of each curve must keep the premium of its reference portfolio."""
    for scheme in tariff.schemes.values():
        for relativity in scheme.relativities:
            found = edition.tables[relativity.table].on(NATION, edition.month, edition.known)
            value = found.entry.value if isinstance(found, Found) else None
            if not isinstance(value, Curve) or value.off_balance_ppm is None:
                continue
            portfolio = tariff.portfolios.get(value.reference_portfolio)
            if portfolio is None:
                named = value.reference_portfolio or "-"
                yield Finding.of("error", "lint_no_portfolio", relativity.table, portfolio=named)
            elif not is_balanced(portfolio, edition, scheme):
                yield Finding.of("error", "lint_unbalanced", relativity.table, portfolio=portfolio.name)


def limits_hold(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """Limits of a ratio must enclose 1."""
    for scheme in tariff.schemes.values():
        if scheme.limits and isinstance(edition.number_of(scheme.limits, NATION), int):
            least, most = limits(edition, scheme)
            if not 0 < least <= PPM <= most:
                yield Finding.of("error", "lint_limits", scheme.name, least=f"{least:,}", greatest=f"{most:,}")


def greatest(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """The greatest possible product of each scheme's steps must stay below 2^63."""
    for scheme in tariff.schemes.values():
        product = greatest_product(tariff, scheme)
        severity = "note" if product <= LARGEST else "error"
        yield Finding.of(severity, "lint_greatest", scheme.name, product=f"{product:.1e}", limit=f"{LARGEST:.1e}")


def greatest_product(tariff: Tariff, scheme: Scheme) -> int:
    """Greatest number in the scheme's steps before a division, at the greatest value of every input and unit."""
    if scheme.product is not None:
        return _greatest_of_cover(tariff, scheme)
    rate = UNITS[tariff.tables[scheme.base_rate].unit]
    wage = UNITS["fen per month"] * MILLIFEN_PER_FEN
    if scheme.exposure == "orders":
        return max(rate * _GREATEST_FLOAT, rate * 2 * DECLARED_GREATEST["orders"])
    if scheme.exposure == "heads":
        return wage * DECLARED_GREATEST["heads"]
    greatest_float: int = pct_to_ppm(UNITS["pct"])
    premium = wage * rate // PPM
    return max(wage * rate, premium * greatest_float, premium * greatest_float // PPM * UNITS["ppm"])


def _greatest_of_cover(tariff: Tariff, scheme: Scheme) -> int:
    """With the tables' own greatest rate and relativities: a worker of a hundred rows, and the running ratio."""
    tables = (scheme.base_rate, *_relativity_tables(scheme))
    highest = {table: max(_numbers(tariff.tables[table])) for table in tables}
    exposed = 100 * BY_NAME[scheme.exposure].greatest if scheme.exposure in BY_NAME else 1
    ratio = PPM
    steps = [highest[scheme.base_rate] * exposed]
    for table in _relativity_tables(scheme):
        steps.append(ratio * highest[table])
        ratio = max(1, ratio * highest[table] // PPM)
    return max(steps)


def _relativity_tables(scheme: Scheme) -> tuple[str, ...]:
    return tuple(relativity.table for relativity in scheme.relativities)


def _numbers(table: RateTable) -> Iterator[int]:
    yield from (int(n) for entries in table.entries.values() for entry in entries for n in leaves(entry.value))


def one_order(tariff: Tariff, edition: Edition) -> Iterator[Finding]:
    """What one order on one day costs under each scheme: an absurd tariff shows here first."""
    for name, scheme in tariff.schemes.items():
        month = month_text(edition.month)
        row = {"month": month, **ONE_ORDER, **_WHO.get(name, _WHO["mileage_linked"])}
        settlement = settle(Usage.of([row]), edition, [name])
        priced = settlement.priced[name]
        if priced is None:
            code = ROW_CODES[int(settlement.refusals[name][0]) % COLUMN]
            yield Finding.of("note", "lint_one_order_refused", scheme.name, refusal=code, month=month)
        else:
            premium = yuan_of_fen(int(priced.levy_fen.sum()))
            yield Finding.of("note", "lint_one_order", scheme.name, premium=premium, month=month)
