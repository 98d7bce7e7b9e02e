"""Declarations of one list that stand twice: an equal one is charged once, different ones of one key are all refused.

As with usage rows of a month, no total is charged twice without a word.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pricing.usage import DECLARED_GREATEST
from service.refusals import both

STANDARD_SCHEME = "pilot_per_order"
_KEY = ("month", "platform", "region", "occupation", "pilot_industry", "scheme", "known_on")
_COMPARED = (*DECLARED_GREATEST, "pilot_tier", "pilot_float_pct")
_ECHOED = ("format", "month", "declared_month", "known_on", "edition", *_KEY, *DECLARED_GREATEST)
Json = dict[str, Any]
Cells = tuple[str, ...]


class Once:
    """The declarations of a list, answered in their order."""

    def __init__(self, sent: Sequence[Any], today: dt.date) -> None:
        """sent: as parsed; what is no object has an answer of its own. today: what a missing `known_on` means."""
        self._standard = {"scheme": STANDARD_SCHEME, "known_on": today.isoformat()}
        self._keys = [self._cells(one, _KEY) for one in sent]
        self._priced: dict[Cells, int] = {}
        self._rows: dict[Cells, list[int]] = {}
        differing: dict[Cells, set[Cells]] = {}
        for row, (one, key) in enumerate(zip(sent, self._keys, strict=True)):
            if key:
                self._rows.setdefault(key, []).append(row)
                differing.setdefault(key, set()).add(self._cells(one, _COMPARED))
        self._conflicting = {key for key, found in differing.items() if len(found) > 1}

    def answer(self, row: int, answer: Json) -> Json:
        """The answer to a row, without its amount where that stands already, or where another row contradicts it. One
        that is refused for itself stays as it is, and counts for no other.
        """
        key = self._keys[row]
        if "refusal" in answer:
            return answer
        if key in self._conflicting:
            rows = [other for other in self._rows[key] if other != row]
            return _refused(answer, {**both("conflicting_declarations", key=", ".join(_KEY)), "rows": rows})
        first = self._priced.setdefault(key, row)
        return answer if first == row else _refused(answer, {**both("duplicate"), "rows": [first]})

    def _cells(self, one: Any, names: Sequence[str]) -> Cells:
        """Cells of a declaration as text, empty and missing ones alike; none where it is no object."""
        if not isinstance(one, Mapping):
            return ()
        return tuple(repr(one.get(name) or self._standard.get(name, "")) for name in names)


def _refused(answer: Json, refusal: Json) -> Json:
    return {name: answer[name] for name in _ECHOED if name in answer} | {"levy_fen": None, "refusal": refusal}
