"""Standard errors that allow for rows which belong together, such as a worker's months: the sandwich by clusters.

A worker's own risk shows in all of its months, so their claims are not independent, and a dispersion of rows sees only
a little of that. Scores are added up within each group before they are squared (Liang and Zeger 1986).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from models.bounded import raised
from models.experience import FloatArray, IntArray
from models.poisson import Minimum, Poisson, Space
from models.relativity import rebased

_BLOCK = 65_536  # rows, about


def clustered_errors(
    data: Poisson, space: Space, end: Minimum, cross: FloatArray, bases: tuple[int, ...], groups: npt.NDArray[Any]
) -> FloatArray:
    """Standard errors of intercept and log relativities, a full array; groups: what each row belongs to, shape (n,).

    H⁻¹ (S'S · G/(G−1) + P) H⁻¹ with H the penalised curvature, S the scores of G groups, P the penalty: where groups
    add nothing, this is the H⁻¹ of `standard_errors`, so the penalty's bias is counted in alike. ValueError under two
    groups.
    """
    inner = space.only(end.kept)
    place = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    number = int(place.max()) + 1
    if number < 2:
        raise ValueError("errors by groups need two groups or more")
    meat = squared_scores(data, data.counts - end.expected, place) * number / (number - 1) + space.penalty
    curved = cho_factor(raised(inner.curvature(cross)), lower=True)
    spread = rebased(inner.basis.toarray(), data.matrix, bases)
    solved = cho_solve(curved, spread.T)
    outer = inner.basis.T @ (inner.basis.T @ meat).T
    errors: FloatArray = np.sqrt(np.maximum(np.einsum("ij,ij->j", solved, np.asarray(outer) @ solved), 0.0))
    return errors


def squared_scores(data: Poisson, residuals: FloatArray, place: IntArray, block: int = _BLOCK) -> FloatArray:
    """Sum over groups of the outer product of their scores, shape (width, width).

    place: group of each row from 0; block: rows that are held at once, whole groups.
    """
    total = np.zeros((data.matrix.width, data.matrix.width))
    starts = np.array(data.matrix.starts)[:, None]
    for rows in _whole_groups(place, block):
        codes = np.vstack([np.zeros(len(rows), dtype=np.int64), data.matrix.columns[:, rows] + starts])
        group = place[rows] - place[rows[0]]
        values = np.broadcast_to(residuals[rows], codes.shape)
        entries = (values.ravel(), (np.broadcast_to(group, codes.shape).ravel(), codes.ravel()))
        scores = sparse.coo_array(entries, shape=(int(group[-1]) + 1, data.matrix.width)).tocsr()
        total += (scores.T @ scores).toarray()
    return total


def _whole_groups(place: IntArray, block: int) -> Iterator[IntArray]:
    """Numbers of rows in blocks that hold whole groups, ordered by group."""
    order = np.argsort(place, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(place[order]) > 0, True]) + 1
    start = 0
    while start < len(order):
        past = int(np.searchsorted(ends, start + block))
        end = int(ends[min(past, len(ends) - 1)])
        yield order[start:end]
        start = end
