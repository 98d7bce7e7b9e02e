"""`Idempotency-Key`: the same request twice is done once; a request that made nothing may be sent again."""

import datetime as dt
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from sqlalchemy import func, select, text, update

from service.clock import now
from service.store import idempotency
from service.store.database import Connection, Engine, connect, reading, writing
from service.store.idempotency import Kept, Name
from service.store.keys import Wanted, create
from service.store.tables import idempotency as table
from service.store.tables import quotes
from tests.service.serving import Service, served

ROOT = Path(__file__).resolve().parents[2]
RIDER: dict[str, Any] = json.loads((ROOT / "service/examples/rider.json").read_text(encoding="utf-8"))
KEPT = Kept("of the request", 201, "{}", b"sealed", "q_1")


def count(database: str) -> int:
    engine = connect(database)
    with reading(engine) as connection:
        found = connection.execute(select(func.count()).select_from(quotes)).scalar_one()
    engine.dispose()
    return found


def key_id(service: Service) -> str:
    service.key("insurer")
    return service.keys["insurer"].split(".")[1]


def claimed(service: Service, name: str, age: dt.timedelta) -> None:
    """Another process claims a name, so long ago."""
    engine = connect(service.database)
    with writing(engine) as connection:
        assert idempotency.claim(connection, Name(key_id(service), name, "other"), "POST /v1/quotes") is True
        at = (now() - age).isoformat()
        connection.execute(update(table).where(table.c.idempotency_key == name).values(created_at=at))
    engine.dispose()


def test_the_same_request_again_gives_the_same_answer_and_stores_nothing(service: Service) -> None:
    before = count(service.database)
    first = service.post("/v1/quotes", RIDER, **{"Idempotency-Key": '"8e03978e-40d5"'})
    again = service.post("/v1/quotes", RIDER, **{"Idempotency-Key": "8e03978e-40d5"})  # the plain token is the same key
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert count(service.database) == before + 1


@pytest.mark.parametrize("other", ["body", "query", "route"])
def test_the_key_with_another_request_is_refused(service: Service, other: str) -> None:
    key = {"Idempotency-Key": f"other-{other}"}
    made = service.post("/v1/quotes", RIDER, **key)
    sent = {
        "body": ("/v1/quotes", {**RIDER, "lang": "zh"}),
        "query": ("/v1/quotes?x=1", RIDER),
        "route": (f"{made.headers['location']}/reproduce", RIDER),
    }
    answer = service.post(*sent[other], **key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_its_callers_own(service: Service) -> None:
    key = {"Idempotency-Key": "shared"}
    answers = [service.post("/v1/quotes", RIDER, role, **key) for role in ("insurer", "admin")]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_a_request_that_was_refused_may_be_mended_under_its_key(service: Service) -> None:
    key = {"Idempotency-Key": "mended"}
    refused = service.post("/v1/quotes", {**RIDER, "month": "x"}, **key)
    assert (refused.status_code, refused.json()["code"]) == (422, "request_month")
    assert service.post("/v1/quotes", RIDER, **key).status_code == 201


def test_computing_again_is_repeated_too(service: Service) -> None:
    made = service.post("/v1/quotes", RIDER).headers["location"]
    headers = {**service.key("insurer"), "Idempotency-Key": "again"}
    first, second = (service.http.post(f"{made}/reproduce", headers=headers) for _ in range(2))
    assert (first.status_code, second.content) == (200, first.content)
    assert second.headers["idempotency-replayed"] == "true"


def test_while_another_is_in_flight_one_is_told_to_come_back(service: Service) -> None:
    claimed(service, "in-flight", dt.timedelta(minutes=4))
    answer = service.post("/v1/quotes", RIDER, **{"Idempotency-Key": "in-flight"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
    assert int(answer.headers["retry-after"]) >= 1


def test_the_claim_of_a_process_that_died_is_taken_over(service: Service) -> None:
    claimed(service, "dead", dt.timedelta(minutes=5))
    key = {"Idempotency-Key": "dead"}
    first, again = (service.post("/v1/quotes", RIDER, **key) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)


MALFORMED = ['"', '""', '"a', 'a"b', "a b", "a,b", "a;b=1", "x" * 256, '"' + "x" * 256 + '"', '"é"', r'"a\b"', "\t"]
WELLFORMED = ["x" * 255, '"' + "y" * 255 + '"', '"a b,c;d"', r'"quo\"te\\"', "a:b/c+d=e@f"]


@pytest.mark.parametrize("key", MALFORMED)
def test_a_malformed_key_is_refused(service: Service, key: str) -> None:
    headers = {**service.key("insurer"), "Idempotency-Key": key.encode("latin-1")}
    answer = service.http.post("/v1/quotes", json=RIDER, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_malformed")


def test_two_keys_in_one_request_are_refused(service: Service) -> None:
    headers = [*service.key("insurer").items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert service.http.post("/v1/quotes", json=RIDER, headers=headers).status_code == 400


@pytest.mark.parametrize("key", WELLFORMED)
def test_a_wellformed_key_is_taken(service: Service, key: str) -> None:
    first, again = (service.post("/v1/quotes", RIDER, **{"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)


def test_the_document_of_the_api_takes_what_the_door_takes(service: Service) -> None:
    document = service.get("/openapi.json", role="").json()
    parameters = document["paths"]["/v1/quotes"]["post"]["parameters"]
    said = next(one["schema"] for one in parameters if one["name"] == "Idempotency-Key")
    fits = jsonschema_rs.validator_for(said).is_valid
    assert [key for key in WELLFORMED if not fits(key)] == []
    assert [key for key in MALFORMED if fits(key) and len(key) < 255] == []  # of a quoted one the length is the door's
    assert fits('"' + r"\"" * 255 + '"')


def named(connection: Connection, claim: str = "c_1", key: str = "one") -> Name:
    """A name of a key that stands in the store."""
    found = connection.execute(text("SELECT id FROM keys")).scalar()
    return Name(found or create(connection, Wanted("insurer", "house", "Wang"), "operator").key_id, key, claim)


def test_a_claim_is_ours_until_it_is_given_up(engine: Engine) -> None:
    with writing(engine) as connection:
        ours, others = named(connection), named(connection, "c_2")
        assert idempotency.claim(connection, ours, "POST /v1/quotes") is True
        assert idempotency.claim(connection, others, "POST /v1/quotes") is False
        idempotency.release(connection, others)
        assert idempotency.claim(connection, others, "POST /v1/quotes") is False
        idempotency.release(connection, ours)
        assert idempotency.claim(connection, others, "POST /v1/quotes") is True


def test_who_lost_its_claim_cannot_finish(engine: Engine) -> None:
    with writing(engine) as connection:
        slow, quick = named(connection), named(connection, "c_2")
        idempotency.claim(connection, slow, "POST /v1/quotes")
        connection.execute(update(table).values(created_at=(now() - idempotency.DEAD).isoformat()))
        assert idempotency.claim(connection, quick, "POST /v1/quotes") is True
        assert not idempotency.finish(connection, slow, KEPT)
        assert idempotency.finish(connection, quick, KEPT)
        assert not idempotency.finish(connection, quick, KEPT)
        assert idempotency.claim(connection, slow, "POST /v1/quotes") == KEPT
        idempotency.release(connection, quick)
        assert idempotency.claim(connection, slow, "POST /v1/quotes") == KEPT


def test_the_claim_of_a_request_that_beats_is_not_taken_over(engine: Engine) -> None:
    with writing(engine) as connection:
        slow, other = named(connection), named(connection, "c_2")
        idempotency.claim(connection, slow, "POST /v1/levies")
        connection.execute(update(table).values(created_at=(now() - idempotency.DEAD).isoformat()))
        idempotency.beat(connection, other)
        idempotency.beat(connection, slow)
        assert idempotency.claim(connection, other, "POST /v1/levies") is False
        assert idempotency.finish(connection, slow, KEPT)


def test_an_answer_is_forgotten_after_seven_days(engine: Engine) -> None:
    with writing(engine) as connection:
        ours = named(connection)
        idempotency.claim(connection, ours, "POST /v1/quotes")
        idempotency.finish(connection, ours, KEPT)
        connection.execute(update(table).values(created_at=(now() - idempotency.KEPT).isoformat()))
        assert idempotency.claim(connection, ours, "POST /v1/quotes") is True
        older = (now() - idempotency.KEPT - dt.timedelta(seconds=1)).isoformat()
        connection.execute(update(table).values(created_at=older))
        idempotency.claim(connection, named(connection, "c_3", "two"), "POST /v1/quotes")
        assert connection.execute(select(table.c.idempotency_key)).scalars().all() == ["two"]


@pytest.mark.slow
def test_of_many_at_once_one_is_stored() -> None:
    with served() as service:
        answers: list[httpx.Response] = []

        def send() -> None:
            headers = {**service.key("insurer"), "Idempotency-Key": "at-once"}
            answers.append(httpx.post(f"{service.url}/v1/quotes", json=RIDER, headers=headers, timeout=60))

        service.key("insurer")
        threads = [threading.Thread(target=send) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = Counter(one.status_code for one in answers)
        bodies = {one.content for one in answers if one.status_code == 201}
        assert (found[201] + found[409], len(bodies), count(service.database)) == (24, 1, 1)
        assert sum(one.status_code == 201 and "idempotency-replayed" not in one.headers for one in answers) == 1
