"""The certificate of monotone factors, read off the published tables: the worst step of all combinations of levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.bands import Bands
from models.experience import FloatArray
from training.fit import Fitted


def certificates(fitted: Fitted) -> list[dict[str, Any]]:
    """Per monotone factor its direction and the worst log step against it: 0 or more where no price moves wrongly.

    The worst step of each table is taken for itself, so what is certified holds whatever the other factors are.
    """
    found = []
    for place, factor in enumerate(fitted.coding.factors):
        sign = factor.spec.monotone
        if sign and isinstance(factor, Bands):
            worst = _of_curve(fitted, place, sign) if place in fitted.curves else _of_tables(fitted, place, sign)
            found.append({"factor": factor.spec.name, "direction": sign, "worst_step": worst})
    return found


def _of_curve(fitted: Fitted, place: int, sign: int) -> float:
    steps = np.diff(np.log(fitted.curves[place].y)) * sign
    return float(steps.min()) if len(steps) else 0.0


def _of_tables(fitted: Fitted, place: int, sign: int) -> float:
    """Worst step from a code to the next: of the main effect, plus the worst of every other table of the factor."""
    factor = fitted.coding.factors[place]
    assert isinstance(factor, Bands)
    steps = np.zeros(len(factor.starts) - 1)
    for key in fitted.tables.all():
        if place in key:
            steps += _worst(np.moveaxis(fitted.tables.by_code(key), key.index(place), 0)[: len(factor.starts)], sign)
    return float(steps.min()) if len(steps) else 0.0


def _worst(values: FloatArray, sign: int) -> FloatArray:
    """Of each step along the first axis the worst over all others."""
    steps: FloatArray = sign * np.diff(values, axis=0)
    return np.asarray(steps.reshape(len(steps), -1).min(axis=1))
