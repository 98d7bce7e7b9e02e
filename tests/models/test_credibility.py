"""Credibility: Hachemeister's states to the printed digits, sums by hand, and what no record can tell."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.utils.estimator_checks import check_estimator

from models.credibility import BuhlmannStraub, CredibilityWarning, credibility, credible_levels

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real portfolios lie in ../shared/data, which is absent")


@needs_data
def test_hachemeister() -> None:
    table = pq.read_table(DATA / "hachemeister.parquet")
    ratios, weights = (
        np.column_stack([table[f"{name}.{quarter}"].to_numpy() for quarter in range(1, 13)])
        for name in ("ratio", "weight")
    )
    state = np.repeat(table["state"].to_numpy(), 12).reshape(-1, 1)
    model = BuhlmannStraub().fit(state, ratios.ravel(), sample_weight=weights.ravel())
    assert round(model.collective_mean_, 1) == 1683.7
    assert round(model.between_variance_, 1) == 89638.7
    assert round(model.within_variance_) == 139_120_026
    # Each state by the formula, from the printed constants alone.
    own = weights.sum(axis=1)
    z = own / (own + 139_120_026 / 89_638.7)
    premium = z * (ratios * weights).sum(axis=1) / own + (1 - z) * 1683.7
    assert model.z_ == pytest.approx(z, rel=1e-5)
    assert model.predict(state[::12]) == pytest.approx(premium, abs=0.1)
    assert model.predict([[99.0]]) == pytest.approx([1683.7], abs=0.05)


def test_two_groups_by_hand() -> None:
    # Groups of 1, 3 and 7, 9, all of weight 1: means 2 and 8, within (2 + 2) / 2 = 2,
    # between (2·9 + 2·9 - 1·2) / (4 - 8/4) = 17, Z = 2 / (2 + 2/17) = 17/18.
    group, y = np.array([0, 0, 1, 1]), np.array([1.0, 3.0, 7.0, 9.0])
    found = credibility(group, y, np.ones(4), 3)
    assert (found.within, found.between, found.collective) == (2, 17, 5)
    assert found.z == pytest.approx([17 / 18, 17 / 18, 0])
    assert found.premium == pytest.approx([5 - 3 * 17 / 18, 5 + 3 * 17 / 18, 5])


def test_groups_that_differ_by_chance_alone_get_the_mean() -> None:
    found = credibility(np.array([0, 0, 1, 1]), np.array([1.0, 9.0, 2.0, 8.0]), np.ones(4), 2)
    assert (found.between, found.premium.tolist()) == (0, [5, 5])


def test_one_record_per_group_tells_nothing_unless_chance_is_known() -> None:
    groups, y = np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 9.0])
    with pytest.warns(CredibilityWarning, match="no group has two records"):
        model = BuhlmannStraub().fit(groups, y)
    assert model.predict(groups).tolist() == [4, 4, 4]
    assert np.isnan(model.within_variance_)
    # Known within 4: between (25 + 4 + 9... : Σ(y-4)² = 9+4+25 = 38, (38 - 2·4) / (3 - 1) = 15, Z = 15/19.
    known = BuhlmannStraub(within=4.0).fit(groups, y)
    assert known.z_ == pytest.approx([15 / 19] * 3)


def test_a_thin_level_is_drawn_to_the_mean_and_a_thick_one_is_not() -> None:
    codes = np.repeat([0, 1, 2], [1000, 1000, 10])
    expected = np.full(len(codes), 0.1)
    counts = np.zeros(len(codes))
    counts[:50] = counts[1000:1150] = counts[-2:] = 1  # 50, 150 and 2 claims where 100, 100 and 1 were expected
    found = credible_levels(codes, counts, expected, 4)
    raw = [0.5, 1.5, 2.0]
    assert found.premium[:2] == pytest.approx(raw[:2], abs=0.05)
    assert 1.0 < found.premium[2] < 1.5
    assert found.premium[3] == found.collective


@pytest.mark.parametrize("weight", [[0.0, 0.0], [1.0, -1.0]])
def test_impossible_weights_are_refused(weight: list[float]) -> None:
    with pytest.raises(ValueError, match=r"weight|Negative"):
        BuhlmannStraub().fit([[1.0], [2.0]], [1.0, 2.0], sample_weight=weight)


@pytest.mark.filterwarnings("ignore::models.credibility.CredibilityWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_is_an_estimator_as_scikit_learn_means_it() -> None:
    volume = "a weight is a volume: twice the volume is not two records, which tell of chance"
    expected = dict.fromkeys(
        ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"), volume
    )
    results = check_estimator(BuhlmannStraub(), expected_failed_checks=expected, on_skip=None)
    assert sum(result["status"] == "passed" for result in results) > 30
