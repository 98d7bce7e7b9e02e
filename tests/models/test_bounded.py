"""The step under bounds is the best of all choices of bounds, and a fit the best of its neighbours."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bounded import identified, step
from models.frequency import FrequencyGLM
from models.penalty import Shape, Strength, penalty


def quadratic(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 2))
    lower = np.where(rng.random(size) < 0.3, -np.inf, -rng.exponential(0.5, size))
    return root @ root.T, rng.normal(scale=3, size=size), lower


def by_enumeration(hessian: np.ndarray, gradient: np.ndarray, lower: np.ndarray) -> float:
    """Least value over all choices of which bounds hold."""
    best = np.inf
    for held in product([False, True], repeat=len(lower)):
        at = np.array(held)
        if np.isinf(lower[at]).any():
            continue
        d = np.where(at, lower, 0.0)
        free = ~at
        if free.any():
            d[free] = np.linalg.solve(hessian[np.ix_(free, free)], -(gradient + hessian @ d)[free])
        if (d >= lower - 1e-12).all():
            best = min(best, float(d @ hessian @ d / 2 + gradient @ d))
    return best


@given(st.integers(0, 100_000), st.integers(1, 7))
def test_a_step_is_the_best_of_all_choices_of_bounds(seed: int, size: int) -> None:
    hessian, gradient, lower = quadratic(seed, size)
    d = step(hessian, gradient, lower)
    assert (d >= lower).all()
    value = d @ hessian @ d / 2 + gradient @ d
    assert value == pytest.approx(by_enumeration(hessian, gradient, lower), rel=1e-9, abs=1e-9)


def test_what_follows_from_others_is_not_identified() -> None:
    design = np.random.default_rng(1).normal(size=(50, 4))
    design[:, 2] = design[:, 0] - design[:, 1]
    design = np.column_stack([design, np.zeros(50)])
    kept = identified(design.T @ design, np.zeros(5, dtype=bool))
    assert (len(kept), 3 in kept, 4 in kept) == (3, True, False)
    bounded = np.array([False, False, True, False, False])
    assert identified(design.T @ design, bounded).tolist() == [0, 1, 2, 3]


@given(st.integers(0, 100_000), st.sampled_from([-1, 0, 1]), st.sampled_from([0.1, 3.0, 100.0]))
def test_no_small_change_within_the_directions_is_better(seed: int, direction: int, strength: float) -> None:
    rng = np.random.default_rng(seed)
    shapes = (Shape(5, 4, direction), Shape(3))  # four bands with a code for missing; three levels
    codes = np.column_stack([rng.integers(0, 5, 30), rng.integers(0, 3, 30)])
    exposure = 10 ** rng.uniform(-3, 1, 30)
    counts = rng.poisson(exposure)
    counts[0] += 1
    model = FrequencyGLM(shapes, None, strength, strength).fit(codes, counts, exposure=exposure)
    design = np.hstack([np.ones((30, 1)), np.eye(5)[codes[:, 0]], np.eye(3)[codes[:, 1]]])
    matrix = penalty(shapes, Strength(strength, strength))

    def value(full: np.ndarray) -> float:
        eta = design @ full
        return float(exposure @ np.exp(eta) - counts @ eta + full @ matrix @ full / 2)

    full = np.concatenate([[model.intercept_], *(r.log for r in model.relativities_)])
    for size in (1e-1, 1e-2, 1e-3):
        for change in rng.normal(scale=size, size=(40, len(full))):
            other = full + change
            if direction:
                other[1:5] = np.maximum.accumulate(other[1:5] * direction) * direction
            assert value(other) >= value(full) - 1e-9 * abs(value(full))
