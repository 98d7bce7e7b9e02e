"""Words of a sender that may be a worker's id: sealed where they stand, opened only for the sender.

Somebody types an id into a wrong column, or names a file after a worker. What is no word of the tariff is therefore
kept as a mark, ⟦…⟧, that goes through every table and sentence like any other text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pricing.tariff import Tariff
from service.engines.order import Rekey

_MARK = re.compile("⟦([A-Za-z0-9_-]+)⟧")
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}|[0-9]{6}|yes|no|true|false")  # a month, a region, a choice
_HIDDEN = "…"
_MOST = 33  # bytes that are kept of a text, so that its mark is shown whole wherever a cell is


def mark_of(text: str, rekey: Rekey, most: int = _MOST) -> str:
    """The mark of the first bytes of a text, with a sign where something was left out. most: [bytes]"""
    return sealed(cut(text, most), rekey)


def cut(text: str, most: int) -> str:
    """A text of at most so many bytes, with a sign where something was left out. most: [bytes]"""
    if len(text) * 4 <= most:  # however it is written
        return text
    raw = text.encode()
    return text if len(raw) <= most else raw[:most].decode(errors="ignore") + _HIDDEN


def sealed(text: str, rekey: Rekey) -> str:
    """A text as its mark; equal texts have equal marks."""
    return f"⟦{rekey.seal(text)}⟧"


def opened(text: str, rekey: Rekey | None) -> str:
    """A text with every mark as it was sent; … where it was sealed for somebody else."""
    return _MARK.sub(lambda mark: (rekey.open(mark[1]) if rekey else None) or _HIDDEN, text)


def opened_values(record: Mapping[str, str], rekey: Rekey | None) -> dict[str, str]:
    """A record whose values are texts, each opened."""
    return {name: opened(text, rekey) for name, text in record.items()}


def known_words(tariff: Tariff) -> frozenset[str]:
    """Every text that a cell may hold because the tariff knows it."""
    levels = [level for factor in tariff.factors.values() for level in factor.levels]
    return frozenset((*levels, *tariff.platforms, *tariff.regions, *tariff.schemes, *tariff.packages))


def may_be_an_id(text: str, known: frozenset[str]) -> bool:
    """Whether a text is none that a cell should hold."""
    return text not in known and not _PLAIN.fullmatch(text)
