"""What a fit is worth: test deviance against the homogeneous model, fidelity of the tables, relativities in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.credibility import credible_levels
from models.diagnostics import paired, poisson_deviance
from models.experience import FloatArray
from training.fit import Fitted, Rows


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Gap of the published tables to the model as fitted, on rows the fit did not see: |published ÷ fitted − 1|."""

    largest: float
    mean: float


def metrics(fitted: Fitted, train: Rows, test: Rows, set_aside: int) -> dict[str, Any]:
    """Figures of a peril. Deviances are means per record × 100; the homogeneous model is the training rows' rate."""
    rate = float(train.counts.sum() / train.exposure.sum())
    expected, flat = fitted.rate(test.columns) * test.exposure, rate * test.exposure
    gain = paired(test.counts, flat, expected)
    return {
        "rows": len(train.counts),
        "test_rows": len(test.counts),
        "set_aside": set_aside,
        "exposure": float(train.exposure.sum()),
        "claims": float(train.counts.sum()),
        "test_deviance": 100 * poisson_deviance(test.counts, expected),
        "homogeneous_deviance": 100 * poisson_deviance(test.counts, flat),
        "explained": 1 - poisson_deviance(test.counts, expected) / poisson_deviance(test.counts, flat),
        "gain": 100 * gain.mean,
        "gain_error": 100 * gain.error,
        "cells": fitted.cells,
        "candidate": fitted.selection.winner,
        "dispersion": float(fitted.glm.dispersion_),
        "credibility": dict(structure(fitted, train)),
        "elasticity": {
            fitted.coding.factors[place].spec.name: _elasticity(fitted, place, train) for place in fitted.curves
        },
    }


def _elasticity(fitted: Fitted, place: int, train: Rows) -> float | None:
    """Elasticity of a curve over the training rows, None where no value lies above 0."""
    values = np.asarray(train.columns[fitted.coding.factors[place].spec.name], dtype=float)
    return fitted.curves[place].elasticity(values, train.exposure) if (values > 0).any() else None


def structure(fitted: Fitted, train: Rows) -> Iterator[tuple[str, dict[str, float]]]:
    """Bühlmann and Straub's parameters of each categorical factor, beside all other main effects.

    between: variance of the levels' true ratios to what the other factors expect; within: that of the chance of one
    expected claim; claims: expected claims that a level needs to be believed by half; least, median: of the levels' Z.
    """
    codes, tables = fitted.glm_coding.codes(train.columns), fitted.glm.tables_
    logs = tables.log_rate(codes)
    for place, factor in enumerate(fitted.glm_coding.factors):
        if factor.spec.kind == "numeric" or place not in tables.mains:
            continue
        without = train.exposure * np.exp(logs - tables.by_code((place,)).take(codes[:, place]))
        without *= train.counts.sum() / without.sum()
        found = credible_levels(codes[:, place], train.counts, without, factor.size)
        z = found.z[found.weight > 0]
        half = {} if not found.between else {"claims": float(found.within / found.between)}
        yield (
            factor.spec.name,
            {
                "levels": factor.size,
                "between": float(found.between),
                "within": float(found.within),
                **half,
                "least": float(z.min()),
                "median": float(np.median(z)),
            },
        )


def fidelity(fitted: Fitted, test: Rows) -> Fidelity:
    """How far the published tables are from the model as it was fitted."""
    gap: FloatArray = np.abs(fitted.rate(test.columns) / fitted.model_rate(test.columns) - 1)
    return Fidelity(float(gap.max()), float(np.average(gap, weights=test.exposure)))


def candidates(peril: str, fitted: Fitted) -> Iterator[dict[str, object]]:
    """The candidates of the selection as lines of `candidates.csv`."""
    for score in fitted.selection.scores:
        yield {
            "peril": peril,
            "candidate": score.name,
            "deviance": score.deviance,
            "difference": score.difference,
            "error": score.error,
            "cells": score.cells,
            "chosen": score.name == fitted.selection.winner,
        }


def relativities(peril: str, fitted: Fitted) -> Iterator[dict[str, object]]:
    """Main effects of the GLM with their 95 % intervals, level by level, as lines of `relativities.csv`."""
    for factor, own in zip(fitted.glm_coding.factors, fitted.glm.relativities_, strict=True):
        low, high = own.interval()
        for place, label in enumerate(factor.labels()):
            yield {
                "peril": peril,
                "factor": factor.spec.name,
                "level": label,
                "exposure": float(own.exposure[place]),
                "claims": float(own.claims[place]),
                "relativity": float(own.factor[place]),
                "low": float(low[place]),
                "high": float(high[place]),
            }
