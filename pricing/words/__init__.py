"""Every sentence a person reads, by code, in English and Chinese.

`en.yaml` and `zh.yaml` hold the same codes; a house test keeps them so.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("en", "zh")
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@cache
def sentences(lang: str) -> dict[str, str]:
    """All sentences of one language, by code."""
    text = (Path(__file__).parent / f"{lang}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, str] = yaml.load(text, Loader=_LOADER)
    return loaded


def say(code: str, lang: str, **values: object) -> str:
    """The sentence of a code with its facts filled in; KeyError where the code or a fact is missing."""
    return sentences(lang)[code].format(**values)
