"""The columns of a synthetic book: one row per worker and month with its claims added up, and one row per claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pricing.units import IntArray, month_text
from training.book_claims import Claims
from training.book_months import VEHICLE_NAMES, WorkerMonths
from training.claims import BOOK_TRADES, EXPOSURE, ROAD, Peril
from training.claims_truth import Truth

Texts = Sequence[str]
Columns = dict[str, pa.Array]

_TEXT = pa.dictionary(pa.int32(), pa.string())
# Of worker-months; those on the road have all of them.
_TEXTS = ("month", "calendar_month", "worker", "trade", "region", "vehicle")
_NUMBERS = ("worked_min", "night_min", "income_fen", "orders", "distance_m")
_ON_ROAD = frozenset({"vehicle", "orders", "distance_m", "income_fen"})
# Of each peril, in exposure.parquet: number and ultimate cost of the month's claims; what of it is known at the end.
OF_PERIL = ("claims", "fen", "reported", "paid_fen")
CLAIMS = pa.schema(
    {
        "claim": pa.string(),
        "worker": _TEXT,
        "peril": _TEXT,
        "trade": _TEXT,
        "vehicle": _TEXT,
        "region": _TEXT,
        "occurred_month": _TEXT,
        "reported_month": _TEXT,
        "outcome": _TEXT,
        "grade": pa.int64(),
        "medical_fen": pa.int64(),
        "statutory_fen": pa.int64(),
        "amount_fen": pa.int64(),
        "reported_by_end": pa.bool_(),
        "paid_fen": pa.int64(),
    }
)


def of_months(
    months: WorkerMonths, claims: Mapping[str, Claims], perils: Sequence[Peril], names: Texts, texts: Texts
) -> Columns:
    """Rows by worker, then month, of those who are insured against these perils of one file.

    names: of the workers; texts: of the months.
    """
    [trades] = {peril.trades for peril in perils}
    own = np.flatnonzero(months.insured(trades)[:, 0])
    period = months.orders.shape[1]
    month = np.tile(np.arange(period), len(own))
    worker = np.repeat(own, period)
    texts_of = {
        "month": (month, texts),
        "calendar_month": (months.calendar[month], [f"{number:02d}" for number in range(1, 13)]),
        "worker": (worker, names),
        "trade": (months.trade[worker], BOOK_TRADES),
        "region": (months.region[worker], list(months.regions)),
        "vehicle": (months.vehicle[worker], VEHICLE_NAMES),
    }
    left_out = frozenset() if trades == ROAD else _ON_ROAD
    columns = {name: _coded(*texts_of[name]) for name in _TEXTS if name not in left_out}
    columns |= {name: pa.array(getattr(months, name)[own].ravel()) for name in _NUMBERS if name not in left_out}
    columns["night_share"] = pa.array(months.night_share[own].ravel())
    columns[EXPOSURE] = pa.array(np.ones(len(worker)))
    for peril in perils:
        parts = _added_up(claims[peril.name], months.orders.shape)
        columns |= {
            f"{peril.name}_{part}": pa.array(values[own].ravel()) for part, values in zip(OF_PERIL, parts, strict=True)
        }
    return columns


def of_claims(
    months: WorkerMonths, claims: Mapping[str, Claims], truth: Truth, names: Texts, start: tuple[int, int]
) -> Columns:
    """Rows by peril, then worker. start: the book's first month, and how many claims were numbered before."""
    every = [claims[peril.name] for peril in truth.perils]
    sizes = [len(one.worker) for one in every]
    joined = {part: np.concatenate([getattr(one, part) for one in every]) for part in Claims.__dataclass_fields__}
    worker, paid = joined["worker"], joined["paid_fen"]
    outcomes = [one for peril in truth.perils for one in peril.outcomes]
    before = np.cumsum([0, *(len(peril.outcomes) for peril in truth.perils)])[:-1]
    outcome = joined["outcome"] + np.repeat(before, sizes)
    grades = np.array([one.grade or 0 for one in outcomes])[outcome]
    first, numbered = start
    last = max([int(joined["reported"].max(initial=0)), months.orders.shape[1]])
    texts = [month_text(first + month) for month in range(last + 1)]
    return {
        "claim": pa.array(
            [f"c_{number:09d}" for number in range(numbered + 1, numbered + len(worker) + 1)], pa.string()
        ),
        "worker": _coded(worker, names),
        "peril": _coded(np.repeat(np.arange(len(every)), sizes), [peril.name for peril in truth.perils]),
        "trade": _coded(months.trade[worker], BOOK_TRADES),
        "vehicle": _coded(months.vehicle[worker], VEHICLE_NAMES),
        "region": _coded(months.region[worker], list(months.regions)),
        "occurred_month": _coded(joined["occurred"], texts),
        "reported_month": _coded(joined["reported"], texts),
        "outcome": _coded(outcome, [one.name for one in outcomes]),
        "grade": pa.array(grades, mask=grades == 0),
        "medical_fen": pa.array(joined["medical_fen"]),
        "statutory_fen": pa.array(joined["statutory_fen"]),
        "amount_fen": pa.array(joined["medical_fen"] + joined["statutory_fen"]),
        "reported_by_end": pa.array(joined["reported"] < months.orders.shape[1]),
        "paid_fen": pa.array(paid),
    }


def _added_up(claims: Claims, shape: tuple[int, ...]) -> list[IntArray]:
    """The parts of OF_PERIL, each of the shape (workers, months)."""
    workers, period = shape
    row = claims.worker * period + claims.occurred
    weights = (np.ones(len(row)), claims.amount_fen, claims.reported < period, claims.paid_fen)
    sums = (np.bincount(row, weights=weight, minlength=workers * period) for weight in weights)
    return [one.round().astype(np.int64).reshape(shape) for one in sums]


def _coded(codes: IntArray, texts: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(texts, pa.string()))
