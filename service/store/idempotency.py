"""Requests that carry an idempotency key: claimed once, finished once, answered again as they were the first time.

A row is a claim while its status is null: its first request is in flight. The answer is put into it in the same
transaction as what the request makes, so that neither stands without the other, whenever the process dies.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from service.clock import now
from service.store.tables import idempotency

KEPT = dt.timedelta(days=7)
DEAD = dt.timedelta(minutes=5)  # a claim without a beat for so long belongs to a process that is gone
BEAT_S = 60  # how often a request in flight says that it lives
# Statements stand here once, for to make one costs more than to execute it.
_NAMED = (idempotency.c.key_id == bindparam("of_key"), idempotency.c.idempotency_key == bindparam("under"))
_OURS = (*_NAMED, idempotency.c.claim == bindparam("claimed"), idempotency.c.status.is_(None))
_FIND, _CLAIM, _TAKE_OVER = select(idempotency).where(*_NAMED), insert(idempotency), update(idempotency).where(*_NAMED)
_CHANGE, _GIVE_UP = update(idempotency).where(*_OURS), delete(idempotency).where(*_OURS)
_PRUNE = delete(idempotency).where(idempotency.c.created_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Name:
    """An idempotency key as one caller gave it. claim: which try this is."""

    key_id: str
    idempotency_key: str
    claim: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is kept. body: sealed, None once erased; subject: id of what was made or read."""

    fingerprint: str
    status: int
    headers: str
    body: bytes | None
    subject: str | None = None


def claim(connection: Connection, name: Name, route: str) -> Kept | bool:
    """Claim a name: True: it is ours now; False: another request is in flight with it; else what was answered."""
    at = now()
    found = connection.execute(_FIND, _named(name)).first()
    if found is None:
        prune(connection, at)
        row = {"key_id": name.key_id, "idempotency_key": name.idempotency_key, "claim": name.claim, "route": route}
        connection.execute(_CLAIM, {**row, "created_at": at.isoformat()})
        return True
    age = at - dt.datetime.fromisoformat(found.created_at)
    if age >= (DEAD if found.status is None else KEPT):
        fresh: dict[str, Any] = {"claim": name.claim, "route": route, "created_at": at.isoformat()}
        fresh |= dict.fromkeys(("fingerprint", "status", "headers", "body", "subject"))
        connection.execute(_TAKE_OVER, {**_named(name), **fresh})
        return True
    if found.status is None:
        return False
    return Kept(found.fingerprint, found.status, found.headers, found.body, found.subject)


def finish(connection: Connection, name: Name, kept: Kept) -> bool:
    """Put the answer to its claim, in the transaction of what it answers for; False: another has taken it over."""
    said = {
        "fingerprint": kept.fingerprint,
        "status": kept.status,
        "headers": kept.headers,
        "body": kept.body,
        "subject": kept.subject,
    }
    return connection.execute(_CHANGE, {**_ours(name), **said}).rowcount == 1


def beat(connection: Connection, name: Name) -> None:
    """Say that the request of a claim is still being worked on, for an upload may take long."""
    connection.execute(_CHANGE, {**_ours(name), "created_at": now().isoformat()})


def release(connection: Connection, name: Name) -> None:
    """Give a claim up, for its request made nothing: the name may be used again."""
    connection.execute(_GIVE_UP, _ours(name))


def prune(connection: Connection, at: dt.datetime) -> None:
    """Forget what is older than a week."""
    connection.execute(_PRUNE, {"before": (at - KEPT).isoformat()})


def _named(name: Name) -> dict[str, str]:
    return {"of_key": name.key_id, "under": name.idempotency_key}


def _ours(name: Name) -> dict[str, str]:
    return {**_named(name), "claimed": name.claim}
