"""Limits of a request: head, address, body, members, time; rates of keys and addresses; headers of every answer."""

import datetime as dt
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.addresses import KEYED
from service.clock import now
from service.conventions.languages import accepted
from service.conventions.problems import Problem
from service.conventions.quota import Quota
from service.conventions.rates import BY_KEY, Rates, address_of
from service.schemas.calls import CALLS
from service.store.database import connect, reading
from tests.service.serving import Service, client

RIDER = json.loads((Path(__file__).resolve().parents[2] / "service/examples/rider.json").read_text(encoding="utf-8"))
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client(most_body=10_000, most_batch=10) as found:
        yield found


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_every_answer_has_the_headers_that_browsers_and_callers_need(service: Service) -> None:
    for answer in (service.post("/v1/prices", RIDER), service.get("/nowhere"), service.post("/v1/prices", 7)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-language"] == "en"
        assert len(answer.headers["x-request-id"]) == 20


def test_a_body_beyond_its_limit_is_refused_by_its_declared_length(service: Service) -> None:
    # a batch of ten may have 2,000 bytes each; quotes take 10,000
    assert refused(service.post("/v1/quotes", {**RIDER, "x_note": "n" * 10_000})) == (413, "body_too_large")
    assert refused(service.post("/v1/prices", {**RIDER, "x_note": "n" * 20_000})) == (413, "body_too_large")
    notes = {f"x_note_{number}": "n" * 3_000 for number in range(5)}
    assert service.post("/v1/prices", {**RIDER, **notes}).status_code == 200


def test_and_by_its_bytes_where_none_is_declared(service: Service) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1_000

    answer = service.http.post("/v1/prices", content=pieces(), headers={**service.key("insurer"), **JSON})
    assert refused(answer) == (413, "body_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "x-bomb", "gzip, gzip"])
def test_a_packed_body_is_not_unpacked(service: Service, encoding: str) -> None:
    packed = gzip.compress(b" " * 9_000)
    headers = {**service.key("insurer"), **JSON, "Content-Encoding": encoding}
    answer = service.http.post("/v1/quotes", content=packed, headers=headers)
    assert refused(answer) == (415, "encoding_not_taken")


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/xml", "application/json; charset=gb18030", "application/x-www-form-urlencoded"],
)
def test_only_json_is_taken_where_json_is_meant(service: Service, kind: str) -> None:
    headers = {**service.key("insurer"), **({"Content-Type": kind} if kind else {})}
    answer = service.http.post("/v1/quotes", content=json.dumps(RIDER).encode(), headers=headers)
    assert refused(answer) == (415, "media_type_not_taken")
    assert answer.headers["accept-post"] == "application/json"


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON", 'application/json; charset="UTF-8"'])
def test_json_is_taken_however_it_is_named(service: Service, kind: str) -> None:
    headers = {**service.key("insurer"), "Content-Type": kind}
    assert service.http.post("/v1/prices", content=json.dumps(RIDER).encode(), headers=headers).status_code == 200


def test_large_heads_and_long_addresses_are_refused(service: Service) -> None:
    assert refused(service.get("/v1/tariffs", role="", **{"X-Note": "n" * 17_000})) == (431, "head_too_large")
    assert refused(service.get("/v1/tariffs?month=" + "2" * 9_000, role="")) == (414, "address_too_long")


@pytest.mark.parametrize(
    "path", ["/v1/quotes/%00", "/v1/quotes/a%0d%0ab", "/v1/tariffs?month=%00", "/v1/quotes/%ff%fe"]
)
def test_control_characters_in_an_address_are_refused(service: Service, path: str) -> None:
    assert refused(service.get(path)) == (400, "address_unreadable")


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key", "Content-Encoding"])
def test_a_header_that_stands_twice_is_refused(service: Service, name: str) -> None:
    headers = [(name, "one"), (name, "two")]
    assert refused(service.http.post("/v1/quotes", json=RIDER, headers=headers)) == (400, "header_twice")


def test_only_one_expectation_is_understood(service: Service) -> None:
    assert refused(service.post("/v1/prices", RIDER, Expect="200-ok")) == (417, "expectation_failed")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("usage", RIDER["usage"] * 501),
        ("platforms", [{}] * 1_001),
        ("history", {"revenue_fen": {str(number): 1 for number in range(1_001)}}),
        ("enrolment", {"lumbar": [{}] * 1_001}),
    ],
)
def test_a_request_for_one_worker_has_few_members(key: str, value: Any) -> None:
    with client() as service:
        assert refused(service.post("/v1/prices", {**RIDER, key: value})) == (422, "too_many_members")


@pytest.mark.parametrize("cell", ["n" * 4_001, ["n" * 3_997], {"a": {"b": "n" * 4_000}}])
def test_a_cell_is_not_very_long(cell: Any) -> None:
    rows = [RIDER["usage"][0], {**RIDER["usage"][1], "x_note": cell}]
    with client() as service:
        for path in ("/v1/prices", "/v1/quotes"):
            for body, pointer in (
                ({**RIDER, "x_note": cell}, "/x_note"),
                ({**RIDER, "usage": rows}, "/usage/1/x_note"),
            ):
                answer = service.post(path, body)
                assert (*refused(answer), answer.json()["pointer"]) == (422, "cell_too_long", pointer)
        assert service.post("/v1/quotes", {**RIDER, "x_note": "n" * 4_000, "x_b": ["n" * 3_990]}).status_code == 201


def test_a_cell_of_a_declaration_is_not_very_long_and_the_others_are_priced() -> None:
    riders = {"month": "2025-08", "platform": "didi", "region": "110000", "pilot_industry": "ride_hailing"}
    total = {**riders, "orders": 100}
    with client() as service:
        long, good = service.post("/v1/declarations", [{**total, "month": "n" * 4_001}, total]).json()
        assert (long["refusal"]["code"], good["levy_fen"]) == ("cell_too_long", 100)
        alone = service.post("/v1/declarations", {**total, "x_note": "n" * 4_001}).json()
        assert (alone["refusal"]["code"], alone["refusal"]["place"]) == ("cell_too_long", "x_note")


def test_a_key_stores_so_many_quotes_in_a_day(tmp_path: Path) -> None:
    with client(tmp_path, quotes_per_day=3) as service:
        answers = [service.post("/v1/quotes", RIDER) for _ in range(4)]
        assert [one.status_code for one in answers] == [201, 201, 201, 429]
        assert refused(answers[3]) == (429, "too_many_quotes")
        assert 1 <= int(answers[3].headers["retry-after"]) <= 86_400
        assert service.post("/v1/prices", RIDER).status_code == 200, "prices that are not stored go on"
        tokens = service.keys
    with client(tmp_path, quotes_per_day=3) as again:
        again.keys |= tokens
        assert refused(again.post("/v1/quotes", RIDER)) == (429, "too_many_quotes"), "a new start forgets nothing"
    with client(tmp_path, quotes_per_day=3) as another:
        assert another.post("/v1/quotes", RIDER).status_code == 201, "another key has its own"


def test_what_was_stored_yesterday_does_not_count() -> None:
    with client() as service:
        assert service.post("/v1/quotes", RIDER).status_code == 201
        key_id = service.keys["insurer"].split(".")[1]
        clock = [now()]
        quota = Quota(1, lambda: clock[0])
        engine = connect(service.database)
        with reading(engine) as connection:
            with pytest.raises(Problem) as refused_today:
                quota.check(connection, key_id, "insurer-house")
            clock[0] += dt.timedelta(days=1)
            quota.check(connection, key_id, "insurer-house")
            quota.check(connection, key_id, "insurer-house")  # nothing was stored meanwhile
            quota.count(key_id)
            with pytest.raises(Problem):
                quota.check(connection, key_id, "insurer-house")
        engine.dispose()
    assert refused_today.value.code == "too_many_quotes"


def test_a_key_may_ask_so_often_and_is_told_how_often_yet() -> None:
    with client(per_minute=3) as service:
        answers = [service.post("/v1/prices", RIDER) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
        assert [one.headers["ratelimit"].split(";")[1] for one in answers] == ["r=2", "r=1", "r=0", "r=0"]
        assert refused(answers[3]) == (429, "rate_exceeded")
        assert 1 <= int(answers[3].headers["retry-after"]) <= 60
        assert service.post("/v1/prices", RIDER, role="auditor").status_code == 200, "another key has its own"


def test_every_call_that_asks_for_a_key_is_counted_by_it() -> None:
    keyed = [path for (_, path), call in CALLS.items() if call.action]
    assert len(keyed) > 10
    assert all(path.startswith(KEYED) for path in keyed)


def test_a_key_on_an_open_address_changes_nothing() -> None:
    with client(address_per_minute=30) as service:
        made_up = {"Authorization": "Bearer anything"}
        answers = [service.get("/v1/schema", role="", **made_up).status_code for _ in range(31)]
        assert answers == [200] * 30 + [429]


def test_an_answer_that_must_be_computed_counts_for_twenty() -> None:
    with client(address_per_minute=50) as service:
        left = [service.get(f"/v1/tariffs/2025-0{month}", role="").headers["ratelimit"] for month in (8, 8, 7, 6)]
        assert [one.split(";")[1] for one in left] == ["r=30", "r=29", "r=9", "r=0"]
        assert service.get("/v1/tariffs/2025-08", role="").status_code == 429


@pytest.mark.parametrize("path", ["/", "/host", "/tariff"])
def test_a_page_that_is_computed_counts_for_ten(path: str) -> None:
    with client(address_per_minute=25) as service:
        answers = [service.get(path, role="") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert service.get("/status/live", role="").status_code == 200


def test_an_address_without_a_key_may_ask_so_often() -> None:
    with client(address_per_minute=2) as service:
        answers = [service.get("/v1/schema", role="") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert answers[2].headers["ratelimit-policy"] == '"address";q=2;w=60'
        assert service.post("/v1/prices", RIDER).status_code == 200, "keys are counted for themselves"
        assert service.get("/status/live", role="").status_code == 200, "who probes is not counted"


def test_guessing_keys_is_counted_for_the_address() -> None:
    with client(address_per_minute=3) as service:
        guess = {"Authorization": "Bearer licheng.k_0000000000000000." + "a" * 43}
        answers = [service.http.post("/v1/prices", json=RIDER, headers=guess).status_code for _ in range(4)]
        assert answers == [401, 401, 401, 429]


def test_counting_a_request_costs_less_than_twenty_microseconds() -> None:
    rates = Rates(10**9, 10**9)
    best = min(_microseconds(rates) for _ in range(5))
    assert best < 20


def _microseconds(rates: Rates, times: int = 2_000) -> float:
    started = time.perf_counter()
    for _ in range(times):
        rates.count(BY_KEY, "k_0011223344556677")
    return (time.perf_counter() - started) / times * 1e6


def test_neighbours_in_one_network_of_six_are_one_address() -> None:
    assert address_of("2001:db8::1") == address_of("2001:db8::ffff") != address_of("2001:db8:0:1::1")
    assert address_of("192.0.2.1") != address_of("192.0.2.2")
    assert address_of("testclient") == "testclient"


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("zh", "zh"),
        ("zh-Hans-CN", "zh"),
        ("fr, zh;q=0.4, en;q=0.3", "zh"),
        ("en;q=0.2, zh;q=0.9", "zh"),
        ("zh;q=0", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("zh;q=abc", "en"),
        (";;;,,,=", "en"),
        ("zh;q=9", "zh"),
    ],
)
def test_the_language_that_is_liked_best(header: str, lang: str) -> None:
    assert accepted(header, "en") == lang
