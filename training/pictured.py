"""Published tables as pictures need them: main effects beside the fit and its intervals, tables of two factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.experience import FloatArray
from training.fit import Fitted, Rows
from training.published import Bandings

_MOST_PAIRS = 20


def mains(fitted: Fitted, train: Rows) -> list[dict[str, Any]]:
    """Every main effect: published relativity by level or at knots, exposure, and the GLM's with its interval."""
    found = []
    codes = fitted.coding.codes(train.columns)
    for place, factor in enumerate(fitted.coding.factors):
        name = factor.spec.name
        line: dict[str, Any] = {"factor": name, "kind": factor.spec.kind, "fitted": _glm(fitted, place)}
        if place in fitted.curves:
            curve = fitted.curves[place]
            line |= {"shape": "curve", "at": curve.x.tolist(), "relativity": curve.y.tolist()}
            values = np.asarray(train.columns[name], dtype=np.float64)
            known = ~np.isnan(values)
            near = np.searchsorted((curve.x[1:] + curve.x[:-1]) / 2, values[known])
            line["exposure"] = np.bincount(near, train.exposure[known], len(curve.x)).tolist()
        elif place in fitted.tables.mains:
            (level,) = fitted.tables.levels_of((place,))
            _, labels = Bandings("").name(factor, level)
            exposure = np.bincount(level.take(codes[:, place]), train.exposure, len(labels))
            line |= {"shape": "levels", "at": labels, "relativity": np.exp(fitted.tables.mains[place]).tolist()}
            line["exposure"] = exposure.tolist()
        else:
            line |= {"shape": "none", "at": [], "relativity": [], "exposure": []}
        found.append(line)
    return found


def _glm(fitted: Fitted, place: int) -> dict[str, Any]:
    own = fitted.glm.relativities_[place]
    low, high = own.interval()
    factor = fitted.glm_coding.factors[place]
    return {
        "at": list(factor.labels()),
        "relativity": own.factor.tolist(),
        "low": _finite(low),
        "high": _finite(high),
        "exposure": own.exposure.tolist(),
    }


def _finite(values: FloatArray) -> list[float | None]:
    """Values with none where the data say nothing."""
    return [float(value) if np.isfinite(value) else None for value in values]


def pairs(fitted: Fitted, train: Rows) -> list[dict[str, Any]]:
    """The published tables of two factors that move the price most, with the exposure of each cell."""
    codes = fitted.coding.codes(train.columns)
    found = []
    for key in sorted(fitted.tables.pairs, key=lambda key: -_strength(fitted, key, codes, train.exposure)):
        levels = fitted.tables.levels_of(key)
        values = fitted.tables.pairs[key]
        named = [Bandings("").name(fitted.coding.factors[i], level) for i, level in zip(key, levels, strict=True)]
        place = np.ravel_multi_index(
            tuple(level.take(codes[:, i]) for i, level in zip(key, levels, strict=True)), values.shape
        )
        exposure = np.bincount(place, train.exposure, values.size).reshape(values.shape)
        found.append(
            {
                "factors": [fitted.coding.factors[i].spec.name for i in key],
                "labels": [labels for _, labels in named],
                "relativity": np.exp(values).tolist(),
                "exposure": exposure.tolist(),
            }
        )
    return found[:_MOST_PAIRS]


def interactions(fitted: Fitted, train: Rows) -> list[dict[str, Any]]:
    """Tables of more than one factor by how much they move the price: the spread of their logs over the exposure."""
    codes = fitted.coding.codes(train.columns)
    keys = [key for key in fitted.tables.all() if len(key) > 1]
    ranked = sorted(((_strength(fitted, key, codes, train.exposure), key) for key in keys), reverse=True)
    names = [factor.spec.name for factor in fitted.coding.factors]
    return [{"factors": [names[i] for i in key], "spread": spread} for spread, key in ranked]


def _strength(fitted: Fitted, key: tuple[int, ...], codes: Any, exposure: FloatArray) -> float:
    values = fitted.tables.all()[key]
    own = tuple(level.take(codes[:, factor]) for factor, level in zip(key, fitted.tables.levels_of(key), strict=True))
    logs = values[own]
    middle = np.average(logs, weights=exposure)
    return float(np.sqrt(np.average((logs - middle) ** 2, weights=exposure)))
