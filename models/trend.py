"""Runs of a factor along which claims go against a wished direction, as far as that is no chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from models.experience import FloatArray

_BINS = 20
_CLEAR = 4.0  # standard deviations of a trend


@dataclass(frozen=True, slots=True)
class Bend:
    """A run of values along which claims fall (or rise) although a fit holds them level.

    first, last: values; low, high: observed ÷ expected claims in its lower and in its upper half; z: of the trend in
    standard deviations, below 0 where claims fall.
    """

    first: float
    last: float
    low: float
    high: float
    z: float


def bend(values: FloatArray, counts: FloatArray, expected: FloatArray, wish: int, spread: float = 1.0) -> Bend | None:
    """The clearest run against the wish (1 up, -1 down), None where there is none beyond chance.

    values: NaN where missing; expected: claims by all other terms, above 0; spread: dispersion of the counts; shapes
    (n,). Runs are what a monotone fit levels: neighbouring bins of values that isotonic regression pools.
    """
    known = ~np.isnan(values)
    if not known.any() or not counts[known].sum() > 0:
        return None
    x, seen, due = _binned(values[known], counts[known], expected[known])
    pooled = isotonic_regression(seen / due, weights=due, increasing=wish > 0).x
    starts = np.flatnonzero(np.r_[True, np.diff(pooled) != 0])
    runs = [_run(x[a:b], seen[a:b], due[a:b], spread) for a, b in zip(starts, [*starts[1:], len(x)], strict=True)]
    against = [run for run in runs if run is not None and wish * run.z < -_CLEAR]
    return max(against, key=lambda run: abs(run.z), default=None)


def _binned(values: FloatArray, counts: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """At most twenty bins of whole values with like expected claims: mean value, claims, expected claims."""
    _, place = np.unique(values, return_inverse=True)
    due = _added(place, expected)
    wanted = np.minimum((np.cumsum(due) - due / 2) / due.sum() * _BINS, _BINS - 1).astype(np.int64)
    _, of_value = np.unique(wanted, return_inverse=True)
    own = of_value[place]
    weight = _added(own, expected)
    return _added(own, expected * values) / weight, _added(own, counts), weight


def _added(places: npt.NDArray[np.intp], column: FloatArray) -> FloatArray:
    return np.bincount(places, weights=column).astype(np.float64)


def _run(x: FloatArray, seen: FloatArray, due: FloatArray, spread: float) -> Bend | None:
    """The trend of claims along neighbouring bins, as a score test has it."""
    rate = float(seen.sum() / due.sum())
    if len(x) < 2 or not rate:
        return None
    along = np.arange(len(x)) - np.average(np.arange(len(x)), weights=due)
    z = float((along * (seen - rate * due)).sum() / np.sqrt(spread * rate * (along**2 * due).sum()))
    half = (len(x) + 1) // 2
    low, high = (float(seen[part].sum() / due[part].sum()) for part in (slice(half), slice(half, None)))
    return Bend(float(x[0]), float(x[-1]), low, high, z)
