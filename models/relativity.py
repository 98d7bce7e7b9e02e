"""Relativities of a fitted factor, with how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import ndtri

from models.bounded import raised
from models.experience import BoolArray, FloatArray
from models.histogram import CodeMatrix
from models.poisson import Minimum, Poisson, Space


@dataclass(frozen=True, slots=True, eq=False)
class Relativities:
    """One factor's relativities by code, all shapes (size,).

    log: log of the relativity, 0 at the base code; standard_error: of the log, infinite where the data say nothing;
    exposure, claims: of each code in training.
    """

    log: FloatArray
    standard_error: FloatArray
    exposure: FloatArray
    claims: FloatArray
    base_code: int

    @property
    def factor(self) -> FloatArray:
        """The relativity, 1 at the base."""
        return np.exp(self.log)

    def log_interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end on the log scale."""
        reach = ndtri((1 + level) / 2) * self.standard_error
        return self.log - reach, self.log + reach

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end as a factor."""
        low, high = self.log_interval(level)
        return np.exp(low), np.exp(high)


def rebased(full: FloatArray, matrix: CodeMatrix, bases: tuple[int, ...]) -> FloatArray:
    """The same rates or costs with each effect zero at its base code; columns of a matrix are rebased alike."""
    result = full.copy()
    for start, size, base in zip(matrix.starts, matrix.sizes, bases, strict=True):
        result[0] += full[start + base]
        result[start : start + size] -= full[start + base]
    return result


def standard_errors(
    data: Poisson, space: Space, end: Minimum, cross: FloatArray, bases: tuple[int, ...]
) -> tuple[FloatArray, float]:
    """Standard errors of intercept and log relativities before dispersion, with the effective degrees of freedom.

    The covariance is the inverse of the penalised curvature: it counts the penalty's bias in. A direction imposed on a
    factor narrows no interval, but a step it holds at zero is no degree of freedom. cross: X'WX at the end.
    """
    inner = space.only(end.kept)
    root = cholesky(raised(inner.curvature(cross)), lower=True)
    spread = rebased(inner.basis.toarray(), data.matrix, bases)
    errors = np.sqrt((solve_triangular(root, spread.T, lower=True) ** 2).sum(axis=0))
    errors[_unknown(space, end, np.diag(cross))] = np.inf
    moving = space.only(end.kept[~(space.bounded[end.kept] & (end.theta[end.kept] <= 0))])
    plain = Space(space.shapes, space.bases, moving.basis, moving.bounded, np.zeros_like(space.penalty))
    freedom = np.trace(np.linalg.solve(raised(moving.curvature(cross)), plain.curvature(cross)))
    return errors, float(freedom)


def _unknown(space: Space, end: Minimum, weight: FloatArray) -> BoolArray:
    """Codes without exposure that no penalty ties to others, with those that follow from other factors' codes."""
    untied = (weight <= 0) & (np.diag(space.penalty) <= 0)
    dropped = np.setdiff1d(np.flatnonzero(~space.bounded), end.kept)
    untied[space.basis[:, dropped].nonzero()[0]] = True
    untied[0] = False
    return untied
