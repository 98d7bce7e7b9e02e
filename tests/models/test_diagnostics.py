"""Diagnostics against scikit-learn's metrics and against sums by hand."""

import numpy as np
import pytest
from sklearn.metrics import d2_tweedie_score, mean_gamma_deviance, mean_poisson_deviance

from models import diagnostics as d

RNG = np.random.default_rng(7)
EXPOSURE = RNG.uniform(0.1, 2, 500)
EXPECTED = EXPOSURE * RNG.gamma(2, 0.2, 500)
COUNTS = RNG.poisson(EXPECTED).astype(float)


def test_deviances_are_those_of_scikit_learn() -> None:
    cost, mean, claims = RNG.gamma(2, 300, 50), RNG.uniform(300, 900, 50), RNG.integers(1, 4, 50).astype(float)
    assert d.poisson_deviance(COUNTS, EXPECTED) == pytest.approx(mean_poisson_deviance(COUNTS, EXPECTED))
    assert d.gamma_deviance(cost, mean) == pytest.approx(mean_gamma_deviance(cost, mean))
    weighted = mean_gamma_deviance(cost, mean, sample_weight=claims)
    assert d.gamma_deviance(cost, mean, claims) == pytest.approx(weighted)
    whole = d2_tweedie_score(COUNTS, EXPECTED, power=1)
    assert d.explained(COUNTS, EXPECTED, np.ones(500)) == pytest.approx(whole)


def test_the_homogeneous_model_goes_by_exposure_and_explains_nothing() -> None:
    assert d.explained(COUNTS, EXPOSURE * COUNTS.sum() / EXPOSURE.sum(), EXPOSURE) == pytest.approx(0, abs=1e-12)


def test_a_paired_difference_by_hand() -> None:
    # Deviances without claims are 2·μ: differences 2·(1-2) and 2·(3-1), mean 1, each 3 off; sd √18, error √18/√2 = 3.
    found = d.paired(np.zeros(2), np.array([1.0, 3.0]), np.array([2.0, 1.0]))
    assert (found.mean, found.error) == (1, pytest.approx(3))


def test_gini_by_hand_and_weighted_by_exposure() -> None:
    # Exposure 1 and 3; all claims in the higher rate: the curve is flat to 1/4, then rises to 1: 1 - 3/4·1 = 1/4.
    rate, counts, exposure = np.array([1.0, 2.0]), np.array([0.0, 5.0]), np.array([1.0, 3.0])
    assert d.gini(rate, counts, exposure) == pytest.approx(0.25)
    assert d.gini(-rate, counts, exposure) == pytest.approx(-0.25)
    x, y = d.lorenz(rate, counts, exposure)
    assert (x.tolist(), y.tolist()) == ([0, 0.25, 1], [0, 0, 1])


def test_equal_rates_say_nothing_in_any_order() -> None:
    order = RNG.permutation(500)
    assert d.gini(np.ones(500), COUNTS, EXPOSURE) == pytest.approx(0)
    rate = np.round(EXPECTED / EXPOSURE, 1)
    assert d.gini(rate[order], COUNTS[order], EXPOSURE[order]) == pytest.approx(d.gini(rate, COUNTS, EXPOSURE))


def test_lift_keeps_sums_and_ranks_by_expected_rate() -> None:
    found = d.lift(COUNTS, EXPECTED, EXPOSURE)
    assert len(found.exposure) == 10
    assert found.exposure == pytest.approx(np.full(10, EXPOSURE.sum() / 10), rel=0.1)
    assert (np.diff(found.expected_rate) > 0).all()
    assert (found.counts.sum(), found.exposure.sum()) == (COUNTS.sum(), pytest.approx(EXPOSURE.sum()))


def test_lift_by_hand() -> None:
    found = d.lift(np.array([1.0, 0, 3, 1]), np.array([1.0, 1, 2, 2]), np.ones(4), groups=2)
    assert (found.observed_rate.tolist(), found.expected_rate.tolist()) == ([0.5, 2], [1, 2])
    assert found.ratio.tolist() == [0.5, 1]
    assert len(d.lift(np.ones(4), np.ones(4), np.ones(4)).exposure) == 1


def test_dispersion_and_calibration_by_hand() -> None:
    counts, expected = np.array([2.0, 0.0, 4.0]), np.array([1.0, 1.0, 2.0])
    assert d.pearson_dispersion(counts, expected) == pytest.approx((1 + 1 + 2) / 3)
    assert d.pearson_dispersion(counts, expected, parameters=1) == pytest.approx(2)
    assert d.calibration(counts, expected) == 1.5


@pytest.mark.parametrize(("counts", "expected"), [([-1.0], [1.0]), ([0.0], [0.0]), ([], []), ([1.0], [1.0, 2.0])])
def test_what_has_no_poisson_deviance_is_refused(counts: list[float], expected: list[float]) -> None:
    with pytest.raises(ValueError, match="counts"):
        d.poisson_deviance(np.array(counts), np.array(expected))


def test_what_has_no_gamma_deviance_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        d.gamma_deviance(np.array([0.0]), np.array([1.0]))
