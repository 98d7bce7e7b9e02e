"""Bands and levels by which people look at a factor: tenths of the exposure, or the most exposed levels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.bands import numbers, quantile_bands
from models.experience import FloatArray, IntArray
from models.factor_spec import Column, FactorSpec, text_of

BANDS = 10
NAMED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Banded:
    """Bands of a factor as they were learned: starts of a numeric one, names of a categorical one, labels of each.

    The last place is for what no band holds: a value that is missing, a level that is rare or was not there.
    """

    starts: FloatArray
    names: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def learn(cls, spec: FactorSpec, column: Column, exposure: FloatArray) -> Banded:
        """Tenths of like exposure of a numeric factor, the 20 most exposed levels of a categorical one."""
        if spec.kind == "numeric":
            values = numbers(column, spec.name)
            known = ~np.isnan(values)
            if not known.any():
                return cls(np.empty(0), (), ("?",))
            distinct, place = np.unique(values[known], return_inverse=True)
            band = quantile_bands(np.bincount(place, exposure[known]), BANDS)
            starts = distinct[np.r_[True, np.diff(band) > 0]]
            shown = [f"{start:.6g}" for start in starts]
            labels = [f"{a} – {b}" for a, b in pairwise(shown)] + [f"{shown[-1]} –"]
            return cls(starts, (), (*labels, "?"))
        texts, place = np.unique(_texts(column), return_inverse=True)
        order = np.argsort(-np.bincount(place, exposure), kind="stable")[:NAMED]
        names = tuple(str(texts[i]) for i in order)
        return cls(np.empty(0), names, (*names, "…"))

    def codes(self, column: Column) -> IntArray:
        """Place of each row, shape (n,)."""
        if len(self.starts):
            values = numbers(column, "")
            codes = np.maximum(np.searchsorted(self.starts, values, side="right") - 1, 0)
            return np.asarray(np.where(np.isnan(values), len(self.starts), codes), dtype=np.int64)
        if len(self.labels) == 1:
            return np.zeros(len(column), dtype=np.int64)
        number = {name: place for place, name in enumerate(self.names)}
        texts, place = np.unique(_texts(column), return_inverse=True)
        own = np.array([number.get(str(text), len(self.names)) for text in texts], dtype=np.int64)
        return own[place]

    def sums(self, codes: IntArray, column: FloatArray) -> FloatArray:
        """A column added up by place, shape (labels,)."""
        return np.bincount(codes, column, len(self.labels)).astype(np.float64)


def _texts(column: Column) -> np.ndarray:
    return np.array([text_of(item) or "?" for item in column.tolist()], dtype=str)
