"""Keys in the store: made, found, rotated, revoked; every change stands in the audit log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from service.auth.tokens import Token
from service.clock import now
from service.store.audit import Act, append
from service.store.tables import keys


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored."""

    id: str
    secret_sha256: str
    role: str
    tenant: str
    holder: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    replaces: str | None

    def holds(self, at: dt.datetime) -> bool:
        """Whether it may be used at a time: not revoked, not expired."""
        expired = self.expires_at is not None and dt.datetime.fromisoformat(self.expires_at) <= at
        return self.revoked_at is None and not expired


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key to be made: for which role, whose data, who holds it, until when."""

    role: str
    tenant: str
    holder: str
    expires_at: dt.datetime | None = None


def create(connection: Connection, wanted: Wanted, by: str, replaces: str | None = None) -> Token:
    """Make a key; the token is to be shown once. by: id of a key, or `operator`."""
    token = Token.new()
    said = {"role": wanted.role, "tenant": wanted.tenant, "holder": wanted.holder}
    expires = None if wanted.expires_at is None else wanted.expires_at.isoformat()
    row = {"id": token.key_id, "secret_sha256": token.sha256, **said, "created_at": now().isoformat()}
    connection.execute(insert(keys).values(**row, expires_at=expires, replaces=replaces))
    append(connection, Act(by, "key.created", token.key_id, {**said, "expires_at": expires, "replaces": replaces}))
    return token


def find(connection: Connection, key_id: str) -> Key | None:
    """A key by its id."""
    row = connection.execute(select(keys).where(keys.c.id == key_id)).first()
    return None if row is None else Key(**row._mapping)
