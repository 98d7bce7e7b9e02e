"""Bodies in flight: bytes of all requests at once, uploads of one key at once."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from service.conventions.in_flight import Bytes
from service.conventions.problems import Problem
from tests.attacks.raw import RIDER, opened
from tests.service.queued_months import until
from tests.service.serving import Service, served

JSON, CSV = b"application/json", b"text/csv"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    bounds = {"BODIES_IN_FLIGHT": "100000", "UPLOADS_IN_FLIGHT": "500000", "UPLOADS_OF_KEY": "2"}
    with served(environ={f"LICHENG_{name}": value for name, value in bounds.items()}) as found:
        yield found


def refused(held: Bytes, who: str, more: int, own: int = 0) -> None:
    """Somebody's bytes are told to come back."""
    with pytest.raises(Problem) as raised:
        held.take(who, more, own)
    assert (raised.value.status, raised.value.code) == (503, "too_much_in_flight")
    assert int(raised.value.headers["Retry-After"]) > 0


def test_a_body_that_is_alone_is_taken_whatever_the_bound() -> None:
    held = Bytes(1_000)
    held.take("a", 800, 0)
    held.take("a", 800, 800)
    held.release("a", 1_600)
    assert held.held == 0


def test_beside_others_it_is_told_to_come_back_and_what_was_held_is_let_go() -> None:
    held = Bytes(1_000)
    held.take("a", 600, 0)
    held.take("b", 300, 0)
    refused(held, "b", 200, 300)
    held.release("b", 300)
    held.take("b", 200, 0)
    assert held.held == 800


def test_nobody_holds_more_than_a_quarter_with_several_bodies() -> None:
    held = Bytes(1_000)
    held.take("a", 200, 0)
    refused(held, "a", 100)
    held.take("b", 100, 0)


def test_a_little_is_taken_of_anybody_however_full_it_is() -> None:
    held = Bytes(1_000, small=50)
    held.take("a", 2_000, 0)
    held.take("b", 50, 0)
    refused(held, "b", 1)
    refused(held, "c", 51)


@contextmanager
def begun(
    service: Service, role: str, path: bytes, kind: bytes, body: bytes, declared: int = 900_000, pause: float = 0.5
) -> Iterator[socket.socket]:
    """A request whose body does not end."""
    key = service.key(role)["Authorization"].encode()
    lines = (b"POST " + path + b" HTTP/1.1", b"Host: x", b"Authorization: " + key, b"Content-Type: " + kind)
    with opened(service) as connection:
        connection.sendall(b"\r\n".join((*lines, b"Content-Length: %d" % declared, b"", body)))
        time.sleep(pause)
        yield connection


def test_bodies_in_memory_are_bounded_together(service: Service) -> None:
    large = {**json.loads(RIDER), "lang": " " * 60_000}
    with begun(service, "insurer", b"/v1/prices", JSON, b" " * 60_000):
        told = service.post("/v1/prices", large)
        assert (told.status_code, told.json()["code"]) == (503, "too_much_in_flight")
        assert int(told.headers["retry-after"]) > 0
        other = service.key("insurer", "another")
        assert service.http.post("/v1/prices", json=json.loads(RIDER), headers=other).status_code == 200
    time.sleep(0.5)  # the caller has gone, and what it had sent with it
    assert service.post("/v1/prices", large).status_code == 422


def test_forms_without_a_key_leave_the_room_of_keys_alone(service: Service) -> None:
    form = b"application/x-www-form-urlencoded"
    with ExitStack() as several:
        for _ in range(12):
            several.enter_context(begun(service, "insurer", b"/", form, b"x" * 60_000, declared=63_000, pause=0.05))
        large = {**json.loads(RIDER), "lang": " " * 60_000}
        assert service.post("/v1/prices", large).status_code == 422


def test_so_are_uploads_by_a_bound_of_their_own(service: Service) -> None:
    headers = {**service.key("platform", "didi"), "Content-Type": "text/csv"}
    month = "/v1/levies?month=2025-08"
    with begun(service, "platform", month.encode(), CSV, b"x" * 300_000):
        told = service.http.post(month, content=b"y" * 300_000, headers=headers)
        assert (told.status_code, told.json()["code"]) == (503, "too_much_in_flight")
        assert service.http.post(month, content=b"worker,month", headers=headers).status_code == 202
        assert service.post("/v1/prices", json.loads(RIDER)).status_code == 200


def test_a_key_sends_so_many_uploads_at_once(service: Service) -> None:
    month = b"/v1/levies?month=2025-08"
    headers = {**service.key("platform"), "Content-Type": "text/csv"}
    other = {**service.key("platform", "didi"), "Content-Type": "text/csv"}

    def told(status: int, sender: dict[str, str]) -> httpx.Response | None:
        """The answer to one more upload, once it is this: who came or went is noticed a moment later."""
        answer = service.http.post(month.decode(), content=b"worker,month", headers=sender)
        return answer if answer.status_code == status else None

    with begun(service, "platform", month, CSV, b"x"):
        assert until(lambda: told(202, headers))
        with begun(service, "platform", month, CSV, b"x"):
            refused = until(lambda: told(429, headers))
            assert refused.json()["code"] == "too_many_uploads"
            assert int(refused.headers["retry-after"]) > 0
            assert told(202, other)
