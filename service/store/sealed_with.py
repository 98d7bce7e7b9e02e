"""Whether a store was sealed with this secret: looked at before anything is written with another one beside it."""

from __future__ import annotations

from sqlalchemy import Engine

from service.auth.keyring import Keyring
from service.store import schema
from service.store.audit import check_secret
from service.store.counts import last_sealed
from service.store.database import reading


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
