"""Ward's merging of levels: always the two whose joining costs the least weighted square."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.experience import BoolArray, FloatArray, IntArray
from models.tables import Levels


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A table on its way to one cell: its levels by code, and the weighted square lost so far."""

    levels: Levels
    cost: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of levels of each axis."""
        return tuple(int(level.max()) + 1 for level in self.levels)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(np.prod(self.shape))


def stages(
    values: FloatArray, weight: FloatArray, ranked: Sequence[int], start: Sequence[int], fixed: Sequence[int] = ()
) -> Iterator[Stage]:
    """The stages of a table, from at most `start` levels of each axis down to one cell.

    Axes are first brought to `start` levels one by one, each looking at the finest levels of the others; then the
    merge that costs least per cell saved is next. ranked: how many first codes of each axis are in order; only
    neighbours merge among them, any two of the others. `fixed` axes stay.
    """
    levels = [np.arange(size) for size in values.shape]
    for axis in set(range(values.ndim)) - set(fixed):
        levels[axis] = merged_axis(unfolded(values, axis), unfolded(weight, axis), ranked[axis], start[axis])
    mean, mass = means(values, weight, tuple(levels))
    cost = _square(values, weight) - _square(mean, mass)
    yield Stage(tuple(levels), max(cost, 0.0))
    free = [axis for axis in range(values.ndim) if axis not in fixed]
    while any(mean.shape[axis] > 1 for axis in free):
        in_order = [int(level[:n].max(initial=-1)) + 1 for level, n in zip(levels, ranked, strict=True)]
        options = [_cheapest(mean, mass, axis, in_order[axis]) for axis in free if mean.shape[axis] > 1]
        _, loss, axis, low, high = min(options)
        cost += loss
        join = _joining(mean.shape[axis], low, high)
        levels[axis] = join[levels[axis]]
        mean, mass = means(mean, mass, tuple(join if a == axis else np.arange(n) for a, n in enumerate(mean.shape)))
        yield Stage(tuple(levels), max(cost, 0.0))


def means(values: FloatArray, weight: FloatArray, levels: Levels) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of each merged cell, and its weight; 0, the neutral log, where there is no weight."""
    total, mass = values * weight, weight
    for axis, level in enumerate(levels):
        total, mass = _summed(total, axis, level), _summed(mass, axis, level)
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0), mass


def unfolded(values: FloatArray, axis: int) -> FloatArray:
    """One row per code of an axis, shape (size, everything else)."""
    return np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)


def merged_axis(values: FloatArray, weight: FloatArray, ranked: int, most: int) -> IntArray:
    """Level of each row after merging rows down to at most `most`; values, weight: shape (n, m).

    ranked: how many of the first rows are in order. Levels ascend with the first row of each.
    """
    total, mass = values * weight, weight.copy()
    alive = np.ones(len(values), dtype=bool)
    parent = np.arange(len(values))
    costs = np.full((len(values), len(values)), np.inf)
    for row in range(len(values)):
        _refresh(costs, total, mass, row, alive, ranked)
    while alive.sum() > most:
        low, high = sorted(int(i) for i in np.unravel_index(int(costs.argmin()), costs.shape))
        total[low] += total[high]
        mass[low] += mass[high]
        parent[parent == high] = low
        alive[high] = False
        costs[high, :] = costs[:, high] = np.inf
        _refresh(costs, total, mass, low, alive, ranked)
    return np.unique(parent, return_inverse=True)[1]


def _refresh(costs: FloatArray, total: FloatArray, mass: FloatArray, row: int, alive: BoolArray, ranked: int) -> None:
    """Costs of merging one row with every other that it may merge with."""
    others = np.flatnonzero(alive)
    others = others[others != row]
    if row < ranked:
        at, end = (int(place) for place in np.searchsorted(others, [row, ranked]))
        others = np.r_[others[max(at - 1, 0) : min(at + 1, end)], others[end:]]
        costs[row, :] = costs[:, row] = np.inf
    costs[row, others] = costs[others, row] = _loss(total[row], mass[row], total[others], mass[others])


def _loss(total: FloatArray, mass: FloatArray, totals: FloatArray, masses: FloatArray) -> FloatArray:
    """Weighted square lost by merging one row with each of others: Σ w·v ÷ (w + v) · (x − y)²."""
    both = mass + masses
    own = np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)
    theirs = np.divide(totals, masses, out=np.zeros_like(totals), where=masses > 0)
    share = np.divide(mass * masses, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray((share * (own - theirs) ** 2).sum(axis=-1))


def _cheapest(mean: FloatArray, mass: FloatArray, axis: int, ranked: int) -> tuple[float, float, int, int, int]:
    """Cost per cell saved, cost, axis and the two levels of an axis's best merge."""
    rows, weights = unfolded(mean, axis), unfolded(mass, axis)
    low, high = np.triu_indices(len(rows), 1)
    near = (high >= ranked) | (high == low + 1)
    low, high = low[near], high[near]
    losses = _loss(rows[low] * weights[low], weights[low], rows[high] * weights[high], weights[high])
    best = int(losses.argmin())
    return float(losses[best] / rows.shape[1]), float(losses[best]), axis, int(low[best]), int(high[best])


def _joining(size: int, low: int, high: int) -> IntArray:
    """New level of each level when `high` joins `low`."""
    join = np.arange(size)
    join[high] = low
    return np.unique(join, return_inverse=True)[1]


def _summed(values: FloatArray, axis: int, level: IntArray) -> FloatArray:
    """Sums over the codes of each level of one axis."""
    shape = list(values.shape)
    shape[axis] = int(level.max()) + 1
    result = np.zeros(shape)
    np.add.at(np.moveaxis(result, axis, 0), level, np.moveaxis(values, axis, 0))
    return result


def _square(values: FloatArray, weight: FloatArray) -> float:
    return float((weight * values**2).sum())
