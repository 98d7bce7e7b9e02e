"""Codes: bands, levels, what is missing, what training never saw, and the coarser form of a coding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bands import quantile_bands
from models.design import Coding, FactorSpec, recode


def learned(spec: FactorSpec, column: object, **options: object) -> Coding:
    values = np.asarray(column)
    return Coding.learn([spec], {spec.name: values}, np.ones(len(values)), **options)


def codes(coding: Coding, column: object) -> list[int]:
    return coding.codes({coding.factors[0].spec.name: np.asarray(column)})[:, 0].tolist()


def test_few_distinct_values_keep_a_code_each() -> None:
    coding = learned(FactorSpec("age", levels=64, knots=10), [5, 1, 3, 3])
    assert codes(coding, [1, 3, 5]) == [0, 1, 2]
    assert coding.factors[0].labels() == ("1", "3", "5")


def test_numbers_outside_the_training_range_take_the_end_bands() -> None:
    coding = learned(FactorSpec("age"), [18.0, 30.0, 80.0])
    assert codes(coding, [-4.0, 29.9, 30.0, 1e9, np.inf]) == [0, 0, 1, 2, 2]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(1, 12))
def test_bands_ascend_without_gaps_and_are_not_too_many(masses: list[int], most: int) -> None:
    band = quantile_bands(np.array(masses) + 1.0, most)
    assert set(np.diff(band)) <= {0, 1}
    assert band[0] == 0
    assert band[-1] < most


def test_bands_hold_like_exposure_where_asked() -> None:
    exposure = np.r_[np.ones(500), np.full(500, 9.0)]
    column = {"x": np.arange(1000.0)}
    coding = Coding.learn([FactorSpec("x", levels=10)], column, exposure, by="exposure")
    held = np.bincount(coding.codes(column)[:, 0], weights=exposure)
    assert held == pytest.approx(np.full(10, 500), rel=0.02)


def test_the_most_exposed_level_comes_first() -> None:
    spec, column = FactorSpec("make", "categorical"), {"make": np.array(["a", "b", "b", "c"], dtype=object)}
    coding = Coding.learn([spec], column, np.array([1.0, 2.0, 2.0, 9.0]))
    assert coding.factors[0].labels() == ("c", "b", "a")


def test_the_rarest_levels_share_a_code() -> None:
    coding = learned(FactorSpec("town", "categorical", levels=3), ["a"] * 5 + ["b"] * 4 + ["c", "d"])
    assert coding.sizes == (3,)
    assert codes(coding, ["a", "b", "c", "d"]) == [0, 1, 2, 2]


@pytest.mark.parametrize("column", [[1, 2, 2], [1.0, 2.0, 2.0], ["1", "2", "2"], np.array([1, 2, 2], dtype=object)])
def test_levels_go_by_their_text_whatever_the_type(column: object) -> None:
    coding = learned(FactorSpec("zone", "categorical", base="1"), column)
    assert codes(coding, np.array(["2", "1"], dtype=object)) == [0, 1]
    assert coding.base_codes == (1,)


def test_truth_values_are_levels() -> None:
    assert learned(FactorSpec("own", "categorical"), [True, False, True]).factors[0].labels() == ("True", "False")


@pytest.mark.parametrize("nothing", [None, float("nan"), ""])
def test_a_missing_level_has_its_own_code(nothing: object) -> None:
    column = np.array(["a", nothing, "a", nothing, nothing], dtype=object)
    coding = learned(FactorSpec("zone", "categorical"), column)
    assert coding.factors[0].labels() == ("a", "missing")
    assert codes(coding, column) == [0, 1, 0, 1, 1]


def test_a_missing_number_has_a_code_outside_the_order() -> None:
    coding = learned(FactorSpec("km", monotone=1), [1.0, np.nan, 3.0])
    assert codes(coding, [np.nan, 1.0]) == [2, 0]
    assert (coding.shapes[0].size, coding.shapes[0].ordered) == (3, 2)


def test_a_number_missing_for_the_first_time_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="km: 1 rows have no value"):
        codes(learned(FactorSpec("km"), [1.0, 3.0]), [np.nan])


def test_an_unseen_level_is_refused_by_name_unless_it_has_a_code() -> None:
    spec = FactorSpec("zone", "categorical")
    with pytest.raises(ValueError, match="zone: levels that training never saw: q"):
        codes(learned(spec, ["a", "b"]), ["a", "q"])
    assert codes(learned(spec, ["a", "b"], unseen=True), ["a", "q", None]) == [0, 2, 2]


def test_texts_of_numbers_are_numbers_and_others_are_refused() -> None:
    assert codes(learned(FactorSpec("age"), np.array(["7", "", "9"], dtype=object)), ["9", "7"]) == [1, 0]
    with pytest.raises(ValueError, match="age: not a number"):
        learned(FactorSpec("age"), ["7", "old"])


def test_a_coarser_coding_is_made_of_whole_bands() -> None:
    rng = np.random.default_rng(1)
    columns = {"x": rng.gamma(2, 50, 5000), "zone": rng.integers(0, 9, 5000)}
    columns["x"][:40] = np.nan
    exposure = rng.uniform(0.1, 1, 5000)
    fine = Coding.learn([FactorSpec("x"), FactorSpec("zone", "categorical")], columns, exposure)
    coarse, maps = fine.coarser(fine.codes(columns), exposure, most=16)
    assert (fine.sizes, coarse.sizes) == ((255, 9), (16, 9))
    assert np.array_equal(recode(fine.codes(columns), maps), coarse.codes(columns))
    held = np.bincount(coarse.codes(columns)[:, 0], weights=exposure)[:15]
    assert held.max() / held.min() < 1.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "text"},
        {"kind": "categorical", "monotone": 1},
        {"kind": "categorical", "shape": "curve"},
        {"monotone": 2},
        {"levels": 2},
        {"knots": 1},
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^age: "):
        FactorSpec("age", **wrong)
