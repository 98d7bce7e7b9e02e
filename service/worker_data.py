"""What is kept of one worker, given out whole on request, and its erasure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pricing.coding import WORKER
from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.clock import now
from service.engines.folder import LINES
from service.month.folders import LevyFolder
from service.month.keys import SenderKeys
from service.month.unchanged import check_unchanged
from service.reading import read_json
from service.store import levies, workers
from service.store.database import Connection, Engine, reading
from service.store.levies import DONE, Levy
from service.store.quotes import Quote

FORMAT = 1


def stored_id(keyring: Keyring, worker: str) -> str:
    """The id that a worker is stored under; InputError where the given one is no pseudonym."""
    if not WORKER.fullmatch(worker):
        raise InputError("worker_not_valid", "worker", value=worker[:64])
    return keyring.worker_key(worker)


def export(engine: Engine, keyring: Keyring, home: Path, worker: str) -> dict[str, Any]:
    """Quotes with request and answer, and lines of settled months: all that is kept of a worker, of every tenant.

    Documents that were emptied are null; lines from before an erasure name the worker as it is stored.
    """
    stored = stored_id(keyring, worker)
    with reading(engine) as connection:
        quotes = workers.quotes_of(connection, stored)
        erased_at = workers.erased_at(connection, stored)
        kept = levies.listed(connection, None, _ALL, None)
        erased = {one.id: levies.erased(connection, one) for one in kept}
    months = [_month(LevyFolder(home, one.id), one, stored, (keyring, erased[one.id])) for one in kept[::-1]]
    return {
        "format": FORMAT,
        "worker": worker,
        "stored_as": stored,
        "exported_at": now().isoformat(),
        "erased_at": erased_at,
        "quotes": [_quote(one, keyring) for one in quotes],
        "levies": [month for month in months if month["lines"]],
        "unfinished_levies": unfinished(kept),
    }


_ALL = 2**31 - 1


def counts_of(found: dict[str, Any]) -> dict[str, int]:
    """How much an export holds, for the audit log."""
    return {"quotes": len(found["quotes"]), "lines": sum(len(month["lines"]) for month in found["levies"])}


def erase(connection: Connection, keyring: Keyring, worker: str, by: str, request_id: str | None) -> dict[str, Any]:
    """Erase a worker, inside a write transaction; what was done, and what goes on for a while.

    Uploads of months that are not settled yet hold ids as they were given until they are; then the raw files go.
    """
    done = workers.erase(connection, stored_id(keyring, worker), by, request_id)
    return {
        "format": FORMAT,
        "erasure": done.id,
        "erased_at": done.erased_at,
        "quotes": done.quotes,
        "unfinished_levies": unfinished(levies.unfinished(connection)),
    }


def erasable(engine: Engine, keyring: Keyring, worker: str) -> dict[str, Any]:
    """What an erasure would do now; nothing is done."""
    stored = stored_id(keyring, worker)
    with reading(engine) as connection:
        full = [one for one in workers.quotes_of(connection, stored) if one.erased_at is None]
        waiting = unfinished(levies.unfinished(connection))
    return {"format": FORMAT, "erasure": None, "erased_at": None, "quotes": len(full), "unfinished_levies": waiting}


def unfinished(found: Sequence[Levy]) -> list[str]:
    """Ids of levies whose raw upload may still be there."""
    return [one.id for one in found if one.state in (levies.QUEUED, levies.RUNNING)]


def _quote(quote: Quote, keyring: Keyring) -> dict[str, Any]:
    said = ("id", "tenant", "created_at", "valid_until", "month", "known_on", "edition", "release", "erased_at")
    documents = {name: _opened(getattr(quote, name), quote.place(name), keyring) for name in ("request", "answer")}
    return {**{name: getattr(quote, name) for name in said}, **documents}


def _opened(sealed: bytes | None, place: str, keyring: Keyring) -> Any:
    return None if sealed is None else read_json(keyring.open(sealed, place).decode(), "stored")


def _month(folder: LevyFolder, levy: Levy, stored: str, opening: tuple[Keyring, frozenset[str]]) -> dict[str, Any]:
    """A worker's lines of one levy, as its sender gave the ids."""
    from service.engines.pages import lines_of_worker  # pyarrow only when a month is looked into
    from service.engines.visible import Eyes

    keyring, erased = opening
    eyes = Eyes(SenderKeys(keyring, levy.tenant), erased, whole=True)
    if levy.state == DONE:
        check_unchanged(levy, folder.month, (LINES,))
    lines = lines_of_worker(folder.month, stored, eyes) if levy.state == DONE else []
    return {"id": levy.id, "tenant": levy.tenant, "month": levy.month, "created_at": levy.created_at, "lines": lines}
