"""Relativities that no table may hold, refused with the level that has them before anything is published."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.design import Coding
from models.tables import Tables
from pricing.errors import InputError
from pricing.rate_table import UNITS
from pricing.units import PPM
from training.fit import Fitted

_GREATEST = UNITS["ppm"] / PPM


def check_extremes(peril: str, fitted: Fitted) -> None:
    """InputError where a published relativity is above the greatest that a tariff can be loaded with."""
    found = [*_tables(fitted.coding, fitted.tables)]
    found += [(fitted.coding.factors[i].spec.name, "", float(curve.y.max())) for i, curve in fitted.curves.items()]
    if fitted.severity is not None:
        found += _tables(fitted.severity[0], fitted.severity[1].tables)
    factor, level, largest = max(found, key=lambda one: one[2], default=("", "", 0.0))
    if largest > _GREATEST:
        shown = {"factor": factor, "level": level, "relativity": f"{largest:,.4g}", "greatest": f"{_GREATEST:g}"}
        raise InputError("relativity_too_large", peril, peril=peril, **shown)


def _tables(coding: Coding, tables: Tables) -> Iterator[tuple[str, str, float]]:
    """Factors, level and size of the largest relativity of each table."""
    for key, values in tables.all().items():
        cell = np.unravel_index(int(values.argmax()), values.shape)
        factors = [coding.factors[i] for i in key]
        labels = [
            factor.labels()[int(np.flatnonzero(level == place)[0])]
            for factor, level, place in zip(factors, tables.levels_of(key), cell, strict=True)
        ]
        yield " × ".join(factor.spec.name for factor in factors), ", ".join(labels), float(np.exp(values.max()))
