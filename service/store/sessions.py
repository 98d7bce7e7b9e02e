"""Sessions that were ended before their time: until a cookie would have run out by itself, its copies are refused.

A restored store has lost what was ended after its backup, so that a restore ends all that began before it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, insert, or_, select

from service.clock import now
from service.store.audit import Act, append
from service.store.tables import ended_sessions

HOURS = 8  # that a session holds
_ALL = "all"  # instead of an id: every session that runs out until then
SIGNED_IN, SIGNED_OUT = "page.signed_in", "page.signed_out"


def begin(connection: Connection, session_id: str, key_id: str, request_id: str | None) -> None:
    """Note that somebody signed in; ended sessions whose cookies have run out are forgotten."""
    _forget(connection)
    append(connection, Act(key_id, SIGNED_IN, session_id, {}, request_id))


def end(connection: Connection, session_id: str, until: str, by: tuple[str, str | None]) -> None:
    """End a session; one that was ended stays so. until: when its cookie runs out; by: its key, and the request."""
    _forget(connection)
    if is_ended(connection, session_id, until):
        return
    connection.execute(insert(ended_sessions).values(id=session_id, until=until))
    append(connection, Act(by[0], SIGNED_OUT, session_id, {}, by[1]))


def end_all(connection: Connection) -> None:
    """End every session that began before now."""
    until = (now() + dt.timedelta(hours=HOURS)).isoformat()
    connection.execute(delete(ended_sessions).where(ended_sessions.c.id == _ALL))
    connection.execute(insert(ended_sessions).values(id=_ALL, until=until))


def is_ended(connection: Connection, session_id: str, until: str) -> bool:
    """Whether a session was ended. until: when its cookie runs out."""
    with_all = (ended_sessions.c.id == _ALL) & (ended_sessions.c.until >= until)
    ended = select(ended_sessions.c.id).where(or_(ended_sessions.c.id == session_id, with_all))
    return connection.execute(ended).first() is not None


def _forget(connection: Connection) -> None:
    connection.execute(delete(ended_sessions).where(ended_sessions.c.until < now().isoformat()))
