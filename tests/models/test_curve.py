"""Published curves: few knots, never against their direction, read as they were fitted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.curve import Curve, fit_curve
from models.experience import deviance


def drawn(seed: int, rows: int = 60_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances in whole metres with many zeros, counts and expected counts; frequency rises with a root."""
    rng = np.random.default_rng(seed)
    x = np.rint(rng.gamma(2, 6000, rows))
    x[: rows // 10] = 0
    expected = rng.uniform(0.1, 0.6, rows)
    return x, rng.poisson(expected * true(x)).astype(float), expected


def true(x: np.ndarray) -> np.ndarray:
    return 0.4 + np.sqrt(np.minimum(x, 40_000) / 12_000)


def test_ten_knots_cost_next_to_nothing() -> None:
    x, counts, expected = drawn(1)
    curve = fit_curve(x, counts, expected, knots=10, monotone=1)
    level = deviance(counts, expected * (counts.sum() / expected.sum()))
    best = deviance(counts, expected * true(x))
    assert len(curve.x) <= 10
    assert deviance(counts, expected * curve.at(x)) - best < 0.01 * (level - best)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_curve_never_goes_against_its_direction(direction: int) -> None:
    x, counts, expected = drawn(2)
    with_it = fit_curve(direction * x, counts, expected, monotone=direction)
    against = fit_curve(direction * x, counts, expected, monotone=-direction)
    assert (np.diff(with_it.y) * direction >= -1e-12).all()
    assert with_it.y.max() > 3 * with_it.y.min()
    assert against.y == pytest.approx(np.full(len(against.y), counts.sum() / expected.sum()))


def test_a_mirrored_portfolio_has_the_mirrored_curve() -> None:
    x, counts, expected = drawn(3)
    up, down = (fit_curve(sign * x, counts, expected, knots=2, monotone=sign) for sign in (1, -1))
    assert np.array_equal(up.x, -down.x[::-1])
    assert up.y == pytest.approx(down.y[::-1])


@given(st.integers(0, 10_000), st.sampled_from([-1, 0, 1]), st.integers(2, 8))
def test_claims_are_kept_and_factors_above_zero(seed: int, direction: int, knots: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.rint(rng.exponential(20, 80))
    expected = rng.uniform(0.01, 1, 80)
    counts = rng.poisson(0.5, 80).astype(float)
    counts[0] += 1
    curve = fit_curve(x, counts, expected, knots=knots, monotone=direction)
    assert expected @ curve.at(x) == pytest.approx(counts.sum(), rel=1e-4)
    assert (curve.y > 0).all()
    assert (np.diff(curve.x) > 0).all()
    assert len(curve.x) <= knots


def test_a_line_is_found_with_two_knots() -> None:
    x = np.repeat(np.arange(0.0, 101), 10)
    curve = fit_curve(x, 50 * (1 + x / 50), np.full(len(x), 50.0), knots=2, monotone=1)
    assert (curve.x.tolist(), curve.y.tolist()) == ([0, 100], pytest.approx([1, 3]))


def test_a_kink_is_found_where_it_is() -> None:
    x = np.repeat(np.arange(0.0, 61), 10)
    curve = fit_curve(x, 50 * (1 + np.maximum(x - 40, 0)), np.full(len(x), 50.0), knots=3)
    assert (curve.x.tolist(), curve.y.tolist()) == ([0, 40, 60], pytest.approx([1, 1, 21]))


def test_fewer_values_than_knots_or_only_one() -> None:
    ones = np.ones(4)
    assert fit_curve(np.array([1.0, 1, 4, 4]), 9 * ones, 9 * ones).x.tolist() == [1, 4]
    alone = fit_curve(7 * ones, 18 * ones, 9 * ones)
    assert (alone.x.tolist(), alone.y.tolist()) == ([7], pytest.approx([2]))


def test_missing_values_have_a_factor_drawn_to_one() -> None:
    x = np.array([1.0, 2.0, np.nan])
    curve = fit_curve(x, np.array([10.0, 20.0, 29.0]), np.array([10.0, 10.0, 9.0]), prior=1.0)
    assert curve.missing == pytest.approx(3)
    assert curve.at(x) == pytest.approx([1, 2, 3])


def test_a_curve_is_level_beyond_its_ends_and_straight_between() -> None:
    curve = Curve(np.array([10, 20]), np.array([1.0, 3.0]))
    assert curve.at(np.array([0.0, 10, 15, 20, 99])).tolist() == [1, 1, 2, 3, 3]
    assert curve.based_at(20).at(np.array([10.0, 20])) == pytest.approx([1 / 3, 1])


def test_elasticity_of_a_proportional_curve_is_one_and_of_a_level_one_zero() -> None:
    x, exposure = np.array([0.0, 1, 4, 9, 10]), np.ones(5)
    assert Curve(np.array([1, 10]), np.array([1.0, 10.0])).elasticity(x, exposure) == pytest.approx(1)
    assert Curve(np.array([1, 10]), np.array([2.0, 2.0])).elasticity(x, exposure) == 0


def test_elasticity_weighs_by_exposure() -> None:
    curve = Curve(np.array([0, 10, 20]), np.array([1.0, 2.0, 2.0]))
    # d log f / d log x = x / (10 + x) below 10: at 5 it is 1/3, at 15 zero.
    assert curve.elasticity(np.array([5.0, 15.0]), np.array([3.0, 1.0])) == pytest.approx(0.25)


def test_the_elasticity_of_a_fitted_curve_is_near_the_truth() -> None:
    x, counts, expected = drawn(4)
    above = x[x > 0]
    slope = (true(above + 0.5) - true(above - 0.5)) * above / true(above)
    curve = fit_curve(x, counts, expected, monotone=1)
    assert curve.elasticity(x, expected) == pytest.approx(np.average(slope, weights=expected[x > 0]), abs=0.02)


def test_what_cannot_be_a_curve_is_refused() -> None:
    nothing, one = np.array([np.nan]), np.array([1.0])
    for values, counts, expected in ((nothing, one, one), (one, 0 * one, one), (one, one, 0 * one)):
        with pytest.raises(ValueError, match=r"a curve needs rows|expected count above 0"):
            fit_curve(values, counts, expected)
    with pytest.raises(ValueError, match="above 0"):
        Curve(np.array([0, 1]), np.ones(2)).elasticity(np.zeros(1), one)
