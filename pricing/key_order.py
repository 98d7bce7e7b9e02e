"""The order of the key: rows sorted as the contract shares them, workers together, doubled rows found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pricing.units import IntArray
from pricing.usage import KEY, TEXTS, Usage

BoolArray = npt.NDArray[np.bool_]
_NOT_COMPARED = (*KEY, "worker_ref")
_WORKER_FIRST = ("worker", *(name for name in KEY if name != "worker"))


@dataclass(frozen=True, slots=True, eq=False)
class KeyOrder:
    """Rows in key order. order: original place per row; moved: whether any row moved; worker: from 0, never falling;
    starts: first row of each worker; duplicate and conflicting: rows of a key that stands more than once, or None.
    """

    order: IntArray
    moved: bool
    worker: IntArray
    starts: IntArray
    duplicate: BoolArray | None
    conflicting: BoolArray | None


def key_order(usage: Usage) -> KeyOrder:
    """Sort by worker, then by the rest of the key, by code points, empty first. (All rows are of one month.)"""
    rank_of = {name: rank for name in _WORKER_FIRST if (rank := _ranks(usage, name)) is not None}
    if not rank_of:
        return _one_key(usage)
    order = np.lexsort([*rank_of.values()][::-1])
    new_key, new_worker = _begins(usage.rows), _begins(usage.rows)
    for name, rank in rank_of.items():
        ordered = rank.take(order)
        changes = ordered[1:] != ordered[:-1]
        new_key[1:] |= changes
        if name == "worker":
            new_worker[1:] |= changes
    moved = bool(np.count_nonzero(order[1:] < order[:-1]))
    unlike = np.count_nonzero(new_key) == usage.rows
    duplicate, conflicting = (None, None) if unlike else _repeated(usage, order, new_key)
    return KeyOrder(order, moved, new_worker.cumsum() - 1, new_worker.nonzero()[0], duplicate, conflicting)


def _begins(rows: int) -> BoolArray:
    begins = np.zeros(rows, dtype=bool)
    begins[:1] = True
    return begins


def _one_key(usage: Usage) -> KeyOrder:
    """All rows have the same key: one worker; more than one row are doubled."""
    order = np.arange(usage.rows)
    duplicate, conflicting = (None, None) if usage.rows <= 1 else _repeated(usage, order, _begins(usage.rows))
    return KeyOrder(order, False, np.zeros(usage.rows, dtype=np.int64), order[:1], duplicate, conflicting)


def _ranks(usage: Usage, name: str) -> IntArray | None:
    """Rank of each row's text by code points, empty first; None where all rows have the same text."""
    texts, codes = usage.texts.get(name, ()), usage.codes.get(name)
    if codes is None or (len(texts) <= 1 and not (texts and name in usage.unsure)):
        return None
    rank = np.zeros(len(texts) + 1, dtype=np.int64)
    rank[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(1, len(texts) + 1)
    return rank.take(codes, mode="wrap")


def _repeated(usage: Usage, order: IntArray, new_key: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Of the rows of a doubled key: all but the first where they are equal; all where they differ."""
    group = new_key.cumsum() - 1
    first = new_key.nonzero()[0].take(group)
    differs = np.zeros(usage.rows, dtype=bool)
    compared = [usage.codes[name] for name in TEXTS if name in usage.codes and name not in _NOT_COMPARED]
    for values in (*compared, *usage.numbers.values()):
        ordered = values.take(order)
        differs |= ordered != ordered.take(first)
    conflicting = np.zeros(int(group[-1]) + 1, dtype=bool)
    conflicting[group[differs]] = True
    return ~new_key & ~conflicting.take(group), conflicting.take(group)
