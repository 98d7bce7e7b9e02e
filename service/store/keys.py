"""Keys in the store: made, found, rotated, revoked; every change stands in the audit log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from pricing.errors import InputError
from pricing.words import Phrase
from service.auth.roles import HOUSE, INSURER, PLATFORM
from service.auth.tokens import Token
from service.clock import now
from service.store.audit import OPERATOR, SERVICE, Act, append
from service.store.database import reading, writing
from service.store.tables import keys

ALL = "all"  # instead of the ids of keys
_NOBODY = ""  # holder of a demonstration's keys; `licheng key create` takes none without a name
_DEMONSTRATION = dt.timedelta(hours=24)
DEMONSTRATION_PLATFORM = "meituan"
_DEMONSTRATION_INSURER = "demonstration-insurer"


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
        return self.state(at) == "holds"

    def state(self, at: dt.datetime) -> str:
        """`holds`, `expired` or `revoked` at a time; in its last second it has expired."""
        if self.revoked_at is not None:
            return "revoked"
        expired = self.expires_at is not None and dt.datetime.fromisoformat(self.expires_at) <= at
        return "expired" if expired else "holds"

    @property
    def demonstration(self) -> bool:
        """Whether it was made to try the service: nobody holds it. One that it was rotated to is such a key as well."""
        return self.holder == _NOBODY

    def plain(self, at: dt.datetime) -> dict[str, Any]:
        """As pages and answers show it: without even the hash of its secret."""
        said = {name: value for name, value in asdict(self).items() if name != "secret_sha256"}
        return {**said, "demonstration": self.demonstration, "state": self.state(at)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key to be made: for which role, whose data, who holds it, until when."""

    role: str
    tenant: str
    holder: str
    expires_at: dt.datetime | None = None
    created_at: dt.datetime = field(default_factory=now)  # from when a span until then was counted


def create(connection: Connection, wanted: Wanted, by: str, replaces: str | None = None) -> Token:
    """Make a key; the token is to be shown once. by: id of a key, or `operator`.

    One that is no demonstration's ends every demonstration in the store, which would show what it is made for.
    InputError `tenant_taken` where keys of another kind of role have the tenant: they would see each other's data.
    """
    _check_tenant(connection, wanted)
    if wanted.holder != _NOBODY:
        end_demonstrations(connection, by)
    token = Token.new()
    said = {"role": wanted.role, "tenant": wanted.tenant, "holder": wanted.holder}
    expires = None if wanted.expires_at is None else wanted.expires_at.isoformat(timespec="seconds")
    row = {"id": token.key_id, "secret_sha256": token.sha256, **said, "created_at": wanted.created_at.isoformat()}
    connection.execute(insert(keys).values(**row, expires_at=expires, replaces=replaces))
    append(connection, Act(by, "key.created", token.key_id, {**said, "expires_at": expires, "replaces": replaces}))
    return token


def _check_tenant(connection: Connection, wanted: Wanted) -> None:
    for role in connection.execute(select(keys.c.role).distinct().where(keys.c.tenant == wanted.tenant)).scalars():
        if _kind(role) != _kind(wanted.role):
            raise InputError("tenant_taken", "--tenant", tenant=wanted.tenant, role=role)


def _kind(role: str) -> str:
    """Roles of one kind may share a tenant."""
    return "house" if role in HOUSE else role


def find(connection: Connection, key_id: str) -> Key | None:
    """A key by its id."""
    row = connection.execute(select(keys).where(keys.c.id == key_id)).first()
    return None if row is None else Key(**row._mapping)


def look(engine: Engine, key_id: str) -> Key | None:
    """A key by its id, in a transaction of its own."""
    with reading(engine) as connection:
        return find(connection, key_id)


def holding(engine: Engine) -> frozenset[str]:
    """Ids of the keys that hold now, in a transaction of its own."""
    with reading(engine) as connection:
        return frozenset(key.id for key in listed(connection) if key.holds(now()))


def listed(connection: Connection) -> list[Key]:
    """All keys, the oldest first."""
    rows = connection.execute(select(keys).order_by(keys.c.created_at, keys.c.id))
    return [Key(**row._mapping) for row in rows]


def has_role(connection: Connection, role: str) -> bool:
    """Whether a key of a role was ever made, also one that holds no longer."""
    return connection.execute(select(keys.c.id).where(keys.c.role == role).limit(1)).first() is not None


def as_long(connection: Connection, key_id: str) -> dt.datetime | None:
    """When a key expires that is made now for as long as this one was; None: never. InputError where it is not known.

    A rotation shortens a key: of one that was rotated before, the key in its place tells.
    """
    made = select(keys.c.id).where(keys.c.replaces == key_id).limit(1)
    old = _known(connection, connection.execute(made).scalar() or key_id)
    if old.expires_at is None:
        return None
    return now() + (dt.datetime.fromisoformat(old.expires_at) - dt.datetime.fromisoformat(old.created_at))


def rotate(connection: Connection, key_id: str, expires_at: dt.datetime | None, ends_at: dt.datetime, by: str) -> Token:
    """A new key in place of one that holds; the old one expires at `ends_at` at the latest.

    InputError where it is not known, or holds no longer.
    """
    old = _known(connection, key_id)
    if not old.holds(now()):
        state = Phrase(f"key_state_{old.state(now())}", {})
        raise InputError("key_holds_no_longer", key_id, key=key_id, state=state)
    token = create(connection, Wanted(old.role, old.tenant, old.holder, expires_at), by, old.id)
    held_until = None if old.expires_at is None else dt.datetime.fromisoformat(old.expires_at)
    if held_until is None or ends_at < held_until:
        ends = ends_at.isoformat(timespec="seconds")
        connection.execute(update(keys).where(keys.c.id == old.id).values(expires_at=ends))
        append(connection, Act(by, "key.rotated", old.id, {"expires_at": ends, "replaced_by": token.key_id}))
    return token


def revoke(connection: Connection, key_id: str, by: str) -> Key:
    """End a key at once; one that was revoked stays as it was. InputError where it is not known."""
    old = _known(connection, key_id)
    if old.revoked_at is not None:
        return old
    at = now().isoformat()
    connection.execute(update(keys).where(keys.c.id == key_id).values(revoked_at=at))
    append(connection, Act(by, "key.revoked", key_id, {"holder": old.holder, "role": old.role}))
    return _known(connection, key_id)


def revoke_but(connection: Connection, kept: Sequence[str], by: str) -> list[Key]:
    """End every key that holds but for those kept, ALL: none is ended. InputError where one to be kept is not known."""
    for key_id in kept:
        if key_id != ALL:
            _known(connection, key_id)
    ended = [one for one in listed(connection) if one.holds(now()) and one.id not in kept and ALL not in kept]
    return [revoke(connection, one.id, by) for one in ended]


def _known(connection: Connection, key_id: str) -> Key:
    found = find(connection, key_id)
    if found is None:
        raise InputError("key_unknown", key_id[:64], key=key_id[:64])
    return found


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Keys to try a service with. insurer: prices and stores quotes of all platforms; platform: uploads its months."""

    insurer: Token
    platform: Token


def demonstration(connection: Connection) -> Demonstration:
    """Keys to try the service with, while it runs, for a day at most. Only for a service on loopback with `--demo`.

    An insurer's and a platform's and not an administrator's, so that each shows what such a caller sees.
    InputError `unsafe_demo_keys` where the store ever had another key: the platform is a real one's name.
    """
    return Demonstration(_to_try(connection, INSURER, _DEMONSTRATION_INSURER), demonstration_platform(connection))


def demonstration_platform(connection: Connection) -> Token:
    """The platform's key of a demonstration alone."""
    return _to_try(connection, PLATFORM, DEMONSTRATION_PLATFORM)


def _to_try(connection: Connection, role: str, tenant: str) -> Token:
    if had_others(connection):
        raise InputError("unsafe_demo_keys", "--demo")
    return create(connection, Wanted(role, tenant, _NOBODY, now() + _DEMONSTRATION), OPERATOR)


def had_others(connection: Connection) -> bool:
    """Whether a key was ever made that is no demonstration's, also one that holds no longer."""
    return connection.execute(select(keys.c.id).where(keys.c.holder != _NOBODY).limit(1)).first() is not None


def end_demonstrations(connection: Connection, by: str = SERVICE) -> None:
    """Revoke every demonstration's key: when the service that made it stops, and, left over, when the next starts."""
    left = select(keys.c.id).where(keys.c.holder == _NOBODY, keys.c.revoked_at.is_(None))
    for key_id in connection.execute(left).scalars().all():
        revoke(connection, key_id, by)


def end_left_demonstrations(engine: Engine) -> None:
    """The same in a transaction of its own, before a service answers."""
    with writing(engine) as connection:
        end_demonstrations(connection)
