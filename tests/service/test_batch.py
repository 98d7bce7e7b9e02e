"""Batches over HTTP: answers in order, one bad request spoils no other, lists and lines, limits."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from pricing.tariff import Tariff
from service.clock import today
from service.prices.batch import MOST_BUILT, SLICE, Batch
from service.prices.quote import quote
from tests.service.serving import Service, client, served

Json = dict[str, Any]
TARIFF = Tariff.load()
RIDER: Json = json.loads((Path(__file__).parents[2] / "service" / "examples" / "rider.json").read_bytes())
LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client(most_batch=SLICE + 60) as running:
        yield running


def rider(number: int, **changed: Any) -> Json:
    """A rider's request; each of another distance."""
    usage = [{**row, "distance_m": row["distance_m"] + 1000 * number} for row in RIDER["usage"]]
    return {**RIDER, "usage": usage, "worker": f"w_rider_{number:04d}", **changed}


def answer(request: Json, **beside: Any) -> Json:
    """What the request is answered alone."""
    return {**beside, **quote(request, TARIFF, today())}


def send_lines(service: Service, lines: list[bytes], role: str = "insurer") -> httpx.Response:
    headers = {**service.key(role), "Content-Type": LINES}
    return service.http.post("/v1/prices", content=b"\n".join(lines), headers=headers)


def test_a_list_is_answered_in_order_across_slices(service: Service) -> None:
    sent = [rider(number, worksheet=number % 2 == 0) for number in range(SLICE + 9)]
    got = service.post("/v1/prices", sent)
    assert (got.status_code, got.headers["content-type"]) == (200, "application/json")
    assert got.json() == [answer(request, row=row) for row, request in enumerate(sent)]
    assert got.headers["licheng-release"] == "demonstration"


def test_lines_are_answered_by_lines(service: Service) -> None:
    sent = [rider(number) for number in range(3)]
    lines = [json.dumps(request).encode() for request in sent]
    got = send_lines(service, [b"\xef\xbb\xbf" + lines[0], b"", *lines[1:], b""])
    assert got.headers["content-type"].startswith(LINES)
    assert [json.loads(line) for line in got.content.splitlines()] == [
        answer(request, row=row)
        for row, request in zip((0, 2, 3), sent, strict=True)  # the line of each, from 0
    ]


def test_a_bad_request_spoils_no_other(service: Service) -> None:
    bad = rider(1, usage=[{**RIDER["usage"][0], "kilometres": 5}])
    several = rider(2, platforms=[{"platform": "meituan", "pilot_tier": "highest"}])
    items = service.post("/v1/prices", [rider(0), bad, 7, several, rider(3)]).json()
    problems = [item.get("problem", {}) for item in items]
    assert [one.get("code") for one in problems] == [None, "unknown_column", "not_an_object", "register_value", None]
    assert problems[3]["pointer"] == "/platforms/0/pilot_tier"
    assert all(one["message"] and one["message_zh"] for one in problems[1:4])
    assert items[0] == answer(rider(0), row=0)
    assert items[4] == answer(rider(3), row=4)


def test_a_line_that_cannot_be_read_spoils_no_other(service: Service) -> None:
    good = json.dumps(rider(0)).encode()
    twice = b'{"month": "2025-08", "month": "2025-09"}'
    got = send_lines(service, [good, b'{"month": ', twice, b'{"worker": "\xff"}', b"[" * 5000, good])
    items = [json.loads(line) for line in got.content.splitlines()]
    codes = ["json_unreadable", "duplicate_json_key", "body_not_utf8", "nested_too_deeply"]
    assert [item["problem"]["code"] for item in items[1:5]] == codes
    assert [items[0], items[5]] == [answer(rider(0), row=0), answer(rider(0), row=5)]


def test_without_worksheets_nothing_else_is_left_out(service: Service) -> None:
    got = service.post("/v1/prices", rider(0, worksheet=False)).json()
    full = answer(rider(0))
    assert any("worksheet" in scheme for scheme in full["schemes"])
    for scheme in (*full["schemes"], *full["covers"]):
        scheme.pop("worksheet", None)
    assert got == full
    refused = service.post("/v1/prices", rider(0, worksheet="no"))
    assert (refused.status_code, refused.json()["pointer"]) == (422, "/worksheet")


def test_a_platform_is_answered_for_its_own_rows_alone(service: Service) -> None:
    own = rider(0, usage=RIDER["usage"][:1])
    first, second = service.post("/v1/prices", [own, rider(1)], "platform").json()
    assert first == answer(own, row=0)
    problem = second["problem"]
    assert (problem["code"], problem["pointer"]) == ("platform_not_yours", "/usage/1/platform")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 422, "batch_empty"),
        ([{}] * (SLICE + 61), 413, "batch_too_long"),
    ],
)
def test_a_batch_has_a_least_and_a_greatest_length(service: Service, body: list[Json], status: int, code: str) -> None:
    got = service.post("/v1/prices", body)
    assert (got.status_code, got.json()["code"]) == (status, code)
    lines = send_lines(service, [json.dumps(one).encode() for one in body])
    assert (lines.status_code, lines.json()["code"]) == (status, code)


def test_lines_of_a_batch_are_counted_before_they_are_read(service: Service) -> None:
    for ending in (b"\n", b"\r"):
        got = send_lines(service, [ending * (SLICE + 61)])
        assert (got.status_code, got.json()["code"]) == (413, "batch_too_long")
    headers = {**service.key("insurer"), "Content-Type": "text/csv"}
    got = service.http.post("/v1/declarations", content=b"month\n" + b"1\n" * (SLICE + 61), headers=headers)
    assert (got.status_code, got.json()["code"]) == (413, "batch_too_long")


def test_registers_of_a_batch_are_bounded_together(service: Service) -> None:
    rows = [
        {"platform": "meituan", "region": "500000", "effective_from": f"20{year}-{month:02d}", "pilot_tier": "low"}
        for year in range(25, 75)
        for month in range(1, 11)
    ]
    items = service.post("/v1/prices", [rider(number, platforms=rows[1:]) for number in range(3)] + [rider(4)]).json()
    assert ["problem" in item for item in items] == [False, False, True, False]
    problem = items[2]["problem"]
    assert (problem["code"], problem["pointer"]) == ("too_many_register_rows", "/platforms")


def test_the_language_is_the_requests_own_else_the_headers(service: Service) -> None:
    sent = [rider(0, lang="en"), {key: value for key, value in rider(1).items() if key != "lang"}]
    english, chinese = service.post("/v1/prices", sent, **{"Accept-Language": "zh"}).json()
    assert english == answer(sent[0], row=0)
    assert chinese == {"row": 1, **quote(sent[1], TARIFF, today(), "zh")}


@pytest.mark.parametrize("body", [[], [{}] * (SLICE + 61)])
def test_a_list_of_declarations_has_the_same_limits(service: Service, body: list[Json]) -> None:
    got = service.post("/v1/declarations", body)
    assert (got.status_code, got.json()["code"]) == ((413, "batch_too_long") if body else (422, "no_declarations"))


def test_a_platform_declares_for_itself_alone(service: Service) -> None:
    totals = {"month": "2025-07", "region": "110000", "pilot_industry": "instant_delivery", "orders": 7}
    got = service.post("/v1/declarations", [{**totals, "platform": name} for name in ("meituan", "didi")], "platform")
    assert (got.status_code, got.json()["code"], got.json()["pointer"]) == (403, "platform_not_yours", "/1/platform")


def test_a_slice_ends_early_where_editions_must_be_built() -> None:
    tariff = Tariff.load()
    days = [f"2025-12-{day:02d}" for day in (1, 1, *range(2, 3 * MOST_BUILT))]
    sent = [rider(0, known_on=day, worksheet=False) for day in days]
    slices = list(Batch(tariff, today(), "en").answers(enumerate(sent)))
    assert [len(items) for items in slices] == [MOST_BUILT + 1, MOST_BUILT, MOST_BUILT - 1]
    assert [item for items in slices for item in items] == [answer(one, row=row) for row, one in enumerate(sent)]


@pytest.mark.slow
def test_while_long_batches_are_answered_others_are_answered_too() -> None:
    sent = [rider(number) for number in range(2_000)]
    with served() as running:

        def ask() -> Json:
            with httpx.Client(base_url=running.url, timeout=240) as other:
                got: Json = other.post("/v1/prices", json=sent, headers=running.key("insurer")).json()
                return got

        with ThreadPoolExecutor(3) as pool:
            batches = [pool.submit(ask) for _ in range(3)]
            answered = 0
            while not any(batch.done() for batch in batches):
                assert running.post("/v1/prices", rider(0, worksheet=False)).status_code == 200
                answered += 1
        for batch in batches:
            assert [item["row"] for item in batch.result()] == list(range(len(sent)))
        slices = len(batches) * len(sent) / SLICE
        assert answered > slices  # who asks for one price waits for less than a slice each time


@pytest.mark.slow
def test_many_at_once_have_each_its_own_answer() -> None:
    async def ask(url: str, key: dict[str, str], sent: list[Json]) -> list[Json]:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            got = await asyncio.gather(*[http.post("/v1/prices", json=one, headers=key) for one in sent])
        return [one.json() for one in got]

    sent = [rider(number, lang=("en", "zh")[number % 2]) for number in range(80)]
    with served() as running:
        assert asyncio.run(ask(running.url, running.key("insurer"), sent)) == [answer(request) for request in sent]
