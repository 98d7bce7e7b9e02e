"""Quotes in the store: put once with their entry in the audit log, found, listed; documents are sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from service.store.audit import Act, append
from service.store.tables import quotes

PREFIX = "q_"
CREATED, REPRODUCED, READ = "quote.created", "quote.reproduced", "quote.read"


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote as it is stored. request, answer: sealed, None once erased; release: None where `LICHENG_TARIFF` named
    the tariff; answer_sha256: of the prices answer's bytes, as `service.json_text` writes it, None once erased.
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
    answer_sha256: str | None
    erased_at: str | None = None

    def place(self, column: str) -> str:
        """Where a document of it is sealed for: in another row, or under another tenant, it cannot be opened."""
        return sealed_for(self.tenant, self.id, column)


def sealed_for(tenant: str, quote_id: str, column: str) -> str:
    """The place of a document of a quote, `request` or `answer`."""
    return f"quotes/{tenant}/{quote_id}/{column}"


_INSERT, _FIND = insert(quotes), select(quotes).where(quotes.c.id == bindparam("of"))
_COLUMNS = tuple(field.name for field in fields(Quote))
_ERASABLE = ("request", "answer", "answer_sha256", "erased_at")
_values = attrgetter(*_COLUMNS)
_kept = attrgetter(*(name for name in _COLUMNS if name not in _ERASABLE))
_LISTED = (quotes.c.id, quotes.c.created_at, quotes.c.valid_until, quotes.c.month, quotes.c.edition, quotes.c.release)
_NEWEST_FIRST = select(*_LISTED).order_by(quotes.c.id.desc())


def row_hash(quote: Quote) -> str:
    """Hash of what stays of a quote, whatever is erased of it."""
    return "sha256:" + hashlib.sha256(json.dumps(_kept(quote)).encode()).hexdigest()


def documents_hash(quote: Quote) -> str:
    """Hash of a quote's documents as they are sealed, so that nothing in them can be guessed from it."""
    documents = b"|".join((quote.request or b"", quote.answer or b"", (quote.answer_sha256 or "").encode()))
    return "sha256:" + hashlib.sha256(documents).hexdigest()


def put(connection: Connection, several: Sequence[tuple[Quote, str | None]]) -> None:
    """Store quotes, each with its entry in the audit log and the id of its request there."""
    if several:
        connection.execute(_INSERT, [dict(zip(_COLUMNS, _values(quote), strict=True)) for quote, _ in several])
        append(connection, *(_created(quote, request_id) for quote, request_id in several))


def _created(quote: Quote, request_id: str | None) -> Act:
    said: dict[str, Any] = {"month": quote.month, "edition": quote.edition, "release": quote.release}
    said |= {"row": row_hash(quote), "documents": documents_hash(quote)}
    return Act(quote.key_id, CREATED, quote.id, said, request_id)


def find(connection: Connection, quote_id: str) -> Quote | None:
    """A quote by its id."""
    row = connection.execute(_FIND, {"of": quote_id}).first()
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
