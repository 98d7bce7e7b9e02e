"""The last line of a worksheet in words: how a row's share, or its part of a declaration, was rounded to fen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from pricing.declaration import Declarations
from pricing.levy import EQUAL, Levies
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.spoken import quantity_speaker, yuan, yuan_of_fen, yuan_ratio
from pricing.words import phrase


class Rounding(NamedTuple):
    """How rows are rounded, by row. operand: what a row is shared by, in `unit`; texts: its sentence."""

    operand: Sequence[int]
    unit: Sequence[str]
    texts: Sequence[str]


def rounding(priced: Priced, scheme: Scheme, lang: str, rows: Sequence[int]) -> Rounding:
    """Of rows of a priced month, in one language. rows: places among the priced rows."""
    if priced.declarations is not None:
        return _declared(priced, priced.declarations, scheme, lang, rows)
    assert priced.levies is not None
    return _shared(priced, priced.levies, lang, rows)


def _declared(priced: Priced, declarations: Declarations, scheme: Scheme, lang: str, rows: Sequence[int]) -> Rounding:
    units, own = priced.rows.numbers[scheme.exposure].tolist(), priced.sheet.millifen.tolist()
    group, levy = declarations.of_row.tolist(), priced.levy_fen.tolist()
    exact, declared = declarations.millifen.tolist(), declarations.levy_fen.tolist()
    together = np.bincount(declarations.of_row).tolist()
    alone = phrase("step_declared_alone", lang, "exact", "levy")
    allocated = phrase("step_declared", lang, "exact", "declared", "own", "levy")

    def said(row: int) -> str:
        whole, part = yuan(exact[group[row]]), yuan_of_fen(levy[row])
        if together[group[row]] == 1:
            return alone(whole, part)
        return allocated(whole, yuan_of_fen(declared[group[row]]), yuan(own[row]), part)

    return Rounding([units[row] for row in rows], [scheme.exposure] * len(rows), [said(row) for row in rows])


def _shared(priced: Priced, levies: Levies, lang: str, rows: Sequence[int]) -> Rounding:
    """What F_i and F_{i−1} come from: the sums of price × weight up to this row, over the worker's total weight."""
    own, levy, q, by = (c.tolist() for c in (priced.sheet.millifen, priced.levy_fen, levies.q, levies.by))
    worker, starts = priced.rows.worker.tolist(), priced.rows.starts.tolist()
    weight = list(accumulate(q, initial=0))  # whole numbers of Python, which have no largest
    money = list(accumulate((price * part for price, part in zip(own, q, strict=True)), initial=0))
    ends = [*starts[1:], len(own)]
    alone = phrase("step_round_alone", lang, "exact", "levy")
    shared = phrase("step_share", lang, "q", "total", "sum", "sum_before", "levy")
    speakers = [quantity_speaker("parts" if name == EQUAL else name, lang) for name in levies.names]

    def said(row: int) -> str:
        start, end = starts[worker[row]], ends[worker[row]]
        total = weight[end] - weight[start]
        if start == row and total == q[row]:
            return alone(yuan(own[row]), yuan_of_fen(levy[row]))
        spoken = speakers[by[row]]
        before = yuan_ratio(money[row] - money[start], total) if row > start else yuan(0)
        up_to = yuan_ratio(money[row + 1] - money[start], total)
        return shared(spoken(q[row]), spoken(total), up_to, before, yuan_of_fen(levy[row]))

    return Rounding([q[row] for row in rows], [levies.names[by[row]] for row in rows], [said(row) for row in rows])
