"""How a factor's codes lie to each other, with the penalty that says so.

Both penalties ignore a shift of all of a factor's effects, so the answer does not depend on the base level:
neighbouring codes of an ordered factor are tied by squared steps, times the number of steps, so that a finer coding of
the same curve costs the same; levels of a nominal factor are tied to their mean, as by credibility. So a code that
training never saw ends at the factor's mean effect, a gap in an order between its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import block_diag

from models.experience import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Shape:
    """size: number of codes; ordered: how many of the first are in order; monotone: direction of these, 0 for none.

    ValueError where a factor without an order has a direction.
    """

    size: int
    ordered: int = 0
    monotone: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.size < 1 or not 0 <= self.ordered <= self.size or self.monotone not in (-1, 0, 1):
            raise ValueError(f"no such shape: {self.size} codes, {self.ordered} ordered, direction {self.monotone}")
        if self.monotone and not self.ordered:
            raise ValueError("only ordered codes can rise or fall")


@dataclass(frozen=True, slots=True)
class Strength:
    """What a unit of squared difference costs. [expected claims]

    steps: for an ordered factor; levels: for a nominal one, where it is what Bühlmann calls K, in claims.
    """

    steps: float = 1.0
    levels: float = 1.0

    def __post_init__(self) -> None:
        """Refuse negative strengths."""
        if not (self.steps >= 0 and self.levels >= 0):
            raise ValueError("a strength of penalty is 0 or more")


def penalty(shapes: Sequence[Shape], strength: Strength) -> FloatArray:
    """Matrix of the squared penalty over intercept and all codes, shape (1 + codes, 1 + codes)."""
    blocks = [np.zeros((1, 1)), *(_of_factor(shape, strength) for shape in shapes)]
    whole: FloatArray = block_diag(*blocks)
    return whole


def _of_factor(shape: Shape, strength: Strength) -> FloatArray:
    size, ordered = shape.size, shape.ordered
    if not ordered:
        return strength.levels * (np.eye(size) - 1 / size)
    matrix = np.zeros((size, size))
    steps = np.diff(np.eye(ordered), axis=0)
    matrix[:ordered, :ordered] = strength.steps * max(ordered - 1, 1) * steps.T @ steps
    apart = np.eye(size)[ordered:]
    apart[:, :ordered] = -1 / ordered
    return matrix + strength.levels * apart.T @ apart


def basis(shapes: Sequence[Shape], bases: Sequence[int]) -> tuple[sparse.csr_array, BoolArray]:
    """From free parameters to intercept and effects of all codes, with the parameters that may not be negative.

    A monotone factor is free in its steps, another in all codes but its base. Shapes (1 + codes, free), (free,).
    """
    blocks, bounded = [np.ones((1, 1))], [np.zeros(1, dtype=bool)]
    for shape, base in zip(shapes, bases, strict=True):
        block = np.delete(np.eye(shape.size), base, axis=1)
        held = np.zeros(shape.size - 1, dtype=bool)
        if shape.monotone:
            block = np.eye(shape.size)[:, 1:]
            ordered = shape.ordered
            block[:ordered, : ordered - 1] = shape.monotone * np.tri(ordered, ordered - 1, -1)
            held[: ordered - 1] = True
        blocks.append(block)
        bounded.append(held)
    whole = sparse.csr_array(sparse.block_diag(blocks))
    whole.eliminate_zeros()
    return whole, np.concatenate(bounded)
