"""An order to settle a month, as a command or an upload gives it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.units import month_text

ALL = "all"


class Rekey(Protocol):
    """How workers of an upload are stored. It holds the keys; who reads and settles files knows no more than this."""

    def worker(self, given: str) -> str:
        """The id under which a worker is stored, of the form of a pseudonym."""

    def seal(self, text: str) -> str:
        """A text that only `open` reads; equal texts are sealed alike."""

    def open(self, sealed: str) -> str | None:
        """The text; None where it was sealed elsewhere, or is none of ours."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a sender may send. names: what it calls its files; own: the only platform whose rows are settled, or "";
    known: words that a cell may hold, all others are sealed; most_rows: of usage and of each side
    file, 0: any number.
    """

    names: Mapping[Path, str]
    rekey: Rekey
    known: frozenset[str]
    own: str = ""
    most_rows: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What to settle: sources of usage, the month, the register's rows, what is known, which schemes and covers, where
    to. covers: names of covers or packages, or `all`; enrolments, history: a file or folder each; upload: where the
    files were sent by somebody, whose workers are stored under other ids; unfinished: whether the month was not over
    when it was ordered.
    """

    sources: tuple[Path, ...]
    month: int
    register: tuple[Mapping[str, Any], ...]
    known_on: dt.date
    schemes: tuple[str, ...]
    out: Path
    previous: Path | None = None
    demonstration: bool = False
    covers: tuple[str, ...] = ()
    enrolments: Path | None = None
    history: Path | None = None
    upload: Upload | None = field(default=None, repr=False)
    unfinished: bool = False

    @property
    def sides(self) -> dict[str, Path]:
        """The side files that are given, by their names."""
        given = {"enrolments": self.enrolments, "history": self.history}
        return {name: path for name, path in given.items() if path is not None}


def is_unfinished(month: int, today: dt.date) -> bool:
    """Whether a month is not over yet, on a day in China: work of its last days cannot be in its files."""
    return month_text(month) >= today.isoformat()[:7]


def covers_named(names: tuple[str, ...], tariff: Tariff, place: str = "--covers") -> tuple[str, ...]:
    """Covers by name, by package or `all`, each once; InputError names an unknown one."""
    found: list[str] = []
    for name in names:
        if name not in (ALL, *tariff.covers, *tariff.packages):
            known = ", ".join((*tariff.covers, *tariff.packages, ALL))
            raise InputError("request_value", place, key="covers", value=name, known=known)
        package = tariff.packages.get(name)
        found += tariff.covers if name == ALL else (name,) if package is None else package.covers
    return tuple(dict.fromkeys(found))
