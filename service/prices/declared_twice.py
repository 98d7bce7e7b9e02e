"""Declarations of one list that stand twice. Each is priced all the same, for a list may ask what would be; but no
total is there twice, and no two contradict each other, without a word.
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
Json = dict[str, Any]
Cells = tuple[str, ...]


class Twice:
    """The declarations of a list, by what they are of."""

    def __init__(self, sent: Sequence[Any], today: dt.date) -> None:
        """sent: as parsed; what is no object is not looked at. today: what a missing `known_on` means."""
        self._standard = {"scheme": STANDARD_SCHEME, "known_on": today.isoformat()}
        self._said = [(self._cells(one, _KEY), self._cells(one, _COMPARED)) for one in sent]
        self._rows: dict[Cells, list[int]] = {}
        for row, (key, _) in enumerate(self._said):
            if key:
                self._rows.setdefault(key, []).append(row)

    def warned(self, row: int, answer: Json) -> Json:
        """The answer to a row, with a warning that names the others of its key: those that say the same, those that
        say something else. One that is refused stays as it is.
        """
        key, said = self._said[row]
        if "refusal" in answer:
            return answer
        others = [other for other in self._rows[key] if other != row]
        equal = [other for other in others if self._said[other][1] == said]
        unlike = [other for other in others if self._said[other][1] != said]
        warnings = [{**both("declaration_twice"), "rows": equal}] if equal else []
        warnings += [{**both("declaration_differs", key=", ".join(_KEY)), "rows": unlike}] if unlike else []
        return answer | {"warnings": [*answer["warnings"], *warnings]} if warnings else answer

    def _cells(self, one: Any, names: Sequence[str]) -> Cells:
        """Cells of a declaration as text, empty and missing ones alike; none where it is no object."""
        if not isinstance(one, Mapping):
            return ()
        return tuple(repr(one.get(name) or self._standard.get(name, "")) for name in names)
