"""Bands of a numeric factor: codes from ascending starts, a code of its own for what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.experience import FloatArray, IntArray
from models.factor_spec import Codes, Column, FactorSpec, text_of
from models.penalty import Shape


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Codes of a numeric factor: code k from `starts[k]` to under `starts[k + 1]`, ends open; then missing, unseen.

    starts: ascending values seen in training, shape (bands,).
    """

    spec: FactorSpec
    starts: FloatArray
    missing: bool
    unseen: bool
    base_code: int

    @property
    def size(self) -> int:
        """Number of codes."""
        return len(self.starts) + self.missing + self.unseen

    @property
    def shape(self) -> Shape:
        """How the codes lie to each other."""
        return Shape(self.size, len(self.starts), self.spec.monotone)

    def labels(self) -> tuple[str, ...]:
        """A word per code: the first value of each band."""
        marks = ("missing",) * self.missing + ("unseen",) * self.unseen
        return (*(f"{start:.12g}" for start in self.starts), *marks)

    def codes(self, column: Column) -> Codes:
        """Code of each row; values outside the training range take the first or last band."""
        values = numbers(column, self.spec.name)
        codes = np.searchsorted(self.starts, values, side="right").astype(np.int32) - 1
        np.maximum(codes, 0, out=codes)
        unknown = np.isnan(values)
        if unknown.any():
            if not (self.missing or self.unseen):
                raise ValueError(f"{self.spec.name}: {unknown.sum()} rows have no value, and in training all had one")
            codes[unknown] = len(self.starts)
        return codes


def learn_bands(
    spec: FactorSpec, values: FloatArray, exposure: FloatArray, weight: FloatArray, *, unseen: bool
) -> Bands:
    """Bands of about like sums of `weight`, the base where most exposure lies; values: shape (n,), NaN is missing."""
    known = ~np.isnan(values)
    missing = not bool(known.all())
    if not known.any():
        raise ValueError(f"{spec.name}: no row has a value")
    distinct, place = np.unique(values[known], return_inverse=True)
    mass = np.bincount(place, weights=weight[known])
    band = quantile_bands(mass, spec.levels - missing - unseen)
    starts = distinct[np.r_[True, np.diff(band) > 0]]
    own = np.bincount(band, weights=np.bincount(place, weights=exposure[known]))
    base = int(own.argmax())
    if spec.base is not None:
        base = max(int(np.searchsorted(starts, float(spec.base), side="right")) - 1, 0)
    return Bands(spec, starts, missing, unseen, base)


def quantile_bands(mass: npt.NDArray[Any], most: int) -> IntArray:
    """Band of each of the ascending values with these masses: at most so many bands of about equal mass, from 0."""
    if len(mass) <= most:
        return np.arange(len(mass))
    middle = np.cumsum(mass) - mass / 2
    raw = np.minimum((most * middle / mass.sum()).astype(np.int64), most - 1)
    return np.cumsum(np.r_[0, np.diff(raw) > 0])


def merged_bands(factor: Bands, codes: Codes, exposure: FloatArray, most: int) -> tuple[Bands, IntArray]:
    """At most so many codes of like exposure, each a run of bands, with the map from the old codes; codes: (n,)."""
    bands = len(factor.starts)
    mass = np.bincount(codes, weights=exposure, minlength=factor.size)[:bands]
    band = quantile_bands(mass, most - (factor.size - bands))
    starts = factor.starts[np.r_[True, np.diff(band) > 0]]
    place = np.r_[band, len(starts) + np.arange(factor.size - bands)]
    return replace(factor, starts=starts, base_code=int(place[factor.base_code])), place


def numbers(column: Column, name: str) -> FloatArray:
    """A column as floats, NaN where a value is missing; ValueError where it holds a text that is no number."""
    try:
        return np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    texts = [text_of(item) for item in np.asarray(column).tolist()]
    try:
        return np.array([np.nan if text is None else float(text) for text in texts])
    except ValueError as error:
        raise ValueError(f"{name}: not a number: {error}") from None
