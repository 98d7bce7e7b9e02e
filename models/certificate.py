"""The certificate of monotonicity: no combination of the other factors makes the rate turn back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np
from scipy.optimize import isotonic_regression

from models.experience import FloatArray, IntArray
from models.tables import Key, Tables, of, ppm
from pricing.units import PPM


def steps(tables: Tables, factor: int, sign: int, ranked: int | None = None) -> FloatArray:
    """Smallest step of the log rate between neighbouring codes, over all codes of the other factors.

    Step of the main effect plus, of each table with the factor, the smallest step of its columns. The certificate
    holds where no step is negative. A main effect that is missing is flat. sign: 1 for rising, -1 for falling; ranked:
    how many of the first codes are in order, None for all: a missing value is no highest one. Shape (ranked − 1,).
    """
    codes = tables.sizes[factor] if ranked is None else ranked
    own = tables.by_code((factor,)) if factor in tables.mains else np.zeros(tables.sizes[factor])
    return sign * np.diff(own[:codes]) + _smallest(tables, factor, sign, codes)


def hold(tables: Tables, factor: int, sign: int, weight: FloatArray, ranked: int | None = None) -> Tables:
    """The tables with the nearest main effect, by weighted squares, that has the certificate; weight: by level.

    Codes outside the order keep what they have: their levels are their own, see `merging`.
    """
    level = tables.levels_of((factor,))[0][:ranked]
    first = np.unique(level, return_index=True)[1]
    slack = np.append(0.0, np.cumsum(_smallest(tables, factor, sign, len(level))))[first]
    own = tables.mains[factor]
    aim = sign * own[: len(first)] + slack
    held = isotonic_regression(aim, weights=np.maximum(weight[: len(first)], 1e-9)).x - slack
    return replace(tables, mains={**tables.mains, factor: np.r_[sign * held, own[len(first) :]]})


def hold_ppm(tables: Tables, factor: int, sign: int, ranked: int | None = None) -> Tables:
    """Whole ppm that have the certificate: where rounding took a step back, the main effect gives it again."""
    first = np.unique(tables.levels_of((factor,))[0][:ranked], return_index=True)[1]
    columns = [_columns(tables, key, factor)[first] for key in tables.all() if len(key) > 1 and factor in key]
    own = [int(value) for value in ppm(tables.mains[factor])]
    places = range(len(first)) if sign > 0 else range(len(first) - 1, -1, -1)
    for last, place in pairwise(places):
        least = Fraction(own[last])
        for table in columns:
            least *= max(Fraction(int(a), int(b)) for a, b in zip(table[last], table[place], strict=True))
        own[place] = max(own[place], ceil(least))
    held = np.log(np.array(own) / PPM)
    return of(tables.sizes, tables.base, {**tables.all(), (factor,): held}, tables.levels)


def _columns(tables: Tables, key: Key, factor: int) -> IntArray:
    """Whole ppm of a table, one row per code of a factor, one column per combination of levels of the others."""
    axis = key.index(factor)
    table = ppm(np.moveaxis(tables.all()[key], axis, 0))
    return table.reshape(len(table), -1)[tables.levels_of(key)[axis]]


def _smallest(tables: Tables, factor: int, sign: int, codes: int) -> FloatArray:
    """Sum over the tables of several factors of their smallest column step, shape (codes − 1,)."""
    total = np.zeros(codes - 1)
    for key in tables.all():
        if len(key) > 1 and factor in key:
            axis = key.index(factor)
            levels = np.moveaxis(sign * tables.all()[key], axis, 0)
            columns = levels[tables.levels_of(key)[axis][:codes]]
            total += np.diff(columns, axis=0).reshape(len(total), -1).min(axis=1)
    return total
