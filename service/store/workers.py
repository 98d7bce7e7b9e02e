"""One worker in the store: what is kept of it, by the id that it is stored under, and its erasure.

An erasure nulls what names the worker: sealed requests, answers with their hash, and answers kept to be repeated.
Lines of a settled month are records of what was levied; they stay under the stored id, and the id that was given is
never opened again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from service.clock import now
from service.ids import new_id
from service.store.audit import Act, append, chain_of, mark_of
from service.store.quotes import Quote
from service.store.tables import erasures, idempotency, quotes

EXPORTED, ERASED = "worker.exported", "worker.erased"
_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure as it was done. id: under which the audit log has it; quotes: how many were emptied."""

    id: str
    erased_at: str
    quotes: int


def quotes_of(connection: Connection, worker_key: str, after: str, most: int) -> list[Quote]:
    """Quotes of a worker, the oldest first, those that were emptied too. after: an id, "" from the first on."""
    query = select(quotes).where(quotes.c.worker_key == worker_key, quotes.c.id > after).order_by(quotes.c.id)
    return [Quote(**row._mapping) for row in connection.execute(query.limit(most))]


def counted(connection: Connection, worker_key: str) -> tuple[int, int]:
    """How many quotes of a worker there are, and how many of them were not emptied."""
    query = select(func.count(), func.count(quotes.c.erased_at)).where(quotes.c.worker_key == worker_key)
    every, emptied = connection.execute(query).one()
    return every, every - emptied


def erased_at(connection: Connection, worker_key: str) -> str | None:
    """When a worker was erased last; None: never."""
    found = connection.execute(select(erasures.c.erased_at).where(erasures.c.worker_key == worker_key)).first()
    return None if found is None else str(found.erased_at)


def exported(connection: Connection, by: str, counts: dict[str, int], request_id: str | None = None) -> None:
    """Note that what is kept of a worker was given out, not whose it was."""
    append(connection, Act(by, EXPORTED, new_id("ex_"), counts, request_id))


def erase(connection: Connection, worker_key: str, by: str, request_id: str | None = None) -> Erasure:
    """Empty all that names a worker; inside a write transaction. It can be done again for what was stored since."""
    at, full = now().isoformat(), (quotes.c.worker_key == worker_key, quotes.c.erased_at.is_(None))
    ids = list(connection.execute(select(quotes.c.id).where(*full)).scalars())
    if connection.dialect.name == "sqlite":  # what is emptied is overwritten in the file as well
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    connection.execute(update(quotes).where(*full).values(request=None, answer=None, answer_sha256=None, erased_at=at))
    for some in _parts(ids):
        connection.execute(update(idempotency).where(idempotency.c.subject.in_(some)).values(body=None))
    connection.execute(delete(erasures).where(erasures.c.worker_key == worker_key))
    connection.execute(insert(erasures).values(worker_key=worker_key, erased_at=at))
    said = {"quotes": len(ids), "worker": mark_of(chain_of(connection), worker_key), "erased_at": at}
    erasure = Erasure(new_id("er_"), at, len(ids))
    append(connection, Act(by, ERASED, erasure.id, said, request_id))
    return erasure


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE)]
