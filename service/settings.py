"""Settings from the environment: where the tariff lies and which language to speak."""

from __future__ import annotations

import os
from pathlib import Path

from pricing.errors import InputError
from pricing.words import LANGUAGES
from service.releases.history import in_force


def tariff_folder() -> Path:
    """The tariff in force: `LICHENG_TARIFF`, else what the history of releases names, else the shipped demonstration.

    TariffError where the history is broken, or the release it names is missing or altered: nothing else is used then.
    """
    return named_tariff() or in_force(releases_folder()).folder


def named_tariff() -> Path | None:
    """`LICHENG_TARIFF`, the folder that is used whatever was released; None where it is not set."""
    named = os.environ.get("LICHENG_TARIFF", "")
    return Path(named) if named else None


def home() -> Path:
    """`LICHENG_HOME`, the data folder, or the folder one stands in."""
    return Path(os.environ.get("LICHENG_HOME") or ".")


def releases_folder(asked: str = "") -> Path:
    """The folder of releases asked for, else `releases` in the data folder."""
    return Path(asked) if asked else home() / "releases"


def page_width() -> int:
    """Width of a page that does not go to a terminal: `COLUMNS`, or wide enough for a worksheet."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) >= 40 else 110


def language(asked: str = "", place: str = "--lang") -> str:
    """The language asked for, else `LICHENG_LANG`, else English. place: where it was asked for."""
    named = asked or os.environ.get("LICHENG_LANG", "") or LANGUAGES[0]
    if named not in LANGUAGES:
        where = place if asked else "LICHENG_LANG"
        raise InputError("request_value", where, key="lang", value=named, known=", ".join(LANGUAGES))
    return named


def spoken(asked: str = "") -> str:
    """The same for what must be said however wrong they are: the first of them that is spoken here."""
    return next((one for one in (asked, os.environ.get("LICHENG_LANG", "")) if one in LANGUAGES), LANGUAGES[0])
