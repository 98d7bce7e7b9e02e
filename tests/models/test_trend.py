"""A run against the wished direction: by hand, and told from chance."""

import numpy as np
import pytest

from models.trend import bend


def test_a_trend_by_hand() -> None:
    """Two values with expected claims 100 each: 200 and 100 seen. Rate 1.5, places −½ and ½ around the middle."""
    found = bend(np.array([1.0, 2.0]), np.array([200.0, 100.0]), np.array([100.0, 100.0]), 1)
    assert found is not None
    assert (found.first, found.last, found.low, found.high) == (1, 2, 2, 1)
    assert found.z == pytest.approx((-0.5 * 200 + 0.5 * 100) / np.sqrt(1.5 * (0.25 * 100 + 0.25 * 100)))
    assert bend(np.array([1.0, 2.0]), np.array([200.0, 100.0]), np.array([100.0, 100.0]), -1) is None


def drawn(shape: str, seed: int, many: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, expected = rng.uniform(0, 10, many), rng.uniform(0.01, 0.4, many)
    rate = {"rising": 0.5 + x / 10, "level": np.ones(many), "falling": 1.5 - x / 10, "hill": 1.8 - abs(x - 4) / 4}
    return x, rng.poisson(expected * rate[shape]).astype(float), expected


@pytest.mark.parametrize("seed", range(20))
def test_chance_is_no_bend(seed: int) -> None:
    for shape in ("rising", "level"):
        assert bend(*drawn(shape, seed), 1) is None
    assert bend(*drawn("level", seed), -1) is None


def test_what_falls_is_found_where_it_falls() -> None:
    found = bend(*drawn("falling", 1), 1)
    assert found is not None
    assert found.z < -15
    assert (found.first < 1, found.last > 9, found.low > 1 > found.high) == (True, True, True)
    hill = bend(*drawn("hill", 1), 1)
    assert hill is not None
    assert 1 < hill.first < 5 < hill.last
    assert bend(*drawn("rising", 1), -1) is not None


def test_a_wider_spread_needs_more() -> None:
    x, counts, expected = drawn("falling", 1, 2000)
    narrow, wide = bend(x, counts, expected, 1), bend(x, counts, expected, 1, spread=400.0)
    assert narrow is not None
    assert wide is None


def test_missing_values_and_no_claims_say_nothing() -> None:
    x, counts, expected = drawn("falling", 1)
    known = bend(x, counts, expected, 1)
    with_gaps = bend(np.r_[x, np.full(50, np.nan)], np.r_[counts, np.ones(50)], np.r_[expected, np.ones(50)], 1)
    assert with_gaps == known
    assert bend(np.full(5, np.nan), np.ones(5), np.ones(5), 1) is None
    assert bend(np.arange(5.0), np.zeros(5), np.ones(5), 1) is None
    assert bend(np.ones(5), np.ones(5), np.ones(5), 1) is None
