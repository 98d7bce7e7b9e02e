"""Maximum penalised likelihood of a log-linear Poisson model over codes, by Newton steps under bounds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from scipy.special import xlogy

from models.bounded import identified, raised, step
from models.experience import BoolArray, FloatArray, IntArray
from models.histogram import CodeMatrix
from models.penalty import Shape, Strength, basis, penalty

_CONTRACTION = 0.03  # a slower fall of the decrement asks for the curvature anew
_LONGEST = 3.0  # greatest change of an effect in one step, on the log scale
_STEPS = 200


class NotConvergedWarning(UserWarning):
    """The fit stopped before its steps became small."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where effects may lie: `basis` from free parameters to a full array, those that may not be negative, the penalty.

    bases: code of each factor whose effect is zero. Shapes (width, q), (q,), (width, width).
    """

    shapes: tuple[Shape, ...]
    bases: tuple[int, ...]
    basis: sparse.csr_array
    bounded: BoolArray
    penalty: FloatArray

    @classmethod
    def of(cls, shapes: Sequence[Shape], bases: Sequence[int], strength: Strength) -> Space:
        """The space of a portfolio's factors; monotone ones are free in their steps from code 0."""
        bases = [0 if shape.monotone else base for shape, base in zip(shapes, bases, strict=True)]
        return cls(tuple(shapes), tuple(bases), *basis(shapes, bases), penalty(shapes, strength))

    def curvature(self, cross: FloatArray) -> FloatArray:
        """Second derivative in the free parameters, shape (q, q)."""
        across = self.basis.T.tocsr()
        half = across @ (cross + self.penalty)
        return np.asarray(across @ half.T)

    def only(self, kept: IntArray) -> Space:
        """Some of the free parameters, the others at zero."""
        return replace(self, basis=self.basis[:, kept], bounded=self.bounded[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Minimum:
    """theta: free parameters, shape (q,), zero outside `kept`; full: intercept and effects; cross: X'WX near the end;
    expected: counts of each row, shape (n,).
    """

    theta: FloatArray
    kept: IntArray
    full: FloatArray
    cross: FloatArray
    expected: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Poisson:
    """Counts over exposures, coded: rows (n,) with exposure above 0."""

    matrix: CodeMatrix
    counts: FloatArray
    exposure: FloatArray
    claims: FloatArray = field(init=False)  # of each code, a full array

    def __post_init__(self) -> None:
        """Add up the claims of each code once."""
        object.__setattr__(self, "claims", self.matrix.sums(self.counts))

    def where(self, rows: BoolArray) -> Poisson:
        """Some of the rows."""
        return Poisson(self.matrix.where(rows), self.counts[rows], self.exposure[rows])

    def expected(self, full: FloatArray) -> FloatArray:
        """Expected counts of each row, shape (n,)."""
        eta = self.matrix.linear(full)
        np.exp(eta, out=eta)
        eta *= self.exposure
        return eta

    def deviance(self, expected: FloatArray) -> float:
        """2·Σ(y·ln(y/μ) − y + μ)."""
        fit = xlogy(self.counts, self.counts / expected).sum() - self.counts.sum() + expected.sum()
        return float(2 * fit)

    def one_way(self, space: Space, prior: float) -> FloatArray:
        """A start: one pass of marginal totals over the factors, each level drawn to 1 by `prior` claims; (q,).

        Monotone factors start level.
        """
        full = np.zeros(self.matrix.width)
        full[0] = np.log(self.claims[0] / self.exposure.sum())
        expected = self.exposure * np.exp(full[0])
        parts = zip(self.matrix.columns, self.matrix.parts(self.claims), self.matrix.parts(full), strict=True)
        for (column, claims, effect), shape, base in zip(parts, space.shapes, space.bases, strict=True):
            if shape.monotone:
                continue
            place = column.astype(np.intp)
            own = np.bincount(place, weights=expected, minlength=shape.size)
            effect[:] = np.log((claims + prior) / (own + prior))
            expected *= np.exp(effect).take(place)
            full[0] += effect[base]
            effect -= effect[base]
        return np.asarray(space.basis.T @ full)

    def minimise(
        self, space: Space, theta: FloatArray, cross: FloatArray | None = None, tolerance: float = 1e-12
    ) -> Minimum:
        """Newton from `theta`, the curvature taken anew only where steps stop shrinking fast.

        cross: X'WX near the start, if known; tolerance: of the decrement, per claim. Warns where it does not converge.
        """
        full = space.basis @ theta
        expected = self.expected(full)
        cross = self.matrix.cross(expected) if cross is None else cross
        kept = identified(space.curvature(cross), space.bounded)
        inner, theta = space.only(kept), theta[kept]
        if len(kept) < len(space.bounded):
            full = inner.basis @ theta
            expected = self.expected(full)
        state = _Newton(self, inner, theta, full, cross, expected)
        if not state.run(tolerance * self.claims[0]):
            text = "the steps did not become small: where levels together leave others without claims, use a penalty"
            warnings.warn(text, NotConvergedWarning, stacklevel=2)
        whole = np.zeros(len(space.bounded))
        whole[kept] = state.theta
        return Minimum(whole, kept, state.full, state.cross, state.mu)


@dataclass(slots=True, eq=False)
class _Newton:
    """Where a fit stands."""

    data: Poisson
    space: Space
    theta: FloatArray
    full: FloatArray
    cross: FloatArray
    mu: FloatArray

    def run(self, enough: float) -> bool:
        """Step until the decrement is small; whether it became so."""
        curvature, before = raised(self.space.curvature(self.cross)), float("inf")
        for _ in range(_STEPS):
            gradient = self._gradient()
            d = step(curvature, gradient, self._lower())
            decrement = -float(gradient @ d)
            if decrement > max(_CONTRACTION * before, enough) and np.isfinite(before):
                self.cross = self.data.matrix.cross(self.mu)
                curvature = raised(self.space.curvature(self.cross))
                d = step(curvature, gradient, self._lower())
                decrement = -float(gradient @ d)
            moved = self._move(d, decrement)
            if decrement <= enough:
                return True
            if not moved:
                return False
            before = decrement
        return False

    def _lower(self) -> FloatArray:
        return np.where(self.space.bounded, -self.theta, -np.inf)

    def _gradient(self) -> FloatArray:
        slope = self.data.matrix.sums(self.mu) - self.data.claims + self.space.penalty @ self.full
        return np.asarray(self.space.basis.T @ slope)

    def _value(self, full: FloatArray, mu: FloatArray) -> float:
        return float(mu.sum() - full @ self.data.claims + full @ self.space.penalty @ full / 2)

    def _move(self, d: FloatArray, decrement: float) -> bool:
        """Go along d, half as far as often as needed for the value to fall; False where it never does."""
        length = min(1.0, _LONGEST / max(float(np.abs(self.space.basis @ d).max()), 1e-300))
        value = self._value(self.full, self.mu)
        noise = 1e-13 * (abs(value) + self.data.claims[0])
        for _ in range(40):
            theta = self.theta + length * d
            theta = np.where(self.space.bounded, np.maximum(theta, 0), theta)
            full = self.space.basis @ theta
            mu = self.data.expected(full)
            if self._value(full, mu) <= value - 1e-4 * length * decrement + noise:
                self.theta, self.full, self.mu = theta, full, mu
                return True
            length /= 2
        return False
