"""Whether the audit log is whole: its chain, heads that were noted before, the keys, what is stored, the releases.

A chain shows what was changed, left out or put in, but not by itself that its end was cut: for that there are heads
kept elsewhere, keys that stand in no entry any more, and releases, whose history is a chain of its own in files.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pricing.errors import InputError, TariffError
from service.refusals import of_error
from service.releases.history import Event, read_history
from service.releases.release_record import RELEASES
from service.store.audit import KEYED, Entry, chain_of, entries, facts_of
from service.store.audit_contents import Logged, compare
from service.store.database import Connection
from service.store.keys import Key, listed
from service.store.schema import check_newest

_HEAD = re.compile(r"([1-9][0-9]{0,17}):((?:hmac-)?sha256:[0-9a-f]{64})")


class Head(NamedTuple):
    """An end of the log: a number, and the hash of that entry."""

    number: int
    hash: str

    @property
    def text(self) -> str:
        """As it is printed, kept and given again."""
        return f"{self.number}:{self.hash}"


def head_of(text: str) -> Head:
    """A head as it was printed; InputError where it is none."""
    found = _HEAD.fullmatch(text)
    if found is None:
        raise InputError("audit_head_not_valid", "--head", value=text)
    return Head(int(found[1]), found[2])


@dataclass(slots=True)
class _Walked:
    """What a walk along the log found."""

    noted: Sequence[Head]
    key: bytes
    unkeyed: int = 0  # entries from before the log was keyed
    last: Entry | None = None
    first_at: str = ""
    broken: dict[str, Any] | None = None
    standing: set[Head] = field(default_factory=set)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    releases: list[Mapping[str, Any]] = field(default_factory=list)
    logged: Logged = field(default_factory=Logged)

    def take(self, entry: Entry) -> None:
        """The next entry."""
        why = _why(self.last, entry, self.key)
        self.unkeyed += not entry.keyed
        if why and self.broken is None:
            self.broken = {"number": entry.number, "why": why}
        self.first_at = self.first_at or entry.at
        self.standing |= {head for head in self.noted if head == (entry.number, entry.hash)}
        self.last = entry
        detail = facts_of(entry.detail)
        if detail is None:
            return
        self.logged.take(entry, detail)
        if entry.action.startswith("key."):
            _take_key(self.keys, entry, detail)
        elif entry.action in RELEASES and not detail.get("elsewhere"):
            self.releases.append(detail)

    def close(self) -> None:
        """After the last entry: a log without any keyed one was written by somebody who has no key."""
        if self.last is not None and not self.last.keyed and self.broken is None:
            self.broken = {"number": self.last.number, "why": "unkeyed"}


def check(connection: Connection, noted: Sequence[Head], releases: Path) -> dict[str, Any]:
    """What is whole and what is not. noted: heads of earlier checks; releases: the folder of the release history.
    InputError where the store has another schema than this program's.
    """
    check_newest(connection)
    walked = _Walked(noted, chain_of(connection))
    for entry in entries(connection):
        walked.take(entry)
    walked.close()
    heads = [{"head": head.text, "stands": head in walked.standing} for head in noted]
    keys = _unlike_keys(walked.keys, listed(connection))
    history = _history(walked, releases)
    contents = compare(connection, walked.logged)
    last = walked.last
    return {
        "format": 1,
        "entries": last.number if last else 0,
        "head": Head(last.number, last.hash).text if last else None,
        "at": last.at if last else None,
        "unkeyed": walked.unkeyed,
        "broken": walked.broken,
        "heads": heads,
        "keys": keys,
        "history": history,
        "contents": contents,
        "whole": not (walked.broken or keys or history["wrong"] or contents["wrong"])
        and all(head["stands"] for head in heads),
    }


def _why(before: Entry | None, entry: Entry, key: bytes) -> str:
    """What is wrong with an entry after the one before; "" where nothing is."""
    if entry.number != (before.number + 1 if before else 1):
        return "number"
    if entry.previous != (before.hash if before else None):
        return "previous"
    if before is not None and before.keyed and not entry.keyed:
        return "unkeyed"
    if before is not None and entry.keyed and not before.keyed and entry.action != KEYED:
        return "keyed"
    return "" if entry.holds(key) else "hash"


def _take_key(known: dict[str, dict[str, Any]], entry: Entry, detail: Mapping[str, Any]) -> None:
    """What an entry does to the key that it is about."""
    if entry.action == "key.created":
        known[entry.subject] = {**detail, "revoked": False}
    elif entry.subject in known and entry.action == "key.rotated":
        known[entry.subject]["expires_at"] = detail.get("expires_at")
    elif entry.subject in known and entry.action == "key.revoked":
        known[entry.subject]["revoked"] = True


def _unlike_keys(logged: Mapping[str, Mapping[str, Any]], stored: Iterable[Key]) -> list[str]:
    """Ids of keys that are not as the log says: put in, changed or taken away by hand, or the log's end was cut."""
    now = {
        key.id: {
            **{name: getattr(key, name) for name in ("role", "tenant", "holder", "expires_at", "replaces")},
            "revoked": key.revoked_at is not None,
        }
        for key in stored
    }
    return sorted(key_id for key_id in {*logged, *now} if logged.get(key_id) != now.get(key_id))


def _history(walked: _Walked, releases: Path) -> dict[str, Any]:
    """The last release that the log holds against the last event of history. wrong: what is not as it must be."""
    try:
        events = read_history(releases)
    except TariffError as error:
        return {"wrong": "broken", "recorded": None, "last": None, "unrecorded": 0, "error": of_error(error)}
    recorded = [str(detail.get("event")) for detail in walked.releases]
    known = set(recorded)
    return {
        "wrong": _wrong(recorded, events, "" if walked.broken else walked.first_at),
        "recorded": walked.releases[-1].get("number") if recorded else None,
        "last": events[-1].number if events else None,
        "unrecorded": sum(1 for event in events if event.hash not in known),
        "error": None,
    }


def _wrong(recorded: Sequence[str], events: Sequence[Event], first_at: str) -> str | None:
    """`cut`: history lacks what the log holds; `ahead`: it holds what the log, then begun, does not."""
    named = {event.hash for event in events}
    if any(one not in named for one in recorded):
        return "cut"
    if recorded and events[-1].hash != recorded[-1]:
        return "ahead"
    noted = False  # whether the log held an event before this one: times are what a hand wrote, the order is not
    for event in events:
        known = event.hash in recorded
        if not known and (noted or (first_at and _time(event.at) >= _time(first_at))):
            return "ahead"
        noted = noted or known
    return None


_time = dt.datetime.fromisoformat
