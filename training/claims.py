"""The perils of a synthetic book of claims: every true parameter as data, with what each rests on.

A figure with no entry under `sources` is an assumption. Quotations are as in `population`: C is read on a page, D
derived from such, B from memory, the letter after it the grade of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from training.population import ASSUMPTION

ROAD = ("rider", "ride_hailing", "freight", "courier")
DESK = ("host", "promoter", "seller", "shop_operator")
BOOK_TRADES = (*ROAD, *DESK)
PILOT = ("rider", "ride_hailing", "freight")  # trades of the occupational injury pilot
# Workers of one file: insured against the same perils, with the same factors.
EXPOSED: Mapping[str, tuple[str, ...]] = {"exposure.parquet": ROAD, "exposure_desk.parquet": DESK}
EXPOSURE = "insured_months"  # the column that frequencies are per: each worker is insured in every month of the book

FRAILTY_VARIANCE = 0.5  # of a worker's own gamma factor of mean 1, kept over all months, for all perils
# A few riders drive cars: otherwise car and ride-hailing would be one and the same, and no fit could tell them apart.
VEHICLES: Mapping[str, Mapping[str, float]] = {
    "rider": {"e_bike": 0.93, "motorcycle": 0.04, "bicycle": 0.01, "car": 0.02}
}

# What the solved parameters have to meet, in yuan.
COST_PER_ORDER, COST_PER_CASE = 0.0234, 15_312.0
TARGET_SOURCES: Mapping[str, str] = {
    "cost_per_order_yuan": "Hainan, 24.31 m yuan of benefits / 1.04 bn orders: 海南日报 2025-12-29 (D from C/B)",
    "cost_per_case_yuan": "national, 490 m yuan / 32,000 recognised cases: 工人日报 2023-10-26 (D from C/C)",
}

Season = tuple[float, ...]  # relativity of January to December, 1 in the mean
_NO_SEASON: Season = (1.0,) * 12


@dataclass(frozen=True, slots=True)
class Frequency:
    """Claims per insured month = base × all relativities × the worker's frailty.

    claims_per: claims per unit of a total (`orders`, `distance_m`, `months`) that the base is solved for; None: solved
    for the cost per order. The relativity of the monthly `quantity` is (quantity / quantity_at) ** elasticity; that of
    the night share exp(night × share).
    """

    claims_per: tuple[str, float] | None
    trades: Mapping[str, float]
    quantity: str
    quantity_at: float
    elasticity: float
    night: float = 0.0
    vehicles: Mapping[str, float] = field(default_factory=dict)
    season: Season = _NO_SEASON


@dataclass(frozen=True, slots=True)
class Tail:
    """A cost of mean 1: lognormal with `sigma`; a share of `pareto` instead Pareto of `alpha` from `start` medians."""

    sigma: float
    pareto: float = 0.0
    alpha: float = 2.5
    start: float = 6.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a claim turns out to be. share: of the claims; cost: mean, in yuan or (work injury) in medical scales;
    grade: 1-10 of a disability; death: whether it is one.
    """

    name: str
    share: float
    cost: float
    grade: int | None = None
    death: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """Days from occurrence to report, lognormal, at most `most_days`; then a claim is paid evenly in `paid_months`."""

    median_days: float
    sigma: float
    most_days: float
    paid_months: float


@dataclass(frozen=True, slots=True)
class Peril:
    """One peril. trades: those insured against it; cost_by_trade: factor on the cost of a claim, 1 where a trade is not
    named; statutory: whether benefits of the law come on top of the cost.
    """

    name: str
    trades: tuple[str, ...]
    frequency: Frequency
    outcomes: tuple[Outcome, ...]
    tail: Tail
    delay: Delay
    statutory: bool = False
    cost_by_trade: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def basis(self) -> Iterator[tuple[str, str, str]]:
        """Each parameter in use as (parameter, value, source)."""
        for group, part in (("", self), ("frequency.", self.frequency), ("tail.", self.tail), ("delay.", self.delay)):
            for one in fields(part):
                value = getattr(part, one.name)
                if (
                    one.name in ("name", "sources", "frequency", "tail", "delay")
                    or value in (None, {})
                    or value is False
                ):
                    continue
                if one.name in ("pareto", "alpha", "start") and not self.tail.pareto:
                    continue
                key = f"{group}{one.name}"
                yield f"{self.name}.{key}", shown(value), self.sources.get(key, ASSUMPTION)


def shown(value: Any) -> str:
    """A parameter's value as text for a table."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(part)}" for name, part in value.items())
    if isinstance(value, Outcome):
        return f"{value.name} {value.share:.4g} at {value.cost:g}"
    if isinstance(value, tuple):
        return "; ".join(map(shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
