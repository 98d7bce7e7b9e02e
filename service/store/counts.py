"""How much the store holds: what the figures and the checks of a service say of it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from service.store.keys import Key, had_others
from service.store.quotes import sealed_for
from service.store.tables import keys, levies, quotes


def answers(connection: Connection) -> None:
    """A look into a table; raises where the database does not answer."""
    connection.execute(select(keys.c.id).limit(1)).all()


def levies_by_state(connection: Connection) -> dict[str, int]:
    """Uploaded months by state."""
    counted = select(levies.c.state, func.count()).group_by(levies.c.state)
    return {row[0]: row[1] for row in connection.execute(counted)}


class KeysHeld(NamedTuple):
    """Keys that may be used, those of demonstrations apart. others_ever: whether any but those was ever made."""

    keys: int = 0
    demonstration: int = 0
    others_ever: bool = False


def keys_held(connection: Connection, at: dt.datetime) -> KeysHeld:
    """Keys that may be used at a time."""
    found = [Key(**row._mapping) for row in connection.execute(select(keys))]
    to_try = [key.demonstration for key in found if key.holds(at)]
    return KeysHeld(len(to_try) - sum(to_try), sum(to_try), had_others(connection))


def last_sealed(connection: Connection) -> tuple[bytes, str] | None:
    """The newest sealed document and its place; None where there is none."""
    kept = select(quotes).where(quotes.c.answer.is_not(None)).order_by(quotes.c.id.desc()).limit(1)
    row = connection.execute(kept).first()
    return None if row is None else (row.answer, sealed_for(row.tenant, row.id, "answer"))
