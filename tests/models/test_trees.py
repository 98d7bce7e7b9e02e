"""What is missing has no place in an order; a factor of very many levels is split by credible bins."""

from dataclasses import replace

import numpy as np
import pytest

from models.certificate import steps
from models.experience import Experience, FloatArray, IntArray
from models.interactions import boost, fold_tables
from models.merging import Limits, publish
from models.tables import Tables, average
from models.tabulate import LogRate
from models.trees import MOST_CODES, Settings, Trees

QUICK = Settings(learning_rate=0.1, rows_per_leaf=20, most_trees=100, at_a_time=50, patience=20)


def with_missing(rate: float, rows: int = 6000) -> Experience:
    """Ten rising bands, then the code of a missing value with a rate of its own; a nominal factor beside them."""
    rng = np.random.default_rng(2)
    codes = np.column_stack([rng.integers(0, 11, rows), rng.integers(0, 3, rows)])
    rates = np.append(0.2 + 0.08 * np.arange(10), rate)
    exposure = rng.uniform(0.5, 1, rows)
    counts = rng.poisson(exposure * rates[codes[:, 0]]).astype(float)
    return Experience(codes, (11, 3), (True, False), (1, 0), exposure, counts, np.arange(rows) % 3, (1, 0))


@pytest.mark.parametrize("rate", [0.05, 0.5, 2.0])
def test_a_missing_value_has_its_own_rate_where_the_others_rise(rate: float) -> None:
    rows = with_missing(rate)
    bag = boost(rows, QUICK, [(0, 1)])
    tables = average(fold_tables(bag, rows.sizes))
    assert np.abs(fold_tables(bag, rows.sizes)[0].log_rate(rows.codes) - bag.log_rates[0](rows.codes)).max() < 1e-9
    assert steps(tables, 0, 1, 10).min() > -1e-9
    published = publish(tables.rebalanced(rows), rows, Limits(cells=60)).tables
    for found in (tables.rebalanced(rows), published):
        of_code = mean_rate(found, rows)
        assert of_code[10] == pytest.approx(rate, rel=0.15)
        assert of_code[9] == pytest.approx(0.92, rel=0.15)
        assert of_code[0] == pytest.approx(0.2, rel=0.25)
    assert steps(published, 0, 1, 10).min() > -1e-12


def mean_rate(tables: Tables, rows: Experience) -> FloatArray:
    """Expected claims per exposure of each code of the first factor."""
    expected = np.bincount(rows.codes[:, 0], tables.expected(rows))
    return expected / np.bincount(rows.codes[:, 0], rows.exposure)


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_as_the_top_band_it_would_be_forced_above_the_others(rate: float) -> None:
    """The same rows where the last code counts as a band: its low rate drags the highest bands down."""
    rows = replace(with_missing(rate), outside=())
    tables = average(fold_tables(boost(rows, QUICK, [(0, 1)]), rows.sizes)).rebalanced(rows)
    assert mean_rate(tables, rows)[10] > 1.2 * rate


def test_a_missing_value_without_a_direction_is_split_by_itself() -> None:
    rows = replace(with_missing(0.05), monotone=(0, 0))
    tables = average(fold_tables(boost(rows, QUICK, [(0, 1)]), rows.sizes)).rebalanced(rows)
    assert mean_rate(tables, rows)[[0, 9, 10]] == pytest.approx([0.2, 0.92, 0.05], rel=0.25)


def test_merging_joins_a_missing_value_with_the_band_that_is_like_it() -> None:
    """In codes its neighbour is the last band, in rate the first."""
    codes = np.arange(11)[:, None]
    rows = Experience(codes, (11,), (True,), (0,), np.ones(11), np.ones(11), np.arange(11) % 2, (1,))
    tables = Tables((11,), 0.0, {0: np.repeat([0.0, 1.0, 0.0], [5, 5, 1])})
    level = publish(tables, rows, Limits()).tables.levels_of((0,))[0]
    assert level.tolist() == [0] * 5 + [1] * 5 + [0]


def towns(rows: int = 40_000, size: int = 600) -> tuple[Experience, IntArray]:
    """Six hundred towns of very unlike sizes, a third of them with thrice the rate, beside four bands."""
    rng = np.random.default_rng(9)
    share = 1 / np.arange(1, size + 1)
    town = rng.choice(size, rows, p=share / share.sum())
    high = np.arange(size) % 3 == 0
    codes = np.column_stack([town, rng.integers(0, 4, rows)])
    exposure = rng.uniform(0.5, 1, rows)
    counts = rng.poisson(exposure * np.where(high[town], 0.6, 0.2)).astype(float)
    made = Experience(codes, (size, 4), (False, True), (0, 0), exposure, counts, np.arange(rows) % 3)
    return made, high


def bins_of(model: LogRate) -> FloatArray:
    """What the trees see of each level of the first factor."""
    assert isinstance(model, Trees)
    return model.columns.values[0]


@pytest.mark.slow
def test_six_hundred_levels_are_fitted_and_published() -> None:
    rows, high = towns()
    bag = boost(rows, QUICK, [(0, 1)])
    for model in bag.log_rates:
        assert len(np.unique(bins_of(model))) <= MOST_CODES
    exact = fold_tables(bag, rows.sizes)
    assert np.abs(exact[0].log_rate(rows.codes) - bag.log_rates[0](rows.codes)).max() < 1e-9
    published = publish(average(exact).rebalanced(rows), rows, Limits(cells=100)).tables
    expected = np.bincount(rows.codes[:, 0], published.expected(rows), 600)
    rate = expected / np.bincount(rows.codes[:, 0], rows.exposure, 600)
    large = np.arange(60)
    assert (rate[large][high[large]] > 0.4).all()
    assert (rate[large][~high[large]] < 0.35).all()
    assert published.cells <= 100


def test_the_bins_of_a_fold_do_not_know_the_rows_it_holds_out() -> None:
    rows, _ = towns(8000)
    quick = replace(QUICK, most_trees=10, at_a_time=10, patience=0, every=5)
    changed = replace(rows, counts=np.where(rows.folds == 0, rows.counts[::-1], rows.counts))
    bins = [[bins_of(model) for model in boost(each, quick, []).log_rates] for each in (rows, changed)]
    assert (bins[0][0] == bins[1][0]).all()
    assert (bins[0][1] != bins[1][1]).any()
