"""What is kept of one worker, given out whole on request, and its erasure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.coding import WORKER
from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.clock import now
from service.json_text import json_bytes
from service.month.folders import LevyFolder
from service.month.keys import SenderKeys
from service.month.unchanged import check_unchanged
from service.reading import read_json
from service.refusals import of_error
from service.store import levies, workers
from service.store.database import Connection, Engine, reading
from service.store.levies import DONE, Levy
from service.store.quotes import Quote
from service.telemetry.logs import Log

FORMAT = 1


def stored_id(keyring: Keyring, worker: str) -> str:
    """The id that a worker is stored under; InputError where the given one is no pseudonym."""
    if not WORKER.fullmatch(worker):
        raise InputError("worker_not_valid", "worker", value=worker[:64])
    return keyring.worker_key(worker)


@dataclass(frozen=True, slots=True)
class Export:
    """All that is kept of a worker, as JSON whose quotes are read while it is given out; its rows of months are held.

    counts: for the audit log, written before the first piece: of quotes kept, of lines and of rows of usage that are
    given out, of levies that could not be read; errors: what could not be read, and quotes that cannot be opened once
    the pieces were taken.
    """

    counts: dict[str, int]
    pieces: Iterator[bytes]
    errors: list[dict[str, str]]


def export(engine: Engine, keyring: Keyring, home: Path, worker: str, log: Log | None = None) -> Export:
    """Quotes with request and answer, and of settled months lines, usage, side rows and refusals: all that is kept of a
    worker, of every tenant.

    Documents that were emptied are null; rows from before an erasure name the worker as it is stored. What cannot be
    read is left out or null, and named in `errors`, with code and place.
    """
    stored = stored_id(keyring, worker)
    with reading(engine) as connection:
        quotes, _ = workers.counted(connection, stored)
        erased_at = workers.erased_at(connection, stored)
        kept = levies.listed(connection, None, _ALL, None)
        erased = {one.id: levies.erased(connection, one) for one in kept}
    months: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for one in kept[::-1]:
        try:
            months += _month(LevyFolder(home, one.id), one, stored, (keyring, erased[one.id]), log)
        except InputError as error:
            errors.append(of_error(error))
    rows = {name: sum(len(month[name]) for month in months) for name in ("lines", "usage")}
    counts = {"quotes": quotes, **rows, "unread_levies": len(errors)}
    head = {
        "format": FORMAT,
        "worker": worker,
        "stored_as": stored,
        "exported_at": now().isoformat(),
        "erased_at": erased_at,
    }
    tail = {
        "levies": months,
        "unfinished_levies": unfinished(kept),
        "errors": errors,
    }
    return Export(counts, _pieces(head, _quotes(engine, stored, keyring, errors), tail), errors)


_ALL = 2**31 - 1
_AT_ONCE = 100  # quotes


def _pieces(head: dict[str, Any], quotes: Iterator[dict[str, Any]], tail: dict[str, Any]) -> Iterator[bytes]:
    """One JSON object; the tail is written last, with what reading the quotes has added to it."""
    yield json_bytes(head)[:-2] + b',"quotes":['
    for number, quote in enumerate(quotes):
        yield (b"," if number else b"") + json_bytes(quote)[:-1]
    yield b"]," + json_bytes(tail)[1:]


def _quotes(engine: Engine, stored: str, keyring: Keyring, errors: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        with reading(engine) as connection:
            found = workers.quotes_of(connection, stored, after, _AT_ONCE)
        yield from (_quote(one, keyring, errors) for one in found)
        after = found[-1].id if len(found) == _AT_ONCE else None


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
        _, full = workers.counted(connection, stored)
        waiting = unfinished(levies.unfinished(connection))
    return {"format": FORMAT, "erasure": None, "erased_at": None, "quotes": full, "unfinished_levies": waiting}


def unfinished(found: Sequence[Levy]) -> list[str]:
    """Ids of levies whose raw upload may still be there."""
    return [one.id for one in found if one.state in (levies.QUEUED, levies.RUNNING)]


def _quote(quote: Quote, keyring: Keyring, errors: list[dict[str, str]]) -> dict[str, Any]:
    said = ("id", "tenant", "created_at", "valid_until", "month", "known_on", "edition", "release", "erased_at")
    documents: dict[str, Any] = {}
    for name in ("request", "answer"):
        try:
            documents[name] = _opened(getattr(quote, name), quote.place(name), keyring)
        except InputError as error:
            documents[name] = None
            errors.append({**of_error(error), "place": f"{quote.id}, {name}"})
    return {**{name: getattr(quote, name) for name in said}, **documents}


def _opened(sealed: bytes | None, place: str, keyring: Keyring) -> Any:
    return None if sealed is None else read_json(keyring.open(sealed, place).decode(), "stored")


def _month(
    folder: LevyFolder, levy: Levy, stored: str, opening: tuple[Keyring, frozenset[str]], log: Log | None
) -> list[dict[str, Any]]:
    """A worker's rows of one levy by table, as its sender gave the ids, once where there are any; InputError where they
    are not as published.
    """
    if levy.state != DONE:
        return []
    from service.engines.of_worker import FILES, kept_of_worker  # pyarrow only when a month is looked into
    from service.engines.visible import Eyes

    keyring, erased = opening
    eyes = Eyes(SenderKeys(keyring, levy.tenant), erased, whole=True)
    check_unchanged(levy, folder.month, FILES, log)
    kept = kept_of_worker(folder.month, stored, eyes)
    head = {"id": levy.id, "tenant": levy.tenant, "month": levy.month, "created_at": levy.created_at}
    return [{**head, **kept}] if any(kept.values()) else []
