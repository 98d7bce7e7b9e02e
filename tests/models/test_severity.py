"""Severity: means by hand, scikit-learn's gamma regression, Sweden's flat severity, and the money that is kept."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import GammaRegressor
from sklearn.utils.estimator_checks import check_estimator

from models.penalty import Shape
from models.severity import SeverityGLM, costs
from models.severity_loading import STRENGTHS, chosen_strength, fit_severity

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real portfolios lie in ../shared/data, which is absent")


def test_without_a_penalty_one_factor_gives_the_means_of_its_levels() -> None:
    # Level 0: (100·1 + 300·3)/4 = 250; level 1: 500. The error of a level's log is √(dispersion/claims).
    codes, cost, claims = np.array([[0], [0], [1], [1]]), np.array([100.0, 300, 400, 600]), np.array([1.0, 3, 2, 2])
    model = SeverityGLM([Shape(2)], [0], steps=0, levels=0).fit(codes, cost, sample_weight=claims)
    assert model.predict([[0], [1]]) == pytest.approx([250, 500])
    assert np.exp(model.effects_[0]) == pytest.approx([1, 2])
    # Pearson: 1·.6² + 3·.2² + 2·.2² + 2·.2² = .64 over 4 - 2 degrees of freedom.
    assert model.dispersion_ == pytest.approx(0.32)
    assert model.intercept_error_ == pytest.approx(np.sqrt(0.32 / 4))
    assert model.errors_[0] == pytest.approx([0, np.sqrt(0.32 * (1 / 4 + 1 / 4))])


def test_without_a_penalty_it_is_scikit_learns_gamma_regression() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, [3, 4], (400, 2))
    cost, claims = rng.gamma(2, 200, 400) * (1 + codes[:, 0]), rng.integers(1, 5, 400).astype(float)
    dummies = np.column_stack([codes[:, i] == level for i, size in enumerate((3, 4)) for level in range(1, size)])
    theirs = GammaRegressor(alpha=0, solver="newton-cholesky", tol=1e-10).fit(dummies, cost, sample_weight=claims)
    mine = SeverityGLM([Shape(3), Shape(4, 4)], [0, 0], steps=0, levels=0).fit(codes, cost, sample_weight=claims)
    assert mine.predict(codes) == pytest.approx(theirs.predict(dummies), rel=1e-6)
    assert np.concatenate([effect[1:] for effect in mine.effects_]) == pytest.approx(theirs.coef_, abs=1e-6)


def test_a_strong_penalty_leaves_one_mean_for_all() -> None:
    codes, cost = np.array([[0], [1]]), np.array([100.0, 300])
    model = SeverityGLM([Shape(2)], levels=1e9).fit(codes, cost)
    assert model.predict(codes) == pytest.approx([200, 200], rel=1e-6)


def test_a_thin_level_is_drawn_to_the_mean_and_an_unseen_one_lies_there() -> None:
    codes = np.repeat([[0], [1]], [200, 2], axis=0)
    cost = np.repeat([100.0, 1000.0], [200, 2])
    model = SeverityGLM([Shape(3)], [0], levels=10).fit(codes, cost)
    thin, unseen = model.predict([[1], [2]])
    assert 100 < unseen < thin < 500


def test_a_level_nobody_saw_has_no_error_without_a_penalty() -> None:
    model = SeverityGLM([Shape(3)], [0], levels=0).fit([[0], [0], [1], [1]], [1.0, 2, 3, 4])
    assert np.isinf(model.errors_[0]).tolist() == [False, False, True]


def test_costs_above_the_cap_are_counted_as_excess() -> None:
    # 2 claims of 500 on average, one of 3,000 under a cap of 1,000; a claim without amount, an amount without claim.
    found = costs(np.array([2.0, 1, 1, 0, 0]), np.array([1000.0, 3000, np.nan, 70, 0]), cap=1000)
    assert found.cost.tolist() == [500, 1000, 0, 0, 0]
    assert (found.paid, found.excess, found.claims) == (4000, 2000, 3)
    assert (found.without_amount, found.without_count) == ((1, 1.0), (1, 70.0))


def test_loading_by_hand_and_the_money_is_kept() -> None:
    counts, amounts = np.array([2.0, 1, 1, 0]), np.array([1000.0, 3000, 0, 0])
    found = fit_severity(SeverityGLM([Shape(1)]), np.zeros((4, 1), dtype=int), counts, amounts, cap=1000)
    # Capped mean 2000/3; all 4 claims cost 4000: 1000 each = 2000/3 · 2 (excess) · 3/4 (nil) · 1 (balance).
    assert (found.excess, found.nil, found.balance) == (2, pytest.approx(0.75), pytest.approx(1))
    assert np.exp(found.tables.base) == pytest.approx(1000)


@needs_data
@pytest.mark.parametrize("cap", [None, 20_000.0])
def test_the_money_of_swedens_motorcycles_is_kept(cap: float | None) -> None:
    table = pq.read_table(DATA / "swmotorcycle.parquet")
    _, codes = np.unique(table["RiskClass"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    counts, amounts = (table[name].to_numpy().astype(float) for name in ("ClaimNb", "ClaimAmount"))
    found = fit_severity(SeverityGLM([Shape(7)], levels=50), codes.reshape(-1, 1), counts, amounts, cap)
    expected = counts * np.exp(found.tables.log_rate(codes.reshape(-1, 1)))
    assert counts.sum() == 697
    assert expected.sum() == pytest.approx(17_041_820)
    assert (found.excess > 1.2) == (cap is not None)


@needs_data
def test_swedens_severity_is_flat_in_distance() -> None:
    table = pq.read_table(DATA / "swautoins.parquet")
    counts, amounts = (table[name].to_numpy().astype(float) for name in ("Claims", "Payment"))
    codes = table["Kilometres"].to_numpy().reshape(-1, 1) - 1
    model = SeverityGLM([Shape(5, 5)], [0], steps=0, levels=0)
    found = fit_severity(model, codes, counts, amounts)
    assert np.exp(model.effects_[0]) == pytest.approx(np.ones(5), abs=0.1)
    assert counts @ np.exp(found.tables.log_rate(codes)) == pytest.approx(amounts.sum())


def test_where_nothing_differs_the_strongest_penalty_is_chosen_and_a_real_difference_is_kept() -> None:
    rng = np.random.default_rng(11)
    codes, folds, counts = rng.integers(0, 4, (2000, 1)), np.arange(2000) % 5, np.ones(2000)
    flat, steep = rng.gamma(1, 100, 2000), rng.gamma(1, 100, 2000) * 4.0 ** codes[:, 0]
    assert chosen_strength([Shape(4)], codes, counts, flat, folds, None) == STRENGTHS[-1]
    assert chosen_strength([Shape(4)], codes, counts, steep, folds, None) <= 100


@pytest.mark.parametrize(
    ("cost", "weight", "words"),
    [([0.0, 1.0], [1, 1], "above 0"), ([1.0, 1.0], [0, 0], "non-zero"), ([1.0, 1.0], [1, -1], "Negative")],
)
def test_what_is_no_severity_is_refused(cost: list[float], weight: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SeverityGLM([Shape(2)]).fit([[0], [1]], cost, sample_weight=weight)


def test_codes_outside_and_fractions_are_refused() -> None:
    model = SeverityGLM([Shape(2)]).fit([[0], [1]], [1.0, 2.0])
    for code, words in ((2.0, "outside"), (0.5, "whole numbers")):
        with pytest.raises(ValueError, match=words):
            model.predict([[code]])
    with pytest.raises(ValueError, match="no code 5"):
        SeverityGLM([Shape(2)], [5]).fit([[0], [1]], [1.0, 2.0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_is_an_estimator_as_scikit_learn_means_it() -> None:
    results = check_estimator(SeverityGLM(), on_skip=None, on_fail=None)
    failed = {result["check_name"]: str(result["exception"]) for result in results if result["status"] == "failed"}
    assert failed == {}
    assert sum(result["status"] == "passed" for result in results) > 30
