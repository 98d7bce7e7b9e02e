"""The release in force against the audit log: where approvals need keys, only what the log ends with is taken up.

Another data folder's command line, or a hand, can write the same history; the log of this store then holds another
release as its last. Two actuaries may record what is right after all: that takes what an approval takes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pricing.errors import InputError, TariffError
from service.auth.roles import ACTUARY
from service.releases.approval import NEEDED, same_person
from service.releases.files import locked
from service.releases.history import HISTORY, Event, Standing, checked_folder, in_force, read_history
from service.releases.release_record import RECORDED, RELEASES, check_holds, said_of
from service.store import keys
from service.store.audit import Act, append, last_first
from service.store.database import Connection, Engine, reading, writing

NOT_RECORDED = "release_not_recorded"
_PATIENCE_S = 0.5  # a release is noted a moment after history names it


def checked_standing(engine: Engine, releases: Path) -> Standing:
    """The release in force; TariffError `release_not_recorded` where the store has had a key of an actuary, and its
    log ends with another release, or with none.
    """
    standing = in_force(releases)
    if _is_recorded(engine, standing.event):
        return standing
    time.sleep(_PATIENCE_S)
    standing = in_force(releases)
    if _is_recorded(engine, standing.event):
        return standing
    with reading(engine) as connection:
        last = next(_recorded(connection), {})
    facts = {"number": standing.number, "recorded": last.get("number", "—")}
    raise TariffError(NOT_RECORDED, str(releases / HISTORY), **facts)


def logged_standing(engine: Engine, releases: Path) -> Standing:
    """The release in force, or the one that the log ends with where that is another: a month is settled by what the
    service answers with. TariffError where history does not hold it.
    """
    try:
        return checked_standing(engine, releases)
    except TariffError as error:
        if error.code != NOT_RECORDED:
            raise
        with reading(engine) as connection:
            logged = next(_recorded(connection), {}).get("event")
        found = [event for event in read_history(releases) if event.hash == logged]
        if not found:
            raise
        return Standing(found[0].number, checked_folder(releases, found[0]), found[0])


def _is_recorded(engine: Engine, event: Event | None) -> bool:
    with reading(engine) as connection:
        if not keys.has_role(connection, ACTUARY):
            return True
        last = next(_recorded(connection), None)
    return (last and last.get("event")) == (event and event.hash)


def _recorded(connection: Connection) -> Iterator[Mapping[str, Any]]:
    """What the log says of releases of this data folder, the last first."""
    return (detail for detail in last_first(connection, RELEASES) if not detail.get("elsewhere"))


def record(engine: Engine, releases: Path, signers: Sequence[keys.Key], reason: str) -> list[Event]:
    """Note the events of history that the log lacks; InputError without a reason, without keys of two people that hold
    in this moment, where it lacks none, or while another command writes the history.
    """
    if not reason.strip():
        raise InputError("record_reason_missing", "--reason")
    if len({same_person(key.holder) for key in signers}) < NEEDED:
        raise InputError("record_needs_keys", "--key-file", needed=NEEDED, have=", ".join(k.holder for k in signers))
    facts = {"reason": reason.strip(), "keys": [key.id for key in signers]}
    if not releases.is_dir():  # nothing was ever released there
        raise InputError("record_nothing", str(releases / HISTORY))
    with locked(releases), writing(engine) as connection:
        for key in signers:
            check_holds(connection, key.id)
        events = record_missing(connection, releases, signers[0].id, facts)
    if not events:
        raise InputError("record_nothing", str(releases / HISTORY))
    return events


def record_missing(connection: Connection, releases: Path, by: str, facts: Mapping[str, Any]) -> list[Event]:
    """Note every event from the first that the log lacks to the last of history, so that both end alike."""
    logged = [detail.get("event") for detail in _recorded(connection)]
    events = read_history(releases)
    lacking = [place for place, event in enumerate(events) if event.hash not in logged]
    behind = events[-1:] if logged and events and logged[0] != events[-1].hash else ()
    late = list(events[lacking[0] :] if lacking else behind)
    for event in late:
        append(connection, Act(by, RECORDED, f"release {event.number}", {**said_of(event.plain()), **facts}))
    return late
