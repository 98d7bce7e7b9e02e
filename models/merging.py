"""Fitted tables of many codes as published tables of few levels: what each step of coarsening costs is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from models.certificate import hold, hold_ppm
from models.experience import Experience, FloatArray, IntArray, deviance
from models.purify import joint, purify
from models.tables import Key, Tables, of
from models.ward import Stage, means, merged_axis, stages, unfolded

# A cell that saves less deviance than this, in all training rows together, is decoration whatever the bound. The same
# price drops whole tables: a standard deviation of logs that is nothing on a small portfolio is much on a large one.
CHEAPEST = 0.01


@dataclass(frozen=True, slots=True)
class Limits:
    """cells: most published cells; main: most levels of a main effect; side: most levels per axis of other tables."""

    cells: int = 1300
    main: int = 64
    side: int = 12


@dataclass(frozen=True, slots=True)
class Coarsening:
    """cells: published cells; price: deviance a cell had to save to stay; deviance: of the training rows, mean per
    record × 100.
    """

    cells: int
    price: float
    deviance: float


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Published tables; steps: each coarsening, the first of them the tables as fitted (price 0)."""

    tables: Tables
    steps: tuple[Coarsening, ...]


def publish(tables: Tables, experience: Experience, limits: Limits, bases: Sequence[int] | None = None) -> Merged:
    """Purify, merge, certify, anchor at the base codes, round to ppm, balance.

    ValueError where even one cell per monotone level is more than `limits.cells`.
    """
    pure = _by_code(purify(tables, experience))
    weight = pure.expected(experience)
    done: list[Coarsening] = [Coarsening(pure.cells, 0.0, deviance(experience.counts, weight))]
    shared = {i: _shared(pure, i, experience, weight, limits) for i, sign in enumerate(experience.monotone) if sign}
    paths = _paths(pure, experience, weight, shared, limits)
    result = pure
    for price in _prices(paths, limits.cells):
        result = _merged(pure, experience, weight, shared, {key: _best(p, price) for key, p in paths.items()})
        done.append(Coarsening(result.cells, price, deviance(experience.counts, result.expected(experience))))
    return Merged(_finished(result, experience, weight, bases), tuple(done))


def _by_code(tables: Tables) -> Tables:
    """The same tables with a value per code: levels that a coarser fit shared merge again at no cost."""
    return of(tables.sizes, tables.base, {key: tables.by_code(key) for key in tables.all()}, {})


def _finished(tables: Tables, experience: Experience, weight: FloatArray, bases: Sequence[int] | None) -> Tables:
    """Certified, anchored, in whole ppm, balanced."""
    signs = {i: sign for i, sign in enumerate(experience.monotone) if sign and i in tables.mains}
    for i, sign in signs.items():
        tables = hold(tables, i, sign, joint(tables, (i,), experience, weight))
    if bases is not None:
        tables = tables.anchored(bases)
    tables = tables.rounded()
    for i, sign in signs.items():
        tables = hold_ppm(tables, i, sign)
    return tables.rebalanced(experience)


def _shared(tables: Tables, factor: int, experience: Experience, weight: FloatArray, limits: Limits) -> IntArray:
    """One partition of a monotone factor for all its tables, with marginal weights.

    Merging each table by itself, or with joint weights, would mix columns of unlike partners and break the certificate.
    """
    keys = [key for key in tables.all() if factor in key]
    rows = [unfolded(tables.by_code(key), key.index(factor)) for key in keys]
    masses = [unfolded(_marginal(tables, key, experience, weight), key.index(factor)) for key in keys]
    most = limits.main if len(keys) == 1 else limits.side
    return merged_axis(np.hstack(rows), np.hstack(masses), ordered=True, most=most)


def _marginal(tables: Tables, key: Key, experience: Experience, weight: FloatArray) -> FloatArray:
    """Weight of each cell as if the factors were independent, by code."""
    result = np.array(weight.sum())
    for i in key:
        own = np.bincount(experience.codes[:, i], weight, tables.sizes[i])
        result = np.multiply.outer(result, own / own.sum())
    return np.asarray(result)


def _weights(
    tables: Tables, key: Key, experience: Experience, weight: FloatArray, shared: Mapping[int, IntArray]
) -> FloatArray:
    """Expected claims of each cell: a step δ of the log costs there about weight · δ² of deviance."""
    if any(i in shared for i in key):
        return _marginal(tables, key, experience, weight)
    return joint(tables, key, experience, weight)


def _paths(
    tables: Tables, experience: Experience, weight: FloatArray, shared: Mapping[int, IntArray], limits: Limits
) -> dict[Key, list[Stage]]:
    """Of each table the stages that the limits allow; the last of a table that may be dropped has one cell."""
    paths = {}
    for key, values in tables.all().items():
        mass = _weights(tables, key, experience, weight, shared)
        fixed = [axis for axis, i in enumerate(key) if i in shared]
        for axis in fixed:
            own = [np.arange(size) for size in values.shape]
            own[axis] = shared[key[axis]]
            values, mass = means(values, mass, tuple(own))
        ordered = [experience.ordered[i] for i in key]
        most = limits.main if len(key) == 1 else limits.side
        start = most if len(key) == 1 else 2 * most
        found = list(stages(values, mass, ordered, start, fixed))
        paths[key] = [stage for stage in found if all(n <= most or a in fixed for a, n in enumerate(stage.shape))]
        if len(key) > 1 and fixed:
            nothing = tuple(np.zeros(size, dtype=np.int64) for size in values.shape)
            paths[key].append(Stage(nothing, float((mass * values**2).sum())))
    return paths


def _best(path: list[Stage], price: float) -> Stage:
    """The stage that costs least, when each cell has its price; a table of one cell is not published and has none."""
    return min(path, key=lambda stage: stage.cost + price * (stage.cells if stage.cells > 1 else 0))


def _prices(paths: Mapping[Key, list[Stage]], bound: int) -> list[float]:
    """Prices of a cell, ascending: doubled until the bound holds, then the lowest at which it still does."""

    def cells(price: float) -> int:
        best = [_best(path, price).cells for path in paths.values()]
        return sum(number for number in best if number > 1)

    if cells(1e12) > bound:
        raise ValueError(f"{cells(1e12)} cells at least, for the levels of the monotone factors; allowed are {bound}")
    doubled = [CHEAPEST * 2**step for step in range(60)]
    over = list(takewhile(lambda price: cells(price) > bound, doubled))
    if not over:
        return [CHEAPEST]
    low, high = over[-1], 2 * over[-1]
    for _ in range(30):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if cells(middle) > bound else (low, middle)
    return [*over, high]


def _merged(
    tables: Tables,
    experience: Experience,
    weight: FloatArray,
    shared: Mapping[int, IntArray],
    chosen: Mapping[Key, Stage],
) -> Tables:
    """The tables at the chosen stages, without those of one cell."""
    values, levels = {}, {}
    for key, stage in chosen.items():
        if stage.cells == 1:
            continue
        own = tuple(
            level[shared[i]] if i in shared else level[tables.levels_of(key)[axis]]
            for axis, (i, level) in enumerate(zip(key, stage.levels, strict=True))
        )
        finest = of(tables.sizes, 0.0, {key: tables.by_code(key)}, {})
        mass = _weights(finest, key, experience, weight, shared)
        values[key], levels[key] = means(finest.by_code(key), mass, own)[0], own
    return of(tables.sizes, tables.base, values, levels)
