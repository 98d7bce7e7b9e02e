"""Intervals of claims that come in heaps hold the truth as often as they say, and chance alone is told as chance."""

import numpy as np
import pytest
from scipy.stats import chi2, poisson

from models.chance import (
    LEAST_CLAIMS,
    alone,
    calibration_slope,
    heaped,
    psi_by_chance,
    ratio_interval,
    unlike,
)
from models.drift import psi

TRIES, WORKERS, MONTHS = 300, 300, 4


def book(draw: np.random.Generator, frailty: float, tilt: float = 1.0) -> tuple[np.ndarray, ...]:
    """Counts, expected counts and worker of rows; the claims rise with the expected rate to the power of `tilt`."""
    worker = np.repeat(np.arange(WORKERS), MONTHS)
    expected = np.repeat(np.exp(draw.normal(-1.5, 0.8, WORKERS)), MONTHS)
    own = draw.gamma(1 / frailty, frailty, WORKERS)[worker] if frailty else 1.0
    return draw.poisson(expected**tilt * own).astype(float), expected, worker


@pytest.mark.parametrize("frailty", [0.0, 0.5])
def test_intervals_hold_the_truth_as_often_as_they_say(frailty: float) -> None:
    draw, held, sloped = np.random.default_rng(3), 0, 0
    for _ in range(TRIES):
        counts, expected, worker = book(draw, frailty)
        low, high = ratio_interval(counts.sum(), expected.sum(), heaped(counts, expected, worker), 0.95)
        held += low <= 1 <= high
        slope = calibration_slope(counts, expected, np.ones(len(counts)), worker)
        assert slope is not None
        sloped += abs(slope.value - 1) <= 1.96 * slope.error
    # Of 300 tries at 95 % fewer than 272 or more than 296 would come once in a thousand or so.
    assert 272 <= held <= 297
    assert 268 <= sloped <= 297


def test_without_heaps_the_interval_is_that_of_poisson_counts() -> None:
    low, high = ratio_interval(7.0, 2.0, 1.0, 0.9)
    assert poisson.sf(6, 2.0 * low) == pytest.approx(0.05)
    assert poisson.cdf(7, 2.0 * high) == pytest.approx(0.05)
    none, some = ratio_interval(0.0, 2.0, 1.0, 0.9)
    assert none == 0
    assert np.exp(-2.0 * some) == pytest.approx(0.05)


def test_heaps_are_seen_by_group_alone() -> None:
    counts, expected, worker = book(np.random.default_rng(5), 1.0)
    by_row = heaped(counts, expected, np.arange(len(counts)))
    assert heaped(counts, expected, worker) > 1.3 * by_row >= 1.3
    assert heaped(np.zeros(4), np.ones(4), np.arange(4)) == 1.0
    assert heaped(np.ones(4), np.ones(4), np.zeros(4, dtype=int)) == 1.0


def test_a_slope_is_told_where_the_claims_rise_more_slowly() -> None:
    counts, expected, worker = book(np.random.default_rng(6), 0.2, tilt=0.4)
    slope = calibration_slope(counts, expected, np.ones(len(counts)), worker)
    assert slope is not None
    assert slope.value == pytest.approx(0.4, abs=3 * slope.error)
    assert slope.value + 3 * slope.error < 1


def test_no_slope_of_few_claims_or_equal_rates() -> None:
    rows = 100
    few = np.zeros(rows)
    few[: int(LEAST_CLAIMS) - 1] = 1
    rates, groups = np.linspace(0.1, 1, rows), np.arange(rows)
    assert calibration_slope(few, rates, np.ones(rows), groups) is None
    assert calibration_slope(np.ones(rows), np.full(rows, 0.5), np.ones(rows), groups) is None


def test_levels_of_like_claims_are_seldom_called_unlike() -> None:
    draw = np.random.default_rng(8)
    due = np.array([200.0, 80.0, 40.0, 20.0, 3.0, 0.5])
    like = [unlike(draw.poisson(1.2 * due), due, np.ones(6), np.zeros(6)) < 0.05 for _ in range(1000)]
    assert 25 <= sum(like) <= 80
    assert unlike(due * [1.0, 1.8, 1, 1, 1, 1], due, np.ones(6), np.zeros(6)) < 1e-4
    assert unlike(due * [1.0, 1.8, 1, 1, 1, 1], due, np.ones(6), np.full(6, 0.5)) > 0.05, "tables of few claims"
    assert unlike(np.zeros(2), np.ones(2), np.ones(2), np.zeros(2)) == 1.0
    assert unlike(np.array([9.0]), np.array([2.0]), np.ones(1), np.zeros(1)) == 1.0


@pytest.mark.parametrize("groups", [(500, 300), (1200, 25)])
def test_chance_moves_a_mix_as_far_as_it_is_said_to(groups: tuple[int, int]) -> None:
    draw, shares = np.random.default_rng(9), np.array([0.4, 0.25, 0.2, 0.1, 0.05])
    pairs = [[draw.multinomial(n, shares).astype(float) for n in groups] for _ in range(100)]
    over = [psi(*pair) > psi_by_chance(*pair, groups, 0.95) for pair in pairs]
    assert sum(over) <= 12
    moved = [np.array([0.1, 0.25, 0.2, 0.1, 0.35]) * groups[1], shares * groups[0]]
    assert psi(moved[1], moved[0]) > psi_by_chance(moved[1], moved[0], groups, 0.95)


def test_many_groups_move_as_chi_squared_says() -> None:
    mass = np.array([4000.0, 2500.0, 2000.0, 1500.0])
    due = chi2.ppf(0.95, 3) * (1 / 4000 + 1 / 3000)
    assert psi_by_chance(mass, mass, (4000, 3000), 0.95) == pytest.approx(due, rel=0.1)
    assert psi_by_chance(np.ones(1), np.ones(1), (500, 300), 0.95) == 0.0


def test_groups_of_like_exposure_count_themselves() -> None:
    assert alone(np.ones(12), np.repeat(np.arange(4), 3)) == pytest.approx(4)
    assert alone(np.array([9.0, 0.001]), np.arange(2)) == pytest.approx(1, abs=0.01)


def test_an_interval_needs_expected_claims() -> None:
    for expected, sure in ((0.0, 0.95), (1.0, 1.0)):
        with pytest.raises(ValueError, match="expected claims above 0"):
            ratio_interval(1.0, expected, 1.0, sure)
