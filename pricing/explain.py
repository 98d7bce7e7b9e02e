"""The worksheet of prices in words: entry, source, marks, operand, running amount and rounding, in either language.

A person with a pencil who follows the lines comes to the same fen. Neighbours that are alike in every step share their
lines, as the rows of one worker mostly do; how each was rounded is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pricing.edition import NO_ENTRY, Edition
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.round_words import rounding
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.step_words import Columns, texts_of
from pricing.units import MILLIFEN_PER_FEN, PPM
from pricing.words import LANGUAGES
from pricing.worksheet import Step


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


class ToldStep(NamedTuple):
    """A step with its sentences, by line. entry: number of the entry, NO_ENTRY where there is none; ratio_ppm: empty
    where the step does not work on the ratio; texts: "" where the step says nothing.
    """

    step: str
    operand: Sequence[int]
    unit: Sequence[str]
    entry: Sequence[int]
    running_millifen: Sequence[int]
    ratio_ppm: Sequence[int]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The worksheets of rows in one language. steps: by line; line_of: which line each row has; rounded: the last step,
    by row.
    """

    steps: Sequence[ToldStep]
    line_of: Sequence[int]
    rounded: ToldStep

    @classmethod
    def of(cls, priced: Priced, edition: Edition, scheme: Scheme, lang: str, rows: Sequence[int] | None = None) -> Told:
        """rows: places among the priced rows, None: all of them."""
        line_of, columns = _columns(priced.sheet.steps, rows)
        steps = [_told(step, edition, scheme, lang) for step in columns]
        return cls(steps, line_of, _rounded(priced, scheme, lang, rows))


def explain(priced: Priced, row: int, edition: Edition, scheme: Scheme) -> list[Line]:
    """The lines of a priced row (its place among the priced rows) in both languages; the last rounds to its levy."""
    several = [Told.of(priced, edition, scheme, lang, [row]) for lang in LANGUAGES]
    steps = zip(*([*told.steps, told.rounded] for told in several), strict=True)
    return [_line(alike, marks_of(edition)) for alike in steps if alike[0].texts[0]]


def marks_of(edition: Edition) -> Sequence[Mapping[str, str]]:
    """Marks of every entry by its number, without those that are empty; of no entry last, where NO_ENTRY finds them."""
    found: Sequence[Mapping[str, str]] = edition.keep("marks in words", "", lambda: [*_marks(edition), {}])
    return found


def _marks(edition: Edition) -> Iterator[Mapping[str, str]]:
    for found in edition.entries:
        entry = found.entry
        source = " · ".join(filter(None, (entry.source, entry.clause)))
        named = {"entry": entry.id, "status": STATUSES[found.status], "evidence": EVIDENCE[entry.evidence]}
        yield {"source": source, **named} if source else named


def _line(alike: Sequence[ToldStep], marks: Sequence[Mapping[str, str]]) -> Line:
    """The only line of a step. alike: the step in each language."""
    one = alike[0]
    texts = {lang: step.texts[0] for lang, step in zip(LANGUAGES, alike, strict=True)}
    ratio = one.ratio_ppm[0] if one.ratio_ppm else None
    return Line(one.step, one.operand[0], one.unit[0], one.running_millifen[0], ratio, marks[one.entry[0]], texts)


def _told(step: Columns, edition: Edition, scheme: Scheme, lang: str) -> ToldStep:
    texts = list(texts_of(step, edition, scheme, lang))
    if step.unit.startswith("ppm") and NO_ENTRY in step.entry:  # a factor of 1 without an entry says nothing
        silent = zip(texts, step.operand, step.entry, strict=True)
        texts = ["" if operand == PPM and entry == NO_ENTRY else text for text, operand, entry in silent]
    return ToldStep(step.name, step.operand, [step.unit] * len(texts), step.entry, step.money, step.ratio, texts)


def _rounded(priced: Priced, scheme: Scheme, lang: str, rows: Sequence[int] | None) -> ToldStep:
    levy_fen = priced.levy_fen if rows is None else priced.levy_fen.take(rows)
    operand, unit, texts = rounding(priced, scheme, lang, range(len(levy_fen)) if rows is None else rows)
    money = (levy_fen * MILLIFEN_PER_FEN).tolist()
    return ToldStep("round", operand, unit, [NO_ENTRY] * len(texts), money, (), texts)


def _columns(steps: Sequence[Step], rows: Sequence[int] | None) -> tuple[list[int], Iterator[Columns]]:
    """The line of each row, and the steps by line."""
    lines: list[tuple[int, ...]] = []
    line_of = []
    for row in zip(*_numbers(steps, rows), strict=True):
        if not lines or row != lines[-1]:
            lines.append(row)
        line_of.append(len(lines) - 1)
    return line_of, _by_line(steps, zip(*lines, strict=True))


def _numbers(steps: Sequence[Step], rows: Sequence[int] | None) -> Iterator[Sequence[int]]:
    """All columns of the steps: operand, entry, money, ratio and facts of each."""
    size = len(steps[0].money) if rows is None else len(rows)
    for step in steps:
        ratio = () if step.ratio is None else (step.ratio,)
        for column in (step.operand, step.entry, step.money, *ratio, *step.facts.values()):
            if isinstance(column, int):
                yield (column,) * size
            else:
                yield (column if rows is None else column.take(rows)).tolist()


def _by_line(steps: Sequence[Step], columns: Iterator[Sequence[int]]) -> Iterator[Columns]:
    before = None
    for step in steps:
        operand, entry, money = next(columns), next(columns), next(columns)
        ratio = () if step.ratio is None else next(columns)
        facts = {name: next(columns) for name in step.facts}
        yield Columns(step.name, step.unit, operand, entry, money, money if before is None else before, ratio, facts)
        before = money
