"""Keys of a plan: one value of a mapping at a time, refused by name where it is not what the plan's form says."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pricing.errors import InputError
from pricing.strict_yaml import required, whole

Word = TypeVar("Word", bound=str)

LARGEST = 10**6  # of any number of a plan

# Words that name what a person is. A factor that bears one of them is refused whatever the plan says.
_SENSITIVE = (
    *("gender", "sex", "hukou", "ethnicity", "ethnic", "race", "religion", "nationality", "disability", "hiv"),
    *("性别", "户籍", "户口", "民族", "种族", "宗教", "信仰", "籍贯", "残疾"),
)


def sensitive(name: str) -> bool:
    """Whether a column's name says that it holds what may not be a factor: Gender, worker_sex, driverSex, 性别."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    words = {word.lower() for word in re.split(r"[^A-Za-z]+", spaced) if word}
    return any(word in words if word.isascii() else word in name for word in _SENSITIVE)


@dataclass(frozen=True, slots=True)
class Fields:
    """The keys of one mapping of a plan with the place they stand in; InputError or TariffError names a bad one."""

    raw: Mapping[str, Any]
    place: str

    def word(self, key: str) -> str | None:
        """One text, None where the key is absent."""
        found = self.raw.get(key)
        if found is None:
            return None
        if not isinstance(found, str) or not found:
            raise InputError("plan_not_a_word", self.place, key=key)
        return found

    def needed_word(self, key: str) -> str:
        """One text that must be there."""
        required(self.raw, key, self.place)
        return self.word(key) or ""

    def words(self, key: str) -> tuple[str, ...]:
        """A text or a list of them, empty where the key is absent; none may stand twice."""
        found = self.raw.get(key, [])
        listed = [found] if isinstance(found, str) and found else found
        if not isinstance(listed, list) or not all(isinstance(word, str) and word for word in listed):
            raise InputError("not_words", self.place, key=key)
        for word in listed:
            if listed.count(word) > 1:
                raise InputError("duplicate_key", self.place, key=word)
        return tuple(listed)

    def needed_words(self, key: str) -> tuple[str, ...]:
        """At least one text."""
        required(self.raw, key, self.place)
        found = self.words(key)
        if not found:
            raise InputError("missing_key", self.place, key=key)
        return found

    def words_among(self, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Texts of a known list."""
        found = self.words(key)
        for word in found:
            self._among(key, word, known)
        return found

    def choice(self, key: str, known: tuple[Word, ...], default: Word) -> Word:
        """One text of a known list."""
        found = self.word(key)
        return default if found is None else known[known.index(self._among(key, found, known))]

    def whole(self, key: str, default: int, greatest: int, least: int = 0) -> int:
        """A whole number from `least` to `greatest`."""
        if key not in self.raw:
            return default
        found = whole(self.raw[key], greatest, f"{self.place}, {key}")
        if found < least:
            raise InputError("plan_too_few", self.place, key=key, text=found, least=least)
        return found

    def number(self, key: str, default: float) -> float:
        """A finite number."""
        found = self.raw.get(key)
        if found is None:
            return default
        try:
            value = float(found)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise InputError("plan_not_a_number", self.place, key=key, text=found)
        return value

    def above_zero(self, key: str) -> float | None:
        """A number above 0, None where the key is absent."""
        if key not in self.raw:
            return None
        found = self.number(key, 0.0)
        if not found > 0:
            raise InputError("plan_not_above_zero", self.place, key=key, text=found)
        return found

    def _among(self, key: str, word: str, known: tuple[str, ...]) -> str:
        if word not in known:
            raise InputError("plan_word_not_known", self.place, key=key, word=word, known=", ".join(known))
        return word
