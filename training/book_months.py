"""Draws the worker-months of a synthetic book: workers who keep their trade, place, vehicle and habits over the months.

One row stands for all platforms of a worker's month. Arrays of workers have the shape (workers, 1), arrays of
worker-months (workers, months).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pricing.units import IntArray, days_of_month
from training.claims import BOOK_TRADES, FRAILTY_VARIANCE, VEHICLES
from training.population import ASSUMPTION, TRADES, Knots, Trade

Floats = npt.NDArray[np.float64]

VEHICLE_NAMES = tuple(dict.fromkeys(name for trade in TRADES for name in trade.vehicles))
OF_TRADE: tuple[Trade, ...] = tuple({trade.name: trade for trade in TRADES}[name] for name in BOOK_TRADES)
DAYS_FOLLOW_HOURS = 0.75  # of workers: who works long days works many
MINUTES_SPREAD, DAYS_SPREAD, NIGHT_SPREAD = 0.12, 2.0, 0.1  # from month to month: log, days, share of the trade's range
OWN_SPREAD = 0.7  # of the squared log spread of orders, kilometres and pay: what stays the same over a worker's months


@dataclass(frozen=True, slots=True, eq=False)
class WorkerMonths:
    """Workers with their months. trade, vehicle, region: numbers into BOOK_TRADES, VEHICLE_NAMES, `regions`, shape
    (workers,); frailty: shape (workers, 1); calendar: month of the year from 0, shape (months,); the others
    (workers, months), 0 where a trade has no such thing.
    """

    trade: IntArray
    vehicle: IntArray
    region: IntArray
    regions: Mapping[str, float]
    frailty: Floats
    calendar: IntArray
    worked_min: IntArray
    night_min: IntArray
    orders: IntArray
    distance_m: IntArray
    income_fen: IntArray

    @property
    def night_share(self) -> Floats:
        """Share of the worked minutes that lie at night, to the thousandth: what claims depend on, as it is written."""
        return np.round(self.night_min / self.worked_min, 3)

    def insured(self, trades: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Whether a worker is of one of these trades, shape (workers, 1)."""
        return np.isin(self.trade, [BOOK_TRADES.index(name) for name in trades])[:, None]

    def of_trade(self, values: Mapping[str, float], missing: float = 1.0) -> Floats:
        """A number by trade for each worker, shape (workers, 1)."""
        found: Floats = np.array([values.get(name, missing) for name in BOOK_TRADES])[self.trade][:, None]
        return found


def draw_months(
    rng: np.random.Generator, workers: int, first_month: int, months: int, regions: Mapping[str, float]
) -> WorkerMonths:
    """Draw so many workers with all their months."""
    known = _population()
    trade = rng.choice(len(BOOK_TRADES), workers, p=known.shares)
    vehicle = _chosen(rng.random(workers), known.vehicles[trade])
    region = rng.choice(len(regions), workers, p=list(regions.values()))
    frailty = rng.gamma(1 / FRAILTY_VARIANCE, FRAILTY_VARIANCE, (workers, 1))
    numbers = np.arange(first_month, first_month + months)
    longest = np.array([days_of_month(int(month)) for month in numbers])
    hours, days = rng.random((2, workers))
    days = np.where(rng.random(workers) < DAYS_FOLLOW_HOURS, hours, days)
    mean_days = _quantile(known.days, trade, days)
    worked = rng.normal(mean_days, DAYS_SPREAD, (workers, months)).round().clip(1, longest)
    minutes = (
        60 * _quantile(known.hours, trade, hours) * worked * _noise(rng, np.array(MINUTES_SPREAD), months, workers)
    )
    worked_min = np.clip(minutes.round(), 45, longest * 24 * 60).astype(np.int64)
    low, high = (known.numbers[name][trade] for name in ("night_low", "night_high"))
    place = rng.random((workers, 1)) + NIGHT_SPREAD * rng.standard_normal((workers, months))
    night_min = (worked_min * (low + (high - low) * place.clip(0, 1))).round().astype(np.int64)
    orders, distance, income = _work(rng, known, trade, worked_min)
    calendar = (numbers % 12).astype(np.int64)
    return WorkerMonths(
        trade, vehicle, region, regions, frailty, calendar, worked_min, night_min, orders, distance, income
    )


def basis() -> Iterator[tuple[str, str, str]]:
    """The parameters of the worker-months beside those of the trades, as (parameter, value, source)."""
    yield "workers' own frailty, gamma of mean 1, variance", f"{FRAILTY_VARIANCE:g}", ASSUMPTION
    for trade, shares in VEHICLES.items():
        yield f"vehicles of {trade} here", ", ".join(f"{name} {share:g}" for name, share in shares.items()), ASSUMPTION
    yield "workers whose days follow their hours", f"{DAYS_FOLLOW_HOURS}", ASSUMPTION
    yield "from month to month: log of minutes, days", f"{MINUTES_SPREAD}, {DAYS_SPREAD:g}", ASSUMPTION
    yield "from month to month: night, share of the trade's range", f"{NIGHT_SPREAD}", ASSUMPTION
    yield "share of a spread's square that is the worker's own", f"{OWN_SPREAD}", ASSUMPTION


@dataclass(frozen=True, slots=True, eq=False)
class _Population:
    """The trades as arrays, first axis the trade; vehicles: cumulated shares."""

    shares: Floats
    vehicles: Floats
    hours: tuple[Knots, ...]
    days: tuple[Knots, ...]
    numbers: Mapping[str, Floats]


@cache
def _population() -> _Population:
    shares = np.array([trade.share for trade in OF_TRADE])
    vehicles = [VEHICLES.get(trade.name, trade.vehicles) for trade in OF_TRADE]
    cumulated = np.cumsum([[of.get(name, 0.0) for name in VEHICLE_NAMES] for of in vehicles], axis=1)
    columns = {
        "night_low": [trade.night[0] for trade in OF_TRADE],
        "night_high": [trade.night[1] for trade in OF_TRADE],
        "orders_per_min": [trade.orders_per_hour / 60 for trade in OF_TRADE],
        "orders_spread": [trade.orders_spread for trade in OF_TRADE],
        "m_per_order": [trade.km_per_order * 1000 for trade in OF_TRADE],
        "km_spread": [trade.km_spread for trade in OF_TRADE],
        "fen": [trade.yuan_per_unit * 100 / (1 if trade.orders_per_hour else 60) for trade in OF_TRADE],
        "pay_spread": [trade.pay_spread for trade in OF_TRADE],
    }
    return _Population(
        shares / shares.sum(),
        cumulated / cumulated[:, -1:],
        tuple(trade.hours for trade in OF_TRADE),
        tuple(trade.days for trade in OF_TRADE),
        {name: np.array(values)[:, None] for name, values in columns.items()},
    )


def _work(
    rng: np.random.Generator, known: _Population, trade: IntArray, worked_min: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Orders from minutes, metres and pay from orders (pay from minutes where there are none)."""
    of = {name: values[trade] for name, values in known.numbers.items()}
    workers, months = worked_min.shape
    orders = (worked_min * of["orders_per_min"] * _noise(rng, of["orders_spread"], months, workers)).round()
    orders = np.where(of["orders_per_min"] > 0, np.maximum(orders, 1), 0)
    metres = orders * of["m_per_order"] * _noise(rng, of["km_spread"], months, workers)
    paid_for = np.where(orders > 0, orders, worked_min)
    income = paid_for * of["fen"] * _noise(rng, of["pay_spread"], months, workers)
    return orders.astype(np.int64), metres.round().astype(np.int64), income.round().astype(np.int64)


def _noise(rng: np.random.Generator, spread: Floats, months: int, workers: int) -> Floats:
    """Lognormal factor of mean 1, in part the worker's own and in part of each month."""
    own = np.sqrt(OWN_SPREAD) * rng.standard_normal((workers, 1))
    drawn = own + np.sqrt(1 - OWN_SPREAD) * rng.standard_normal((workers, months))
    factor: Floats = np.exp(spread * (drawn.clip(-3, 3) - spread / 2))
    return factor


def _quantile(knots: tuple[Knots, ...], trade: IntArray, shares: Floats) -> Floats:
    """Each worker's quantile of its trade, shape (workers, 1)."""
    found = np.empty(len(trade))
    for number, of in enumerate(knots):
        own = trade == number
        found[own] = np.interp(shares[own], *np.array(of).T)
    return found[:, None]


def _chosen(drawn: Floats, cumulated: Floats) -> IntArray:
    """Place of the first cumulated share above a drawn number, row by row."""
    place: IntArray = (drawn[:, None] >= cumulated).sum(axis=1)
    return place
