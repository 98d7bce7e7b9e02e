"""Pages of a workbook as plain data: cells with a style, lists of allowed inputs, widths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

NONE = "—"
OK = "OK"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Formula(str):
    """A text that a spreadsheet computes; any other text stays what it says, also where it begins with =."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value or a formula. style: name of its look; unit: what the number counts."""

    value: str | int | None
    style: str = "text"
    unit: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an input may be: a choice out of a range, or a whole number up to `greatest`; `strict`: nothing else."""

    cell: str
    options: str = ""
    greatest: int = 0
    strict: bool = True
    message: str = ""


@dataclass(slots=True)
class Page:
    """A sheet under construction. head: the row that stays in view and is repeated on every printed page."""

    name: str
    widths: Sequence[int]
    head: int
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    allowed: list[Allowed] = field(default_factory=list)
    last: int = 0

    def put(self, row: int, cells: Sequence[Cell | None], first: int = 1) -> None:
        """Cells of a row from a column on (from 1); None leaves one empty."""
        for column, cell in enumerate(cells, first):
            if cell is not None:
                self.cells[row, column] = cell
        self.last = max(self.last, row)

    def add(self, *cells: Cell | None) -> int:
        """The cells as the next row; its number."""
        self.put(self.last + 1, cells)
        return self.last

    def skip(self) -> None:
        """An empty row."""
        self.last += 1


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook. lang: its language; stamp: what identifies it on every printed page; day: date of its making."""

    pages: tuple[Page, ...]
    lang: str
    title: str
    stamp: str
    day: str


def quoted(text: str) -> str:
    """A text as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'


def within(page: str, column: str, first: int, last: int) -> str:
    """A range of one column of a page, as other pages name it."""
    return f"'{page}'!${column}${first}:${column}${last}"
