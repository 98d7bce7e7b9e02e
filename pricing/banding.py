"""Banding: how a raw value becomes the level of a factor. Bands of numbers, groups of names, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pricing.errors import TariffError
from pricing.strict_yaml import mapping_of, words_of
from pricing.units import IntArray

KEYS = ("column", "starts", "groups", "missing", "unseen")


@dataclass(frozen=True, slots=True, eq=False)
class Banding:
    """Levels of a raw column. starts: first value of each band, ascending; groups: level number of each name.

    missing, unseen: level number of an empty value, and of a name that is in no group; 0 where there is none.
    """

    column: str
    starts: tuple[float, ...]
    groups: Mapping[str, int]
    missing: int
    unseen: int

    def numbers(self, values: npt.NDArray[Any]) -> IntArray:
        """Level number of each value, from 1; 0 where it has none. Values beyond the bands take the nearest."""
        if self.starts:
            known = values.astype(np.float64)
            found = np.maximum(np.searchsorted(np.array(self.starts), known, side="right"), 1)
            return np.where(np.isnan(known), self.missing, found).astype(np.int64)
        names, place = distinct(values)
        levels = [self.missing if name is None else self.groups.get(name, self.unseen) for name in names]
        return np.array(levels, dtype=np.int64).take(place)


def distinct(values: npt.NDArray[Any]) -> tuple[list[str | None], IntArray]:
    """The distinct names of a column (None for an empty one), and which of them each row has."""
    places: dict[Any, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values.tolist()]
    return [name_of(value) for value in places], np.array(codes, dtype=np.int64)


def name_of(value: object) -> str | None:
    """A value as a level's name: whole floats as whole numbers, None where nothing is said."""
    if value is None or value == "" or value != value:  # the last: not a number
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def read_banding(body: Mapping[str, Any], levels: Sequence[str], place: str) -> Banding | None:
    """The banding of a factor's body, None where it has none; TariffError names what does not fit its levels."""
    if "column" not in body:
        return None
    numbers = {level: number for number, level in enumerate(levels, 1)}
    groups = mapping_of(body, "groups", place) if "groups" in body else {}
    starts = [_number(text, place) for text in words_of(body, "starts", place)]
    marks = {key: body[key] for key in ("missing", "unseen") if key in body}
    for level in (*groups.values(), *marks.values()):
        if level not in numbers:
            raise TariffError("unknown_level", place, level=level, known=", ".join(levels))
    if bool(groups) == bool(starts) or starts != sorted(set(starts)) or len(starts) > len(levels):
        raise TariffError("banding_not_valid", place)
    grouped = {name: numbers[level] for name, level in groups.items()}
    return Banding(
        body["column"], tuple(starts), grouped, *(numbers.get(marks.get(k, ""), 0) for k in ("missing", "unseen"))
    )


def _number(text: str, place: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise TariffError("banding_not_valid", place) from None
    if not math.isfinite(number):
        raise TariffError("banding_not_valid", place)
    return number
