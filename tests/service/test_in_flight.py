"""Bodies in flight: bytes of all requests at once, uploads of one key at once."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.conventions.in_flight import Bytes
from service.conventions.problems import Problem
from tests.attacks.raw import RIDER, opened
from tests.service.serving import Service, served

JSON, CSV = b"application/json", b"text/csv"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    bounds = {"BODIES_IN_FLIGHT": "100000", "UPLOADS_IN_FLIGHT": "500000", "UPLOADS_OF_KEY": "2"}
    with served(environ={f"LICHENG_{name}": value for name, value in bounds.items()}) as found:
        yield found


def test_a_body_that_is_alone_is_taken_whatever_the_bound() -> None:
    held = Bytes(1_000)
    held.take(800, 0)
    held.take(800, 800)
    held.release(1_600)
    assert held.held == 0


def test_beside_others_it_is_told_to_come_back_and_what_was_held_is_let_go() -> None:
    held = Bytes(1_000)
    held.take(600, 0)
    held.take(300, 0)
    with pytest.raises(Problem) as refused:
        held.take(200, 300)
    assert (refused.value.status, refused.value.code) == (503, "too_much_in_flight")
    assert int(refused.value.headers["Retry-After"]) > 0
    held.release(300)
    held.take(200, 0)
    assert held.held == 800


@contextmanager
def begun(service: Service, role: str, path: bytes, kind: bytes, body: bytes) -> Iterator[socket.socket]:
    """A request whose body does not end."""
    key = service.key(role)["Authorization"].encode()
    lines = (b"POST " + path + b" HTTP/1.1", b"Host: x", b"Authorization: " + key, b"Content-Type: " + kind)
    with opened(service) as connection:
        connection.sendall(b"\r\n".join((*lines, b"Content-Length: 900000", b"", body)))
        time.sleep(0.5)
        yield connection


def test_bodies_in_memory_are_bounded_together(service: Service) -> None:
    large = {**json.loads(RIDER), "lang": " " * 60_000}
    with begun(service, "insurer", b"/v1/prices", JSON, b" " * 60_000):
        refused = service.post("/v1/prices", large)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_much_in_flight")
        assert int(refused.headers["retry-after"]) > 0
        assert service.post("/v1/prices", json.loads(RIDER)).status_code == 200
    time.sleep(0.5)  # the caller has gone, and what it had sent with it
    assert service.post("/v1/prices", large).status_code == 422


def test_so_are_uploads_by_a_bound_of_their_own(service: Service) -> None:
    headers = {**service.key("platform", "didi"), "Content-Type": "text/csv"}
    month = "/v1/levies?month=2025-08"
    with begun(service, "platform", month.encode(), CSV, b"x" * 300_000):
        refused = service.http.post(month, content=b"y" * 300_000, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_much_in_flight")
        assert service.http.post(month, content=b"worker,month", headers=headers).status_code == 202
        assert service.post("/v1/prices", json.loads(RIDER)).status_code == 200


def test_a_key_sends_so_many_uploads_at_once(service: Service) -> None:
    month = b"/v1/levies?month=2025-08"
    with begun(service, "platform", month, CSV, b"x"):
        headers = {**service.key("platform"), "Content-Type": "text/csv"}
        assert service.http.post(month.decode(), content=b"worker,month", headers=headers).status_code == 202
        with begun(service, "platform", month, CSV, b"x"):
            refused = service.http.post(month.decode(), content=b"worker,month", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_uploads")
            assert int(refused.headers["retry-after"]) > 0
            other = {**service.key("platform", "didi"), "Content-Type": "text/csv"}
            assert service.http.post(month.decode(), content=b"worker,month", headers=other).status_code == 202
