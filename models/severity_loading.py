"""The severity of a portfolio: the fitted relativities with the one loading that keeps the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.diagnostics import gamma_deviance
from models.experience import Codes, FloatArray, IntArray
from models.penalty import Shape
from models.severity import Costs, SeverityGLM, costs
from models.tables import Tables

STRENGTHS = (10.0, 30.0, 100.0, 300.0, 1000.0, 1e9)  # [claims]; the last leaves one severity for all


@dataclass(frozen=True, slots=True, eq=False)
class Severity:
    """A fitted severity. loading: what its tables are multiplied by, so that the cost of all claims is kept; it is the
    product of `excess` (amounts above the cap), `nil` (claims that cost nothing) and `balance` (the model's own total).
    """

    model: SeverityGLM
    costs: Costs
    excess: float
    nil: float
    balance: float

    @property
    def loading(self) -> float:
        """Excess × nil × balance."""
        return self.excess * self.nil * self.balance

    @property
    def tables(self) -> Tables:
        """Log of the expected cost of a claim, loading included."""
        tables = self.model.tables_
        return replace(tables, base=tables.base + float(np.log(self.loading)))


def fit_severity(
    model: SeverityGLM, codes: Codes, counts: FloatArray, amounts: FloatArray, cap: float | None = None
) -> Severity:
    """Fit rows that have both claims and amounts; Σ counts × severity is what they were paid. Shapes (n, p), (n,)."""
    found = costs(counts, amounts, cap)
    used = found.used
    model.fit(codes[used], found.cost[used], sample_weight=counts[used])
    claimed = counts > 0
    claims, expected = counts[claimed], model.predict(codes[claimed])
    fitted = float(counts[used] @ model.predict(codes[used]))
    capped = found.paid - found.excess
    return Severity(model, found, found.paid / capped, fitted / float(claims @ expected), capped / fitted)


def chosen_strength(
    shapes: Sequence[Shape], codes: Codes, counts: FloatArray, amounts: FloatArray, folds: IntArray, cap: float | None
) -> float:
    """The strongest penalty whose held-out gamma deviance lies within one standard error of the best."""
    found = costs(counts, amounts, cap)
    used = found.used
    codes, cost, claims, folds = codes[used], found.cost[used], counts[used], folds[used]
    parts = np.unique(folds)
    if len(parts) < 2:
        raise ValueError("choosing a penalty needs two folds with claims")
    losses = np.zeros((len(STRENGTHS), len(parts)))
    for row, strength in enumerate(STRENGTHS):
        for column, part in enumerate(parts):
            out = folds == part
            model = SeverityGLM(tuple(shapes), steps=strength, levels=strength)
            model.fit(codes[~out], cost[~out], sample_weight=claims[~out])
            losses[row, column] = gamma_deviance(cost[out], model.predict(codes[out]), claims[out])
    best = losses.mean(axis=1).argmin()
    behind = losses - losses[best]
    error = behind.std(axis=1, ddof=1) / np.sqrt(len(parts))
    return STRENGTHS[int(np.flatnonzero(behind.mean(axis=1) <= error).max())]
