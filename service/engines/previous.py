"""A published folder as the ground of a correction, an explanation or a verification."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.rate_table import PROVISIONAL, STATUSES
from pricing.register import COLUMNS, read_register
from pricing.tariff import Tariff
from pricing.units import month_text, parse_month
from service.engines import folder as files
from service.engines.local import Terms
from service.engines.tariff_bundle import unbundle
from service.reading import read_csv, read_text

BEFORE = "before"
WHOLE = ("pilot_float_pct", "class_float_pct", "risk_class")


@dataclass(frozen=True, slots=True)
class Previous:
    """A published folder: its receipt, its register's rows, and under what it was settled."""

    folder: Path
    receipt: Mapping[str, Any]
    register: tuple[Mapping[str, Any], ...]
    terms: Terms

    @property
    def schemes(self) -> tuple[str, ...]:
        """Schemes of work injury that it settled."""
        return tuple(self.receipt["schemes"])

    @property
    def covers(self) -> tuple[str, ...]:
        """Covers that it settled; an old folder has none."""
        return tuple(self.receipt.get("covers", ()))


def terms_of(
    tariff: Tariff,
    register: tuple[Mapping[str, Any], ...],
    month: int,
    known: dt.date,
    schemes: tuple[str, ...],
    demonstration: bool,
) -> Terms:
    """The edition of a month with its register, and what may be charged under it."""
    rows = read_register(register, tariff.factors["pilot_tier"].levels, tariff.regions)
    return Terms(tariff.on(month, known, rows), schemes, len(STATUSES) - 1 if demonstration else PROVISIONAL)


def opened(folder: Path, receipt: Mapping[str, Any]) -> Previous:
    """A folder whose receipt was read, with the tables and register it was settled under."""
    tariff, month = unbundle(folder / files.EDITION), parse_month(receipt["month"])
    assert month is not None
    register = tuple(register_rows(folder / files.REGISTER))
    known, schemes = dt.date.fromisoformat(receipt["known_on"]), (*receipt["schemes"], *receipt.get("covers", ()))
    terms = terms_of(tariff, register, month, known, schemes, receipt["demonstration"])
    if terms.edition.hash != receipt["edition"]:
        raise InputError("folder_changed", str(folder), file=files.EDITION)
    return Previous(folder, receipt, register, replace(terms, left_out=receipt["left_out"]))


def corrected(folder: Path) -> Previous | None:
    """What a folder corrected, as it is kept inside it; None where it is a first settlement."""
    path = folder / BEFORE / files.RECEIPT
    return opened(path.parent, json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def previous_of(folder: Path, month: int, known_on: dt.date) -> Previous:
    """The folder that a correction settles again; InputError where it is changed, of another month, or knows more."""
    receipt = files.read_receipt(folder)
    if receipt["month"] != month_text(month):
        raise InputError("previous_month", str(folder), month=month_text(month), other=receipt["month"])
    if known_on < dt.date.fromisoformat(receipt["known_on"]):
        raise InputError("known_on_goes_back", "known_on", known_on=known_on, other=receipt["known_on"])
    return opened(folder, receipt)


def sent_register(path: str) -> tuple[dict[str, Any], ...]:
    """Rows of a register as it is sent: of the kinds of CSV that usage may have, whole numbers as numbers."""
    rows = read_csv(read_text(path), path, frozenset(COLUMNS) - frozenset(WHOLE))
    return tuple({name: cell for name, cell in row.items() if cell != ""} for row in rows)


def register_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a folder's register, whole numbers as numbers."""
    return [
        {name: int(cell) if name in WHOLE and cell.isdecimal() else cell for name, cell in row.items() if cell != ""}
        for row in files.read_csv(path)
    ]
