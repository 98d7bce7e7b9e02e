"""The certificate of monotone factors, read off the published tables: the worst step of all combinations of levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.bands import Bands
from models.certificate import steps
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
    found = np.diff(np.log(fitted.curves[place].y)) * sign
    return float(found.min()) if len(found) else 0.0


def _of_tables(fitted: Fitted, place: int, sign: int) -> float:
    factor = fitted.coding.factors[place]
    assert isinstance(factor, Bands)
    found = steps(fitted.tables, place, sign, len(factor.starts))
    return float(found.min()) if len(found) else 0.0
