"""Purification: main effects move out of the tables of two and three factors; no rate changes."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from models.experience import Experience, FloatArray
from models.tables import Key, Tables, of, places

ROUNDS = 1000
STILL = 1e-11


def purify(tables: Tables, experience: Experience) -> Tables:
    """The same rates, each table of weighted mean zero along each of its axes.

    Weighted by the joint exposure of the table's levels. Tables of three factors need their pairs at one level per
    code or at the same levels. Levels without exposure keep what they had.
    """
    for length in (3, 2):  # tables of three factors first: they leave tables of two
        for key in [key for key in tables.all() if len(key) == length]:
            pure, moved = _pure(tables.all()[key], joint(tables, key, experience))
            kept = of(tables.sizes, tables.base, {**tables.all(), key: pure}, tables.levels)
            tables = kept.plus(_lower(tables, key, moved))
    return _centred(tables, experience)


def _lower(tables: Tables, key: Key, moved: dict[Key, FloatArray]) -> Tables:
    """What leaves a table, as tables of one factor less, at the table's own levels."""
    own = tables.levels.get(key)
    values = {tuple(key[axis] for axis in axes): part for axes, part in moved.items()}
    levels = {} if own is None else {tuple(key[axis] for axis in axes): tuple(own[a] for a in axes) for axes in moved}
    return of(tables.sizes, 0.0, values, levels)


def _centred(tables: Tables, experience: Experience) -> Tables:
    """Main effects of weighted mean zero; their means move to the base."""
    values, base = dict(tables.all()), tables.base
    for key in [key for key in values if len(key) == 1]:
        mean = float(np.average(values[key], weights=joint(tables, key, experience)))
        base, values[key] = base + mean, values[key] - mean
    return of(tables.sizes, base, values, tables.levels)


def joint(tables: Tables, key: Key, experience: Experience, weight: FloatArray | None = None) -> FloatArray:
    """Weight (the exposure where none is given) of each cell of a table, in the table's shape."""
    levels, values = tables.levels_of(key), tables.all()[key]
    own = experience.exposure if weight is None else weight
    found = np.bincount(places(experience.codes, key, levels), weights=own, minlength=values.size)
    return found.reshape(values.shape).astype(np.float64)


def _pure(values: FloatArray, weight: FloatArray) -> tuple[FloatArray, dict[Key, FloatArray]]:
    """The table without its means over each axis, and what was moved, by the axes it stays on."""
    axes = range(values.ndim)
    kept = list(combinations(axes, values.ndim - 1))
    moved = {key: np.zeros([values.shape[axis] for axis in key]) for key in kept}
    rest = values.copy()
    for _ in range(ROUNDS):
        largest = 0.0
        for key in kept:
            (gone,) = set(axes) - set(key)
            total = weight.sum(axis=gone)
            mean = np.divide((rest * weight).sum(axis=gone), total, out=np.zeros_like(total), where=total > 0)
            rest -= np.expand_dims(mean, gone)
            moved[key] += mean
            largest = max(largest, float(np.abs(mean).max()))
        if largest < STILL:
            break
    return rest, moved


def spread(values: FloatArray, weight: FloatArray) -> float:
    """Weighted standard deviation of a purified table's logs about zero."""
    return float(np.sqrt((weight * values**2).sum() / weight.sum()))
