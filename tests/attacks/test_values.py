"""Bodies of very many tiny values: refused before they are read, for they would take thirty times their size."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pricing.usage import COLUMNS
from service.conventions.bodies import BYTES_OF_VALUE
from tests.attacks.raw import RIDER
from tests.service.serving import Service, served


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served() as found:
        yield found


def peak(service: Service) -> int:
    """The most memory that the service has had. [bytes]"""
    assert service.process is not None
    lines = Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def posted(service: Service, body: bytes, kind: str, path: str = "/v1/prices") -> tuple[int, str]:
    headers = {**service.key("insurer"), "Content-Type": kind}
    answer = service.http.post(path, content=body, headers=headers)
    said = answer.json()
    return answer.status_code, said.get("code", "") if isinstance(said, dict) else ""


SIZE = 19_900_000  # bytes, of 20 million that are taken
BODIES = {
    "empty lists": (b"[[]" + b",[]" * (SIZE // 3 - 2) + b"]", "application/json"),
    "objects in objects": (b'[{"a":{}}' + b',{"a":{}}' * (SIZE // 9 - 2) + b"]", "application/json"),
    "numbers": (b"[1.5" + b",1.5" * (SIZE // 4 - 2) + b"]", "application/json"),
    "one key again and again": (b'{"a":1' + b',"a":1' * (SIZE // 6 - 2) + b"}", "application/json"),
    "one line of empty lists": (b"[[]" + b",[]" * (SIZE // 3 - 2) + b"]", "application/x-ndjson"),
    "cells": (b"month\n" + b"," * SIZE, "text/csv"),
}


@pytest.mark.parametrize("name", BODIES)
def test_very_many_tiny_values_are_refused_before_they_are_read(service: Service, name: str) -> None:
    body, kind = BODIES[name]
    path = "/v1/declarations" if kind == "text/csv" else "/v1/prices"
    before = peak(service)
    assert posted(service, body, kind, path) == (413, "too_many_values")
    assert peak(service) - before < 5 * len(body)  # read, they took up to thirty times as much


def test_an_honest_batch_with_every_column_is_far_from_the_bound(service: Service) -> None:
    row = {column.name: column.example for column in COLUMNS if column.name not in ("month", "worker")}
    batch = [{"month": "2025-08", "worker": "w_4KQ7ZB2M", "worksheet": False, "usage": [row] * 3}] * 40
    body = json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode()
    assert posted(service, body, "application/json") == (200, "")
    values = sum(map(body.count, (b",", b"[", b"{")))
    assert values / len(batch) * 10_000 < 20_000_000 / BYTES_OF_VALUE * 0.8


def test_a_single_request_has_a_bound_of_its_own(service: Service) -> None:
    tiny = RIDER.rstrip()[:-1] + b', "x_a": [' + b"1," * (2_000_000 // BYTES_OF_VALUE) + b"1]}"
    assert posted(service, tiny, "application/json", "/v1/quotes") == (413, "too_many_values")
