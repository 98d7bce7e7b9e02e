"""A finding of lint: what is wrong or worth a look in a tariff folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pricing.words import LANGUAGES, say

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: its severity, code, place and sentence in both languages."""

    severity: str
    code: str
    place: str
    texts: Mapping[str, str]

    @classmethod
    def of(cls, severity: str, code: str, place: str, **facts: object) -> Finding:
        """A finding with the facts of its sentence."""
        return cls(severity, code, place, {lang: say(code, lang, **facts) for lang in LANGUAGES})

    def plain(self) -> dict[str, str]:
        """As the contract shows it."""
        shown = {"severity": self.severity, "code": self.code, "place": self.place}
        return {**shown, "message": self.texts["en"], "message_zh": self.texts["zh"]}
