"""Declarations: the legal amount of a platform, province and pilot industry, rounded once, and its lines.

Lines are the declaration's allocation by largest remainder; ties go in key order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.coding import Rows
from pricing.edition import Edition
from pricing.units import MILLIFEN_PER_FEN, IntArray, to_fen
from pricing.worksheet import Worksheet


@dataclass(frozen=True, slots=True, eq=False)
class Declarations:
    """Per declaration: first: a row of it; units: orders or heads; levy_fen. Shapes (declarations,).

    of_row: declaration of each row; line_fen: its allocation. Shapes (rows,).
    """

    first: IntArray
    units: IntArray
    levy_fen: IntArray
    of_row: IntArray
    line_fen: IntArray


def declare(rows: Rows, sheet: Worksheet, units: IntArray, edition: Edition) -> Declarations:
    """Sum the rows' millifen per platform × province × pilot industry and round each sum to fen once."""
    provinces = edition.keep("provinces", "", lambda: _province_of(edition))
    industries = len(edition.levels["pilot_industry"]) + 1
    province = provinces.take(rows.codes["region"])
    group = (rows.codes["#platform"] * len(provinces) + province) * industries + rows.codes["pilot_industry"]
    order = group.argsort(kind="stable")
    ordered = group.take(order)
    begins = np.empty(len(group), dtype=bool)
    begins[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    starts = begins.nonzero()[0]
    of_ordered = begins.cumsum() - 1
    millifen = sheet.millifen.take(order)
    levy = to_fen(np.add.reduceat(millifen, starts))
    line = millifen // MILLIFEN_PER_FEN
    left = levy - np.add.reduceat(line, starts)
    if left.any():
        line = line + _largest_remainders(millifen % MILLIFEN_PER_FEN, of_ordered, starts, left)
    back = np.empty(len(group), dtype=np.int64)
    back[order] = np.arange(len(group))
    return Declarations(
        first=order.take(starts),
        units=np.add.reduceat(units.take(order), starts),
        levy_fen=levy,
        of_row=of_ordered.take(back),
        line_fen=line.take(back),
    )


def _largest_remainders(remainder: IntArray, group: IntArray, starts: IntArray, left: IntArray) -> IntArray:
    """One more fen for the rows with the largest remainders of each group, as many as are left."""
    by_remainder = np.lexsort((-remainder, group))
    rank = np.empty(len(group), dtype=np.int64)
    rank[by_remainder] = np.arange(len(group)) - starts.take(group.take(by_remainder))
    return (rank < left.take(group)).astype(np.int64)


def _province_of(edition: Edition) -> IntArray:
    """Number of the province of each region number."""
    numbers = [0] * (len(edition.regions) + 1)
    for code, number in edition.regions.items():
        numbers[number] = edition.regions[code[:2] + "0000"]
    return np.array(numbers, dtype=np.int64)
