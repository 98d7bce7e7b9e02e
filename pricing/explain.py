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

# A line in one language: step, operand, unit, running millifen, running ratio, marks, text.
Told = tuple[str, int, str, int, int | None, Mapping[str, str], str]


class Line(NamedTuple):
    """One step of one row. running_millifen: the money after it; ratio_ppm: the running ratio, where there is one;
    marks: source, entry, status and evidence of the entry it rests on, where there is one.
    """

    step: str
    operand: int
    unit: str
    running_millifen: int
    ratio_ppm: int | None
    marks: Mapping[str, str]
    texts: Mapping[str, str]

    @property
    def entry(self) -> str:
        """Id of the entry, empty where there is none."""
        return self.marks.get("entry", "")

    @property
    def source(self) -> str:
        """Title and clause of its source."""
        return self.marks.get("source", "")

    @property
    def status(self) -> str:
        """Its status."""
        return self.marks.get("status", "")

    @property
    def evidence(self) -> str:
        """Its evidence."""
        return self.marks.get("evidence", "")


def explain(priced: Priced, row: int, edition: Edition, scheme: Scheme) -> list[Line]:
    """The lines of a priced row (its place among the priced rows) in both languages; the last rounds to its levy."""
    sheets = columns_of(priced)
    several = [Explained.of(priced, sheets, edition, scheme, lang).lines(row) for lang in LANGUAGES]
    return [first._replace(texts={**first.texts, **other.texts}) for first, other in zip(*several, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The worksheets of all priced rows, said row by row in one language."""

    steps: Sequence[tuple[Columns, Speaker]]
    rounding: Rounding
    levy_fen: list[int]
    marks: Sequence[Mapping[str, str]]
    lang: str

    @classmethod
    def of(cls, priced: Priced, sheets: Sequence[Columns], edition: Edition, scheme: Scheme, lang: str) -> Explained:
        """From a priced month and the columns of its worksheet."""
        marks = edition.keep("marks in words", "", lambda: _marks(edition))
        steps = [(step, speaker(step, edition, scheme, lang)) for step in sheets]
        return cls(steps, rounding(priced, scheme, lang), priced.levy_fen.tolist(), marks, lang)

    def lines(self, row: int) -> list[Line]:
        """The lines of a row (its place among the priced rows)."""
        return [Line(*told[:-1], {self.lang: told[-1]}) for told in self.told(row)]

    def told(self, row: int) -> list[Told]:
        """The lines of a row as plain tuples, for many rows. A factor of 1 without an entry says nothing."""
        lines: list[Told] = []
        marks = self.marks
        for step, said in self.steps:
            operand, entry, unit = step.operand[row], step.entry[row], step.unit
            if entry != NO_ENTRY or operand != PPM or not unit.startswith("ppm"):
                ratio = step.ratio[row] if step.ratio else None
                lines.append((step.name, operand, unit, step.money[row], ratio, marks[entry], said(row)))
        operand, unit = self.rounding.operand(row)
        money, text = self.levy_fen[row] * MILLIFEN_PER_FEN, self.rounding.said(row)
        lines.append(("round", operand, unit, money, None, marks[NO_ENTRY], text))
        return lines


def _marks(edition: Edition) -> list[Mapping[str, str]]:
    """Marks of every entry by its number, without those that are empty; of no entry last, where NO_ENTRY finds them."""
    marks: list[Mapping[str, str]] = []
    for found in edition.entries:
        entry = found.entry
        source = " · ".join(filter(None, (entry.source, entry.clause)))
        named = {"entry": entry.id, "status": STATUSES[found.status], "evidence": EVIDENCE[entry.evidence]}
        marks.append({"source": source, **named} if source else named)
    return [*marks, {}]


def columns_of(priced: Priced) -> list[Columns]:
    """The worksheet of all priced rows as lists."""
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
