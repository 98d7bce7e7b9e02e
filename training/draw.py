"""Draws a block of simulated usage: whole columns at a time, a worker's rows together.

As in `pricing.usage`, a code of -1 is an empty text and a number of -1 is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pricing.units import IntArray, days_of_month
from pricing.usage import UNKNOWN
from training.urns import CONTRACTORS_PER_REGION, EMPLOYMENTS, QUANTILES, SLOTS, Bits, Codes, Floats, tables

LARGEST_BLOCK = 1 << 18  # rows; keeps pseudonyms unique
TIME_BY_PLATFORMS = ((1.0, 0, 0), (0.68, 0.32, 0), (0.58, 0.27, 0.15))  # shares of a worker's time, ± TIME_SHIFT
TIME_SHIFT = 0.1
DAYS_FURTHER = (0.3, 0.9)  # days on a further platform, as a share of the worker's
SAME_REGION = 0.96  # of a worker's further rows
DAYS_FOLLOW_HOURS = 12 / 16  # of workers: who works long days works many
LEAST_MINUTES = 45
SITTING = (0.65, 1.1)  # longest sitting as a share of a mean day's minutes
CLIPPED = 2.5  # standard deviations

_SHIFTED = ((0, 0, 0), (1, -1, 0), (1, 0, -1))
_MASK, _HALF = np.uint64((1 << 50) - 1), np.uint64(25)
_BASE32 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)
_PAIRS = np.stack([np.repeat(_BASE32, 32), np.tile(_BASE32, 32)], axis=1).copy().view(np.uint16).reshape(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of usage. pseudonyms: ASCII, shape (workers, 12); codes and numbers: shape (rows,) per column."""

    pseudonyms: npt.NDArray[np.uint8]
    codes: Mapping[str, Codes]
    numbers: Mapping[str, IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class _Workers:
    """Workers of a block, shape (workers,). minutes: of the month; shift: of time to the first platform."""

    plan: IntArray
    trade: IntArray
    rows: IntArray
    minutes: Floats
    days: Floats
    shift: Floats
    attributes: Mapping[str, Codes]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Where the rows of a block belong, shape (rows,). place counts a worker's rows from 0."""

    owner: IntArray
    place: IntArray
    trade: IntArray
    minutes: Floats
    days: Floats


def draw_block(seed: int, block: int, rows: int, month: int) -> Block:
    """A block of `rows` rows. The same arguments give the same rows, whatever was drawn before."""
    rng = np.random.Generator(np.random.SFC64([seed, block, month]))
    workers = _workers(rng, rows, month)
    of_rows = _spread(rng, workers, rows)
    return Block(
        _pseudonyms(seed, block, month, len(workers.plan)), _codes(rng, workers, of_rows), _numbers(rng, of_rows)
    )


def _bits(rng: np.random.Generator, *shape: int) -> Bits:
    return rng.integers(0, SLOTS, shape, dtype=np.uint16)


def _unit(bits: Bits, least: float = 0.0, greatest: float = 1.0) -> Floats:
    scaled: Floats = bits * np.float32((greatest - least) / SLOTS) + np.float32(least)
    return scaled


def _workers(rng: np.random.Generator, rows: int, month: int) -> _Workers:
    """As many workers as fill the rows; the last one loses the platforms that no longer fit."""
    known = tables()
    plan = known.plan.take(_bits(rng, rows)).astype(np.int64)
    counts = known.rows.take(plan)
    ends = counts.cumsum()
    number = int(np.searchsorted(ends, rows)) + 1
    plan, counts = plan[:number], counts[:number]
    counts[-1] -= ends[number - 1] - rows
    trade = known.trade.take(plan)
    region, vehicle, employment, contractor, hours, days, since, shift = _bits(rng, 8, number)

    def of_trade(name: str, bits: Bits) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = known.by_trade[name].reshape(-1).take(trade * QUANTILES + (bits >> 4))
        return found

    in_region = known.region.take(region)
    days_worked = of_trade("days", np.where((days & 15) < int(DAYS_FOLLOW_HOURS * 16), hours, days))
    days_worked = np.minimum(days_worked, np.float32(days_of_month(month)))
    contracted = contractor < known.by_trade["contracted"].take(trade)
    agency = in_region * np.int32(CONTRACTORS_PER_REGION) + (contractor % np.uint16(CONTRACTORS_PER_REGION))
    attributes = {
        "region": in_region,
        "vehicle": of_trade("vehicle", vehicle),
        "employment": of_trade("employment", employment),
        "contractor": np.where(contracted, agency, np.int32(-1)),
        "first_month": np.where(known.by_trade["has_tenure"].take(trade), of_trade("since", since), np.int32(-1)),
    }
    minutes = of_trade("minutes", hours) * days_worked
    return _Workers(plan, trade, counts, minutes, days_worked, _unit(shift, -TIME_SHIFT, TIME_SHIFT), attributes)


def _spread(rng: np.random.Generator, workers: _Workers, rows: int) -> _Rows:
    """The rows of each worker, with the worker's time and days spread over them."""
    owner = np.repeat(np.arange(len(workers.plan)), workers.rows)
    place = np.arange(rows) - (workers.rows.cumsum() - workers.rows).take(owner)
    kind = ((workers.rows - 1) * 3).take(owner) + place
    part = np.array(TIME_BY_PLATFORMS, dtype=np.float32).reshape(-1).take(kind)
    part += np.array(_SHIFTED, dtype=np.float32).reshape(-1).take(kind) * workers.shift.take(owner)
    days = workers.days.take(owner)
    further = place.nonzero()[0]
    days[further] = 1 + np.rint((days[further] - 1) * _unit(_bits(rng, len(further)), *DAYS_FURTHER))
    minutes = np.maximum(np.rint(workers.minutes.take(owner) * part), np.float32(LEAST_MINUTES))
    return _Rows(owner, place, workers.trade.take(owner), minutes, days)


def _codes(rng: np.random.Generator, workers: _Workers, rows: _Rows) -> dict[str, Codes]:
    known = tables()
    job = known.job.take(workers.plan.take(rows.owner) * 3 + rows.place)
    codes = {name: of_job.take(job) for name, of_job in known.job_codes.items()}
    codes |= {name: of_worker.take(rows.owner) for name, of_worker in workers.attributes.items()}
    further = rows.place.nonzero()[0]
    codes["contractor"][further] = -1
    moved = further[_bits(rng, len(further)) >= SAME_REGION * SLOTS]
    codes["region"][moved] = known.region.take(_bits(rng, len(moved)))
    codes["industry"] = np.where(
        codes["employment"] == EMPLOYMENTS.index("none"), np.int32(-1), known.by_trade["industry"].take(rows.trade)
    )
    codes["worker"] = rows.owner.astype(np.int32)
    codes["month"] = np.zeros(len(rows.owner), dtype=np.int32)
    return codes


def _numbers(rng: np.random.Generator, rows: _Rows) -> dict[str, IntArray]:
    """Orders from time, metres and pay from orders (pay from time where there are none), each with its own spread."""
    by_trade = tables().by_trade
    trade, minutes = rows.trade, rows.minutes

    def noise(spread: str) -> Floats:
        drawn = rng.standard_normal(len(trade), dtype=np.float32).clip(-CLIPPED, CLIPPED)
        sigma = by_trade[spread].take(trade)
        factor: Floats = np.exp(sigma * (drawn - sigma / 2))
        return factor

    orders = np.rint(minutes * by_trade["orders_per_min"].take(trade) * noise("orders_spread"))
    orders = np.where(by_trade["orders_per_min"].take(trade) > 0, np.maximum(orders, np.float32(1)), np.float32(0))
    paid = noise("pay_spread")
    earned = np.where(orders > 0, orders, minutes) * by_trade["fen"].take(trade) * paid
    night = by_trade["night"]
    share = _unit(_bits(rng, len(trade))) * (night[:, 1] - night[:, 0]).take(trade) + night[:, 0].take(trade)
    return {
        "orders": _whole(orders, orders > 0),
        "distance_m": _above_zero(orders * by_trade["m_per_order"].take(trade) * noise("km_spread")),
        "worked_min": minutes.astype(np.int64),
        "night_min": (minutes * share).astype(np.int64),
        "active_days": rows.days.astype(np.int64),
        "income_fen": _whole(earned, by_trade["income"].take(trade)),
        "goods_value_fen": _above_zero(orders * by_trade["goods_fen"].take(trade) * paid),
        **_at_desk(rng, rows, minutes),
        "revenue_fen": _whole(earned, by_trade["revenue"].take(trade)),
    }


def _at_desk(rng: np.random.Generator, rows: _Rows, minutes: Floats) -> dict[str, IntArray]:
    """On air, at the desk and the longest sitting, of those who work so."""
    by_trade = tables().by_trade
    desk = by_trade["at_desk"].take(rows.trade).nonzero()[0]
    live_share, sitting = _bits(rng, 2, len(desk))
    least, greatest = by_trade["live"].take(rows.trade.take(desk), axis=0).T
    worked = minutes.take(desk)
    live = np.rint(worked * (least + (greatest - least) * _unit(live_share)))
    longest = np.minimum(worked / rows.days.take(desk) * _unit(sitting, *SITTING), worked)
    columns = {"live_min": live, "desk_min": worked - live, "longest_sitting_min": longest}
    found = {name: np.full(len(rows.trade), UNKNOWN, dtype=np.int64) for name in columns}
    for name, values in columns.items():
        found[name][desk] = values
    return found


def _whole(values: Floats, known: npt.NDArray[np.bool_]) -> IntArray:
    return np.where(known, values, np.float32(UNKNOWN)).astype(np.int64)


def _above_zero(values: Floats) -> IntArray:
    return _whole(values, values > 0)


def _pseudonyms(seed: int, block: int, month: int, workers: int) -> npt.NDArray[np.uint8]:
    """`w_` with ten base-32 letters: the worker's number, shuffled one to one, so that no two are alike."""
    start, one, two = np.random.SeedSequence([seed, month]).generate_state(3, np.uint64)
    number = np.arange(workers, dtype=np.uint64) + np.uint64(block * LARGEST_BLOCK)
    number = (number ^ start) & _MASK
    for factor in (one | np.uint64(1), two | np.uint64(1)):
        number = (number * factor) & _MASK
        number ^= number >> _HALF
    letters = np.empty((workers, 6), dtype=np.uint16)
    letters[:, 0] = np.frombuffer(b"w_", dtype=np.uint16)
    for place in range(5):
        letters[:, place + 1] = _PAIRS.take((number >> np.uint64(10 * place)) & np.uint64(1023))
    return letters.view(np.uint8)
