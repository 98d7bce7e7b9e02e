"""A relativity as a published curve: few knots, straight between them, level beyond the ends, monotone if asked.

The factor itself is piecewise linear, not its log, as tables are read: f(x) = Σ φ_k·hat_k(x). So the curve is fitted
as it will be charged, by Poisson likelihood with the expected counts of all other terms as exposure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.special import xlogy

from models.bounded import step
from models.experience import FloatArray, IntArray

_POINTS = 64  # places that compete to be a knot
_STEPS = 100
_SWEEPS = 3
_TAIL = 3.0  # expected claims at or beyond an outer knot
_LEAST = 0.02  # of the mean rate: a height that a few claim-free rows would bring to nothing


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """x: knots in the factor's own whole units, ascending; y: factor at each, above 0; missing: where x is unknown, NaN
    where training knew it of every row.
    """

    x: IntArray
    y: FloatArray
    missing: float = 1.0

    def at(self, values: FloatArray) -> FloatArray:
        """The factor at each value, shape (n,)."""
        return np.where(np.isnan(values), self.missing, np.interp(values, self.x, self.y))

    def based_at(self, value: float) -> Curve:
        """The same shape with factor 1 at a value."""
        unit = float(np.interp(value, self.x, self.y))
        return replace(self, y=self.y / unit, missing=self.missing / unit)

    def elasticity(self, values: FloatArray, exposure: FloatArray) -> float:
        """Mean of d log f / d log x over the exposure at values above 0.

        At a knot between two segments the mean of both slopes, at an outer knot the slope inside, beyond 0.
        """
        above = values > 0
        if not above.any():
            raise ValueError("elasticity needs values above 0")
        x, weight = values[above], exposure[above]
        slopes = np.r_[0.0, np.diff(self.y) / np.diff(self.x), 0.0]
        left = slopes.take(np.searchsorted(self.x, x, side="left"))
        right = slopes.take(np.searchsorted(self.x, x, side="right"))
        slope = np.where(x == self.x[0], right, np.where(x == self.x[-1], left, (left + right) / 2))
        return float(np.average(slope * x / self.at(x), weights=weight))


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Distinct values, ascending, with the counts seen and expected there; shapes (m,)."""

    x: FloatArray
    counts: FloatArray
    expected: FloatArray

    @classmethod
    def of(cls, values: FloatArray, counts: FloatArray, expected: FloatArray) -> Points:
        """Rows of one value added up."""
        x, place = np.unique(values, return_inverse=True)
        return cls(x, *(_added(place, column, len(x)) for column in (counts, expected)))

    def pooled(self, places: IntArray) -> Points:
        """The points brought to candidate knots: each to the nearest."""
        middles = (places[1:] + places[:-1]) / 2
        near = np.searchsorted(middles, self.x)
        added = (_added(near, column, len(places)) for column in (self.counts, self.expected))
        return Points(places.astype(np.float64), *added)


def _added(places: npt.NDArray[np.intp], column: FloatArray, size: int) -> FloatArray:
    return np.bincount(places, weights=column, minlength=size).astype(np.float64)


def fit_curve(
    values: FloatArray,
    counts: FloatArray,
    expected: FloatArray,
    *,
    knots: int = 10,
    monotone: int = 0,
    prior: float = 1.0,
) -> Curve:
    """The curve of at most so many knots that best explains counts, given those expected from all other terms.

    values: in whole units' scale, NaN where missing; expected: above 0; shapes (n,). monotone: 1 never falls, -1 never
    rises. Missing values get their own factor, drawn to 1 by `prior` expected claims. The claims of the rows with a
    value are kept in sum. ValueError without any value, or without claims.
    """
    known = ~np.isnan(values)
    if not known.any() or not counts[known].sum() > 0:
        raise ValueError("a curve needs rows with a value, and claims among them")
    if not (expected > 0).all():
        raise ValueError("every row needs an expected count above 0: set the others aside first")
    points = Points.of(values[known], counts[known], expected[known])
    candidates = _candidates(points)
    x = candidates[choose_knots(points.pooled(candidates), knots, monotone)]
    y = _heights(points, x, monotone)
    y *= (
        points.counts.sum() / (points.expected * np.interp(points.x, x, y)).sum()
    )  # heights held up from below add some
    missing = (counts[~known].sum() + prior) / (expected[~known].sum() + prior) if not known.all() else np.nan
    return Curve(x, y, float(missing))


def _candidates(points: Points) -> IntArray:
    """Whole places that may be knots: quantiles of the expected claims, between ends that a few of them lie beyond."""
    total = points.expected.sum()
    up_to = np.cumsum(points.expected)
    tail = min(_TAIL, total / 20)
    first, last = points.x[np.searchsorted(up_to, [tail, total - tail])]
    places = points.x
    if len(places) > _POINTS:
        places = places[np.searchsorted(up_to, (np.arange(_POINTS) + 0.5) / _POINTS * total)]
    return np.unique(np.rint(np.clip(np.r_[first, places, last], first, last)).astype(np.int64))


def choose_knots(levels: Points, most: int, monotone: int) -> IntArray:
    """Places of at most so many knots among fine levels, ascending: greedily one after another, then each moved.

    The measure is least squares of the (isotonic) levels by their expected claims; both ends are knots.
    """
    rate = levels.counts.sum() / levels.expected.sum()
    weight = levels.expected + 1
    heights = (levels.counts + rate) / weight
    if monotone:
        heights = isotonic_regression(heights, weights=weight, increasing=monotone > 0).x
    last = len(heights) - 1
    chosen = sorted({0, last})
    while len(chosen) < min(most, last + 1):
        chosen = _with_best(levels.x, heights, weight, chosen)
    for _ in range(_SWEEPS if len(chosen) <= last else 0):
        before = chosen
        for knot in chosen[1:-1]:
            chosen = _with_best(levels.x, heights, weight, [k for k in chosen if k != knot])
        if chosen == before:
            break
    return np.array(chosen)


def _with_best(x: FloatArray, heights: FloatArray, weight: FloatArray, chosen: list[int]) -> list[int]:
    """The knots and the one more that lowers the sum of squares most.

    One more knot in a segment is one more column, the kink max(x − knot, 0), so its gain is a projection.
    """
    root = np.sqrt(weight)
    frame, _ = np.linalg.qr(hats(x, x[chosen]) * root[:, None])
    rest = root * heights
    rest = rest - frame @ (frame.T @ rest)
    others = np.setdiff1d(np.arange(len(x)), chosen)
    kinks = np.maximum(x[:, None] - x[others], 0) * root[:, None]
    kinks -= frame @ (frame.T @ kinks)
    square = (kinks**2).sum(axis=0)
    gain = np.divide((kinks.T @ rest) ** 2, square, out=np.zeros(len(others)), where=square > 1e-12 * square.max())
    return sorted([*chosen, int(others[gain.argmax()])])


def hats(x: FloatArray, knots: Sequence[float] | FloatArray | IntArray) -> FloatArray:
    """Value of each knot's hat at each x, shape (m, knots): rows sum to 1, level beyond the ends."""
    return np.column_stack([np.interp(x, knots, row) for row in np.eye(len(knots))])


def _heights(points: Points, knots: IntArray, monotone: int) -> FloatArray:
    """Factor at each knot: bounded Newton on the Poisson likelihood, with f linear in the heights."""
    many = len(knots)
    level = points.counts.sum() / points.expected.sum()
    change, theta, least = np.eye(many), np.full(many, level), np.full(many, level * _LEAST)
    if monotone:
        change = np.tri(many)[::monotone]
        theta[1:], least[1:] = 0.0, 0.0
    state = _Fit(points, hats(points.x, knots) @ change, theta, least)
    for _ in range(_STEPS):
        if state.advance() < 1e-11 * points.counts.sum():
            break
    heights: FloatArray = change @ state.theta
    return heights


@dataclass(slots=True, eq=False)
class _Fit:
    """Where the fit of a curve stands: f = design @ theta, theta ≥ least."""

    points: Points
    design: FloatArray
    theta: FloatArray
    least: FloatArray

    def _value(self, theta: FloatArray) -> float:
        fitted = self.design @ theta
        return float(self.points.expected @ fitted - xlogy(self.points.counts, fitted).sum())

    def advance(self) -> float:
        """One step by the expected curvature; its decrement."""
        fitted = self.design @ self.theta
        slope = self.design.T @ (self.points.expected - self.points.counts / fitted)
        bend = self.design.T @ (self.design * (self.points.expected / fitted)[:, None])
        bend[np.diag_indices(len(bend))] *= 1 + 1e-10
        d = step(bend, slope, self.least - self.theta)
        decrement = -float(slope @ d)
        value, length = self._value(self.theta), 1.0
        noise = 1e-13 * abs(value)
        while length > 1e-9 and self._value(self.theta + length * d) > value - 1e-4 * length * decrement + noise:
            length /= 2
        self.theta = np.maximum(self.theta + length * d, self.least)
        return decrement
