"""The settings one by one: each with its variable, where its value came from, and what is wrong with it."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pricing.errors import InputError
from pricing.words import LANGUAGES
from service.secret import FILE_VARIABLE, secret_of
from service.store.database import database_url

FLAG, ENVIRONMENT, FILE, DEFAULT, MADE = SOURCES = ("flag", "environment", "file", "default", "made")
_PREFIX = "LICHENG_"
# Variables of the command line that mean nothing to a service.
_OF_OTHERS = (FILE_VARIABLE, "LICHENG_DEBUG", "LICHENG_KEY", "LICHENG_REWRITE", "LICHENG_SERVE")


class Setting(NamedTuple):
    """One setting: its field of Serving, and how its text is read. hidden: never shown; by_flag: by nothing else."""

    name: str
    read: Callable[[str, str], Any]
    default: str
    hidden: bool = False
    by_flag: bool = False

    @property
    def variable(self) -> str:
        """Its name in the environment, or its flag."""
        return f"--{self.name}" if self.by_flag else _PREFIX + self.name.upper()


@dataclass(frozen=True, slots=True)
class Given:
    """A setting as it was found. shown: what a page may say of its value; source: one of SOURCES."""

    variable: str
    value: Any
    source: str
    shown: str


@dataclass(frozen=True, slots=True)
class Found:
    """All settings by name, those that could be read; and what is wrong."""

    given: Mapping[str, Given]
    wrong: tuple[InputError, ...]


def _text(text: str, variable: str) -> str:
    return text


def _folder(text: str, variable: str) -> Path:
    return Path(text)


def _folder_or_none(text: str, variable: str) -> Path | None:
    return Path(text) if text else None


def _number(least: int, most: int) -> Callable[[str, str], int]:
    def read(text: str, variable: str) -> int:
        plain = text.replace("_", "")
        if not (plain.isascii() and plain.isdecimal() and len(plain) < 16 and least <= int(plain) <= most):
            raise InputError("setting_number", variable, value=text, least=least, most=most)
        return int(plain)

    return read


def _one_of(*known: str) -> Callable[[str, str], str]:
    def read(text: str, variable: str) -> str:
        if text not in known:
            raise InputError("setting_choice", variable, value=text, known=", ".join(known))
        return text

    return read


def _addresses(text: str, variable: str) -> str:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise InputError("setting_address", variable, value=part) from None
    return ",".join(parts)


def _token(text: str, variable: str) -> str:
    if text and (len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text):
        raise InputError("setting_token", variable, least=16)
    return text


def _yes(text: str, variable: str) -> bool:
    return text == "yes"


SETTINGS: tuple[Setting, ...] = (
    Setting("host", _text, "127.0.0.1"),
    Setting("port", _number(0, 65_535), "8000"),
    Setting("home", _folder, "."),
    Setting("database_url", _text, ""),
    Setting("secret", _text, "", hidden=True),
    Setting("demo", _yes, "no", by_flag=True),
    Setting("tariff", _folder_or_none, ""),
    Setting("lang", _one_of(*LANGUAGES), "en"),
    Setting("log_level", _one_of("info", "warning", "error"), "info"),
    Setting("quote_days", _number(1, 3_660), "30"),
    Setting("most_body", _number(1_000, 10**9), "2000000"),
    Setting("most_upload", _number(1_000, 10**12), "1000000000"),
    Setting("most_rows", _number(1, 10**9), "1000000"),
    Setting("most_batch", _number(1, 10**6), "10000"),
    Setting("bodies_in_flight", _number(1_000, 10**12), "64000000"),
    Setting("uploads_in_flight", _number(1_000, 10**13), "2000000000"),
    Setting("uploads_of_key", _number(1, 10_000), "4"),
    Setting("quotes_per_day", _number(1, 10**9), "1000000"),
    Setting("per_minute", _number(1, 10**9), "60000"),
    Setting("address_per_minute", _number(1, 10**9), "6000"),
    Setting("runs", _number(1, 64), "1"),
    Setting("run_minutes", _number(1, 10_080), "60"),
    Setting("body_seconds", _number(1, 3_600), "30"),
    Setting("least_rate", _number(1, 10**9), "1000"),
    Setting("slow_seconds", _number(1, 3_600), "30"),
    Setting("stop_seconds", _number(1, 3_600), "20"),
    Setting("connections", _number(1, 100_000), "2000"),
    Setting("proxies", _addresses, ""),
    Setting("metrics_token", _token, "", hidden=True),
)


def found(environ: Mapping[str, str], options: Mapping[str, Any], make_secret: bool = False) -> Found:
    """Every setting with its source, and all that is wrong. make_secret: write one where the embedded default lacks it.

    options: of the command line by the setting's name; None is one that was not given.
    """
    wrong = _unknown(environ)
    given: dict[str, Given] = {}
    for setting in SETTINGS:
        try:
            given[setting.name] = _given(setting, environ, options.get(setting.name))
        except InputError as error:
            wrong.append(error)
    for complete in (_with_secret, _with_database):  # the secret first: whether it may be made hangs on the database
        try:
            complete(given, environ, make_secret)
        except InputError as error:
            wrong.append(error)
    return Found(given, tuple(wrong))


def _given(setting: Setting, environ: Mapping[str, str], asked: object) -> Given:
    text, source = setting.default, DEFAULT
    if environ.get(setting.variable):
        text, source = environ[setting.variable], ENVIRONMENT
    if asked is not None:
        text, source = ("yes" if asked else "no") if isinstance(asked, bool) else str(asked), FLAG
    shown = "…" if setting.hidden and text else text
    return Given(setting.variable, setting.read(text, setting.variable), source, shown)


def _with_secret(given: dict[str, Given], environ: Mapping[str, str], make: bool) -> None:
    if not {"home", "database_url"} <= set(given):
        return
    embedded = not given["database_url"].value
    secret, file = secret_of(environ, given["home"].value, make and embedded)
    if not secret and not embedded:
        raise InputError("secret_missing", given["secret"].variable)
    source = ENVIRONMENT if file is None else FILE if secret else MADE
    shown = "…" if file is None else str(file)
    given["secret"] = Given(given["secret"].variable, secret, source, shown)


def _with_database(given: dict[str, Given], environ: Mapping[str, str], make: bool) -> None:
    if {"home", "database_url"} <= set(given):
        named = given["database_url"]
        url = database_url(named.value, given["home"].value)
        given["database_url"] = Given(named.variable, url, named.source, shown_url(url))


def shown_url(url: str) -> str:
    """A database's address without user, password and parameters."""
    kind = url.split(":", 1)[0]
    if kind.startswith("sqlite"):
        return url
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{kind}://…"
    return f"{kind}://…" if "@" in parts.path else f"{kind}://{parts.hostname or ''}{port}{parts.path}"


def _unknown(environ: Mapping[str, str]) -> list[InputError]:
    """Variables of this program's name that it does not know: most likely mistyped."""
    known = [*(setting.variable for setting in SETTINGS), *_OF_OTHERS]
    strange = sorted(name for name in environ if name.startswith(_PREFIX) and name not in known)
    return [
        InputError("setting_unknown", name, near=(difflib.get_close_matches(name, known, 1, 0.0) or [""])[0])
        for name in strange
    ]
