"""The history of releases: a chain of events, one to a line, and the release that is in force by it.

`history.jsonl` only grows. Each event holds the hash of the one before it and its own, so that a line that was changed,
left out or put in shows. The folder of a release must be what its event says; nothing else is used in its place.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pricing.errors import InputError, TariffError
from pricing.folder_hash import folder_hash
from pricing.tariff import SHIPPED
from pricing.words import Phrase
from service.clock import SHANGHAI
from service.disk import WRITING, write_whole
from service.fields import object_of
from service.reading import read_json
from service.releases.files import read_object, sha256_of

HISTORY, RELEASE = "history.jsonl", "release.json"
DEMONSTRATION = 0  # the number of the shipped demonstration
_EVENTS = ("release", "rollback")


@dataclass(frozen=True, slots=True)
class Event:
    """A release or a rollback. number: the release in force from then on; previous, hash: links of the chain.

    tariff_sha256: what was approved; folder_sha256: the release folder with the papers of its run; release_sha256: of
    its release.json, null for the demonstration.
    """

    event: str
    number: int
    tariff_sha256: str
    folder_sha256: str
    release_sha256: str | None
    at: str
    by: str
    reason: str | None
    previous: str | None
    hash: str = ""

    @property
    def day(self) -> dt.date:
        """The date in China on which it happened."""
        return dt.datetime.fromisoformat(self.at).astimezone(SHANGHAI).date()

    def plain(self) -> dict[str, Any]:
        """As history holds it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Standing:
    """The release in force: its number, its folder as it was checked, the event that says so; None: none yet."""

    number: int
    folder: Path
    event: Event | None

    @property
    def hash(self) -> str:
        """The folder hash of what is in force."""
        return self.event.folder_sha256 if self.event else folder_hash(self.folder)


def folder_of(releases: Path, number: int) -> Path:
    """The folder of a release."""
    return SHIPPED if number == DEMONSTRATION else releases / f"{number:04d}"


def shown_folder(folder: Path) -> str:
    """A folder as pages show it, the shipped one by its place in the program."""
    return "pricing/rates" if folder == SHIPPED else folder.as_posix()


def read_history(releases: Path) -> tuple[Event, ...]:
    """All events, the oldest first; TariffError `history_chain_broken` names the first line that does not hold."""
    path = releases / HISTORY
    if not path.is_file():
        numbered = [folder for folder in numbered_folders(releases) if (folder / RELEASE).is_file()]
        if numbered:
            raise TariffError("history_lost", str(path), release=numbered[-1].name)
        return ()
    events: list[Event] = []
    lines = path.read_bytes().decode("utf-8", "replace").removesuffix("\n")
    for number, line in enumerate(lines.split("\n") if lines else (), start=1):
        place = f"{path}, line {number}"
        event = _event(line, place)
        if event.hash != _seal(event.plain()):
            raise _broken(place, "history_why_hash")
        if event.previous != (events[-1].hash if events else None):
            raise _broken(place, "history_why_previous")
        events.append(event)
    return tuple(events)


def _event(line: str, place: str) -> Event:
    try:
        found = object_of(read_json(line, place), "event")
    except InputError:
        raise _broken(place, "history_why_json") from None
    if set(found) != {field.name for field in fields(Event)} or not _well_formed(found):
        raise _broken(place, "history_why_form")
    return Event(**found)


def _well_formed(found: Mapping[str, Any]) -> bool:
    """Whether every value of an event is of its kind."""
    texts = all(isinstance(found[key], str) for key in ("tariff_sha256", "folder_sha256", "at", "by", "hash"))
    perhaps = all(isinstance(found[key], str | None) for key in ("release_sha256", "reason", "previous"))
    is_number = type(found["number"]) is int and found["number"] >= DEMONSTRATION
    return found["event"] in _EVENTS and texts and perhaps and is_number and _is_time(found["at"])


def _is_time(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _broken(place: str, why: str) -> TariffError:
    return TariffError("history_chain_broken", place, line=place.rsplit(" ", 1)[1], why=Phrase(why, {}))


def _seal(event: Mapping[str, Any]) -> str:
    """The hash of an event: of all it says, the hash of the one before included."""
    said = {name: value for name, value in event.items() if name != "hash"}
    return sha256_of(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def append(releases: Path, said: Mapping[str, Any]) -> Event:
    """Put an event at the end of the chain; the folder must be locked. said: all but `previous` and `hash`.

    InputError where the clock stands before the last event: what was in force on a day is told by the events' times.
    """
    events = read_history(releases)
    if events and dt.datetime.fromisoformat(said["at"]) < dt.datetime.fromisoformat(events[-1].at):
        raise InputError("history_clock_back", str(releases / HISTORY), at=said["at"], last=events[-1].at)
    linked = {**said, "previous": events[-1].hash if events else None}
    event = Event(**linked, hash=_seal(linked))
    lines = [json.dumps(one.plain(), ensure_ascii=False) for one in (*events, event)]
    write_whole(releases / HISTORY, "".join(f"{line}\n" for line in lines).encode())
    return event


def in_force(releases: Path, known: dt.date | None = None) -> Standing:
    """What the last event names, or the last by the end of a day; TariffError where its folder is not as released."""
    events = [event for event in read_history(releases) if known is None or event.day <= known]
    if not events:
        return Standing(DEMONSTRATION, SHIPPED, None)
    return Standing(events[-1].number, checked_folder(releases, events[-1]), events[-1])


def checked_folder(releases: Path, event: Event) -> Path:
    """The folder that an event names; TariffError where it is missing, half-written, or not what history says."""
    folder = folder_of(releases, event.number)
    facts = {"number": event.number, "folder": folder}
    if event.number == DEMONSTRATION:
        if folder_hash(folder) != event.folder_sha256:
            raise TariffError("release_shipped_differs", HISTORY, **facts)
        return folder
    if not folder.is_dir():
        raise TariffError("release_missing", str(folder), **facts)
    if not (folder / RELEASE).is_file():
        raise TariffError("release_half_written", str(folder), **facts)
    if sha256_of((folder / RELEASE).read_bytes()) != event.release_sha256 or (
        folder_hash(folder) != event.folder_sha256 or not _papers_hold(folder)
    ):
        raise TariffError("release_altered", str(folder), **facts)
    return folder


def _papers_hold(folder: Path) -> bool:
    """Whether the papers of the run are those that the release was written with."""
    papers: Mapping[str, str] = read_object(folder / RELEASE)["papers"]
    return all((folder / name).is_file() and sha256_of((folder / name).read_bytes()) == papers[name] for name in papers)


def numbered_folders(releases: Path) -> list[Path]:
    """Folders whose name is a release's number, in order."""
    found = releases.iterdir() if releases.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and len(path.name) >= 4 and path.name.isdecimal())


def strays(releases: Path) -> list[str]:
    """Names of folders that a broken-off release left behind: no event names them, and none is ever in force."""
    named = {event.number for event in read_history(releases)}
    whole = [folder.name for folder in numbered_folders(releases) if int(folder.name) not in named]
    return [*whole, *sorted(path.name for path in releases.glob(f".*{WRITING}") if path.is_dir())]
