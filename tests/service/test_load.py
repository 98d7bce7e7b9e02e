"""The load of the benchmarks counts what it was answered: good, refused, and where a stored thing lies."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.http import REQUEST
from benchmarks.http_load import Order, load
from tests.service.serving import Service, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served() as one:
        yield one


def order(service: Service, folder: Path, body: object, path: str = "/v1/prices", **more: object) -> Order:
    bodies = folder / "bodies"
    bodies.write_text(json.dumps(body), encoding="utf-8")
    headers = {"Content-Type": "application/json", **service.key("insurer")}
    return Order(int(service.url.rsplit(":", 1)[1]), path, headers, str(bodies), 4, 20, most=24, **more)  # type: ignore[arg-type]


def test_every_answer_is_counted_with_how_long_it_took(service: Service, tmp_path: Path) -> None:
    result = load(order(service, tmp_path, REQUEST))
    size = len(service.post("/v1/prices", REQUEST).content)
    assert (result.answered, result.refused, result.broken, len(result.waited_ms)) == (24, 0, 0, 24)
    assert 0 < result.percentile(0.5) <= result.percentile(0.99) < 20_000
    assert result.bytes > 24 * size


def test_by_the_clock_it_sends_no_faster_than_asked(service: Service, tmp_path: Path) -> None:
    result = load(order(service, tmp_path, REQUEST, rate=20.0))
    assert result.answered == 24
    assert result.seconds > 23 / 20


def test_refusals_are_not_answers(service: Service, tmp_path: Path) -> None:
    result = load(order(service, tmp_path, {"month": "2025-08"}))
    assert (result.answered, result.refused) == (0, 24)
    assert "422" in result.first_refusal


def test_a_long_body_and_an_answer_in_pieces_are_whole(service: Service, tmp_path: Path) -> None:
    many = [{**REQUEST, "worker": f"w_{place:08d}"} for place in range(1_500)]
    result = load(replace(order(service, tmp_path, many), most=2, connections=1, seconds=100))
    assert (result.answered, result.refused) == (2, 0)
    assert result.bytes > 2 * 1_500 * 1_000


def test_places_of_what_was_stored_can_be_asked_for(service: Service, tmp_path: Path) -> None:
    result = load(order(service, tmp_path, REQUEST, "/v1/quotes", keep=True))
    assert len(set(result.places)) == 24
    assert all(service.get(place).status_code == 200 for place in result.places)
