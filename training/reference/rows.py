"""The worker-months of a synthetic book that the reference plans read: those alike in every factor, added up.

Claims are Poisson, so sums over alike months tell a fit as much as the months themselves, in a hundredth of the rows.
Distances count to 10 km, the share of night work to the hundredth; every fifth worker is kept for the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.units import IntArray, parse_month
from training.book import Block, draw_blocks
from training.book_claims import Claims
from training.book_months import VEHICLE_NAMES
from training.claims import BOOK_TRADES, EXPOSURE, ROAD, Peril
from training.claims_truth import Truth, solved_truth
from training.reference.book import Size

STEP_M, STEP_NIGHT_PPM, TEST_EVERY = 10_000, 10_000, 5
# Perils of the plans: name → peril of the book, its outcomes that count (empty: all).
COUNTED = {
    "work_injury": ("work_injury", ()),
    "third_party": ("third_party", ()),
    "damage": ("cargo_damage", ("damage",)),
    "loss": ("cargo_damage", ("loss",)),
}
_PARTS = ("train", "test")
_KEYS = ("trade", "vehicle", "set", "night_share_ppm", "month_distance_m")
_SIZES = (len(BOOK_TRADES), len(VEHICLE_NAMES), len(_PARTS), 1_000, 1_000_000_000 // STEP_M)


@dataclass(frozen=True, slots=True)
class Rows:
    """What one plan reads. keys: of `_KEYS` beside the set; sums: columns that are added up; trades: those insured."""

    keys: tuple[str, ...]
    sums: tuple[str, ...]
    trades: tuple[str, ...] = ROAD


ROWS = {
    "work_injury": Rows(("trade", "vehicle", "night_share_ppm", "month_distance_m"), (EXPOSURE, "work_injury_claims")),
    "third_party": Rows(("vehicle", "night_share_ppm"), ("distance_m", "third_party_claims", "third_party_fen")),
    "cargo_damage": Rows(
        ("trade", "vehicle", "night_share_ppm"),
        ("orders", "damage_claims", "damage_fen", "loss_claims", "loss_fen"),
        tuple(trade for trade in ROAD if trade != "ride_hailing"),  # which carries people, and is not insured
    ),
}


def write_rows(size: Size, folder: Path) -> None:
    """Draw a book of this size and write the rows of each of `ROWS` into the folder, as `<name>.parquet`."""
    truth, first = solved_truth(), parse_month(size.first_month)
    assert first is not None, size.first_month
    keys, sums = np.zeros(0, dtype=np.int64), np.zeros((0, len(_names())), dtype=np.int64)
    for block in draw_blocks(truth, size.workers, size.months, size.seed, first):
        more = _of_block(block, truth)
        keys, sums = _added(np.concatenate([keys, more[0]]), np.concatenate([sums, more[1]]))
    marks = {"licheng": json.dumps({"synthetic": True, **size.plain()})}
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in ROWS.items():
        table = _table(rows, keys, sums)
        order = np.random.default_rng(size.seed).permutation(len(table))  # else the order would know the trade
        pq.write_table(table.take(order).replace_schema_metadata(marks), folder / f"{name}.parquet")


def _names() -> tuple[str, ...]:
    """Columns that are added up."""
    return (EXPOSURE, "orders", "distance_m", *(f"{name}_{part}" for name in COUNTED for part in ("claims", "fen")))


def _of_block(block: Block, truth: Truth) -> tuple[IntArray, IntArray]:
    """Keys and sums of a block's months on the road."""
    months = block.months
    own = months.insured(ROAD)[:, 0]
    number = block.first + np.arange(len(own))
    codes = (
        months.trade[:, None],
        months.vehicle[:, None],
        (number % TEST_EVERY == 0).astype(np.int64)[:, None],
        np.rint(months.night_share * 1_000_000 / STEP_NIGHT_PPM).astype(np.int64),
        (months.distance_m + STEP_M // 2) // STEP_M,
    )
    key = np.ravel_multi_index(tuple(np.broadcast_to(code, months.orders.shape)[own].ravel() for code in codes), _SIZES)
    perils = {peril.name: peril for peril in truth.perils}
    columns = [np.ones(months.orders.shape, dtype=np.int64), months.orders, months.distance_m]
    for name, outcomes in COUNTED.values():
        columns += _claimed(block.claims[name], perils[name], outcomes, months.orders.shape)
    return _added(key.astype(np.int64), np.column_stack([column[own].ravel() for column in columns]))


def _claimed(claims: Claims, peril: Peril, outcomes: tuple[str, ...], shape: tuple[int, ...]) -> Iterator[IntArray]:
    """Number and cost of the claims of these outcomes, each of the shape (workers, months). [fen]"""
    wanted = [place for place, one in enumerate(peril.outcomes) if not outcomes or one.name in outcomes]
    counted = np.isin(claims.outcome, wanted)
    row = claims.worker[counted] * shape[1] + claims.occurred[counted]
    for weights in (None, claims.amount_fen[counted]):
        yield np.rint(np.bincount(row, weights, shape[0] * shape[1])).astype(np.int64).reshape(shape)


def _added(keys: IntArray, sums: IntArray) -> tuple[IntArray, IntArray]:
    """Each key once, ascending, with the sums of its rows; whole numbers, so that no order of adding can matter."""
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    return found, np.add.reduceat(sums[order], starts, axis=0)


def _table(rows: Rows, keys: IntArray, sums: IntArray) -> pa.Table:
    """The rows of one plan: sums over the keys that it does not read."""
    codes = np.unravel_index(keys, _SIZES)
    own = np.isin(codes[0], [BOOK_TRADES.index(name) for name in rows.trades])
    used = ("set", *rows.keys)
    read = [
        code[own] if name in used else np.zeros(own.sum(), np.int64) for name, code in zip(_KEYS, codes, strict=True)
    ]
    found, added = _added(np.ravel_multi_index(tuple(read), _SIZES).astype(np.int64), sums[own])
    trade, vehicle, part, night, distance = np.unravel_index(found, _SIZES)
    columns = {
        "trade": np.array(BOOK_TRADES)[trade],
        "vehicle": np.array(VEHICLE_NAMES)[vehicle],
        "set": np.array(_PARTS)[part],
        "night_share_ppm": night * STEP_NIGHT_PPM,
        "month_distance_m": distance * STEP_M,
    }
    kept = {name: pa.array(columns[name]) for name in used}
    return pa.table(kept | {name: pa.array(added[:, _names().index(name)]) for name in rows.sums})
