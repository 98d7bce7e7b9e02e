"""Gradient-boosted trees that may split only on factors allowed to act together, as functions of codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.credibility import credible_bins
from models.experience import Codes, Experience, FloatArray, IntArray
from models.tables import Key

MOST_CODES = 255


@dataclass(frozen=True, slots=True)
class Settings:
    """How trees are grown.

    l2 is in expected claims, so a leaf of little exposure moves little whatever its rate: that, not the number of its
    rows, is what holds a row of one hour with one claim. share: of the factors, drawn anew at each split.
    """

    learning_rate: float = 0.1
    leaves: int = 16
    rows_per_leaf: int = 20
    l2: float = 3.0
    share: float = 1.0
    most_trees: int = 800
    at_a_time: int = 100
    every: int = 10
    patience: int = 50
    seed: int = 2026


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """How codes become the columns that trees split.

    order: the factors, nominal ones first; values: of each factor what stands for each code, NaN outside its order;
    marked: monotone factors with codes outside their order, which have a second column that says so.
    """

    order: IntArray
    values: tuple[FloatArray, ...]
    marked: tuple[int, ...]

    @classmethod
    def of(cls, experience: Experience, expected: FloatArray) -> Columns:
        """Columns for the rows that are trained on; expected: claims by what is fitted before, shape (n,).

        scikit-learn gives a missing value a side of each split, but counts it among the highest where the rate has to
        rise. Of a factor of too many levels bins are split, in the order of their credible rates by these rows alone.
        """
        values: list[FloatArray] = []
        for i, (size, ranked) in enumerate(zip(experience.sizes, experience.ranked, strict=True)):
            own = np.arange(size, dtype=np.float64)
            if experience.ordered[i]:
                own[ranked:] = np.nan
            elif size > MOST_CODES:
                own[:] = credible_bins(experience.codes[:, i], experience.counts, expected, size, MOST_CODES)
            values.append(own)
        nominal = np.array(_nominal(experience))
        marked = [i for i, sign in enumerate(experience.monotone) if sign and np.isnan(values[i]).any()]
        return cls(np.argsort(~nominal, kind="stable"), tuple(values), tuple(marked))

    def __call__(self, codes: Codes) -> FloatArray:
        """Columns of rows of codes, shape (n, p + marked)."""
        own = [self.values[i].take(codes[:, i]) for i in self.order]
        return np.column_stack([*own, *(np.isnan(self.values[i]).take(codes[:, i]) for i in self.marked)])

    def of_key(self, key: Key) -> set[int]:
        """The columns of the factors of a key."""
        place = np.argsort(self.order)
        return {int(place[i]) for i in key} | {len(place) + self.marked.index(i) for i in key if i in self.marked}


@dataclass(frozen=True, slots=True)
class Trees:
    """A fitted model as a function of codes in the factors' own order."""

    model: HistGradientBoostingRegressor
    columns: Columns

    def __call__(self, codes: Codes) -> FloatArray:
        """Log rate of rows of codes, shape (n,)."""
        return np.asarray(np.log(self.model.predict(self.columns(codes))))


def begin(experience: Experience, expected: FloatArray, settings: Settings, keys: tuple[Key, ...] | None) -> Trees:
    """A model without trees for these training rows; expected: their claims by what is fitted before, shape (n,).

    Nominal factors stand first: scikit-learn moves them there inside, but applies the lists of `interaction_cst` to
    the moved columns without moving the lists. Factors that no list names would form one group and act together, so
    every factor is listed alone too.
    """
    columns = Columns.of(experience, expected)
    factors = range(len(experience.sizes))
    wanted = combinations(factors, 2) if keys is None else keys
    lists = [columns.of_key(key) for key in (*wanted, *((i,) for i in factors))]
    nominal, monotone, marks = np.array(_nominal(experience)), np.array(experience.monotone), len(columns.marked)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        interaction_cst="pairwise" if keys is None and not marks else lists,
        categorical_features=np.r_[nominal[columns.order], np.zeros(marks, dtype=bool)],
        monotonic_cst=np.r_[monotone[columns.order], np.zeros(marks, dtype=np.int64)],
        learning_rate=settings.learning_rate,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=settings.rows_per_leaf,
        l2_regularization=settings.l2,
        max_features=settings.share,
        max_bins=MOST_CODES,
        early_stopping=False,
        warm_start=True,
        random_state=settings.seed,
    )
    return Trees(model, columns)


def _nominal(experience: Experience) -> list[bool]:
    """Whether the trees may split a factor's codes in any way."""
    marks = zip(experience.sizes, experience.ordered, strict=True)
    return [not ordered and size <= MOST_CODES for size, ordered in marks]
