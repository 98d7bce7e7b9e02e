"""Strict YAML: every scalar stays text, a doubled key is refused, and what is read names its place when it is wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pricing.errors import TariffError
from pricing.units import parse_month

_DEEPEST = 30
_WHOLE = re.compile(r"[0-9]{1,18}")


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Every scalar stays text; a key that stands twice is refused."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise TariffError("duplicate_key", f"line {node.start_mark.line + 1}", key=key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=True)
        return mapping


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as nested texts; TariffError `yaml_unreadable` or `duplicate_key`."""
    try:
        text = path.read_text(encoding="utf-8")
        _nested(text)
        loaded = yaml.load(text, Loader=_Loader)
    except OSError:
        raise TariffError("table_missing", str(path), table=path.stem) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TariffError("yaml_unreadable", str(path), reason=_reason(error)) from None
    except TariffError as error:
        raise TariffError(error.code, f"{path}, {error.place}", **error.values) from None
    if not isinstance(loaded, dict):
        raise TariffError("yaml_unreadable", str(path), reason="not a mapping")
    return loaded


def _nested(text: str) -> None:
    """YAMLError where a text is nested far beyond any table: libyaml would overflow its stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deeply")


def _reason(error: Exception) -> str:
    """What is wrong, with its line where the reader knows it."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"{problem}, line {mark.line + 1}" if mark and problem else str(error).splitlines()[0]


def whole(text: Any, greatest: int, place: str) -> int:
    """A text as a whole number of at most `greatest`; anything else is refused, never rounded."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        raise TariffError("number_not_whole", place, text=text, greatest=greatest)
    number = int(text)
    if number > greatest:
        raise TariffError("number_too_large", place, text=text, greatest=greatest)
    return number


def mapping_of(raw: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    """What a key holds, which must be names with what belongs to them."""
    if not isinstance(raw.get(key), dict):
        raise TariffError("not_a_mapping", place, key=key)
    found: dict[str, Any] = raw[key]
    return found


def words_of(raw: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    """A list of words, empty where the key is absent."""
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(word and isinstance(word, str) for word in found):
        raise TariffError("not_words", place, key=key)
    return tuple(found)


def truth_of(raw: Mapping[str, Any], key: str, place: str) -> bool:
    """true or false, false where the key is absent."""
    text = raw.get(key, "false")
    if text not in ("true", "false"):
        raise TariffError("not_true_or_false", place, key=key, text=text)
    return bool(text == "true")


def required(raw: Mapping[str, Any], key: str, place: str) -> Any:
    """The value of a key that must be there and not empty."""
    if key not in raw or raw[key] in ("", None):
        raise TariffError("missing_source" if key == "source" else "missing_key", place, key=key)
    return raw[key]


def known_keys(raw: Mapping[str, Any], known: frozenset[str], place: str, *, allow_by: bool = False) -> None:
    """TariffError where a key is not known. Own additions begin with x_."""
    for key in raw:
        if key not in known and not (allow_by and key.startswith("by_")) and not key.startswith("x_"):
            raise TariffError("unknown_key", place, key=key, known=", ".join(sorted(known)))


def both_languages(raw: Any, place: str) -> dict[str, str]:
    """Text for people: {en, zh}, neither empty."""
    if not isinstance(raw, dict) or set(raw) != {"en", "zh"} or not all(t and isinstance(t, str) for t in raw.values()):
        raise TariffError("both_languages", place)
    return raw


def word_of(word: str, known: tuple[str, ...], code: str, place: str) -> int:
    """Rank of a word among the known ones."""
    if word not in known:
        raise TariffError(code, place, word=word, known=", ".join(known))
    return known.index(word)


def month_of(text: Any, place: str) -> int:
    """A month, counted since year 0."""
    month = parse_month(text) if isinstance(text, str) else None
    if month is None:
        raise TariffError("table_month_not_valid", place, text=text)
    return month


def date_of(text: Any, place: str) -> dt.date:
    """A date as YYYY-MM-DD, in no other form."""
    try:
        date = dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise TariffError("table_date_not_valid", place, text=text) from None
    if date.isoformat() != text:
        raise TariffError("table_date_not_valid", place, text=text)
    return date
