"""The trees become tables exactly, and only the interactions that were allowed are in them."""

from dataclasses import replace

import numpy as np
import pytest

from models.certificate import steps
from models.experience import Experience, deviance_of_rows
from models.interactions import best_pairs, boost, fold_tables, rank, settings_for, within_one_error
from models.purify import joint, purify, spread
from models.tables import average
from models.tabulate import every_pair, tabulate
from models.trees import Settings

QUICK = Settings(learning_rate=0.1, rows_per_leaf=20, most_trees=60, at_a_time=30, patience=10)


def made(rows: int = 4000, seed: int = 3, effect: float = 1.0) -> Experience:
    """A numeric factor first, a nominal one second: the order that scikit-learn changes inside.

    The only interaction is between factors 0 and 1.
    """
    rng = np.random.default_rng(seed)
    sizes = (12, 4, 9, 3)
    codes = np.column_stack([rng.integers(0, size, rows) for size in sizes])
    exposure = rng.uniform(0.2, 1.0, rows)
    log_rate = (
        -0.5
        + 0.1 * codes[:, 2]
        + 0.5 * (codes[:, 0] > 5)
        + effect * np.where((codes[:, 0] > 5) == (codes[:, 1] % 2 == 0), 0.7, -0.7)
    )
    counts = rng.poisson(exposure * np.exp(log_rate)).astype(float)
    return Experience(codes, sizes, (True, False, True, False), (0, 0, 0, 0), exposure, counts, np.arange(rows) % 3)


def test_tables_of_all_pairs_equal_their_models() -> None:
    rows = made()
    bag = boost(rows, QUICK)
    assert bag.trees > 0
    for log_rate, tables in zip(bag.log_rates, fold_tables(bag, rows.sizes), strict=True):
        assert np.abs(tables.log_rate(rows.codes) - log_rate(rows.codes)).max() < 1e-9


def test_tables_of_three_factors_equal_their_models() -> None:
    rows = made()
    bag = boost(rows, QUICK, [(0, 1, 2), (1, 3)])
    for log_rate, tables in zip(bag.log_rates, fold_tables(bag, rows.sizes), strict=True):
        assert tables.triples
        assert np.abs(tables.log_rate(rows.codes) - log_rate(rows.codes)).max() < 1e-9


def test_pairs_alone_do_not_hold_what_three_factors_do_together() -> None:
    rows = made()
    bag = boost(rows, QUICK, [(0, 1, 2)])
    tables = tabulate(bag.log_rates[0], rows.sizes, every_pair(4))
    assert np.abs(tables.log_rate(rows.codes) - bag.log_rates[0](rows.codes)).max() > 1e-3


@pytest.mark.parametrize("key", [(0, 1), (1, 2), (2, 3), (0, 2), (0, 3), (1, 3)])
def test_only_the_allowed_pair_acts_together(key: tuple[int, int]) -> None:
    """With nominal factors behind ordered ones an unmoved list would allow another pair."""
    rows = made()
    bag = boost(rows, QUICK, [key])
    found = tabulate(bag.log_rates[0], rows.sizes, every_pair(4)).pairs
    assert {pair for pair, values in found.items() if np.abs(values).max() > 1e-9} <= {key}
    if key == (0, 1):
        assert np.abs(found[key]).max() > 0.5


def test_factors_without_a_pair_act_alone() -> None:
    rows = made()
    bag = boost(rows, QUICK, [])
    found = tabulate(bag.log_rates[0], rows.sizes, every_pair(4))
    assert max(np.abs(values).max() for values in found.pairs.values()) < 1e-9
    assert np.ptp(found.mains[2]) > 0.5


def test_the_true_interaction_ranks_first() -> None:
    rows = made()
    assert rank(rows, boost(rows, QUICK))[0] == (0, 1)


def test_the_fewest_pairs_within_one_error_are_kept() -> None:
    bag = best_pairs(made(), QUICK, (6, 1))
    assert bag.keys == ((0, 1),)


def test_rows_held_out_are_judged_by_the_model_that_has_not_seen_them() -> None:
    rows = made()
    bag = boost(rows, QUICK, [(0, 1)])
    other = replace(rows, counts=np.where(rows.folds == 0, rows.counts + 50.0, rows.counts))
    again = boost(other, replace(QUICK, most_trees=30, patience=0), [(0, 1)])
    first = boost(rows, replace(QUICK, most_trees=30, patience=0), [(0, 1)])
    if first.trees == again.trees:
        assert again.held_out[rows.folds == 0] == pytest.approx(first.held_out[rows.folds == 0])
    assert bag.held_out[rows.folds == 1] == pytest.approx(bag.log_rates[1](rows.codes[rows.folds == 1]))


def test_each_fold_goes_on_from_its_own_model() -> None:
    """The mean of all folds has seen the rows held out; with the fold's own model the next stage's gain is honest."""
    rows = made()
    first = boost(rows, QUICK, [])
    own = fold_tables(first, rows.sizes)
    second = boost(rows, QUICK, [(0, 1)], before=own)
    part = rows.folds == 2
    said = own[2].log_rate(rows.codes[part]) + second.log_rates[2](rows.codes[part])
    assert second.held_out[part] == pytest.approx(said, abs=1e-9)
    with_mean = boost(rows, QUICK, [(0, 1)], before=[average(own)] * 3)
    assert np.abs(with_mean.held_out - second.held_out).max() > 1e-3


def test_noise_gains_nothing_certain_on_top_of_a_true_model() -> None:
    rows = made(effect=0.0)
    first = boost(rows, QUICK, [])
    second = boost(rows, QUICK, [(0, 1)], before=fold_tables(first, rows.sizes))
    row, better = (deviance_of_rows(rows.counts, rows.exposure * np.exp(bag.held_out)) for bag in (first, second))
    assert within_one_error(row, better)


def test_one_hour_with_one_claim_moves_little() -> None:
    """Its rate is a thousand times the others', its expected claims are none: leaves are credible by the latter."""
    rows = made()
    hour = (rows.codes[:, 0] == 3) & (rows.codes[:, 1] == 2)
    exposure = np.where(hour, 1 / 8760, rows.exposure)
    counts = np.where(hour, 0.0, rows.counts)
    counts[np.flatnonzero(hour)[0]] = 1.0
    odd = replace(rows, exposure=exposure, counts=counts)
    bag = boost(odd, replace(QUICK, rows_per_leaf=1), [(0, 1)])
    highest = np.exp(bag.held_out.max())
    assert highest < 10 * counts.sum() / exposure.sum()


def test_monotone_trees_make_monotone_tables() -> None:
    rows = replace(made(), monotone=(0, 0, 1, 0))
    tables = average(fold_tables(boost(rows, QUICK), rows.sizes))
    assert steps(tables, 2, 1).min() > -1e-9
    pure = purify(tables, rows)
    assert steps(pure, 2, 1).min() > -1e-9
    assert spread(pure.pairs[0, 1], joint(pure, (0, 1), rows)) > 0.1


def test_leaves_hold_about_forty_claims() -> None:
    rows = made()
    claims_per_row = rows.counts.sum() / 4000
    assert settings_for(rows).rows_per_leaf == pytest.approx(40 / claims_per_row, abs=1)


def test_what_trees_cannot_learn_from_is_refused() -> None:
    rows = made(300)
    with pytest.raises(ValueError, match="at most 255"):
        boost(replace(rows, sizes=(300, 4, 9, 3)), QUICK)
    with pytest.raises(ValueError, match="no claim to learn from"):
        boost(replace(rows, counts=np.where(rows.folds == 0, 1.0, 0.0)), QUICK)
