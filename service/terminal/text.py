"""Sentences on the terminal: Chinese breaks between any two characters, everything else at spaces; nothing is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.containers import Lines
from rich.table import Table
from rich.text import Text

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
# A Chinese character with the marks that may not stand apart from it, or a word; with the spaces behind it.
_PIECE = re.compile(rf"[（《“]*(?:[{_WIDE}]|[^\s{_WIDE}]+)(?:[，。；：、）》”！？…%]|(?<=[0-9]) %)*\s*|\s+")


class Sentence(Text):
    """Text that wraps as Chinese and English are written."""

    def wrap(self, console: Any, width: int, **options: Any) -> Lines:
        """Lines no wider than `width` cells."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            parts = line.divide(list(_breaks(line.plain, width)))
            for part in parts:
                part.rstrip_end(width)
            if options.get("justify"):
                parts.justify(console, width, justify=options["justify"], overflow="fold")
            lines.extend(parts)
        return lines


def _breaks(text: str, width: int) -> Iterator[int]:
    """Places at which a line of text goes on in the next one."""
    used = place = 0
    for piece in _PIECE.findall(text):
        needed = cell_len(piece.rstrip())
        if used and used + needed > width:
            yield place
            used = 0
        if needed > width:
            pieces = chop_cells(piece, width)
            for part in pieces[:-1]:
                place += len(part)
                yield place
            piece, used = pieces[-1], 0
        place += len(piece)
        used += cell_len(piece)


def points(mark: str, sentences: Iterable[str], style: str = "") -> Table:
    """Sentences one below the other, each behind a mark."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sentence in sentences:
        table.add_row(Text(mark, style), Sentence(sentence, style))
    return table
