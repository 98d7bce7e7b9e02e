"""Declarations: the legal amount of a platform, province, pilot industry and entity, rounded once, and its lines.

Lines are the declaration's allocation by largest remainder; ties go in key order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pricing.check import platform_region
from pricing.coding import Rows
from pricing.edition import Edition
from pricing.units import IntArray, to_fen, whole_fen, whole_fen_left
from pricing.worksheet import Worksheet

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Declarations:
    """Per declaration, shapes (declarations,): first: a row of it; units: orders or heads; millifen: exact; levy_fen.

    of_row: declaration of each row; line_fen: its allocation. Shapes (rows,).
    """

    first: IntArray
    units: IntArray
    millifen: IntArray
    levy_fen: IntArray
    of_row: IntArray
    line_fen: IntArray


def declare(rows: Rows, sheet: Worksheet, units: IntArray, edition: Edition, *, apart: bool = False) -> Declarations:
    """Sum the rows' millifen per platform × province × pilot industry × entity and round each sum to fen once.

    apart: whether each worker's rows are a declaration of their own.
    """
    group = groups_of(rows, edition, "pilot_industry")
    if apart and len(rows.starts) > 1:
        group = rows.worker * (group.max() + 1) + group
    order, starts, of_ordered = grouped(group)
    millifen = sheet.millifen.take(order)
    exact = np.add.reduceat(millifen, starts)
    levy = to_fen(exact)
    line = whole_fen(millifen)
    left = levy - np.add.reduceat(line, starts)
    if left.any():
        line = line + largest_remainders(whole_fen_left(millifen), of_ordered, left)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    summed = np.add.reduceat(units.take(order), starts)
    return Declarations(order.take(starts), summed, exact, levy, of_ordered.take(back), line.take(back))


def groups_of(rows: Rows, edition: Edition, by: str) -> IntArray:
    """One number per platform (as written), province, `by` (pilot_industry, risk_class or none) and entity, (rows,)."""
    provinces = edition.keep("provinces", "", lambda: _province_of(edition))
    group = rows.codes["#platform"] * len(provinces) + provinces.take(rows.codes["region"])
    if by:
        group = group * (len(edition.levels[by]) + 1) + rows.codes[by]
    if len(edition.entities) > 1:
        entity = edition.terms.entity.reshape(-1).take(platform_region(rows, edition))
        group = group * len(edition.entities) + entity
    return group


def grouped(group: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Order by group, first place of each group in it, and the group of each ordered row."""
    order = group.argsort(kind="stable")
    ordered = group.take(order)
    begins = np.empty(len(group), dtype=bool)
    begins[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    return order, begins.nonzero()[0], begins.cumsum() - 1


def largest_remainders(remainder: IntArray, group: IntArray, left: IntArray) -> IntArray:
    """One more fen for the rows with the largest remainders of each group, as many as are left; ties as ordered.

    remainder, group: shape (rows,), groups numbered from 0; left: shape (groups,).
    """
    by_remainder = np.lexsort((-remainder, group))
    counts = np.bincount(group, minlength=len(left))
    starts = counts.cumsum() - counts
    rank = np.empty(len(group), dtype=np.int64)
    rank[by_remainder] = np.arange(len(group)) - starts.take(group.take(by_remainder))
    return (rank < left.take(group)).astype(np.int64)


class MonthAllocation:
    """The declared amounts of a month that comes in parts: add each part in key order, close, then ask for each part's
    extra fen. Only lines that are no whole fen are kept, so a month without a float keeps nothing.
    """

    def __init__(self) -> None:
        self._groups: dict[Group, int] = {}
        self._exact: list[int] = []
        self._whole: list[int] = []
        self._lines: list[tuple[IntArray, IntArray, IntArray]] = []
        self._extra: list[IntArray] = []

    def add(self, groups: Sequence[Group], declarations: Declarations, millifen: IntArray) -> None:
        """A part of the month. groups: name of each of its declarations; millifen: its rows, in key order."""
        numbers = np.array([self._number(group) for group in groups], dtype=np.int64)
        whole = whole_fen(millifen)
        sums = np.bincount(declarations.of_row, minlength=len(groups)) * 0
        np.add.at(sums, declarations.of_row, whole)
        for number, exact, floor in zip(numbers.tolist(), declarations.millifen.tolist(), sums.tolist(), strict=True):
            self._exact[number] += exact
            self._whole[number] += floor
        remainder = whole_fen_left(millifen)
        rows = remainder.nonzero()[0]
        self._lines.append((rows, remainder.take(rows), numbers.take(declarations.of_row.take(rows))))

    def add_nothing(self) -> None:
        """A part without a line of this scheme."""
        nothing = np.zeros(0, dtype=np.int64)
        self._lines.append((nothing, nothing, nothing))

    def close(self) -> None:
        """All parts are in: give the fen that are left to the largest remainders of each declaration."""
        left = np.array([to_fen(e) - w for e, w in zip(self._exact, self._whole, strict=True)], dtype=np.int64)
        group = np.concatenate([line[2] for line in self._lines]) if self._lines else np.zeros(0, dtype=np.int64)
        remainder = np.concatenate([line[1] for line in self._lines]) if self._lines else group
        extra = largest_remainders(remainder, group, left)
        cuts = np.cumsum([len(line[0]) for line in self._lines])[:-1]
        self._extra = np.split(extra, cuts) if self._lines else []

    def extra(self, part: int, rows: int) -> IntArray:
        """Fen to add to the whole fen of each row of a part. Shape (rows,)."""
        fen = np.zeros(rows, dtype=np.int64)
        fen[self._lines[part][0]] = self._extra[part]
        return fen

    def levies(self) -> Mapping[Group, int]:
        """Declared fen per declaration."""
        return {group: to_fen(self._exact[number]) for group, number in self._groups.items()}

    def _number(self, group: Group) -> int:
        if group not in self._groups:
            self._groups[group] = len(self._groups)
            self._exact.append(0)
            self._whole.append(0)
        return self._groups[group]


def _province_of(edition: Edition) -> IntArray:
    """Number of the province of each region number."""
    numbers = [0] * (len(edition.regions) + 1)
    for code, number in edition.regions.items():
        numbers[number] = edition.regions[code[:2] + "0000"]
    return np.array(numbers, dtype=np.int64)
