"""The sources of the reference's entries in Chinese, for `pricing/words/sources.zh.yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from pricing import words
from pricing.words import say, sentences

SOURCES = Path(words.__file__).parent / "sources.zh.yaml"
_SAID = (
    "reference_source_title",
    "reference_source_data",
    "reference_source_plan",
    "reference_source_claims",
    "reference_source_curve",
    "reference_source_level",
    "reference_source_kept",
)


def in_chinese(source: str) -> str:
    """A title or clause as a candidate's entries have it, in Chinese; ValueError for a part that has no words."""
    return "；".join(_part(part) for part in source.split("; "))


def with_sources(text: str, old: Iterable[str], new: Iterable[str]) -> str:
    """The file's text with the lines of the sources `new` instead of those of `old`, at its end."""
    gone = {f"{_quoted(source)}: " for source in (*old, *new)}
    kept = [line for line in text.splitlines(keepends=True) if not any(line.startswith(start) for start in gone)]
    return "".join([*kept, *(f"{_quoted(source)}: {_quoted(in_chinese(source))}\n" for source in new)])


def _part(part: str) -> str:
    for code in _SAID:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(sentences("en")[code]))
        found = re.fullmatch(pattern, part)
        if found:
            return say(code, "zh", **found.groupdict())
    raise ValueError(f"no Chinese words for the source {part!r}")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
