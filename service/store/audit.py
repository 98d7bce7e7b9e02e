"""The audit log: who did what to which thing, append-only, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from service.clock import now
from service.store.database import AUDIT_HEAD
from service.store.tables import audit

_INSERT = insert(audit)
_LAST = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
OPERATOR = "operator"  # who calls the command line on the machine itself
SERVICE = "service"  # what a service does on its own, such as settling a month that it took in


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done. actor: id of a key, OPERATOR or SERVICE; detail: facts, never a worker's id."""

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An act as the log holds it."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    request_id: str | None
    detail: str
    previous: str | None
    hash: str

    @property
    def sealed(self) -> str:
        """The hash that it must have."""
        return _seal({name: value for name, value in asdict(self).items() if name != "hash"})


def append(connection: Connection, act: Act) -> Entry:
    """Put an act at the end of the log; inside a write transaction, for the chain has one end."""
    number, previous = connection.info.get(AUDIT_HEAD) or _head(connection)
    said: dict[str, Any] = {
        "number": number + 1,
        "at": now().isoformat(),
        "actor": act.actor,
        "action": act.action,
        "subject": act.subject,
        "request_id": act.request_id,
        "detail": json.dumps(dict(act.detail), ensure_ascii=False, sort_keys=True),
        "previous": previous,
    }
    entry = Entry(**said, hash=_seal(said))
    connection.execute(_INSERT, {**said, "hash": entry.hash})
    if AUDIT_HEAD in connection.info:
        connection.info[AUDIT_HEAD] = (entry.number, entry.hash)
    return entry


def _head(connection: Connection) -> tuple[int, str | None]:
    """Number and hash of the last entry; 0 and None where there is none."""
    last = connection.execute(_LAST).first()
    return (0, None) if last is None else (last.number, last.hash)


def entries(connection: Connection) -> Iterator[Entry]:
    """All entries, the first first."""
    for row in connection.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.number)):
        yield Entry(**row._mapping)


def page_after(connection: Connection, number: int, most: int) -> list[Entry]:
    """Entries after a number, at most so many."""
    query = select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(most)
    return [Entry(**row._mapping) for row in connection.execute(query)]


def details_of(connection: Connection, action: str, actor: str) -> list[dict[str, Any]]:
    """The facts of every act of one kind by one actor, the first first."""
    query = select(audit.c.detail).where(audit.c.action == action, audit.c.actor == actor).order_by(audit.c.number)
    return [json.loads(detail) for detail in connection.execute(query).scalars()]


def _seal(said: Mapping[str, Any]) -> str:
    text = json.dumps(dict(said), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
