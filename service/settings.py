"""Settings from the environment: where the tariff lies and which language to speak."""

from __future__ import annotations

import os
from pathlib import Path

from pricing.errors import InputError
from pricing.tariff import SHIPPED
from pricing.words import LANGUAGES


def tariff_folder() -> Path:
    """`LICHENG_TARIFF`, or the demonstration release that is shipped."""
    named = os.environ.get("LICHENG_TARIFF", "")
    return Path(named) if named else SHIPPED


def home() -> Path:
    """`LICHENG_HOME`, the data folder, or the folder one stands in."""
    return Path(os.environ.get("LICHENG_HOME", "."))


def page_width() -> int:
    """Width of a page that does not go to a terminal: `COLUMNS`, or wide enough for a worksheet."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) >= 40 else 110


def language(asked: str = "") -> str:
    """The language asked for, else `LICHENG_LANG`, else English."""
    named = asked or os.environ.get("LICHENG_LANG", "") or "en"
    if named not in LANGUAGES:
        raise InputError("request_value", "lang", key="lang", value=named, known=", ".join(LANGUAGES))
    return named
