"""A thousand connections at once, while another caller is served."""

import resource
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.attacks.raw import LIVE, RIDER, head, hear, opened
from tests.service.serving import Service, served

pytestmark = pytest.mark.slow
MANY = 1_000


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4_096)), hard))
    with served(environ={"LICHENG_ADDRESS_PER_MINUTE": "100000"}) as found:
        yield found


def test_a_thousand_open_connections_leave_room_for_another(service: Service) -> None:
    held = [opened(service, 20) for _ in range(MANY)]
    try:
        started = time.monotonic()
        with opened(service, 10) as other:
            other.sendall(head(service, b"Connection: close", b"Content-Length: %d" % len(RIDER)) + RIDER)
            assert hear(other).last == (200, True)
        assert time.monotonic() - started < 5
        for connection in held:
            connection.sendall(LIVE)
        assert statuses(held) == {200: MANY}
    finally:
        for connection in held:
            connection.close()


def test_a_thousand_requests_at_once_are_all_answered(service: Service) -> None:
    asked = head(service, b"Connection: close", b"Content-Length: %d" % len(RIDER)) + RIDER
    held = [opened(service, 60) for _ in range(MANY)]
    try:
        for connection in held:
            connection.sendall(asked)
        assert statuses(held) == {200: MANY}
    finally:
        for connection in held:
            connection.close()


def statuses(connections: list[socket.socket], most_s: float = 60) -> Counter[int]:
    """Statuses of the first answer on each connection."""
    found: Counter[int] = Counter()
    waiting = selectors.DefaultSelector()
    for connection in connections:
        waiting.register(connection, selectors.EVENT_READ)
    end = time.monotonic() + most_s
    while waiting.get_map() and time.monotonic() < end:
        for key, _ in waiting.select(1):
            taken = key.fileobj
            assert isinstance(taken, socket.socket)
            found[int(taken.recv(1 << 16)[9:12] or b"0")] += 1
            waiting.unregister(taken)
    return found
