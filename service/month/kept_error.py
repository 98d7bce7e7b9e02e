"""An error of a month as it is kept: what a sender wrote is sealed in it, whatever the code, and no path of ours told.

A register's cell or a header may hold a worker's id like any other cell; the sentence and the place repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pricing.errors import InputError, LichengError, TariffError
from pricing.register import COLUMNS
from pricing.side import ENROLMENT_TEXTS, GREATEST, HISTORY_COLUMNS
from pricing.tariff import Tariff
from pricing.usage import NUMBERS, TEXTS
from pricing.words import Phrase
from service.engines.order import Rekey
from service.engines.sealed_words import known_words, mark_of, may_be_an_id, opened
from service.refusals import of_error

_COLUMNS = frozenset((*COLUMNS, *TEXTS, *NUMBERS, *ENROLMENT_TEXTS, *GREATEST, *HISTORY_COLUMNS))
_OURS = frozenset(  # facts that are never a sender's words
    ("byte", "file", "folder", "found", "kinds", "known", "known_on", "month", "most", "path", "row", "wanted")
)
_MOST = 200  # bytes that are kept of a reason, which is a sentence of a library
_ROW = re.compile(r"((?:row|line) [0-9]+)(?:, (.*))?", re.DOTALL)  # what follows it may be a header's cell


def kept_error(error: LichengError, names: Mapping[str, str], keys: Rekey, tariff: Tariff) -> dict[str, str]:
    """Code, sentences and place, with marks for what is no word of the tariff or name of a column. names: what our
    paths are called; keys: of the sender, who alone is shown what the marks hold.
    """
    known = known_words(tariff) | _COLUMNS
    facts, place = error.values, _renamed(error.place, names)
    if not isinstance(error, TariffError):  # whose facts stand in tables of ours
        facts = {name: _fact(name, value, names, keys, known) for name, value in facts.items()}
        place = _place(place, keys, known)
    told = of_error(InputError(error.code, place, **facts))
    return {name: _renamed(text, names) for name, text in told.items()}


def _fact(name: str, value: object, names: Mapping[str, str], keys: Rekey, known: frozenset[str]) -> object:
    if name in _OURS:
        return value
    if isinstance(value, Phrase):  # a reason in a sentence of ours, with a library's words in it
        said = {key: mark_of(one, keys, _MOST) if isinstance(one, str) else one for key, one in value.values.items()}
        return Phrase(value.code, said)
    text = opened(_renamed(str(value), names), keys)  # a mark within a mark would not be opened
    return mark_of(text, keys, _MOST) if name == "reason" else _word(text, keys, known)


def _place(place: str, keys: Rekey, known: frozenset[str]) -> str:
    """A place whose first part names a file, and whose last may be what stands in it."""
    first, comma, rest = place.partition(", ")
    found = _ROW.fullmatch(rest)
    if found is None:
        return f"{first}, {_word(rest, keys, known)}" if comma else first
    return f"{first}, {found[1]}" + ("" if found[2] is None else f", {_word(found[2], keys, known)}")


def _word(text: str, keys: Rekey, known: frozenset[str]) -> str:
    return mark_of(text, keys) if may_be_an_id(text, known) else text


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    return text
