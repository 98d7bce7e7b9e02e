"""The worksheet of one row in words: entry, source, marks, operand, running amount and rounding, in both languages.

A person with a pencil who follows the lines comes to the same fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pricing.edition import NO_ENTRY, Edition
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.round_words import Rounding, rounding
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.step_words import Columns, Speaker, speaker
from pricing.units import MILLIFEN_PER_FEN, PPM, IntArray
from pricing.words import LANGUAGES
from pricing.worksheet import Step

Marks = tuple[str, str, str, str]  # entry, source, status, evidence


class Line(NamedTuple):
    """One step of one row. running_millifen: the money after it; ratio_ppm: the running ratio, where there is one."""

    step: str
    operand: int
    unit: str
    running_millifen: int
    ratio_ppm: int | None
    entry: str
    source: str
    status: str
    evidence: str
    texts: Mapping[str, str]


def explain(priced: Priced, row: int, edition: Edition, scheme: Scheme) -> list[Line]:
    """The lines of a priced row (its place among the priced rows), the last of them rounding to its levy."""
    return Explained.of(priced, edition, scheme).lines(row, LANGUAGES)


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The worksheets of all priced rows, read from their columns once and said row by row."""

    steps: Sequence[tuple[Columns, Speaker]]
    rounding: Rounding
    levy_fen: list[int]
    marks: Sequence[Marks]

    @classmethod
    def of(cls, priced: Priced, edition: Edition, scheme: Scheme) -> Explained:
        """From a priced month."""
        columns = _columns(priced)
        marks = edition.keep("marks in words", "", lambda: _marks(edition))
        steps = [(step, speaker(step, edition, scheme)) for step in columns]
        return cls(steps, rounding(priced, scheme), priced.levy_fen.tolist(), marks)

    def lines(self, row: int, langs: Sequence[str]) -> list[Line]:
        """The lines of a row (its place among the priced rows). A factor of 1 without an entry says nothing."""
        lines = []
        for step, said in self.steps:
            operand, entry, unit = step.operand[row], step.entry[row], step.unit
            if entry != NO_ENTRY or operand != PPM or not unit.startswith("ppm"):
                texts = {lang: said(row, lang) for lang in langs}
                ratio = step.ratio[row] if step.ratio else None
                lines.append(Line(step.name, operand, unit, step.money[row], ratio, *self.marks[entry], texts))
        operand, unit = self.rounding.operand(row)
        texts = {lang: self.rounding.said(row, lang) for lang in langs}
        money = self.levy_fen[row] * MILLIFEN_PER_FEN
        return [*lines, Line("round", operand, unit, money, None, *self.marks[NO_ENTRY], texts)]


def _marks(edition: Edition) -> list[Marks]:
    """Marks of every entry by its number; those of no entry stand last, where NO_ENTRY finds them."""
    entries = [(found.entry, STATUSES[found.status]) for found in edition.entries]
    named = [(e.id, " · ".join(filter(None, (e.source, e.clause))), s, EVIDENCE[e.evidence]) for e, s in entries]
    return [*named, ("", "", "", "")]


def _columns(priced: Priced) -> list[Columns]:
    columns: list[Columns] = []
    for step in priced.sheet.steps:
        money: list[int] = step.money.tolist()
        before = columns[-1].money if columns else money
        columns.append(_of_step(step, money, before))
    return columns


def _of_step(step: Step, money: list[int], before: list[int]) -> Columns:
    rows = len(money)
    return Columns(
        step.name,
        step.unit,
        _listed(step.operand, rows),
        _listed(step.entry, rows),
        money,
        before,
        [] if step.ratio is None else step.ratio.tolist(),
        {name: _listed(column, rows) for name, column in step.facts.items()},
    )


def _listed(column: IntArray | int, rows: int) -> list[int]:
    listed: list[int] = [column] * rows if isinstance(column, int) else column.tolist()
    return listed
