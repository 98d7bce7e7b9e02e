"""The audit log: who did what to which thing, append-only, each entry sealed with the hash of the one before.

The seal is a keyed hash (HMAC-SHA-256) under a key of the service's secret: who has the database alone cannot write the
chain anew. Entries of earlier programs have a plain hash; `audit.keyed` tells where the keyed ones begin.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from pricing.errors import InputError
from service.clock import now
from service.store.database import AUDIT_HEAD, CHAIN
from service.store.tables import audit

_INSERT = insert(audit)
_LAST = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
OPERATOR = "operator"  # who calls the command line on the machine itself
KEYED = "audit.keyed"
_KEYED_PREFIX = "hmac-sha256:"
_detail_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_seal_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
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
    def keyed(self) -> bool:
        """Whether its seal takes the secret."""
        return self.hash.startswith(_KEYED_PREFIX)

    def holds(self, key: bytes) -> bool:
        """Whether it has the hash that it must have."""
        said = {name: value for name, value in asdict(self).items() if name != "hash"}
        return hmac.compare_digest(self.hash.encode(), _seal(said, key if self.keyed else None).encode())


def append(connection: Connection, *acts: Act) -> None:
    """Put acts at the end of the log, one or more; inside a write transaction, for the chain has one end."""
    key, at = chain_of(connection), now().isoformat()
    last, previous = connection.info.get(AUDIT_HEAD) or _head(connection)
    rows: list[dict[str, Any]] = []
    for number, act in enumerate(acts, last + 1):
        said: dict[str, Any] = {
            "number": number,
            "at": at,
            "actor": act.actor,
            "action": act.action,
            "subject": act.subject,
            "request_id": act.request_id,
            "detail": _detail_text(dict(act.detail)),
            "previous": previous,
        }
        previous = _seal(said, key)
        rows.append({**said, "hash": previous})
    connection.execute(_INSERT, rows)
    if AUDIT_HEAD in connection.info:
        connection.info[AUDIT_HEAD] = (last + len(rows), previous)


def chain_of(connection: Connection) -> bytes:
    """The key that the log is sealed with; InputError where the secret was not given."""
    key: bytes | None = connection.get_execution_options().get(CHAIN)
    if key is None:
        raise InputError("audit_without_secret", "LICHENG_SECRET")
    return key


def mark_of(chain: bytes, text: str) -> str:
    """A text as the log may name it: a keyed hash, which without the secret nobody connects with it."""
    return _KEYED_PREFIX + hmac.digest(chain, f"mark {text}".encode(), "sha256").hex()


def begin_keyed(connection: Connection) -> None:
    """Tell that what stands there was sealed without a key, where anything does; once, when the schema is upgraded."""
    number, _ = _head(connection)
    if number:
        append(connection, Act(SERVICE, KEYED, f"entries 1 to {number}", {"without_key": number}))


def check_secret(connection: Connection) -> None:
    """InputError where the last entry was sealed with another secret, or was changed."""
    found = connection.execute(select(audit).order_by(audit.c.number.desc()).limit(1)).first()
    last = None if found is None else Entry(**found._mapping)
    if last is not None and last.keyed and not last.holds(chain_of(connection)):
        raise InputError("audit_other_secret", "LICHENG_SECRET", number=last.number)


def is_keyed(connection: Connection) -> bool:
    """Whether the log's last entry took the secret."""
    return (_head(connection)[1] or "").startswith(_KEYED_PREFIX)


def _head(connection: Connection) -> tuple[int, str | None]:
    """Number and hash of the last entry; 0 and None where there is none."""
    last = connection.execute(_LAST).first()
    return (0, None) if last is None else (last.number, last.hash)


def entries(connection: Connection) -> Iterator[Entry]:
    """All entries, the first first."""
    for row in connection.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.number)):
        yield Entry(**row._mapping)


def facts_of(detail: str) -> Mapping[str, Any] | None:
    """The facts of an entry; None where they are no longer what was written, which the chain tells."""
    try:
        found = json.loads(detail)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def last_first(connection: Connection, actions: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """The facts of every act of some kinds, the last first; empty where they are no longer what was written."""
    query = select(audit.c.detail).where(audit.c.action.in_(actions)).order_by(audit.c.number.desc())
    for text in connection.execute(query).scalars():
        yield facts_of(text) or {}


def page_after(connection: Connection, number: int, most: int) -> list[Entry]:
    """Entries after a number, at most so many."""
    query = select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(most)
    return [Entry(**row._mapping) for row in connection.execute(query)]


def details_of(connection: Connection, action: str, actor: str) -> list[Mapping[str, Any]]:
    """The facts of every act of one kind by one actor, the first first; empty where they are not what was written."""
    query = select(audit.c.detail).where(audit.c.action == action, audit.c.actor == actor).order_by(audit.c.number)
    return [facts_of(detail) or {} for detail in connection.execute(query).scalars()]


def _seal(said: Mapping[str, Any], key: bytes | None) -> str:
    text = _seal_text(dict(said)).encode()
    if key is None:
        return "sha256:" + hashlib.sha256(text).hexdigest()
    return _KEYED_PREFIX + hmac.digest(key, text, "sha256").hex()
