"""The population as arrays to draw from, with the texts that their codes point to.

A choice is one 16-bit number into an urn of 65,536 slots, filled in proportion; a quantity of a worker is one of 4,096
quantiles of its trade.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from pricing.units import IntArray, month_text
from training.population import TRADES, Knots, Trade

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint16]

REGIONS: Mapping[str, float] = {
    **{"110000": 0.08, "130100": 0.03, "310000": 0.09, "320100": 0.06, "320500": 0.05, "330100": 0.08},
    **{"370100": 0.06, "410100": 0.06, "420100": 0.07, "440100": 0.1, "440300": 0.1, "460100": 0.02},
    **{"500000": 0.09, "510100": 0.11},
}
AGENCIES, STATIONS = 4, 8  # per region
CONTRACTORS_PER_REGION = AGENCIES * STATIONS
LONGEST_TENURE = 150  # months
SLOTS, QUANTILES = 1 << 16, 1 << 12


def _distinct(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


OCCUPATIONS = _distinct(*(job[0] for trade in TRADES for job in trade.jobs))
PLATFORMS = _distinct(*(job[1] for trade in TRADES for job in trade.jobs))
VEHICLES = _distinct(*(name for trade in TRADES for name in trade.vehicles))
EMPLOYMENTS = _distinct(*(name for trade in TRADES for name in trade.employment))
INDUSTRIES = _distinct(*(trade.industry for trade in TRADES))
CONTRACTORS = tuple(
    f"agency_{region}_{agency}{'/outsourcer' if agency == AGENCIES else ''}/station_{station:02d}"
    for region in REGIONS
    for agency in range(1, AGENCIES + 1)
    for station in range(1, STATIONS + 1)
)


def texts(month: int) -> dict[str, tuple[str, ...]]:
    """The distinct texts per text column (but `worker`), to which a block's codes point."""
    return {
        "month": (month_text(month),),
        "platform": PLATFORMS,
        "contractor": CONTRACTORS,
        "region": tuple(REGIONS),
        "occupation": OCCUPATIONS,
        "vehicle": VEHICLES,
        "employment": EMPLOYMENTS,
        "industry": INDUSTRIES,
        "first_month": tuple(month_text(month - back) for back in range(LONGEST_TENURE + 1)),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The population as arrays. A plan is a trade with its one to three jobs in order; `job` has three per plan."""

    plan: Bits
    rows: IntArray
    trade: IntArray
    job: IntArray
    job_codes: Mapping[str, Codes]
    region: Codes
    by_trade: Mapping[str, Any]  # arrays by trade, then by slot, quantile or nothing


@cache
def tables() -> Tables:
    """The population, compiled once."""
    jobs = [job[:2] for trade in TRADES for job in trade.jobs]
    plans = [(weight, number, chosen) for number, trade in enumerate(TRADES) for weight, chosen in _plans(trade)]
    padded = [[jobs.index(job) for job in chosen] + [0] * (3 - len(chosen)) for _, _, chosen in plans]
    return Tables(
        plan=_urn([weight for weight, _, _ in plans]).astype(np.uint16),
        rows=np.array([len(chosen) for _, _, chosen in plans]),
        trade=np.array([number for _, number, _ in plans]),
        job=np.array(padded).reshape(-1),
        job_codes={
            "occupation": np.array([OCCUPATIONS.index(job[0]) for job in jobs], dtype=np.int32),
            "platform": np.array([PLATFORMS.index(job[1]) for job in jobs], dtype=np.int32),
        },
        region=_urn([*REGIONS.values()]).astype(np.int32),
        by_trade={name: np.array([of(trade) for trade in TRADES]) for name, of in _BY_TRADE.items()},
    )


def _plans(trade: Trade) -> Iterator[tuple[float, tuple[tuple[str, str], ...]]]:
    """Every order of distinct platforms with its weight: each drawn by size from those that are left."""
    for count, share in enumerate(trade.platforms, 1):
        for chosen in permutations(trade.jobs, count) if share else ():
            weight, left = trade.share * share, 1.0
            for _, _, size in chosen:
                weight, left = weight * size / left, left - size
            yield weight, tuple(job[:2] for job in chosen)


def _urn(weights: list[float], slots: int = SLOTS) -> IntArray:
    """Numbers of the weights, each in as many slots as it is heavy."""
    ends = np.rint(np.cumsum(weights) / sum(weights) * slots).astype(np.int64)
    return np.repeat(np.arange(len(weights)), np.diff(ends, prepend=0))


def _quantiles(knots: Knots) -> Floats:
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    shares, values = zip(*knots or ((0.0, 0.0),), strict=True)
    found: Floats = np.interp(middles, shares, values).astype(np.float32)
    return found


def _choice(shares: Mapping[str, float], known: tuple[str, ...]) -> Codes:
    numbers = np.array([known.index(name) for name in shares], dtype=np.int32)
    return numbers[_urn([*shares.values()], QUANTILES)]


def _f32(value: float) -> np.float32:
    return np.float32(value)


_BY_TRADE: Mapping[str, Any] = {
    "minutes": lambda t: _quantiles(t.hours) * _f32(60),
    "days": lambda t: np.rint(_quantiles(t.days)),
    "since": lambda t: np.rint(_quantiles(t.months_since_start)).astype(np.int32),
    "vehicle": lambda t: _choice(t.vehicles, VEHICLES),
    "employment": lambda t: _choice(t.employment, EMPLOYMENTS),
    "industry": lambda t: np.int32(INDUSTRIES.index(t.industry) if t.industry else -1),
    "contracted": lambda t: np.int64(t.contractor_share * SLOTS),
    "orders_per_min": lambda t: _f32(t.orders_per_hour / 60),
    "orders_spread": lambda t: _f32(t.orders_spread),
    "m_per_order": lambda t: _f32(t.km_per_order * 1000),
    "km_spread": lambda t: _f32(t.km_spread),
    "fen": lambda t: _f32(t.yuan_per_unit * 100 / (1 if t.orders_per_hour else 60)),
    "pay_spread": lambda t: _f32(t.pay_spread),
    "goods_fen": lambda t: _f32(t.goods_yuan_per_order * 100),
    "night": lambda t: np.array(t.night, dtype=np.float32),
    "live": lambda t: np.array(t.live or (0, 0), dtype=np.float32),
    "has_tenure": lambda t: bool(t.months_since_start),
    "at_desk": lambda t: t.live is not None,
    "income": lambda t: t.income,
    "revenue": lambda t: t.revenue,
}
