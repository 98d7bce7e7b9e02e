"""Release of a tariff that two people approved, and rollback to an earlier one: whole, numbered, in a chain of events.

A release is written beside its place and put there by one renaming; only then does history name it. Whatever breaks off
before leaves the tariff in force as it was. Nothing that was released is ever deleted.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.folder_hash import folder_hash
from pricing.tariff import Tariff
from service.disk import WRITING, sync, sync_tree
from service.releases.approval import (
    NEEDED,
    Approval,
    Record,
    Wish,
    authentic,
    check_base,
    check_gates,
    counted,
    people,
    person,
    read_approvals,
)
from service.releases.candidate import MODEL_CARDS, PAPERS, Candidate, candidate_of, checked
from service.releases.changes import changes, sources, undone
from service.releases.files import json_text, locked, sha256_of
from service.releases.history import (
    DEMONSTRATION,
    HISTORY,
    RELEASE,
    Event,
    Standing,
    append,
    checked_folder,
    folder_of,
    in_force,
    numbered_folders,
    read_history,
    shown_folder,
    strays,
)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A candidate that may be released: the tariff in force before it, its hash, its approvals, what it changes."""

    candidate: Candidate
    before: Standing
    hash: str
    approvals: tuple[Approval, ...]
    changes: Mapping[str, Any]
    sources: Sequence[Mapping[str, str]]


def release(path: Path, releases: Path, by: str, at: dt.datetime, record: Record | None = None) -> dict[str, Any]:
    """Put an approved candidate in force under the next number; an error, with nothing written, where it may not be.

    record: where it is noted beside the history, and which says whether an approval counts.
    """
    who, candidate = person(by), candidate_of(path)
    tariff = checked(candidate, at.date())
    releases.mkdir(parents=True, exist_ok=True)
    with locked(releases):
        ready = _ready(candidate, tariff, in_force(releases), record)
        number = _next_number(releases)
        (releases / HISTORY).touch()
        with _writing(releases, number) as fresh:
            shown = _write(ready, fresh, number, (who, at))
        sync(releases)
        place = folder_of(releases, number)
        event = append(releases, {**_said("release", number, who, at), **_hashes(place, ready.hash), "reason": None})
        if record is not None:
            record.released(event.plain(), releases)
        return {**shown, "folder": shown_folder(place), "event": event.plain(), "strays": strays(releases)}


def rollback(releases: Path, number: int, wish: Wish, record: Record | None = None) -> dict[str, Any]:
    """Put an earlier release in force again; 0 is the shipped demonstration. Nothing is deleted.

    wish: who wants it, with which key, its note the reason; InputError where the record demands keys and there is none.
    """
    who, at, reason = person(wish.by), wish.at, wish.note.strip()
    if not reason:
        raise InputError("rollback_reason_missing", "--reason")
    if wish.key_id is None and record is not None and record.demands_keys():
        raise InputError("rollback_without_key", "--key-file")
    if not releases.is_dir():
        raise InputError("rollback_nothing", str(releases), folder=releases)
    with locked(releases):
        events = read_history(releases)
        target = _target(releases, events, number)
        last = (events[-1].number, events[-1].folder_sha256) if events else (DEMONSTRATION, target["folder_sha256"])
        if last == (number, target["folder_sha256"]):
            raise InputError("rollback_in_force", str(releases), number=number)
        event = append(releases, {**_said("rollback", number, who, at), **target, "reason": reason})
        if record is not None:
            record.released(event.plain(), releases, wish.key_id)
        folder = shown_folder(folder_of(releases, number))
        return {"format": 1, "number": number, "previous": last[0], "folder": folder, "event": event.plain()}


def _said(event: str, number: int, by: str, at: dt.datetime) -> dict[str, Any]:
    return {"event": event, "number": number, "at": at.isoformat(timespec="seconds"), "by": by}


def _hashes(folder: Path, approved: str) -> dict[str, str]:
    """What an event says of the folder of a release."""
    sealed = sha256_of((folder / RELEASE).read_bytes())
    return {"tariff_sha256": approved, "folder_sha256": folder_hash(folder), "release_sha256": sealed}


def _target(releases: Path, events: Sequence[Event], number: int) -> dict[str, str | None]:
    """The hashes of the release to go back to; an error where history knows no such number, or the folder is not it."""
    if number == DEMONSTRATION:
        shipped = folder_hash(folder_of(releases, number))
        return {"tariff_sha256": shipped, "folder_sha256": shipped, "release_sha256": None}
    named = [event for event in events if event.event == "release" and event.number == number]
    if not named:
        known = ", ".join(str(event.number) for event in events if event.event == "release")
        raise InputError("rollback_unknown", str(releases / HISTORY), number=number, known=known or "-")
    checked_folder(releases, named[0])
    return {name: getattr(named[0], name) for name in ("tariff_sha256", "folder_sha256", "release_sha256")}


def _ready(candidate: Candidate, tariff: Tariff, before: Standing, record: Record | None) -> _Ready:
    """What is to be written, once approvals, gates and the tariff in force allow it."""
    now = candidate.hash
    found = changes(Tariff.load(before.folder), tariff)
    undoes = undone(found)
    check_base(candidate, before.hash, undoes)
    approvals = read_approvals(candidate)
    alike, idle = authentic(counted(approvals, now, before.hash, bool(undoes)), record)
    if len(people(alike)) < NEEDED:
        raise _not_authenticated(candidate, alike, idle) if idle else _too_few(candidate, approvals, alike, now)
    if now in (before.hash, before.event and before.event.tariff_sha256):
        raise InputError("release_in_force", candidate.name, number=before.number)
    check_gates(candidate, alike)
    return _Ready(candidate, before, now, tuple(alike), found, sources(tariff, found))


def _too_few(candidate: Candidate, approvals: Sequence[Approval], alike: Sequence[Approval], now: str) -> InputError:
    """Why the approvals are not enough: the folder changed, the tariff in force did, or people are missing."""
    place = str(candidate.approvals)
    facts = {"have": len(people(alike)), "needed": NEEDED, "by": ", ".join(one.by for one in alike) or "-"}
    others = [one for one in approvals if one.tariff_sha256 != now]
    if others:
        return InputError("release_hash_differs", place, approved=others[-1].tariff_sha256, now=now, **facts)
    if len([one for one in approvals if one.tariff_sha256 == now]) > len(alike):
        return InputError("release_base_differs", place, **facts)
    return InputError("release_approvals_missing", place, **facts)


def _not_authenticated(candidate: Candidate, alike: Sequence[Approval], idle: Sequence[Approval]) -> InputError:
    """Which approvals count for nothing: they were not made with keys, or are not as the log says."""
    facts = {"have": len(people(alike)), "needed": NEEDED, "not_counted": ", ".join(one.by for one in idle)}
    return InputError("approvals_not_authenticated", str(candidate.approvals), **facts)


def _next_number(releases: Path) -> int:
    """One above every number that an event or a folder has."""
    named = [event.number for event in read_history(releases)]
    return max([DEMONSTRATION, *named, *(int(folder.name) for folder in numbered_folders(releases))]) + 1


@contextmanager
def _writing(releases: Path, number: int) -> Iterator[Path]:
    """A fresh folder that takes its place when it is whole, by one renaming, and is taken away when it is not."""
    names = (releases / f".{number:04d}-{attempt}{WRITING}" for attempt in count(1))
    fresh = next(path for path in names if not path.exists())
    fresh.mkdir()
    try:
        yield fresh
        sync_tree(fresh)
        fresh.rename(folder_of(releases, number))
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _write(ready: _Ready, fresh: Path, number: int, released: tuple[str, dt.datetime]) -> dict[str, Any]:
    """Write the tariff, the papers of its run and release.json; the content of the last."""
    ignore = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(ready.candidate.folder, fresh, dirs_exist_ok=True, ignore=ignore)
    if folder_hash(fresh) != ready.hash:
        raise InputError("release_changed_meanwhile", str(ready.candidate.folder), folder=ready.candidate.folder)
    for dragged in (*(fresh / name for name in (*PAPERS, RELEASE, "approvals.json")), *fresh.glob(MODEL_CARDS)):
        dragged.unlink(missing_ok=True)  # of the release that this tariff was copied from
    Tariff.load(fresh)  # files that are not hashed were not copied, and nothing may need them
    papers = {paper.name: shutil.copyfile(paper, fresh / paper.name) for paper in ready.candidate.papers}
    sealed = {name: sha256_of(copy.read_bytes()) for name, copy in papers.items()}
    shown = {**_release(ready, number, *released), "papers": sealed}
    (fresh / RELEASE).write_text(json_text(shown), encoding="utf-8")
    return shown


def _release(ready: _Ready, number: int, by: str, at: dt.datetime) -> dict[str, Any]:
    """What release.json says."""
    facts = ready.candidate.facts
    return {
        "format": 1,
        "number": number,
        "tariff_sha256": ready.hash,
        "released_at": at.isoformat(timespec="seconds"),
        "by": by,
        "previous": ready.before.number,
        "previous_sha256": ready.before.hash,
        "approvals": [one.plain() for one in ready.approvals],
        "overrides": [dict(override) for one in ready.approvals for override in one.overrides],
        "candidate": None if facts is None else {"run": ready.candidate.name, **facts},
        "gates": [gate.plain() for gate in ready.candidate.gates],
        "sources": list(ready.sources),
        "changes": dict(ready.changes),
    }
