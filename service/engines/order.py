"""An order to settle a month, as a command gives it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """What to settle: sources of usage, the month, the register's rows, what is known, which schemes and covers, where
    to. covers: names of covers or packages, or `all`; enrolments, history: a file or folder each.
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

    @property
    def sides(self) -> dict[str, Path]:
        """The side files that are given, by their names."""
        given = {"enrolments": self.enrolments, "history": self.history}
        return {name: path for name, path in given.items() if path is not None}
