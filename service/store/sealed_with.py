"""Whether a store was sealed with this secret: looked at before anything is written with another one beside it."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from service.auth.keyring import Keyring
from service.store import schema
from service.store.audit import check_secret, is_keyed
from service.store.counts import last_sealed, levies_by_state
from service.store.database import reading


def is_sealed(connection: Connection) -> bool:
    """Whether a secret was used (the log, a document or a levy took it), so that no other may be made."""
    return is_keyed(connection) or last_sealed(connection) is not None or bool(levies_by_state(connection))


def check(engine: Engine, secret: bytes) -> None:
    """InputError where the newest document or the last entry of the log was sealed with another secret. The engine must
    have the key of this one; b"": none is given, and nothing can be looked at.
    """
    if not secret or schema.current(engine) is None:
        return
    with reading(engine) as connection:
        sealed = last_sealed(connection)
        if sealed is not None:
            Keyring.of(secret).open(*sealed)  # another secret would give each worker a second id
        check_secret(connection)
