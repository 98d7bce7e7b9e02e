"""A model of few factors per tree as exact tables, through nothing but its predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations, product

import numpy as np

from models.experience import Codes, FloatArray, IntArray
from models.tables import Key, Tables, of

LogRate = Callable[[Codes], FloatArray]


def tabulate(log_rate: LogRate, sizes: tuple[int, ...], keys: Iterable[Key]) -> Tables:
    """Tables of main effects and of the factors in `keys`, equal to a model that lets only these act together.

    log_rate: the model's log rate of rows of codes. A table's value is what the model says with all other factors at
    code 0, less everything that smaller tables say (inclusion and exclusion). With three factors in a key its pairs
    are tabulated too.
    """
    zero = np.zeros((1, len(sizes)), dtype=np.int64)
    base = float(log_rate(zero)[0])
    values: dict[Key, FloatArray] = {}
    wanted = {(i,) for i in range(len(sizes))} | {tuple(sorted(key)) for key in keys}
    wanted |= {pair for key in wanted if len(key) == 3 for pair in combinations(key, 2)}
    for key in sorted(wanted, key=lambda key: (len(key), key)):
        rest = log_rate(grid(sizes, key)).reshape([sizes[i] for i in key]) - base
        for length in range(1, len(key)):
            for axes in combinations(range(len(key)), length):
                smaller = values[tuple(key[axis] for axis in axes)]
                rest -= smaller.reshape([sizes[i] if axis in axes else 1 for axis, i in enumerate(key)])
        values[key] = rest
    return of(sizes, base, values, {})


def grid(sizes: tuple[int, ...], key: Key) -> IntArray:
    """Rows of codes: every combination of the factors of `key`, the others at code 0."""
    cells = np.indices([sizes[i] for i in key]).reshape(len(key), -1)
    rows = np.zeros((cells.shape[1], len(sizes)), dtype=np.int64)
    rows[:, list(key)] = cells.T
    return rows


def thinned(sizes: tuple[int, ...], weights: list[FloatArray], most: int) -> list[IntArray]:
    """Of each factor at most `most` codes, evenly spread over the weight: enough to rank interactions with."""
    chosen = []
    for size, weight in zip(sizes, weights, strict=True):
        share = (np.cumsum(weight) - weight / 2) / weight.sum()
        near = np.searchsorted(share, (np.arange(most) + 0.5) / most).clip(0, size - 1)
        chosen.append(np.arange(size) if size <= most else np.unique(near))
    return chosen


def every_pair(factors: int) -> list[Key]:
    """All pairs of factors."""
    return [(a, b) for a, b in product(range(factors), repeat=2) if a < b]
