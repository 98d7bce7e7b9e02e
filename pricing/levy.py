"""Levies: each row's part of its worker's premium, so that the parts are the whole to the last fen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.coding import Rows
from pricing.key_order import BoolArray
from pricing.merge import Merged
from pricing.units import LARGEST, MILLIFEN_PER_FEN, IntArray

EQUAL = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Levies:
    """levy_fen: part of each row; q: weight of each row; by: place in `names` of what the worker is shared by.

    Shapes (rows,); premium_fen: shape (workers,).
    """

    levy_fen: IntArray
    premium_fen: IntArray
    q: IntArray
    by: IntArray
    names: tuple[str, ...]


def share(price: IntArray, rows: Rows, merged: Merged, share_by: tuple[str, ...]) -> Levies:
    """F_i = ⌊(2·Σ_{j≤i} price_j·q_j + 1000·Q) / (2000·Q)⌋, levy_i = F_i − F_{i−1}, within each worker in key order.

    price: as if the whole month were the row's own, shape (rows,). [millifen]
    """
    names = (*share_by, EQUAL)
    q, total, by = _weights(rows, merged, names)
    most = int(total.max())
    wide = (2 * int(price.max()) + MILLIFEN_PER_FEN) * most > LARGEST
    if wide:
        price, q, total = (array.astype(object) for array in (price, q, total))
    weighted = price * q
    one_each = len(rows.starts) == len(rows)
    fen = (2 * (weighted if one_each else _up_to(weighted, rows)) + MILLIFEN_PER_FEN * total) // (
        2 * MILLIFEN_PER_FEN * total
    )
    if wide:
        fen = fen.astype(np.int64)
    if one_each:
        return Levies(fen, fen, q, by, names)
    levy = fen.copy()
    levy[1:] -= fen[:-1]
    levy[rows.starts] = fen.take(rows.starts)
    return Levies(levy, np.add.reduceat(levy, rows.starts), q, by, names)


def _up_to(weighted: IntArray, rows: Rows) -> IntArray:
    """Sum within the worker up to each row.

    Differences of a wrapped cumulative sum are exact, because a single worker's sum was checked to stay below 2^63.
    """
    running = weighted.cumsum()
    return running - (running - weighted).take(rows.starts).take(rows.worker)


def _weights(rows: Rows, merged: Merged, names: tuple[str, ...]) -> tuple[IntArray, IntArray, IntArray]:
    """Per worker the first quantity whose total is not zero and which no row lacks; equal parts at the last."""
    by = np.zeros(len(rows), dtype=np.int64)
    q, total, fits = _candidate(rows, merged, names[0])
    if np.count_nonzero(fits) == len(rows):
        return q, total, by
    open_ = ~fits
    for place, name in enumerate(names[1:], 1):
        own, whole, fits = _candidate(rows, merged, name)
        chosen = open_ & fits
        q, total, by = np.where(chosen, own, q), np.where(chosen, whole, total), np.where(chosen, place, by)
        open_ = open_ & ~fits
        if not open_.any():
            break
    return q, total, by


def _candidate(rows: Rows, merged: Merged, name: str) -> tuple[IntArray, IntArray, BoolArray]:
    if name == EQUAL:
        per_worker = np.diff(np.append(rows.starts, len(rows)))
        return np.ones(len(rows), dtype=np.int64), per_worker.take(rows.worker), np.ones(len(rows), dtype=bool)
    own = rows.numbers.get(name)
    if own is None:
        nothing = np.zeros(len(rows), dtype=np.int64)
        return nothing, nothing, nothing > 0
    total, lacks = merged.total(name), merged.lacks(name)
    return own, total, (total > 0) if lacks is None else (total > 0) & ~lacks
