"""The certificate of monotonicity: no combination of the other factors makes the rate turn back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import isotonic_regression

from models.experience import FloatArray
from models.tables import Tables, of, ppm
from pricing.units import PPM


def steps(tables: Tables, factor: int, sign: int) -> FloatArray:
    """Smallest step of the log rate between neighbouring codes, over all codes of the other factors; shape (size − 1,).

    Step of the main effect plus, of each table with the factor, the smallest step of its columns. The certificate
    holds where no step is negative. A main effect that is missing is flat. sign: 1 for rising, -1 for falling.
    """
    own = tables.by_code((factor,)) if factor in tables.mains else np.zeros(tables.sizes[factor])
    return sign * np.diff(own) + _smallest(tables, factor, sign)


def hold(tables: Tables, factor: int, sign: int, weight: FloatArray) -> Tables:
    """The tables with the nearest main effect, by weighted squares, that has the certificate; weight: by level."""
    level = tables.levels_of((factor,))[0]
    first = np.unique(level, return_index=True)[1]
    slack = np.append(0.0, np.cumsum(_smallest(tables, factor, sign)))[first]
    aim = sign * tables.mains[factor] + slack
    held = isotonic_regression(aim, weights=np.maximum(weight, 1e-9)).x - slack
    return replace(tables, mains={**tables.mains, factor: sign * held})


def hold_ppm(tables: Tables, factor: int, sign: int) -> Tables:
    """Whole ppm that have the certificate: where rounding took a step back, the main effect gives it again."""
    level = tables.levels_of((factor,))[0]
    first = np.unique(level, return_index=True)[1]
    slack = np.append(0.0, np.cumsum(_smallest(tables, factor, sign)))[first]
    own = ppm(tables.mains[factor])
    places = range(len(own)) if sign > 0 else range(len(own) - 1, -1, -1)
    last: int | None = None
    for place in places:
        if last is not None:
            least = own[last] * np.exp(sign * (slack[last] - slack[place]))
            own[place] = max(own[place], int(np.ceil(least - 1e-9 * least)))
        last = place
    return of(tables.sizes, tables.base, {**tables.all(), (factor,): np.log(own / PPM)}, tables.levels)


def _smallest(tables: Tables, factor: int, sign: int) -> FloatArray:
    """Sum over the tables of several factors of their smallest column step, shape (size − 1,)."""
    total = np.zeros(tables.sizes[factor] - 1)
    for key in tables.all():
        if len(key) > 1 and factor in key:
            columns = np.moveaxis(sign * tables.by_code(key), key.index(factor), 0)
            total += np.diff(columns, axis=0).reshape(len(total), -1).min(axis=1)
    return total
