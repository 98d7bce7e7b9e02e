"""A notice: something found in data or fit that a person should look at; no row is left out for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pricing.words import say


@dataclass(frozen=True, slots=True)
class Notice:
    """The code of a sentence with the figures that stand in it."""

    code: str
    values: Mapping[str, object]

    def message(self, lang: str) -> str:
        """What was found with what to do, in `en` or `zh`."""
        return say(self.code, lang, **self.values)
