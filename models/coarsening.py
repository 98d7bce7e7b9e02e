"""How much a published cell has to save: the price under which merged tables foresee held-out rows well.

Merging is part of the model. Where a portfolio is small, few levels foresee better than the many that were fitted;
where it is large, levels that a fixed bound joins are missed. So no number of levels is fixed: the models of the folds
are merged with the rows that they were fitted on, and the rows that they have not seen choose. What is published is the
mean of these models, which is steadier than each of them and needs less merging: so of the prices within one standard
error of the best the lowest is taken, which also stays closest to the model. Never a price that leaves the model behind
by more than the plan allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.experience import Experience, FloatArray, deviance_of_rows
from models.interactions import within_one_error
from models.merging import Limits, Merging
from models.tables import Tables, average

_MARGIN = 0.9  # of the fidelity: the rows it is checked on were not seen, and lie a little further off
PRICES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # 2 is what Akaike asks of a level that nothing holds


def chosen_limits(
    folds: Sequence[Tables], experience: Experience, limits: Limits, prices: Sequence[float] = PRICES
) -> Limits:
    """The limits with the lowest price whose held-out deviance is within one standard error of the best.

    folds: the tables of each fold's model, in the folds' order; prices: ascending. A lower one where the published
    tables would else be further from the model than `limits.fidelity`. CellsError as of `publish`.
    """
    tried = [price for price in prices if price >= limits.price] or [limits.price]
    rows = held_out(folds, experience, limits, tried)
    best = min(rows, key=lambda row: float(row.mean()))
    near = next(place for place, row in enumerate(rows) if within_one_error(row, best))
    if not near:
        return replace(limits, price=tried[0])
    fitted = average(folds).rebalanced(experience)
    merging = Merging(fitted, experience, limits)
    close = [price for price in tried[1 : near + 1] if _gap(merging, fitted, price) <= _MARGIN * limits.fidelity]
    return replace(limits, price=max(close, default=tried[0]))


def _gap(merging: Merging, fitted: Tables, price: float) -> float:
    """Mean relative difference of the merged tables to the model, by exposure."""
    rows = merging.experience
    merged = merging.finished(merging.at(merging.prices(price)[-1]), None)
    ratio = np.exp(merged.log_rate(rows.codes) - fitted.log_rate(rows.codes))
    return float(np.average(np.abs(ratio - 1), weights=rows.exposure))


def held_out(folds: Sequence[Tables], experience: Experience, limits: Limits, prices: Sequence[float]) -> FloatArray:
    """Deviance of each row by the merged tables of the fold that holds it out, shape (prices, n)."""
    rows = np.empty((len(prices), len(experience.counts)))
    for part, tables in zip(experience.parts, folds, strict=True):
        out = experience.folds == part
        outside, merging = experience.where(out), Merging(tables, experience.where(~out), limits)
        for place, price in enumerate(prices):
            merged = merging.finished(merging.at(merging.prices(price)[-1]), None)
            rows[place, out] = deviance_of_rows(outside.counts, merged.expected(outside))
    return rows
