"""A declared pair is always tried, stays where it saves anything, and its worth is what refitting without it costs."""

import numpy as np
import pytest

from models.declared import judge
from models.experience import Experience, deviance_of_rows
from models.interactions import best_pairs, boost
from models.trees import Settings

QUICK = Settings(learning_rate=0.1, rows_per_leaf=20, most_trees=60, at_a_time=30, patience=10)


def made(rows: int = 4000) -> Experience:
    """Only the first two of four factors act together; the last does nothing."""
    rng = np.random.default_rng(3)
    sizes = (8, 4, 6, 3)
    codes = np.column_stack([rng.integers(0, size, rows) for size in sizes])
    exposure = rng.uniform(0.2, 1.0, rows)
    log_rate = -0.5 + 0.1 * codes[:, 2] + np.where((codes[:, 0] > 3) == (codes[:, 1] % 2 == 0), 0.7, -0.7)
    counts = rng.poisson(exposure * np.exp(log_rate)).astype(float)
    return Experience(codes, sizes, (True, False, True, False), (0, 0, 0, 0), exposure, counts, np.arange(rows) % 3)


def test_declared_pairs_stand_first_among_few() -> None:
    bag = best_pairs(made(), QUICK, (1,), declared=[(2, 3)])
    assert bag.keys == ((2, 3),)
    assert best_pairs(made(), QUICK, (2,), declared=[(2, 3)]).keys == ((2, 3), (0, 1))


def test_a_pair_is_kept_for_what_it_saves() -> None:
    rows = made()
    declared = [(0, 1), (2, 3)]
    bag, (true, idle) = judge(boost(rows, QUICK, declared), rows, QUICK, declared)
    assert true.kept
    assert true.saved > 5 * true.error > 0
    assert idle.saved < 2 * idle.error < true.saved
    assert bag.keys == tuple(each.key for each in (true, idle) if each.kept)
    alone = boost(rows, QUICK, [(2, 3)])
    both = boost(rows, QUICK, declared)
    lost = [deviance_of_rows(rows.counts, rows.exposure * np.exp(each.held_out)) for each in (alone, both)]
    assert true.saved == pytest.approx(100 * (lost[0] - lost[1]).mean())


def test_factors_that_act_alone_are_in_no_pair() -> None:
    bag = best_pairs(made(), QUICK, (6,), alone=[1])
    assert bag.keys is not None
    assert set(bag.keys) <= {(0, 2), (0, 3), (2, 3)}


def test_nothing_declared_changes_nothing() -> None:
    rows = made(500)
    bag = boost(rows, QUICK, [(0, 1)])
    assert judge(bag, rows, QUICK, []) == (bag, ())
