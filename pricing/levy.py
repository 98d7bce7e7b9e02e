"""Levies: each row's part of its worker's premium, so that the parts are the whole to the last fen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.check import Rows
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
    if 2 * int(price.max()) * int(total.max()) + MILLIFEN_PER_FEN * int(total.max()) > LARGEST:
        price, q, total = (array.astype(object) for array in (price, q, total))
    weighted = price * q
    # Differences of a wrapped cumulative sum are exact: a single worker's sum stays below 2^63 (just checked).
    running = weighted.cumsum()
    running = running - (running - weighted).take(rows.starts).take(rows.worker)
    fen = (2 * running + MILLIFEN_PER_FEN * total) // (2 * MILLIFEN_PER_FEN * total)
    levy = fen.copy()
    levy[1:] -= fen[:-1]
    levy[rows.starts] = fen.take(rows.starts)
    ends = np.append(rows.starts[1:], len(rows)) - 1
    return Levies(levy.astype(np.int64), fen.take(ends).astype(np.int64), q, by, names)


def _weights(rows: Rows, merged: Merged, names: tuple[str, ...]) -> tuple[IntArray, IntArray, IntArray]:
    """Per worker the first quantity whose total is not zero and which no row lacks; equal parts at the last."""
    count = len(rows)
    q = total = by = np.zeros(count, dtype=np.int64)
    open_ = np.ones(count, dtype=bool)
    for place, name in enumerate(names):
        own, whole, fits = _candidate(rows, merged, name)
        if place == 0 and fits.all():
            return own, whole, by
        chosen = open_ & fits
        q, total, by = np.where(chosen, own, q), np.where(chosen, whole, total), np.where(chosen, place, by)
        open_ = open_ & ~fits
        if not open_.any():
            break
    return q, total, by


def _candidate(rows: Rows, merged: Merged, name: str) -> tuple[IntArray, IntArray, np.ndarray]:
    if name == EQUAL:
        per_worker = np.diff(np.append(rows.starts, len(rows)))
        return np.ones(len(rows), dtype=np.int64), per_worker.take(rows.worker), np.ones(len(rows), dtype=bool)
    own = rows.numbers.get(name)
    if own is None:
        nothing = np.zeros(len(rows), dtype=np.int64)
        return nothing, nothing, nothing > 0
    total, lacks = merged.total(name), merged.lacks(name)
    return own, total, (total > 0) if lacks is None else (total > 0) & ~lacks
