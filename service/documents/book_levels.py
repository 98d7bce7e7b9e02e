"""The sheet of levels: what each input may be, as its code and in words; the other sheets' lists point here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pricing.tariff import Tariff
from pricing.words import say
from service.documents.book_pages import Cell, Page, within
from service.documents.book_words import heading, input_words, words_of_level

NAME = "Levels"
_HEAD = 3


@dataclass(slots=True)
class LevelLists:
    """Lists of levels, each once, one below the other: the code and its words."""

    tariff: Tariff
    lang: str
    lists: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def ranges(self, name: str, levels: Sequence[str]) -> tuple[str, str]:
        """Ranges of the codes and of their words of a factor's levels."""
        wanted = (name, tuple(levels))
        if wanted not in self.lists:
            self.lists.append(wanted)
        place = self.lists.index(wanted)
        first = _HEAD + 3 + sum(len(before) + 2 for _, before in self.lists[:place])
        last = first + len(levels) - 1
        return within(NAME, "A", first, last), within(NAME, "B", first, last)

    def page(self) -> Page:
        """The sheet."""
        page = Page(NAME, (34, 60), _HEAD)
        page.add(Cell(say("book_levels", self.lang), "title"))
        page.add(Cell(say("book_levels_note", self.lang), "note"))
        page.add(*(Cell(heading(name, self.lang), "head") for name in ("code", "words")))
        for name, levels in self.lists:
            page.skip()
            page.add(Cell(name, "section"), Cell(input_words(name, self.lang), "section"))
            for level in levels:
                page.add(Cell(level, "code"), Cell(words_of_level(self.tariff, name, level, self.lang)))
        return page
