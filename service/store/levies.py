"""Levies in the store: a month as it was sent, who settles it, how far that is, how it ended.

queued -> running -> done or failed; running -> queued where the process that settled it has died, or failed where that
happened too often or it ran too long. A process claims a levy in a transaction, so that no two settle it at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from service.clock import SHANGHAI, now
from service.store.audit import SERVICE, Act, append
from service.store.tables import erasures, levies

RECEIVED, READ, LISTED = "levy.received", "levy.read", "levies.listed"
_CONSTANT = ("id", "key_id", "tenant", "month", "created_at", "order")
QUEUED, RUNNING, DONE, FAILED = STATES = ("queued", "running", "done", "failed")


@dataclass(frozen=True, slots=True)
class Levy:
    """A levy as it is stored. order: JSON of what was asked; error: JSON of a refusal of the whole month.

    runner: which process settles it, started for the `attempts`-th time; beat_at: when it last said that it lives;
    rows_done: of the stage; rows: of the month, once it was read; receipt: hash of the published receipt, None of
    months that were done before it was kept; lost: how many attempts died together with their service.
    """

    id: str
    key_id: str
    tenant: str
    month: str
    state: str
    created_at: str
    order: str
    started_at: str | None = None
    finished_at: str | None = None
    attempts: int = 0
    runner: str | None = None
    beat_at: str | None = None
    stage: str | None = None
    rows_done: int | None = None
    rows: int | None = None
    error: str | None = None
    receipt: str | None = None
    lost: int = 0

    @property
    def ran_s(self) -> float:
        """For how long its last run has been heard of since its claim, by the clock of that run. [s]"""
        if self.started_at is None or self.beat_at is None:
            return 0.0
        begun, heard = (dt.datetime.fromisoformat(text) for text in (self.started_at, self.beat_at))
        return (heard - begun).total_seconds()


@dataclass(frozen=True, slots=True)
class Beat:
    """How far a run is: its stage, the rows of it that are done, all rows once they are counted."""

    stage: str
    rows_done: int
    rows: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: rows of the month with the hash of its receipt, or JSON of what was wrong."""

    rows: int | None = None
    receipt: str | None = None
    error: str | None = None


def put(connection: Connection, levy: Levy, act: Act) -> None:
    """A new levy with its entry in the audit log."""
    connection.execute(insert(levies).values(**asdict(levy)))
    append(connection, replace(act, detail={**act.detail, "row": row_hash(levy)}))


def row_hash(levy: Levy) -> str:
    """Hash of what a levy was made with; how far it is moves on."""
    said = [getattr(levy, name) for name in _CONSTANT]
    return "sha256:" + hashlib.sha256(json.dumps(said).encode()).hexdigest()


def find(connection: Connection, levy_id: str) -> Levy | None:
    """A levy by its id."""
    row = connection.execute(select(levies).where(levies.c.id == levy_id)).first()
    return None if row is None else Levy(**row._mapping)


def listed(connection: Connection, tenant: str | None, limit: int, before: str | None) -> list[Levy]:
    """Levies of a tenant, the latest first; None: of all. before: the id after which a page begins."""
    query = select(levies).order_by(levies.c.id.desc()).limit(limit)
    if tenant is not None:
        query = query.where(levies.c.tenant == tenant)
    if before is not None:
        query = query.where(levies.c.id < before)
    return [Levy(**row._mapping) for row in connection.execute(query)]


def unfinished(connection: Connection) -> list[Levy]:
    """Levies that are queued or running, the earliest first."""
    query = select(levies).where(levies.c.state.in_((QUEUED, RUNNING))).order_by(levies.c.id)
    return [Levy(**row._mapping) for row in connection.execute(query)]


def last_runs(connection: Connection, tenants: Collection[str]) -> dict[str, str]:
    """By tenant, when a run of one of its months was last heard of; without those that never had one."""
    heard = func.max(levies.c.beat_at)
    query = select(levies.c.tenant, heard).where(levies.c.tenant.in_(tenants)).group_by(levies.c.tenant)
    return {tenant: at for tenant, at in connection.execute(query) if at is not None} if tenants else {}


def claim(connection: Connection, levy_id: str, runner: str) -> Levy | None:
    """Take a queued levy to settle it; None where another has."""
    at = now().isoformat()
    change = update(levies).where(levies.c.id == levy_id, levies.c.state == QUEUED)
    values = {"state": RUNNING, "runner": runner, "started_at": at, "beat_at": moment(), "stage": None}
    taken = connection.execute(change.values(**values, attempts=levies.c.attempts + 1, rows_done=None, rows=None))
    return find(connection, levy_id) if taken.rowcount == 1 else None


def beat(connection: Connection, levy_id: str, runner: str, said: Beat, at: str) -> bool:
    """Say that the run lives, and how far it is; False where the levy is no longer this run's. at: `moment` of it."""
    change = update(levies).where(*_of(levy_id, runner)).values(**asdict(said), beat_at=at)
    return connection.execute(change).rowcount == 1


def finish(connection: Connection, levy_id: str, runner: str, ended: Ended) -> bool:
    """End a run, done or failed; False where the levy is no longer this run's."""
    state = DONE if ended.error is None else FAILED
    values = {"state": state, "finished_at": now().isoformat(), "beat_at": moment(), "stage": None}
    counted = {} if ended.rows is None else {"rows_done": ended.rows, "rows": ended.rows}
    said = {**values, **counted, "error": ended.error, "receipt": ended.receipt}
    change = connection.execute(update(levies).where(*_of(levy_id, runner)).values(**said))
    if change.rowcount == 1:
        append(connection, Act(SERVICE, f"levy.{state}", levy_id, {"rows": ended.rows, "runner": runner}))
    return change.rowcount == 1


def give_back(connection: Connection, levy: Levy, lost: bool) -> bool:
    """Queue a levy again whose process has died; False where somebody else has seen to it meanwhile. lost: whether it
    died together with its service.
    """
    change = update(levies).where(*_of(levy.id, levy.runner or ""), levies.c.beat_at == levy.beat_at)
    values = {"state": QUEUED, "runner": None, "lost": levies.c.lost + int(lost)}
    return connection.execute(change.values(**values)).rowcount == 1


def hand_back(connection: Connection, levy_id: str, runner: str) -> None:
    """Queue a levy again whose run was told to stop: the attempt does not count."""
    change = update(levies).where(*_of(levy_id, runner))
    connection.execute(change.values(state=QUEUED, runner=None, attempts=levies.c.attempts - 1))


def erased(connection: Connection, levy: Levy) -> frozenset[str]:
    """Stored ids of the workers whose ids, as they were given for a levy, are never shown again: it was there when they
    were erased. Who works on is given anew with a later month.
    """
    since = select(erasures.c.worker_key).where(erasures.c.erased_at >= levy.created_at)
    return frozenset(connection.execute(since).scalars())


def _of(levy_id: str, runner: str) -> tuple[Any, ...]:
    return levies.c.id == levy_id, levies.c.state == RUNNING, levies.c.runner == runner


def moment(at: dt.datetime | None = None) -> str:
    """A moment, this one unless it is given, fine enough for two beats to differ; texts of it stand in the order of
    time.
    """
    return (at or dt.datetime.now(SHANGHAI)).isoformat(timespec="milliseconds")
