"""What the service says of tariffs: the release in force, what it holds for a month, and the history of a table.

Names of the people who released and approved stand at the command line and in the audit log, not in these answers:
they are open to everybody.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pricing.rate_table import EVIDENCE, STATUSES
from pricing.tariff import SHIPPED
from pricing.units import month_text
from service.refusals import both
from service.releases.history import Event, in_force, read_history
from service.tariff.earlier import tariff_of
from service.tariff.held import InForce, Tariffs
from service.tariff.history import history
from service.tariff.pages import in_force as entries_in_force
from service.tariff.which import Answering, told

FORMAT = 1
_OF_EVENT = ("event", "number", "tariff_sha256", "at", "previous", "hash")
_OF_RELEASE = ("by", "number", "tariff_sha256")
_OF_MODEL = ("release", "plan", "product", "effective_from", "tables")


def answering(tariffs: Tariffs, held: InForce, releases: Path, known: dt.date) -> Answering:
    """The release that answers as known on a date. held: what is in force now, taken once for the answer; an earlier
    one is loaded where the date lies before it came into force. TariffError where that one is missing or altered.
    """
    named = held.number is None
    if named or held.event is None or known >= held.event.day:
        return Answering(held.tariff, held.folder or SHIPPED, held.number, held.event, named)
    standing = in_force(releases, known)
    loaded = tariff_of(standing.number, tariffs, releases)
    return Answering(loaded, standing.folder, standing.number, standing.event, named=False)


def overview(releases: Path, found: Answering, asked: tuple[int, dt.date]) -> dict[str, Any]:
    """The release that answers for a month as known on a date, what it rests on, and every event of history."""
    shown = told(releases, found, asked)
    return {
        "format": FORMAT,
        "month": shown["month"],
        "known_on": shown["known_on"],
        "edition": shown["edition"],
        "release": _release(found, shown),
        "marks": _marks(shown["entries"]),
        "events": [_event(event) for event in read_history(releases)],
        "links": _links(shown["month"], shown["known_on"]),
    }


def month_answer(
    releases: Path, found: Answering, asked: tuple[int, dt.date], region: str = "", table: str = ""
) -> dict[str, Any]:
    """Every entry that answers, as `licheng tariff show --json` says it, with the release that it belongs to."""
    shown = entries_in_force(found.tariff, *asked, region, table)
    facts = told(releases, found, asked, region, table)
    return {
        "format": FORMAT,
        **shown,
        "release": _release(found, facts),
        "marks": _marks(shown["entries"]),
        "links": _links(shown["month"], shown["known_on"]),
    }


def table_answer(found: Answering, asked: tuple[int, dt.date], name: str, region: str = "") -> dict[str, Any]:
    """One table: the entries that answer, and all that it ever held; InputError `region_not_known`."""
    shown = entries_in_force(found.tariff, *asked, region, name)
    told_of = history(found.tariff, name, region)
    return {
        "format": FORMAT,
        "table": name,
        "title": told_of["title"],
        "unit": told_of["unit"],
        "carry_forward_months": told_of["carry_forward_months"],
        "review_by": told_of["review_by"],
        "month": shown["month"],
        "known_on": shown["known_on"],
        "edition": shown["edition"],
        "region": region,
        "release": {"number": found.number, "demonstration": _demonstration(found)},
        "entries": shown["entries"],
        "history": told_of["levels"],
        "links": _links(shown["month"], shown["known_on"]),
    }


def has_table(found: Answering, name: str) -> bool:
    """Whether the release has a table of this name."""
    return name in found.tariff.tables


def _demonstration(found: Answering) -> bool:
    return found.number == 0


def _release(found: Answering, shown: Mapping[str, Any]) -> dict[str, Any]:
    """A release as everybody may see it."""
    event = None if found.event is None else _event(found.event)
    models = [{key: model[key] for key in _OF_MODEL} for model in shown["models"]]
    demonstration = _demonstration(found)
    return {
        **{key: shown[key] for key in _OF_RELEASE},
        "demonstration": demonstration,
        "notice": both("notice_demonstration") if demonstration else None,
        "event": event,
        "approvals": len(shown["approvals"]),
        "models": models,
    }


def _event(event: Event) -> dict[str, Any]:
    said = event.plain()
    return {key: said[key] for key in _OF_EVENT}


def _marks(entries: list[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many of the entries that answer have each mark."""
    status, evidence = (Counter(str(one[key]) for one in entries) for key in ("status", "evidence"))
    return {
        "status": {name: status[name] for name in STATUSES},
        "evidence": {name: evidence[name] for name in EVIDENCE},
    }


def _address(month: str, known: str) -> str:
    return f"/v1/tariffs/{month}?known_on={known}"


def _links(month: str, known: str) -> dict[str, str]:
    return {
        "month": _address(month, known),
        "releases": f"/v1/tariffs?month={month}&known_on={known}",
        "schema": "/v1/schema",
    }


def this_month(today: dt.date) -> str:
    """The month of a date."""
    return month_text(today.year * 12 + today.month - 1)
