"""Gradient-boosted trees that may split only on factors allowed to act together, as functions of codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

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


@dataclass(frozen=True, slots=True)
class Trees:
    """A fitted model as a function of codes in the factors' own order."""

    model: HistGradientBoostingRegressor
    order: IntArray

    def __call__(self, codes: Codes) -> FloatArray:
        """Log rate of rows of codes, shape (n,)."""
        return np.asarray(np.log(self.model.predict(self.columns(codes))))

    def columns(self, codes: Codes) -> FloatArray:
        """The codes as the model wants them."""
        return codes[:, self.order].astype(np.float64)


def begin(experience: Experience, settings: Settings, keys: tuple[Key, ...] | None) -> Trees:
    """A model without trees.

    Nominal factors stand first: scikit-learn moves them there inside, but applies the lists of `interaction_cst` to
    the moved columns without moving the lists. Factors that no list names would form one group and act together, so
    every factor is listed alone too.
    """
    ordered = np.array(experience.ordered)
    order = np.argsort(ordered, kind="stable")
    place = np.argsort(order)
    lists = (
        None if keys is None else [{int(place[i]) for i in key} for key in (*keys, *((i,) for i in range(len(order))))]
    )
    model = HistGradientBoostingRegressor(
        loss="poisson",
        interaction_cst="pairwise" if lists is None else lists,
        categorical_features=~ordered[order],
        monotonic_cst=np.array(experience.monotone)[order],
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
    return Trees(model, order)
