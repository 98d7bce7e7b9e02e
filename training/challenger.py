"""The challenger: what free boosted trees would add to the published tables on the same test rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.design import Coding
from models.diagnostics import paired, poisson_deviance
from models.experience import FloatArray
from training.fit import Fitted, Rows

_MOST_CATEGORIES = 255  # of scikit-learn; a factor of more is given in the order of its exposure
_SETTINGS: dict[str, Any] = {"max_iter": 300, "learning_rate": 0.05, "min_samples_leaf": 50, "l2_regularization": 1.0}


def challenge(fitted: Fitted, train: Rows, test: Rows, seed: int) -> dict[str, Any]:
    """Deviance of monotone `HistGradientBoostingRegressor` on the test rows, and the paired difference to the tables.

    difference: the tables' deviance less the challenger's, per record × 100: what is lost by pricing from tables.
    """
    coding = fitted.coding
    model = HistGradientBoostingRegressor(
        loss="poisson",
        categorical_features=[shape.ordered == 0 and shape.size <= _MOST_CATEGORIES for shape in coding.shapes],
        monotonic_cst=[shape.monotone for shape in coding.shapes],
        early_stopping=True,
        random_state=seed,
        **_SETTINGS,
    )
    model.fit(_codes(coding, train), train.counts / train.exposure, sample_weight=train.exposure)
    expected = np.maximum(model.predict(_codes(coding, test)), 1e-12) * test.exposure
    own = fitted.rate(test.columns) * test.exposure
    lost = paired(test.counts, own, expected)
    return {
        "name": "HistGradientBoostingRegressor",
        "trees": int(model.n_iter_),
        "deviance": 100 * poisson_deviance(test.counts, expected),
        "difference": 100 * lost.mean,
        "error": 100 * lost.error,
    }


def _codes(coding: Coding, rows: Rows) -> FloatArray:
    return coding.codes(rows.columns).astype(np.float64)
