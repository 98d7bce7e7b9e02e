"""Words of a sender that may be a worker's id: sealed where they stand, opened only for the sender.

Somebody types an id into a wrong column, or names a file after a worker. What is no word of the tariff is therefore
kept as a mark, ⟦…⟧, that goes through every table and sentence like any other text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from pricing.coding import WORKER
from pricing.tariff import Tariff
from service.engines.order import Rekey

_MARK = re.compile("⟦([A-Za-z0-9_-]+)⟧")
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}|yes|no|true|false")  # a month, a choice
_REGION = re.compile(r"[0-9]{6}")
HIDDEN = "…"
# Where an id may begin and end inside a text: a name may stand beside it, with a space, a hyphen or neither.
_RUNS = tuple(map(re.compile, (r"[\w-]+", r"[A-Za-z0-9_-]+", r"[A-Za-z0-9_]+", r"[0-9]+")))
_CUT_INSIDE = re.compile(r"[A-Za-z0-9_-]…")  # what was cut may be the end of an id, which nobody can compare
_LONG = 8  # digits
_LONG_NUMBER = re.compile(rf"[0-9]{{{_LONG},}}")
_SHORTEST = 6  # characters of an id that is looked for inside a name: a shorter one stands in many by chance
_MOST = 33  # bytes that are kept of a text, so that its mark is shown whole wherever a cell is


def mark_of(text: str, rekey: Rekey, most: int = _MOST) -> str:
    """The mark of the first bytes of a text, with a sign where something was left out. most: [bytes]"""
    return sealed(cut(text, most), rekey)


def cut(text: str, most: int) -> str:
    """A text of at most so many bytes, with a sign where something was left out. most: [bytes]"""
    if len(text) * 4 <= most:  # however it is written
        return text
    raw = text.encode()
    return text if len(raw) <= most else raw[:most].decode(errors="ignore") + HIDDEN


def sealed(text: str, rekey: Rekey) -> str:
    """A text as its mark; equal texts have equal marks."""
    return f"⟦{rekey.seal(text)}⟧"


def opened(text: str, rekey: Rekey | None, erased: frozenset[str] = frozenset()) -> str:
    """A text with every mark as it was sent; … where it was sealed for somebody else, or names a worker that was
    erased. erased: stored ids.
    """

    def word(mark: re.Match[str]) -> str:
        found = None if rekey is None else rekey.open(mark[1])
        return HIDDEN if rekey is None or found is None or names_erased(found, rekey, erased) else found

    return _MARK.sub(word, text)


def opened_values(
    record: Mapping[str, str], rekey: Rekey | None, erased: frozenset[str] = frozenset()
) -> dict[str, str]:
    """A record whose values are texts, each opened."""
    return {name: opened(text, rekey, erased) for name, text in record.items()}


def seen_receipt(
    receipt: Mapping[str, Any], rekey: Rekey | None, erased: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A receipt with the names of files as their sender gave them; for anybody else, None, as it is kept."""
    if rekey is None:
        return dict(receipt)
    return {**receipt, "inputs": [{**one, "file": opened(one["file"], rekey, erased)} for one in receipt["inputs"]]}


def names_erased(text: str, rekey: Rekey, erased: frozenset[str]) -> bool:
    """Whether an opened text is or holds the given id of a worker that was erased, or may: its end was cut off."""
    if not erased:
        return False
    parts = filter(WORKER.fullmatch, parts_of(text))
    return _CUT_INSIDE.search(text) is not None or any(rekey.worker(part) in erased for part in parts)


def parts_of(text: str) -> set[str]:
    """A text and whatever in it may be an id."""
    return {text}.union(*(run.findall(text) for run in _RUNS))


def known_words(tariff: Tariff) -> frozenset[str]:
    """Every text that a cell may hold because the tariff knows it."""
    levels = [level for factor in tariff.factors.values() for level in factor.levels]
    return frozenset((*levels, *tariff.platforms, *tariff.regions, *tariff.schemes, *tariff.packages))


def may_be_an_id(text: str, known: frozenset[str]) -> bool:
    """Whether a text is none that a cell should hold."""
    if text in known or _PLAIN.fullmatch(text):
        return False
    return not (_REGION.fullmatch(text) and text[:2] + "0000" in known)  # of a known province any place is priced


def may_hold_an_id(text: str, ids: Container[str]) -> bool:
    """Whether a name that a sender is free to give is or holds one of the ids, or a number as long as somebody's. What
    looks like a mark is sealed, so that it is opened as it was sent.
    """
    if text in ids or _LONG_NUMBER.search(text) or _MARK.search(text):
        return True
    return any(len(part) >= _SHORTEST and part in ids for part in parts_of(text))


def may_be_a_number_of_somebody(cell: float) -> bool:
    """Whether a number is as long as one of a telephone or of an identity card."""
    return sum(map(str.isdigit, str(cell))) >= _LONG
