"""Fitted tables of many codes as published tables of few levels: what each step of coarsening costs is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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


class CellsError(ValueError):
    """The levels of the monotone factors alone are more cells than allowed."""

    def __init__(self, least: int, allowed: int) -> None:
        """Both numbers of cells."""
        super().__init__(f"{least} cells at least, for the levels of the monotone factors; allowed are {allowed}")
        self.least, self.allowed = least, allowed


@dataclass(frozen=True, slots=True)
class Limits:
    """cells: most published cells; main: most levels of a main effect; side: most levels per axis of a table of two
    factors, cube: of three; levels: most levels of each factor in any table, shape (p,), empty for no bound; price:
    deviance of the training rows that a cell has to save to be published; fidelity: greatest mean relative difference
    to the model that may be chosen where a higher price foresees better.
    """

    cells: int = 1300
    main: int = 255
    side: int = 48
    cube: int = 16
    levels: tuple[int, ...] = ()
    price: float = CHEAPEST
    fidelity: float = np.inf

    def of_factor(self, factor: int, number: int) -> int:
        """Most levels of a factor in a table of so many factors."""
        most = (self.main, self.side, self.cube)[number - 1]
        return min(most, self.levels[factor]) if self.levels else most


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
    """Published tables; steps: each coarsening, the first of them the tables as fitted (price 0); limits: of these."""

    tables: Tables
    steps: tuple[Coarsening, ...]
    limits: Limits


def publish(tables: Tables, experience: Experience, limits: Limits, bases: Sequence[int] | None = None) -> Merged:
    """Purify, merge, certify, anchor at the base codes, round to ppm, balance.

    CellsError where even one cell per monotone level is more than `limits.cells`.
    """
    merging = Merging(tables, experience, limits)
    pure = merging.pure
    done = [Coarsening(pure.cells, 0.0, deviance(experience.counts, merging.weight))]
    result = pure
    for price in merging.prices(limits.price):
        result = merging.at(price)
        done.append(Coarsening(result.cells, price, deviance(experience.counts, result.expected(experience))))
    return Merged(merging.finished(result, bases), tuple(done), limits)


class Merging:
    """Purified tables of codes on their way to few levels, which depend on nothing but the price of a cell."""

    def __init__(self, tables: Tables, experience: Experience, limits: Limits) -> None:
        self.experience, self.limits = experience, limits
        self.pure = _by_code(purify(tables, experience), experience)
        self.weight = self.pure.expected(experience)
        self.shared = {i: self._shared(i) for i, sign in enumerate(experience.monotone) if sign}

    def at(self, price: float) -> Tables:
        """The tables where each cell has its price, without those of one cell."""
        values, levels = {}, {}
        for key, path in self.paths.items():
            stage = path[self._best(key, price)]
            if stage.cells == 1:
                continue
            own = tuple(
                level[self.shared[i]] if i in self.shared else level for i, level in zip(key, stage.levels, strict=True)
            )
            values[key] = means(self.pure.all()[key], self._mass(key), own)[0]
            levels[key] = tuple(level[code] for level, code in zip(own, self.pure.levels_of(key), strict=True))
        return of(self.pure.sizes, self.pure.base, values, levels)

    def prices(self, least: float) -> list[float]:
        """Prices of a cell, ascending: doubled until the bound holds, then the lowest at which it still does."""
        bound = self.limits.cells
        if self._cells(1e12) > bound:
            raise CellsError(self._cells(1e12), bound)
        over = list(takewhile(lambda price: self._cells(price) > bound, (least * 2**step for step in range(60))))
        if not over:
            return [least]
        low, high = over[-1], 2 * over[-1]
        for _ in range(30):
            middle = (low * high) ** 0.5
            low, high = (middle, high) if self._cells(middle) > bound else (low, middle)
        return [*over, high]

    def finished(self, tables: Tables, bases: Sequence[int] | None) -> Tables:
        """Certified, anchored, in whole ppm, balanced."""
        rows, ranked = self.experience, self.experience.ranked
        signs = {i: sign for i, sign in enumerate(rows.monotone) if sign and i in tables.mains}
        for i, sign in signs.items():
            tables = hold(tables, i, sign, joint(tables, (i,), rows, self.weight), ranked[i])
        if bases is not None:
            tables = tables.anchored(bases)
        tables = tables.rounded()
        for i, sign in signs.items():
            tables = hold_ppm(tables, i, sign, ranked[i])
        return tables.rebalanced(rows)

    @cached_property
    def paths(self) -> dict[Key, list[Stage]]:
        """Of each table the stages that the limits allow; the last of a table that may be dropped has one cell."""
        return {key: self._path(key) for key in self.pure.all()}

    def _path(self, key: Key) -> list[Stage]:
        values, mass = self.pure.all()[key], self._mass(key)
        levels, fixed = self.pure.levels_of(key), [axis for axis, i in enumerate(key) if i in self.shared]
        for axis in fixed:
            own = [np.arange(size) for size in values.shape]
            own[axis] = self.shared[key[axis]]
            values, mass = means(values, mass, tuple(own))
        most = [self.limits.of_factor(i, len(key)) for i in key]
        start = most if len(key) == 1 else [2 * number for number in most]
        ranked = [_ranked(level, self.experience.ranked[i]) for i, level in zip(key, levels, strict=True)]
        found = stages(values, mass, ranked, start, fixed)
        path = [stage for stage in found if all(n <= most[a] or a in fixed for a, n in enumerate(stage.shape))]
        if len(key) > 1 and fixed:
            nothing = tuple(np.zeros(size, dtype=np.int64) for size in values.shape)
            path.append(Stage(nothing, float((mass * values**2).sum())))
        return path

    def _cells(self, price: float) -> int:
        return sum(int(self._numbers[key][1][self._best(key, price)]) for key in self.paths)

    def _best(self, key: Key, price: float) -> int:
        """Place of the stage that costs least, when each published cell has its price."""
        cost, cells = self._numbers[key]
        return int((cost + price * cells).argmin())

    @cached_property
    def _numbers(self) -> dict[Key, tuple[FloatArray, IntArray]]:
        """Cost and published cells of each stage; a table of one cell is not published."""
        numbers = {}
        for key, path in self.paths.items():
            cells = np.array([stage.cells for stage in path])
            numbers[key] = np.array([stage.cost for stage in path]), np.where(cells > 1, cells, 0)
        return numbers

    def _shared(self, factor: int) -> IntArray:
        """One partition of a monotone factor for all its tables, with marginal weights; codes outside its order alone.

        Merging each table by itself, or with joint weights, would mix columns of unlike partners and break the
        certificate.
        """
        keys = [key for key in self.pure.all() if factor in key]
        rows = [unfolded(self.pure.all()[key], key.index(factor)) for key in keys]
        masses = [unfolded(self._marginal(key), key.index(factor)) for key in keys]
        ranked = self.experience.ranked[factor]
        outside = self.pure.sizes[factor] - ranked
        most = min(self.limits.of_factor(factor, len(key)) for key in keys) - outside
        level = merged_axis(np.hstack(rows)[:ranked], np.hstack(masses)[:ranked], ranked, most)
        return np.concatenate([level, level.max() + 1 + np.arange(outside)])

    def _marginal(self, key: Key) -> FloatArray:
        """Weight of each cell as if the factors were independent."""
        result = np.array(self.weight.sum())
        for i, level in zip(key, self.pure.levels_of(key), strict=True):
            own = np.bincount(level.take(self.experience.codes[:, i]), self.weight, int(level.max()) + 1)
            result = np.multiply.outer(result, own / own.sum())
        return np.asarray(result)

    def _mass(self, key: Key) -> FloatArray:
        """Expected claims of each cell: a step δ of the log costs there about weight · δ² of deviance."""
        if any(i in self.shared for i in key):
            return self._marginal(key)
        return joint(self.pure, key, self.experience, self.weight)


def _by_code(tables: Tables, experience: Experience) -> Tables:
    """The same tables with a value per code: levels that a coarser fit shared merge again at no cost.

    Only tables of three factors keep their few levels, but for monotone factors, whose levels all tables share: a value
    for every combination of codes would be millions.
    """
    values, levels = {}, {}
    for key in tables.all():
        if len(key) < 3:
            values[key] = tables.by_code(key)
            continue
        own = tables.levels_of(key)
        fine = [i for i, sign in enumerate(experience.monotone) if sign]
        values[key] = tables.all()[key]
        for axis, i in enumerate(key):
            values[key] = values[key].take(own[axis], axis) if i in fine else values[key]
        levels[key] = tuple(np.arange(tables.sizes[i]) if i in fine else own[axis] for axis, i in enumerate(key))
    return of(tables.sizes, tables.base, values, levels)


def _ranked(level: IntArray, ranked: int) -> int:
    """How many levels of an axis are in order, where so many first codes are."""
    return int(level[:ranked].max(initial=-1)) + 1
