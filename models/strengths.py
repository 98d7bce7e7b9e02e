"""Strengths of the penalties by cross-validation: one for all factors first, then each kind by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from models.experience import Experience, FloatArray, deviance_of_rows
from models.frequency import shapes_of
from models.histogram import CodeMatrix
from models.penalty import Shape, Strength
from models.poisson import Poisson, Space

GRID = (0.1, 1.0, 10.0, 100.0, 1000.0)
_FINER = 3.0  # ratio of the steps around the best of the grid
_WEAKEST, _STRONGEST = 1e-3, 1e5
_LOOSE = 1e-7  # decrement per claim: held-out deviance needs no more digits


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """strength: the best of those tried; tried: held-out deviance of each fold, shape (folds,), by strength."""

    strength: Strength
    tried: Mapping[Strength, FloatArray]


def choose(experience: Experience, shapes: Sequence[Shape] | None = None, grid: Sequence[float] = GRID) -> Choice:
    """The strengths with the least held-out Poisson deviance over the experience's own folds.

    shapes: by default those of the experience; grid: ascending, above 0, the finer search goes on from its best.
    ValueError where there is but one fold, or all claims lie in one.
    """
    search = _Search.of(experience, tuple(shapes) if shapes is not None else shapes_of(experience))
    best = search.best([Strength(value, value) for value in grid])
    for kind in ("steps", "levels"):
        if any(bool(shape.ordered) == (kind == "steps") for shape in search.shapes):
            best = search.finer(best, kind)
    return Choice(best, search.tried)


@dataclass(slots=True, eq=False)
class _Fold:
    """Training rows, held-out rows, and where the last fit ended: the next begins there."""

    inside: Poisson
    outside: Poisson
    theta: FloatArray | None = None
    cross: FloatArray | None = None

    def held_out(self, shapes: tuple[Shape, ...], strength: Strength) -> float:
        """Deviance of the held-out rows at a strength."""
        space = Space.of(shapes, [0] * len(shapes), strength)
        theta = self.inside.one_way(space, strength.levels) if self.theta is None else self.theta
        end = self.inside.minimise(space, theta, self.cross, _LOOSE)
        self.theta, self.cross = end.theta, end.cross
        return float(deviance_of_rows(self.outside.counts, self.outside.expected(end.full)).sum())


@dataclass(slots=True, eq=False)
class _Search:
    """Folds, with the strengths tried so far."""

    shapes: tuple[Shape, ...]
    folds: list[_Fold]
    tried: dict[Strength, FloatArray] = field(default_factory=dict)

    @classmethod
    def of(cls, experience: Experience, shapes: tuple[Shape, ...]) -> _Search:
        whole = Poisson(CodeMatrix.of(experience.codes, experience.sizes), experience.counts, experience.exposure)
        if len(experience.parts) < 2:
            raise ValueError("cross-validation needs at least two folds")
        held = [experience.folds == part for part in experience.parts]
        folds = [_Fold(whole.where(~out), whole.where(out)) for out in held]
        if not all(fold.inside.claims[0] > 0 for fold in folds):
            raise ValueError("all claims lie in one fold: too few to choose by cross-validation")
        return cls(shapes, folds)

    def held_out(self, strength: Strength) -> float:
        """Deviance of all held-out rows at a strength."""
        if strength not in self.tried:
            self.tried[strength] = np.array([fold.held_out(self.shapes, strength) for fold in self.folds])
        return float(self.tried[strength].sum())

    def best(self, candidates: Sequence[Strength]) -> Strength:
        """The best of ascending candidates; those after the first that is worse than its forerunner are left out."""
        for weaker, stronger in pairwise(candidates):
            if self.held_out(stronger) > self.held_out(weaker):
                return weaker
        return candidates[-1]

    def finer(self, best: Strength, kind: str) -> Strength:
        """From `best` in one kind of penalty, weaker or stronger by steps, for as long as it helps."""
        for ratio in (_FINER, 1 / _FINER):
            began = best
            while _WEAKEST < getattr(best, kind) < _STRONGEST:
                other = replace(best, **{kind: getattr(best, kind) * ratio})
                if self.held_out(other) >= self.held_out(best):
                    break
                best = other
            if best is not began:
                break
        return best
