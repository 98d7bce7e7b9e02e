"""Which rows train, which test, and which fold holds a row out: the same for the same plan and data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.experience import IntArray
from pricing.errors import InputError
from training.plan import Plan, Split

FOLDS = 5
Column = npt.NDArray[np.object_] | npt.NDArray[np.float64] | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Row numbers, ascending but for a random split, whose rows keep the order of the draw."""

    train: IntArray
    test: IntArray


def split(plan: Split, rows: int, by: Column | None = None) -> Parts:
    """Train and test rows among `rows`; by: the column that the split names, shape (rows,). InputError if one is empty.

    Random: the first int((1 − test)·n) of a permutation train. Groups are permuted likewise, whole. Of times the
    latest are tested: the fewest whole values that hold at least the share of test rows.
    """
    if plan.kind == "random":
        drawn = np.random.default_rng(plan.seed).permutation(rows)
        many = int((1 - plan.test) * rows)
        parts = Parts(drawn[:many], drawn[many:])
    else:
        if by is None or len(by) != rows:
            raise ValueError("the split needs the column that it names, one value per row")
        tested = _tested(plan, by)
        parts = Parts(np.flatnonzero(~tested), np.flatnonzero(tested))
    if not len(parts.train) or not len(parts.test):
        raise InputError("split_side_empty", "split", side="train" if not len(parts.train) else "test")
    return parts


def _tested(plan: Split, by: Column) -> npt.NDArray[np.bool_]:
    """Whether each row is a test row."""
    if plan.kind == "column":
        words = by.astype(str)
        unknown = sorted({str(word) for word in np.unique(words)} - {"train", "test"})
        if unknown:
            raise InputError("split_words", "split", column=plan.by, found=", ".join(map(repr, unknown[:5])))
        return np.asarray(words == "test")
    values, place = np.unique(by, return_inverse=True)
    if plan.kind == "group":
        drawn = np.random.default_rng(plan.seed).permutation(len(values))
        chosen = np.ones(len(values), dtype=bool)
        chosen[drawn[: int((1 - plan.test) * len(values))]] = False
        return np.asarray(chosen[place])
    later = np.cumsum(np.bincount(place)[::-1])[::-1]  # rows at or after each value
    first = int(np.flatnonzero(later >= plan.test * len(by))[-1])
    return np.asarray(place >= first)


def folds(
    plan: Plan,
    features: Sequence[Column],
    groups: Column | None = None,
    time: Column | None = None,
) -> IntArray:
    """Number of the fold that holds each row out, from 0 to 4, shape (n,).

    By the plan's groups; else, for a split by time, by runs of whole times; else rows of equal features together.
    Fewer than five groups or times make as many folds; InputError where there is only one.
    """
    if plan.groups is not None and groups is not None:
        _, place = np.unique(groups, return_inverse=True)
    elif plan.split.kind == "time" and time is not None:
        _, place = np.unique(time, return_inverse=True)
        return _in_runs(place)
    else:
        place = alike(features)
    many = int(place.max()) + 1
    _enough(many)
    drawn = np.random.default_rng(plan.seed).permutation(many)
    return np.asarray((drawn % min(FOLDS, many))[place], dtype=np.int64)


def alike(features: Sequence[Column]) -> IntArray:
    """Number of each row's feature vector, from 0, shape (n,): rows of one number are equal in every feature."""
    place = np.zeros(len(features[0]), dtype=np.int64)
    for feature in features:
        _, own = np.unique(feature, return_inverse=True)
        _, place = np.unique(place * (own.max() + 1) + own, return_inverse=True)
    return place.astype(np.int64)


def on_both_sides(parts: Parts, place: IntArray) -> int:
    """Test rows whose number (of a group, of a feature vector) also stands among the training rows."""
    return int(np.isin(place[parts.test], place[parts.train]).sum())


def _in_runs(place: IntArray) -> IntArray:
    """Runs of neighbouring times with about like numbers of rows; each run holds whole times."""
    rows = np.bincount(place)
    _enough(len(rows))
    if len(rows) <= FOLDS:
        return place.astype(np.int64)
    middle = (np.cumsum(rows) - rows / 2) / rows.sum()
    _, run = np.unique((middle * FOLDS).astype(np.int64), return_inverse=True)
    _enough(int(run.max()) + 1)
    return np.asarray(run[place], dtype=np.int64)


def _enough(many: int) -> None:
    if many < 2:
        raise InputError("split_one_fold", "groups", found=many)
