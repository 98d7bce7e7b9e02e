"""The last line of a worksheet in words: how a row's share, or its part of a declaration, was rounded to fen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from pricing.declaration import Declarations
from pricing.levy import EQUAL, Levies
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.spoken import quantity_words, yuan, yuan_of_fen, yuan_ratio
from pricing.step_words import Speaker
from pricing.words import say


@dataclass(frozen=True, slots=True, eq=False)
class Rounding:
    """How rows are rounded. operand: what a row is shared by, with its unit; said: its sentence."""

    operand: Callable[[int], tuple[int, str]]
    said: Speaker


def rounding(priced: Priced, scheme: Scheme) -> Rounding:
    """Of the rows of a priced month."""
    if priced.declarations is not None:
        return _declared(priced, priced.declarations, scheme)
    assert priced.levies is not None
    return _shared(priced, priced.levies)


def _declared(priced: Priced, declarations: Declarations, scheme: Scheme) -> Rounding:
    units, own = priced.rows.numbers[scheme.exposure].tolist(), priced.sheet.millifen.tolist()
    group, levy = declarations.of_row.tolist(), priced.levy_fen.tolist()
    exact, declared = declarations.millifen.tolist(), declarations.levy_fen.tolist()
    rows = np.bincount(declarations.of_row).tolist()

    def said(row: int, lang: str) -> str:
        which = group[row]
        facts = {"exact": yuan(exact[which]), "levy": yuan_of_fen(levy[row])}
        if rows[which] == 1:
            return say("step_declared_alone", lang, **facts)
        return say("step_declared", lang, declared=yuan_of_fen(declared[which]), own=yuan(own[row]), **facts)

    return Rounding(lambda row: (units[row], scheme.exposure), said)


def _shared(priced: Priced, levies: Levies) -> Rounding:
    """What F_i and F_{i−1} come from: the sums of price × weight up to this row, over the worker's total weight."""
    own, levy, q, by = (c.tolist() for c in (priced.sheet.millifen, priced.levy_fen, levies.q, levies.by))
    worker, starts = priced.rows.worker.tolist(), priced.rows.starts.tolist()
    weight = list(accumulate(q, initial=0))  # whole numbers of Python, which have no largest
    money = list(accumulate((price * part for price, part in zip(own, q, strict=True)), initial=0))
    ends = [*starts[1:], len(own)]

    def said(row: int, lang: str) -> str:
        start, end = starts[worker[row]], ends[worker[row]]
        total = weight[end] - weight[start]
        if start == row and total == q[row]:
            return say("step_round_alone", lang, exact=yuan(own[row]), levy=yuan_of_fen(levy[row]))
        by_name = levies.names[by[row]]
        spoken = "parts" if by_name == EQUAL else by_name
        before = yuan_ratio(money[row] - money[start], total) if row > start else yuan(0)
        return say(
            "step_share",
            lang,
            q=quantity_words(spoken, q[row], lang),
            total=quantity_words(spoken, total, lang),
            sum=yuan_ratio(money[row + 1] - money[start], total),
            sum_before=before,
            levy=yuan_of_fen(levy[row]),
        )

    return Rounding(lambda row: (q[row], levies.names[by[row]]), said)
