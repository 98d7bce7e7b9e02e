"""A quadratic with some parameters bounded below: the step of every constrained fit here."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lapack

from models.experience import BoolArray, FloatArray, IntArray

_PATIENCE = 3  # exchanges of whole blocks without progress before single ones
_RAISED = 1e-11
_RANK = 3e-12  # of a unit diagonal: below it a parameter follows from the others


def step(hessian: FloatArray, gradient: FloatArray, lower: FloatArray) -> FloatArray:
    """The d that minimises ½·d'Hd + g'd under d ≥ lower, by block principal pivoting.

    hessian: positive definite, shape (q, q); lower: -inf where a parameter is free. Ends because, once blocks stop
    helping, the single exchange of the last infeasible parameter cannot cycle.
    """
    at_bound = np.zeros(len(gradient), dtype=bool)
    fewest, patience = len(gradient) + 1, _PATIENCE
    while True:
        d, slope = _solved(hessian, gradient, lower, at_bound)
        wrong = np.where(at_bound, slope < -1e-10 * (1 + np.abs(gradient)), d < lower - 1e-12)
        many = int(wrong.sum())
        if not many:
            return np.maximum(d, lower)
        if many < fewest:
            fewest, patience = many, _PATIENCE
        else:
            patience -= 1
        exchanged = wrong if patience > 0 else np.arange(len(wrong)) == np.flatnonzero(wrong)[-1]
        at_bound = at_bound ^ exchanged


def _solved(
    hessian: FloatArray, gradient: FloatArray, lower: FloatArray, at_bound: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """The minimum with some parameters held at their bounds, with the slope of the quadratic there."""
    d = np.where(at_bound, lower, 0.0)
    free = ~at_bound
    right = -gradient[free]
    if at_bound.any():
        right = right - hessian[np.ix_(free, at_bound)] @ d[at_bound]
    d[free] = cho_solve(cho_factor(hessian[np.ix_(free, free)], check_finite=False), right, check_finite=False)
    return d, hessian @ d + gradient


def raised(hessian: FloatArray) -> FloatArray:
    """The same with its diagonal raised by next to nothing: cells that come to expect no claims leave it singular."""
    whole = hessian.copy()
    whole[np.diag_indices(len(whole))] *= 1 + _RAISED
    return whole


def identified(hessian: FloatArray, bounded: BoolArray) -> IntArray:
    """Places of parameters to keep, ascending: without those free ones that follow from other free ones.

    Bounded parameters are all kept: what one of them can say, a free one at zero could not say for it.
    """
    some = np.flatnonzero((np.diag(hessian) > 0) & ~bounded)
    scale = 1 / np.sqrt(np.diag(hessian)[some])
    _, pivots, rank, _ = lapack.dpstrf(hessian[np.ix_(some, some)] * np.outer(scale, scale), tol=_RANK)
    return np.sort(np.r_[some[pivots[:rank] - 1], np.flatnonzero((np.diag(hessian) > 0) & bounded)])
