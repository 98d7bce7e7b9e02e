"""Every sentence a person reads from here, by code, in English and Chinese.

`en.yaml` and `zh.yaml` hold the same codes; a house test keeps them so. What JSON writes otherwise than Python (true,
null, lists, objects) is said as JSON, for that is how it was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

import yaml

LANGUAGES = ("en", "zh")
COLON = {"en": ": ", "zh": "："}  # between what is spoken of and what is said of it
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A fact of a sentence that is itself in words: a code with its own facts."""

    code: str
    values: Mapping[str, object]


class _Literal(str):
    """A text that stands without quotation marks also where a sentence shows a value as it was written."""

    def __repr__(self) -> str:
        return str(self)


@cache
def sentences(lang: str) -> dict[str, str]:
    """All sentences of one language, by code."""
    text = (Path(__file__).parent / f"{lang}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, str] = yaml.load(text, Loader=_LOADER)
    return loaded


@cache
def sources_in_chinese() -> dict[str, str]:
    """Titles and clauses of sources that are not Chinese as they stand in the tables, in Chinese."""
    loaded: dict[str, str] = yaml.load((Path(__file__).parent / "sources.zh.yaml").read_text("utf-8"), Loader=_LOADER)
    return loaded


def say(code: str, lang: str, **values: object) -> str:
    """The sentence of a code with its facts filled in; KeyError where the code or a fact is missing."""
    for value in values.values():
        if type(value) is not str and type(value) is not int:
            values = {name: _said(value, lang) for name, value in values.items()}
            break
    return sentences(lang)[code].format(**values)


@cache
def facts_named(code: str) -> tuple[str, ...]:
    """The facts that a sentence names; KeyError where there is no such code."""
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(sentences("en")[code]) if name))


@cache
def phrase(code: str, lang: str, *names: str) -> Callable[..., str]:
    """A sentence made ready for being said often: its facts, texts or whole numbers, are given in the order of `names`.

    KeyError where the code or a fact is missing.
    """
    places = {name: str(place) for place, name in enumerate(names)}
    parts = []
    for literal, name, spec, conversion in Formatter().parse(sentences(lang)[code]):
        parts.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            parts.append("{" + places[name] + (f"!{conversion}" if conversion else "") + f":{spec}" * bool(spec) + "}")
    return "".join(parts).format


def as_json(value: object) -> str:
    """A value as JSON writes it, cut where it is long; broken Unicode as escapes."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= 80 else text[:80] + "…"


def _said(value: object, lang: str) -> object:
    if isinstance(value, Phrase):
        return _Literal(say(value.code, lang, **value.values))
    if value is None or isinstance(value, bool | list | dict):
        return _Literal(as_json(value))
    return value
