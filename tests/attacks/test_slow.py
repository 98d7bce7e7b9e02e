"""Callers that are slow on purpose: none of them keeps another from being served, and none is waited for for ever."""

import json
import socket
import time
from collections.abc import Iterable, Iterator

import pytest

from tests.attacks.raw import RIDER, Heard, answers_still, head, hear, opened, sends_until_closed
from tests.service.serving import Service, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with served(environ={"LICHENG_BODY_SECONDS": "2", "LICHENG_ADDRESS_PER_MINUTE": "100000"}) as found:
        yield found


@pytest.fixture
def patient() -> Iterator[Service]:
    """A service that gives a whole body a minute, and one that comes slowly three seconds."""
    bounds = {"BODY_SECONDS": "60", "LEAST_RATE": "1000", "SLOW_SECONDS": "3", "UPLOADS_OF_KEY": "1"}
    with served(environ={f"LICHENG_{name}": value for name, value in bounds.items()}) as found:
        yield found


def slowly(pieces: Iterable[bytes], seconds: float = 0.01) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(seconds)


def seconds_until_closed(connection: socket.socket, most: float) -> float:
    started = time.monotonic()
    connection.settimeout(most)
    assert hear(connection).closed
    return time.monotonic() - started


def test_a_connection_that_says_nothing_is_closed(service: Service) -> None:
    with opened(service) as connection:
        assert 8 < seconds_until_closed(connection, 20) < 16


def test_a_head_that_comes_in_drops_is_not_waited_for(service: Service) -> None:
    with opened(service, 1) as connection:
        started = time.monotonic()
        connection.sendall(b"GET /status/live HTTP/1.1\r\nHost: x\r\n")
        sends_until_closed(connection, slowly((b"X-%d: a\r\n" % number for number in range(40)), 0.5))
        assert 8 < time.monotonic() - started < 16
    assert answers_still(service)


def test_a_body_that_comes_in_drops_is_answered_408(service: Service) -> None:
    with opened(service, 6) as connection:
        connection.sendall(head(service, b"Content-Length: %d" % len(RIDER)))
        for number in range(3):
            connection.sendall(RIDER[number : number + 1])
            time.sleep(0.5)
        heard = hear(connection)
    assert heard.last == (408, True)
    assert b'"body_too_slow"' in heard.bytes
    assert answers_still(service)


def upload(service: Service, *lines: bytes) -> bytes:
    """The head of an upload of the only key that sends any here."""
    key = service.key("platform")["Authorization"].encode()
    first = (b"POST /v1/levies?month=2025-08 HTTP/1.1", b"Host: x", b"Authorization: " + key)
    return b"\r\n".join((*first, b"Content-Type: text/csv", *lines)) + b"\r\n\r\n"


def dripped(connection: socket.socket, begun: bytes) -> tuple[Heard, float]:
    """What comes back to a body that goes on by a byte now and then, and after how many seconds."""
    started = time.monotonic()
    connection.sendall(begun)
    connection.settimeout(0.2)
    heard = Heard(b"", closed=False)
    while not heard.bytes and time.monotonic() - started < 15:
        connection.sendall(b"1")
        heard = hear(connection)
    return heard, time.monotonic() - started


def test_a_body_that_drips_is_answered_408_long_before_its_time_is_over(patient: Service) -> None:
    with opened(patient) as connection:
        heard, seconds = dripped(connection, head(patient, b"Content-Length: 2000"))
    assert heard.last == (408, True)
    assert b'"body_below_rate"' in heard.bytes
    assert 2.5 < seconds < 8


@pytest.mark.parametrize("first", [0, 400_000], ids=["from the beginning", "after it came fast"])
def test_an_upload_that_drips_gives_back_its_place(patient: Service, first: int) -> None:
    service = patient
    begun = upload(service, b"Content-Length: 900000") + b"x" * first
    with opened(service) as connection:
        heard, seconds = dripped(connection, begun)
        assert heard.last == (408, True)
        problem = json.loads(heard.bytes.partition(b"\r\n\r\n")[2])
        assert (problem["status"], problem["code"]) == (408, "body_below_rate")
        assert [name for name in ("message", "message_zh") if "1,000" not in problem[name]] == []
        assert 2.5 < seconds < 8
    assert list((service.home / "levies").iterdir()) == []
    headers = {**service.key("platform"), "Content-Type": "text/csv"}
    taken = service.http.post("/v1/levies?month=2025-08", content=b"worker,month", headers=headers)
    assert taken.status_code == 202, taken.text


def test_an_upload_that_pauses_and_goes_on_is_taken(patient: Service) -> None:
    pieces = [b"worker,month\n", *[b"w_rider_01,2025-08\n" * 150] * 4]
    with opened(patient, 5) as connection:
        connection.sendall(upload(patient, b"Content-Length: %d" % sum(map(len, pieces))))
        sends_until_closed(connection, slowly(pieces, 1.5))
        assert hear(connection).statuses == [202]


def test_a_head_without_end_is_cut_off(service: Service) -> None:
    with opened(service, 5) as connection:
        connection.sendall(b"GET /status/live HTTP/1.1\r\nHost: x\r\nX-Note: ")
        assert sends_until_closed(connection, slowly([b"a" * 65_536] * 800)) < 800 * 65_536
    assert answers_still(service)


def test_chunks_that_are_all_frame_are_cut_off(service: Service) -> None:
    with opened(service, 5) as connection:
        connection.sendall(head(service, b"Transfer-Encoding: chunked"))
        pieces = [b"1;" + b"x" * 60_000 + b"\r\n \r\n"] * 800
        assert sends_until_closed(connection, slowly(pieces)) < 800 * 60_000
    assert answers_still(service)


def test_a_caller_who_stops_in_the_middle_is_forgotten(service: Service) -> None:
    for _ in range(20):
        with opened(service) as connection:
            connection.sendall(head(service, b"Content-Length: 500") + b"{")
    assert answers_still(service)


def test_a_caller_who_does_not_read_does_not_hold_up_others(service: Service) -> None:
    many = (head(service, b"Content-Length: %d" % len(RIDER)) + RIDER) * 200
    with opened(service, 2) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        with pytest.raises(TimeoutError):
            sends_until_closed(connection, [many] * 100)
        started = time.monotonic()
        assert answers_still(service)
        assert time.monotonic() - started < 5
