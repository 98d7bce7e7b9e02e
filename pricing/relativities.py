"""Compiled tables: levels as flat arrays, continuous curves as knots. Read-only once built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pricing.rate_table import Curve
from pricing.units import PPM, IntArray, parts_of


@dataclass(frozen=True, slots=True)
class Grid:
    """Values of a table over the product of its keys, flat in C order; `entries` names the entry of each value, `entry`
    the one that all values share, if they do.
    """

    keys: tuple[str, ...]
    sizes: tuple[int, ...]
    values: IntArray
    entries: IntArray
    entry: int | None

    @classmethod
    def of(cls, keys: tuple[str, ...], values: IntArray, entries: IntArray) -> Grid:
        """A grid from arrays with one axis per key."""
        flat = (np.ascontiguousarray(values).reshape(-1), np.ascontiguousarray(entries).reshape(-1))
        for array in flat:
            array.setflags(write=False)
        same = int(flat[1][0]) if (flat[1] == flat[1][0]).all() else None
        return cls(keys, values.shape, *flat, same)

    def places(self, codes: Mapping[str, IntArray], rows: int) -> IntArray:
        """Flat place of each row. codes: number of the level per key, shape (rows,)."""
        return places(self.keys, self.sizes, codes, rows)

    def entry_at(self, place: IntArray) -> IntArray | int:
        """Number of the entry at each place, a single number where all share one."""
        return self.entries.take(place) if self.entry is None else self.entry

    def only(self, key: str, level: int) -> Grid:
        """The grid at one level of a key."""
        axis = self.keys.index(key)
        values, entries = (
            np.asarray(array.reshape(self.sizes).take(level, axis=axis)) for array in (self.values, self.entries)
        )
        return Grid.of(self.keys[:axis] + self.keys[axis + 1 :], values, entries)


def places(keys: tuple[str, ...], sizes: tuple[int, ...], codes: Mapping[str, IntArray], rows: int) -> IntArray:
    """Place of each row in a flat array over keys (C order). codes: number of the level per key, shape (rows,)."""
    if not keys:
        return np.zeros(rows, dtype=np.int64)
    place = codes[keys[0]]
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        place = place * size + codes[key]
    return place


@dataclass(frozen=True, slots=True)
class CompiledCurve:
    """A continuous piecewise-linear relativity as its segments: from x0, y0 over a width, rising by `height`.

    Below the first and beyond the last knot it is level. x in its quantity's unit, y in ppm; arrays (knots − 1,),
    `inner` the knots between segments.
    """

    inner: IntArray
    x0: IntArray
    y0: IntArray
    width: IntArray
    height: IntArray
    last: int
    entry: int
    off_balance_ppm: int

    @classmethod
    def of(cls, curve: Curve, entry: int) -> CompiledCurve:
        """From an entry's knots; without an off-balance of its own it keeps 1."""
        x, y = np.array(curve.x, dtype=np.int64), np.array(curve.y, dtype=np.int64)
        segments = (x[1:-1], x[:-1], y[:-1], np.diff(x), np.diff(y))
        for array in segments:
            array.setflags(write=False)
        return cls(*segments, curve.x[-1], entry, PPM if curve.off_balance_ppm is None else curve.off_balance_ppm)

    def at(self, quantity: IntArray) -> IntArray:
        """The relativity at each quantity, half up. [ppm]"""
        segment = self.inner.searchsorted(quantity, side="right")
        width = self.width.take(segment)
        along = np.minimum(np.maximum(quantity - self.x0.take(segment), 0), width)
        y: IntArray = self.y0.take(segment) + parts_of(self.height.take(segment), along, width)
        return y
