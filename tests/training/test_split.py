"""Splits and folds: deterministic, whole groups, later times, equal features together."""

from pathlib import Path

import numpy as np
import pytest

from pricing.errors import InputError
from training.plan import Plan, Split
from training.split import FOLDS, alike, folds, on_both_sides, split


def plan(kind: str = "random", by: str | None = None, groups: str | None = None) -> Plan:
    return Plan("p", (Path("a.csv"),), Split(kind, by), (), (), groups=groups)  # type: ignore[arg-type]


def test_random_is_the_stated_permutation() -> None:
    parts = split(Split("random", seed=7), 11)
    drawn = np.random.default_rng(7).permutation(11)
    assert parts.train.tolist() == drawn[:8].tolist()
    assert parts.test.tolist() == drawn[8:].tolist()


def test_a_column_says_it() -> None:
    parts = split(Split("column", "set"), 3, np.array(["test", "train", "test"], dtype=object))
    assert (parts.train.tolist(), parts.test.tolist()) == ([1], [0, 2])


def test_other_words_in_the_column_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="holdout"):
        split(Split("column", "set"), 2, np.array(["train", "holdout"], dtype=object))


@pytest.mark.parametrize("word", ["train", "test"])
def test_an_empty_side_is_refused(word: str) -> None:
    with pytest.raises(InputError) as refused:
        split(Split("column", "set"), 2, np.array([word, word], dtype=object))
    assert refused.value.code == "split_side_empty"


def test_groups_stay_whole() -> None:
    groups = np.arange(1000) // 7
    parts = split(Split("group", "g"), 1000, groups)
    assert on_both_sides(parts, groups) == 0
    assert len(np.unique(groups[parts.test])) == 143 - int(0.8 * 143)
    assert sorted([*parts.train, *parts.test]) == list(range(1000))


def test_the_latest_times_are_tested() -> None:
    years = np.array([2020, 2024, 2021, 2022, 2024, 2023, 2020, 2021, 2022, 2023])
    parts = split(Split("time", "year", 0.3), 10, years)
    assert set(years[parts.test]) == {2023, 2024}
    assert set(years[parts.train]) == {2020, 2021, 2022}


def test_folds_keep_groups_together() -> None:
    groups = np.arange(600) // 3
    found = folds(plan(groups="g"), [np.arange(600.0)], groups)
    assert sorted(set(found)) == list(range(FOLDS))
    assert all(len(set(found[groups == group])) == 1 for group in range(200))
    assert np.bincount(found).tolist() == [120] * 5


def test_folds_keep_equal_features_together() -> None:
    one, other = np.arange(900) % 30, np.array(["a", "b", "c"], dtype=object)[np.arange(900) // 300]
    found = folds(plan(), [one, other])
    pairs = {(a, b, int(f)) for a, b, f in zip(one, other, found, strict=True)}
    assert len(pairs) == 90
    assert sorted(set(found)) == list(range(FOLDS))


def test_folds_of_a_split_by_time_are_runs_of_times() -> None:
    years = np.arange(100) // 10
    found = folds(plan("time", "year"), [np.arange(100.0)], time=years)
    assert found.tolist() == (np.arange(100) // 20).tolist()
    assert folds(plan("time", "year"), [np.arange(4.0)], time=np.array([5, 5, 6, 7])).tolist() == [0, 0, 1, 2]


def test_one_group_cannot_be_folded() -> None:
    with pytest.raises(InputError) as refused:
        folds(plan(groups="g"), [np.arange(4.0)], np.zeros(4))
    assert refused.value.code == "split_one_fold"


def test_the_same_plan_gives_the_same_folds() -> None:
    features = [np.arange(50.0)]
    assert folds(plan(), features).tolist() == folds(plan(), features).tolist()


def test_unknown_values_are_alike() -> None:
    assert alike([np.array([np.nan, 1.0, np.nan])]).tolist() == [1, 0, 1]
