"""Who looks at others' data stands in the audit log; so does who signs in and out on the pages."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from service.clock import now
from service.store import sessions
from service.store.audit import Entry, entries
from service.store.database import Engine, connect, reading, writing
from service.store.tables import ended_sessions
from tests.service.hammering import SMALL
from tests.service.secrets import CHAIN
from tests.service.serving import Service, client

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client() as made:
        yield made


def log(service: Service) -> list[Entry]:
    engine = connect(service.database, CHAIN)
    with reading(engine) as connection:
        found = list(entries(connection))
    engine.dispose()
    return found


def test_reads_of_auditors_and_admins_are_logged_and_those_of_owners_are_not(service: Service) -> None:
    made = [service.post("/v1/quotes", SMALL).headers["location"] for _ in range(2)]
    before = len(log(service))
    for role in ("insurer", "auditor", "admin"):
        assert service.get(made[0], role).status_code == 200
        assert service.get("/v1/levies", role).status_code == (403 if role == "insurer" else 200)
        first = service.get("/v1/quotes?limit=1", role).json()
        assert service.get(first["next"], role).status_code == 200
    assert service.get("/v1/quotes/q_00000000000000000000000000", "auditor").status_code == 404
    read = log(service)[before:]
    assert Counter(entry.action for entry in read) == {"quote.read": 2, "quotes.listed": 2, "levies.listed": 2}
    assert {entry.subject for entry in read if entry.action == "quote.read"} == {made[0].rsplit("/", 1)[1]}
    assert all(entry.request_id for entry in read)
    holders = {service.keys[role].split(".")[1] for role in ("auditor", "admin")}
    assert {entry.actor for entry in read} == holders


def test_open_data_is_read_without_an_entry(service: Service) -> None:
    before = len(log(service))
    assert service.get("/v1/tariffs/2025-08", "admin").status_code == 200
    assert service.post("/v1/prices", SMALL, "admin").status_code == 200
    assert len(log(service)) == before


def test_a_walk_through_the_log_is_one_entry_and_ends(service: Service) -> None:
    address, seen = "/v1/audit?limit=1", []
    while address:
        page = service.get(address, "auditor").json()
        seen += page["items"]
        address = page["next"]
    assert (seen[-1]["action"], [one["number"] for one in seen]) == ("audit.listed", list(range(1, len(seen) + 1)))


def test_signing_in_and_out(service: Service) -> None:
    key = service.keys["auditor"]
    before = len(log(service))
    service.http.post("/months/sign-in", data={"key": key}, headers=HTML)
    page = service.http.get("/months", headers=HTML).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    assert service.http.post("/months/sign-out", data={"csrf": csrf[1]}, headers=HTML).status_code == 303
    said = [(entry.action, entry.actor) for entry in log(service)[before:]]
    actor = key.split(".")[1]
    assert said == [(action, actor) for action in ("page.signed_in", "levies.listed", "page.signed_out")]


def test_an_ended_session_is_forgotten_by_the_next_sign_in_once_its_cookie_ran_out(engine: Engine) -> None:
    over, later = ((now() + dt.timedelta(hours=hours)).isoformat() for hours in (-1, 1))
    with writing(engine) as connection:
        sessions.end(connection, "se_over", over, ("k_1", None))
        sessions.end(connection, "se_held", later, ("k_1", None))
        connection.execute(ended_sessions.insert(), {"id": "se_late", "until": over})
        sessions.begin(connection, "se_new", "k_1", None)
        kept = connection.execute(select(ended_sessions.c.id)).scalars().all()
    assert kept == ["se_held"]
