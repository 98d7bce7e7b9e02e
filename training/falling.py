"""Curves that the claims would bend against the plan's wish: said with figures, never flattened in silence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.curve import Curve, fit_curve
from models.experience import FloatArray
from models.factor_spec import FactorSpec
from models.trend import bend
from training.fit import Fitted, Rows
from training.notice import Notice
from training.portfolio_checks import DISTANCE
from training.selected import ClaimFree


def bends(peril: str, fitted: Fitted, rows: Rows) -> Iterator[Notice]:
    """Curves whose `monotone` the training rows contradict, and distance curves that are published falling.

    rows: those that the peril was fitted on.
    """
    spread = max(float(fitted.glm.dispersion_), 1.0)
    free = ClaimFree.of(rows.counts, rows.exposure)
    for place, curve in fitted.curves.items():
        spec = fitted.coding.factors[place].spec
        wish = spec.monotone or (1 if DISTANCE.search(spec.name) else 0)
        values = np.asarray(rows.columns[spec.name], dtype=np.float64)
        others = rows.exposure * fitted.rate(rows.columns) / curve.at(values)
        found = bend(values, rows.counts, others, wish, spread) if wish else None
        if found is None:
            continue
        unbound = fit_curve(values, rows.counts, others, knots=spec.knots)
        yield Notice(
            _code(spec, free),
            {
                "peril": peril,
                "factor": spec.name,
                "first": _shown(found.first),
                "last": _shown(found.last),
                "low": f"{found.low:.2f}",
                "high": f"{found.high:.2f}",
                "z": f"{abs(found.z):.0f}",
                "published": _elasticity(curve, values, rows.exposure),
                "unbound": _elasticity(unbound, values, rows.exposure),
                "seen": f"{free.seen:,}",
                "expected": f"{free.expected:,.0f}",
            },
        )


def _code(spec: FactorSpec, free: ClaimFree) -> str:
    if spec.monotone < 0:
        return "notice_curve_rises"
    if free.lacking:
        return "notice_curve_falls_selected"
    return "notice_curve_falls" if spec.monotone else "notice_curve_published_falling"


def _elasticity(curve: Curve, values: FloatArray, exposure: FloatArray) -> str:
    return f"{curve.elasticity(values, exposure):.2f}" if (values > 0).any() else "–"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
