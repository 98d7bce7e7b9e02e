"""Log-additive tables: the form every fitted model takes before it may price anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from models.experience import Codes, Experience, FloatArray, IntArray
from pricing.units import PPM

Key = tuple[int, ...]
Levels = tuple[IntArray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Log rate = base + one table per factor + some tables of two or three factors.

    sizes: number of codes of each factor; base: log rate of all tables at zero. A table's values stand by *level*;
    `levels` maps each of its axes from code to level, shape (size_i,), and a table that is not listed there has one
    level per code. Keys of `levels` are tuples for main effects too: `(i,)`.
    """

    sizes: tuple[int, ...]
    base: float
    mains: Mapping[int, FloatArray] = field(default_factory=dict)
    pairs: Mapping[tuple[int, int], FloatArray] = field(default_factory=dict)
    triples: Mapping[tuple[int, int, int], FloatArray] = field(default_factory=dict)
    levels: Mapping[Key, Levels] = field(default_factory=dict)

    def all(self) -> dict[Key, FloatArray]:
        """Every table by the tuple of its factors, main effects first."""
        found: dict[Key, FloatArray] = {(i,): values for i, values in self.mains.items()}
        return found | dict(self.pairs.items()) | dict(self.triples.items())

    def levels_of(self, key: Key) -> Levels:
        """Code to level along each axis of a table."""
        return self.levels[key] if key in self.levels else tuple(np.arange(self.sizes[i]) for i in key)

    def by_code(self, key: Key) -> FloatArray:
        """A table with one value per code, shape (size_i, …)."""
        values = self.all()[key]
        return values[np.ix_(*self.levels[key])] if key in self.levels else values

    def log_rate(self, codes: Codes) -> FloatArray:
        """Log of the expected counts per unit of exposure; codes: shape (n, p)."""
        total = np.full(len(codes), self.base)
        for key, values in self.all().items():
            total += values.take(places(codes, key, self.levels_of(key)))
        return total

    def expected(self, experience: Experience) -> FloatArray:
        """Expected counts of each row, shape (n,)."""
        return experience.exposure * np.exp(self.log_rate(experience.codes))

    @property
    def cells(self) -> int:
        """Published cells: of every table, the product of its numbers of levels."""
        return sum(values.size for values in self.all().values())

    def scaled(self, weight: float) -> Tables:
        """Every log multiplied by `weight`, the base too."""
        return of(self.sizes, weight * self.base, {k: weight * v for k, v in self.all().items()}, self.levels)

    def plus(self, other: Tables) -> Tables:
        """The product of two models: their logs added. A table that both have with other levels goes by code."""
        mine, theirs = self.all(), other.all()
        values, levels = {**mine, **theirs}, {**self.levels, **other.levels}
        for key in mine.keys() & theirs.keys():
            if _same(self.levels_of(key), other.levels_of(key)):
                values[key] = mine[key] + theirs[key]
            else:
                levels.pop(key, None)
                values[key] = self.by_code(key) + other.by_code(key)
        return of(self.sizes, self.base + other.base, values, levels)

    def finer(self, maps: Sequence[IntArray]) -> Tables:
        """The same tables for codes finer than these; maps: of each factor the code here of each finer code."""
        levels = {
            key: tuple(level[maps[i]] for i, level in zip(key, self.levels_of(key), strict=True)) for key in self.all()
        }
        return of(tuple(len(codes) for codes in maps), self.base, self.all(), levels)

    def anchored(self, codes: Sequence[int]) -> Tables:
        """The same rates, with every main effect zero at its code of `codes` (the base level)."""
        base, mains = self.base, dict(self.mains)
        for factor, values in self.mains.items():
            step = values[self.levels_of((factor,))[0][codes[factor]]]
            base, mains[factor] = base + float(step), values - step
        return replace(self, base=base, mains=mains)

    def rebalanced(self, experience: Experience) -> Tables:
        """Expected counts of the experience in sum as observed; averages of logs alone fall short of it."""
        observed, expected = experience.counts.sum(), self.expected(experience).sum()
        if observed == 0:
            raise ValueError("no claim to balance the tables with")
        return replace(self, base=self.base + float(np.log(observed / expected)))

    def rounded(self) -> Tables:
        """Every relativity a whole number of ppm, at least one."""
        return of(self.sizes, self.base, {key: np.log(ppm(v) / PPM) for key, v in self.all().items()}, self.levels)


def of(sizes: tuple[int, ...], base: float, values: Mapping[Key, FloatArray], levels: Mapping[Key, Levels]) -> Tables:
    """Tables from all their values by the tuple of their factors."""
    return Tables(
        sizes,
        base,
        {key[0]: v for key, v in values.items() if len(key) == 1},
        {(key[0], key[1]): v for key, v in values.items() if len(key) == 2},
        {(key[0], key[1], key[2]): v for key, v in values.items() if len(key) == 3},
        levels,
    )


def average(several: Sequence[Tables]) -> Tables:
    """Mean on the log scale: the average of tables is tables."""
    return reduce(Tables.plus, several).scaled(1 / len(several))


def places(codes: Codes, key: Key, levels: Levels) -> IntArray:
    """Place of each row in a table's raveled values, shape (n,)."""
    own = tuple(level.take(codes[:, factor]) for factor, level in zip(key, levels, strict=True))
    shape = tuple(int(level.max()) + 1 for level in levels)
    return np.asarray(np.ravel_multi_index(own, shape), dtype=np.int64)


def ppm(logs: FloatArray) -> IntArray:
    """Relativities in whole ppm of logs."""
    return np.asarray(np.maximum(np.rint(np.exp(logs) * PPM), 1), dtype=np.int64)


def _same(these: Levels, those: Levels) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(these, those, strict=True))
