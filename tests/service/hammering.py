"""Many callers at once for tests of faults: each sends quote after quote and keeps what it was told."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from service.auth.keyring import Keyring
from service.store.audit import Entry, entries
from service.store.database import connect, reading
from service.store.quotes import sealed_for
from service.store.tables import quotes
from tests.service.secrets import CHAIN
from tests.service.serving import SECRET, Service

ROOT = Path(__file__).resolve().parents[2]
RIDER: dict[str, Any] = json.loads((ROOT / "service/examples/rider.json").read_text(encoding="utf-8"))
SMALL = {**RIDER, "schemes": ["pilot_per_order"], "covers": []}


@dataclass
class Told:
    """What callers were told. stored: document of each quote by its id; keys: id of each key sent."""

    stored: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    sent_keys: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[httpx.Response] = field(default_factory=list)
    lost: int = 0  # requests whose connection broke
    stop: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)


@contextmanager
def hammered(service: Service, callers: int, enough: int, named: str = "") -> Iterator[Told]:
    """Callers at work while the block runs, `enough` quotes stored before it begins. named: prefix of their keys."""
    told = Told()
    thread = threading.Thread(target=lambda: asyncio.run(_callers(service, callers, enough, named, told)))
    service.key("insurer")
    thread.start()
    try:
        assert told.enough.wait(120), (told.statuses, told.lost)
        yield told
    finally:
        told.stop.set()
        thread.join(120)


async def _callers(service: Service, callers: int, enough: int, named: str, told: Told) -> None:
    limits = httpx.Limits(max_connections=callers, max_keepalive_connections=callers)
    async with httpx.AsyncClient(base_url=service.url, timeout=60, limits=limits) as http:
        await asyncio.gather(*(_caller(http, service, f"{named}-{number}", enough, told) for number in range(callers)))
    told.enough.set()


async def _caller(http: httpx.AsyncClient, service: Service, name: str, enough: int, told: Told) -> None:
    number = 0
    while not told.stop.is_set():
        number += 1
        headers = service.key("insurer")
        if not name.startswith("-"):
            headers = {**headers, "Idempotency-Key": f"{name}-{number}"}
            told.sent_keys.append(headers["Idempotency-Key"])
        try:
            answer = await http.post("/v1/quotes", json=SMALL, headers=headers)
        except httpx.TransportError:
            told.lost += 1
            return
        told.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            told.stored[answer.json()["id"]] = answer.content
            told.keys[headers.get("Idempotency-Key", "")] = answer.json()["id"]
        else:
            told.refused.append(answer)
            await asyncio.sleep(0.05)
        if len(told.stored) >= enough:
            told.enough.set()


def stored(database: str) -> dict[str, bytes]:
    """Every quote of a store: its id and its document, opened."""
    engine, keyring = connect(database, CHAIN), Keyring.of(SECRET)
    with reading(engine) as connection:
        found = {
            row.id: keyring.open(row.answer, sealed_for(row.tenant, row.id, "answer"))
            for row in connection.execute(quotes.select())
        }
    engine.dispose()
    return found


def whole_log(database: str) -> list[Entry]:
    """The audit log of a store, every link of its chain looked at."""
    engine = connect(database, CHAIN)
    with reading(engine) as connection:
        found = list(entries(connection))
    engine.dispose()
    previous = None
    for number, entry in enumerate(found, 1):
        assert (entry.number, entry.previous, entry.holds(CHAIN)) == (number, previous, True)
        previous = entry.hash
    return found
