"""Which release was in force as known on a date: its model, its law, who approved it, and what answers for a month."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.folder_hash import folder_hash
from pricing.rate_table import STATUSES
from pricing.tariff import Tariff
from service.releases.files import read_object
from service.releases.history import (
    DEMONSTRATION,
    RELEASE,
    Event,
    checked_folder,
    in_force,
    read_history,
    shown_folder,
    strays,
)
from service.tariff.pages import in_force as entries_in_force

_OF_ENTRY = ("entry", "region", "effective_from", "known_from", "status", "evidence", "source", "carried_forward")


def which(
    releases: Path, asked: tuple[int, dt.date], named: Path | None = None, region: str = "", table: str = ""
) -> dict[str, Any]:
    """The release in force and every entry of it that answers. asked: month and date; named: LICHENG_TARIFF, if set."""
    folder, number, event = _standing(releases, asked[1], named)
    return told(
        releases, Answering(Tariff.load(folder), folder, number, event, named is not None), asked, region, table
    )


@dataclass(frozen=True, slots=True)
class Answering:
    """A release as it is loaded, its event if it has one; named: whether LICHENG_TARIFF says that it is used."""

    tariff: Tariff
    folder: Path
    number: int | None
    event: Event | None
    named: bool


def told(
    releases: Path, answering: Answering, asked: tuple[int, dt.date], region: str = "", table: str = ""
) -> dict[str, Any]:
    """What a release answers, and who made and approved it. asked: month and date."""
    number, event = answering.number, answering.event
    line = list(_line(releases, number)) if number else []
    since = _since(line)
    shown = entries_in_force(answering.tariff, *asked, region, table)
    entries = [
        {
            "table": one["entry"].split("@")[0],
            **{key: one[key] for key in _OF_ENTRY},
            "release": since.get(one["entry"]),
        }
        for one in shown["entries"]
    ]
    statuses = Counter(one["status"] for one in entries)
    return {
        "format": 1,
        "month": shown["month"],
        "known_on": shown["known_on"],
        "by": "LICHENG_TARIFF" if answering.named else "history" if event else "shipped",
        "number": number,
        "folder": shown_folder(answering.folder),
        "tariff_sha256": event.tariff_sha256 if event else folder_hash(answering.folder),
        "event": event.plain() if event else None,
        "approvals": line[0]["approvals"] if line else [],
        "overrides": line[0]["overrides"] if line else [],
        "models": [found for one in line if (found := _model(one, since))],
        "law": {status: statuses[status] for status in STATUSES},
        "edition": shown["edition"],
        "entries": entries,
    }


def _standing(releases: Path, known: dt.date, named: Path | None) -> tuple[Path, int | None, Event | None]:
    """Folder, number and event. A folder that LICHENG_TARIFF names has the number of the release it is a copy of."""
    if named is None:
        standing = in_force(releases, known)
        return standing.folder, standing.number, standing.event
    now = folder_hash(named)
    same = [event for event in read_history(releases) if event.folder_sha256 == now]
    return named, same[-1].number if same else None, same[-1] if same else None


def _line(releases: Path, number: int) -> Iterator[Mapping[str, Any]]:
    """release.json of a release and of all before it that it was made upon, the latest first."""
    events = {event.number: event for event in read_history(releases)}
    while number != DEMONSTRATION:
        found = read_object(checked_folder(releases, events[number]) / RELEASE)
        yield found
        number = found["previous"]


def _since(line: list[Mapping[str, Any]]) -> dict[str, int]:
    """Entry → the release that brought it or last altered it; entries of the demonstration are not in it."""
    tables = [(found["number"], table) for found in reversed(line) for table in found["changes"]["tables"]]
    return {entry: number for number, table in tables for entry in (*table["new"], *table["altered"])}


def _model(found: Mapping[str, Any], since: Mapping[str, int]) -> dict[str, Any] | None:
    """The model of a release with those of its entries that are still there as it made them; None without any."""
    facts = found["candidate"]
    held = [one for one in facts["tables"] if since.get(one["entry"]) == found["number"]] if facts else []
    return {**facts, "release": found["number"], "tables": held} if held else None


def listed(releases: Path) -> dict[str, Any]:
    """All events in order, the number in force, and what broken-off releases left behind."""
    events = read_history(releases)
    return {
        "format": 1,
        "folder": str(releases),
        "in_force": events[-1].number if events else DEMONSTRATION,
        "events": [event.plain() for event in events],
        "strays": strays(releases),
    }
