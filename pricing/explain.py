"""The worksheet of one row in words: entry, source, marks, operand, running amount and rounding, in both languages.

A person with a pencil who follows the lines comes to the same fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pricing.edition import NO_ENTRY, Edition
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.round_words import Rounding, rounding
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.step_words import Columns, Speaker, speaker
from pricing.units import MILLIFEN_PER_FEN, PPM, IntArray
from pricing.words import LANGUAGES
from pricing.worksheet import Step

# A line in one language: step, operand, unit, running_millifen, ratio_ppm where there is one, marks, text.
Told = Mapping[str, Any]
_MARKS = ("source", "entry", "status", "evidence")


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
    several = [told_row(priced, row, edition, scheme, lang) for lang in LANGUAGES]
    return [_line(dict(zip(LANGUAGES, alike, strict=True))) for alike in zip(*several, strict=True)]


def told_row(priced: Priced, row: int, edition: Edition, scheme: Scheme, lang: str) -> list[Told]:
    """The same in one language, as an answer shows them."""
    return Explained.of(priced, columns_of(priced), edition, scheme, lang).told(row)


def _line(several: Mapping[str, Told]) -> Line:
    """A line from what is told of it in each language."""
    one = several[LANGUAGES[0]]
    marks = {name: one[name] for name in _MARKS if name in one}
    texts = {lang: told["text"] for lang, told in several.items()}
    return Line(one["step"], one["operand"], one["unit"], one["running_millifen"], one.get("ratio_ppm"), marks, texts)


@dataclass(frozen=True, slots=True, eq=False)
class _Sentences:
    """A step with its sentences. alike: all of its columns by row; said: what was said, by those, since the rows of a
    worker are alike in most steps; None: nothing is.
    """

    columns: Columns
    sentence: Speaker
    alike: Sequence[tuple[int, ...]]
    said: dict[tuple[int, ...], Told | None]

    @classmethod
    def of(cls, columns: Columns, sentence: Speaker) -> _Sentences:
        ratio = [columns.ratio] if columns.ratio else []
        several = (columns.operand, columns.entry, columns.money, columns.before, *ratio, *columns.facts.values())
        return cls(columns, sentence, list(zip(*several, strict=True)), {})

    def line(self, row: int, marks: Sequence[Mapping[str, str]]) -> Told | None:
        """The line of a row. A factor of 1 without an entry says nothing."""
        columns = self.columns
        operand, entry, unit = columns.operand[row], columns.entry[row], columns.unit
        if entry == NO_ENTRY and operand == PPM and unit.startswith("ppm"):
            return None
        ratio = columns.ratio[row] if columns.ratio else None
        return _told((columns.name, operand, unit, columns.money[row], ratio), marks[entry], self.sentence(row))


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The worksheets of all priced rows, said row by row in one language."""

    steps: Sequence[_Sentences]
    rounding: Rounding
    levy_fen: list[int]
    marks: Sequence[Mapping[str, str]]

    @classmethod
    def of(cls, priced: Priced, sheets: Sequence[Columns], edition: Edition, scheme: Scheme, lang: str) -> Explained:
        """From a priced month and the columns of its worksheet."""
        marks = edition.keep("marks in words", "", lambda: _marks(edition))
        steps = [_Sentences.of(step, speaker(step, edition, scheme, lang)) for step in sheets]
        return cls(steps, rounding(priced, scheme, lang), priced.levy_fen.tolist(), marks)

    def told(self, row: int) -> list[Told]:
        """The lines of a row, for many rows."""
        lines: list[Told] = []
        for step in self.steps:
            alike = step.alike[row]
            if alike in step.said:
                line = step.said[alike]
            else:
                line = step.said[alike] = step.line(row, self.marks)
            if line is not None:
                lines.append(line)
        operand, unit = self.rounding.operand(row)
        money = self.levy_fen[row] * MILLIFEN_PER_FEN
        lines.append(_told(("round", operand, unit, money, None), self.marks[NO_ENTRY], self.rounding.said(row)))
        return lines


def _told(numbers: tuple[str, int, str, int, int | None], marks: Mapping[str, str], text: str) -> Told:
    step, operand, unit, money, ratio = numbers
    told = {"step": step, "operand": operand, "unit": unit, "running_millifen": money}
    return {**told, **({} if ratio is None else {"ratio_ppm": ratio}), **marks, "text": text}


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
