"""Bytes to a served process over a plain socket, and what comes back."""

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.service.serving import Service

RIDER = (Path(__file__).resolve().parents[2] / "service/examples/rider.json").read_bytes()
LIVE = b"GET /status/live HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(frozen=True)
class Heard:
    """What came back. closed: whether the service ended the connection."""

    bytes: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """Of every answer."""
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", self.bytes)]

    @property
    def last(self) -> tuple[int | None, bool]:
        """Status of the last answer, and whether the connection was closed after it."""
        return (self.statuses[-1] if self.statuses else None), self.closed


def opened(service: Service, wait_s: float = 3) -> socket.socket:
    """A connection."""
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=wait_s)


def head(service: Service, *lines: bytes, path: bytes = b"/v1/prices") -> bytes:
    """The head of a POST with a good key."""
    key = service.key("insurer")["Authorization"].encode()
    first = (b"POST " + path + b" HTTP/1.1", b"Host: x", b"Authorization: " + key, b"Content-Type: application/json")
    return b"\r\n".join((*first, *lines)) + b"\r\n\r\n"


def hear(connection: socket.socket) -> Heard:
    """Everything that comes until the service closes, or says nothing for the connection's time."""
    found = b""
    while True:
        try:
            piece = connection.recv(1 << 16)
        except TimeoutError:
            return Heard(found, closed=False)
        except ConnectionResetError:
            return Heard(found, closed=True)
        if not piece:
            return Heard(found, closed=True)
        found += piece


def said(service: Service, sent: bytes, wait_s: float = 1) -> Heard:
    """What comes back to bytes."""
    with opened(service, wait_s) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # closed while more was sent: the answer can be read
            connection.sendall(sent)
        return hear(connection)


def sends_until_closed(connection: socket.socket, pieces: Iterable[bytes]) -> int:
    """Bytes that could be sent, piece by piece, until the service closed; all of them where it never did."""
    sent = 0
    with suppress(BrokenPipeError, ConnectionResetError):
        for piece in pieces:
            connection.sendall(piece)
            sent += len(piece)
    return sent


def answers_still(service: Service) -> bool:
    """Whether another caller is served."""
    with opened(service, 10) as connection:
        connection.sendall(head(service, b"Connection: close", b"Content-Length: %d" % len(RIDER)) + RIDER)
        return hear(connection).last == (200, True)
