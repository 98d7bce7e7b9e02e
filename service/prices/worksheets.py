"""Worksheets as JSON text: a line is written once for all rows that share it, and put into answers as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from pricing.edition import Edition
from pricing.explain import Told, ToldStep, marks_of
from pricing.scheme import Scheme
from pricing.settle import Priced
from service.json_text import as_read, quoted, written


@dataclass(frozen=True, slots=True, eq=False)
class Worksheets:
    """The worksheets of priced rows in one language. steps: texts of the steps that rows share, "" where one says
    nothing; line_of: which of them each row has; rounded: text of its own last step. All without their beginning.
    """

    steps: Sequence[Sequence[str]]
    line_of: Sequence[int]
    rounded: Sequence[str]

    @classmethod
    def of(
        cls, priced: Priced, edition: Edition, scheme: Scheme, lang: str, rows: Sequence[int] | None = None
    ) -> Worksheets:
        """rows: places among the priced rows, None: all of them."""
        marks: Sequence[str] = edition.keep("marks as JSON", "", lambda: _marks(edition))
        told = Told.of(priced, edition, scheme, lang, rows)
        steps = list(zip(*[_texts(step, marks) for step in told.steps], strict=True))
        return cls(steps, told.line_of, _texts(told.rounded, marks))

    def sheet(self, rows: Iterable[tuple[int, int]]) -> Any:
        """The lines of rows as a JSON list. rows: the number that each has in the answer, and its place."""
        return written(f"[{','.join([self._row(place, _BEGINS_ROW % number) for number, place in rows])}]")

    def alone(self) -> list[dict[str, Any]]:
        """The lines of the only row, which has no number, as they are read."""
        return as_read(written(f"[{self._row(0, '{')}]"))  # type: ignore[no-any-return]

    def _row(self, place: int, begins: str) -> str:
        shared = filter(None, self.steps[self.line_of[place]])
        return begins + f",{begins}".join((*shared, self.rounded[place]))


_BEGINS_ROW = '{"row":%d,'


def _texts(step: ToldStep, marks: Sequence[str]) -> list[str]:
    """A step as members of a line."""
    begins = f'"step":{quoted(step.step)},"operand":'
    ratios = [f',"ratio_ppm":{ratio}' for ratio in step.ratio_ppm] or repeat("", len(step.texts))
    columns = zip(step.operand, step.unit, step.running_millifen, ratios, step.entry, step.texts, strict=True)
    return [
        text
        and f'{begins}{operand},"unit":{quoted(unit)},"running_millifen":{money}{ratio},'
        f'{marks[entry]}"text":{quoted(text)}}}'
        for operand, unit, money, ratio, entry, text in columns
    ]


def _marks(edition: Edition) -> list[str]:
    """Marks of every entry as members of a line."""
    return ["".join(f"{quoted(name)}:{quoted(value)}," for name, value in marks.items()) for marks in marks_of(edition)]
