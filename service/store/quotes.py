"""Quotes in the store: put once with their entry in the audit log, found, listed; documents are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, func, insert, select

from service.store.audit import Act, append
from service.store.tables import quotes

PREFIX = "q_"
CREATED, REPRODUCED = "quote.created", "quote.reproduced"


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote as it is stored. request, answer: sealed, None once erased; release: None where `LICHENG_TARIFF` named
    the tariff; answer_sha256: of the prices answer's bytes, as `service.json_text` writes it.
    """

    id: str
    key_id: str
    tenant: str
    worker_key: str
    created_at: str
    valid_until: str
    month: str
    known_on: str
    edition: str
    release: int | None
    request: bytes | None
    answer: bytes | None
    answer_sha256: str
    erased_at: str | None = None

    def place(self, column: str) -> str:
        """Where a document of it is sealed for: in another row, or under another tenant, it cannot be opened."""
        return sealed_for(self.tenant, self.id, column)


def sealed_for(tenant: str, quote_id: str, column: str) -> str:
    """The place of a document of a quote, `request` or `answer`."""
    return f"quotes/{tenant}/{quote_id}/{column}"


_INSERT = insert(quotes)
_COLUMNS = tuple(field.name for field in fields(Quote))
_LISTED = (quotes.c.id, quotes.c.created_at, quotes.c.valid_until, quotes.c.month, quotes.c.edition, quotes.c.release)
_NEWEST_FIRST = select(*_LISTED).order_by(quotes.c.id.desc())


def put(connection: Connection, quote: Quote, request_id: str | None = None) -> None:
    """Store a quote with its entry in the audit log."""
    connection.execute(_INSERT, {name: getattr(quote, name) for name in _COLUMNS})
    said = {"month": quote.month, "edition": quote.edition, "release": quote.release}
    append(connection, Act(quote.key_id, CREATED, quote.id, said, request_id))


def find(connection: Connection, quote_id: str) -> Quote | None:
    """A quote by its id."""
    row = connection.execute(select(quotes).where(quotes.c.id == quote_id)).first()
    return None if row is None else Quote(**row._mapping)


def stored_from(connection: Connection, key_id: str, tenant: str, first: str) -> int:
    """How many quotes of a key have this id or a later one."""
    counted = select(func.count()).where(quotes.c.tenant == tenant, quotes.c.id >= first, quotes.c.key_id == key_id)
    return int(connection.execute(counted).scalar_one())


def listed(connection: Connection, tenant: str | None, after: str | None, most: int) -> Sequence[dict[str, Any]]:
    """What a list says of each quote, the newest first. tenant: whose, None: everybody's; after: the id before."""
    asked = _NEWEST_FIRST.limit(most)
    if tenant is not None:
        asked = asked.where(quotes.c.tenant == tenant)
    if after is not None:
        asked = asked.where(quotes.c.id < after)
    return [dict(row._mapping) for row in connection.execute(asked)]
