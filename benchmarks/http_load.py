"""The load: a process of its own that speaks HTTP/1.1 over plain sockets, one request at a time on each connection.

Asked at full speed (`rate` 0) every connection sends the next request when the last is answered. Asked for a rate it
sends by the clock and counts each answer from when the request was due, so that a slow answer makes nobody wait
uncounted. The order stands as JSON on the standard input, the result as JSON on the standard output.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
_HELD = 4_096  # bytes of a long answer
_SLACK_S = 10.0  # beyond the time asked for, until every answer is in


@dataclass(frozen=True, slots=True)
class Order:
    """What to send. bodies: a file with one body a line, sent in turn; rate: requests a second, 0: full speed."""

    port: int
    path: str
    headers: Mapping[str, str]
    bodies: str
    connections: int
    seconds: float
    rate: float = 0.0
    most: int = 0  # requests, 0: as many as the time allows
    keep: bool = False  # the `Location` of every answer


@dataclass(slots=True)
class Result:
    """What came of it. seconds: from the first request to the last answer; waited_ms: of each answer, ascending."""

    answered: int = 0
    refused: int = 0
    seconds: float = 0.0
    bytes: int = 0
    waited_ms: list[float] = field(default_factory=list)
    broken: int = 0  # connections that ended before the answer
    first_refusal: str = ""
    places: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    def percentile(self, share: float) -> float:
        """How long all but so many waited. [ms]"""
        return self.waited_ms[min(len(self.waited_ms) - 1, int(share * len(self.waited_ms)))]


def load(order: Order) -> Result:
    """Have another process send it, so that the two do not share an interpreter."""
    command = [sys.executable, "-m", "benchmarks.http_load"]
    done = subprocess.run(command, input=json.dumps(asdict(order)), capture_output=True, text=True, check=True)
    return Result(**json.loads(done.stdout))


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.got = bytearray()
        self.rest = b""
        self.ends = 0  # bytes of the whole answer, 0: its head is not here yet, -1: it says itself where it ends
        self.count = 0  # bytes that came
        self.since = 0.0

    def send(self, request: bytes, since: float) -> None:
        self.got.clear()
        self.ends, self.count, self.since, self.rest = 0, 0, since, request
        self.push()

    def push(self) -> None:
        """What the kernel takes now; a body larger than its buffer needs several turns."""
        try:
            while self.rest:
                self.rest = self.rest[self.socket.send(self.rest) :]
        except BlockingIOError:
            pass

    def received(self) -> bool:
        """Whether the answer is whole; ConnectionError where the other side ended it."""
        part = self.socket.recv(1 << 20)
        if not part:
            raise ConnectionResetError
        self.got += part
        self.count += len(part)
        if not self.ends and not self._headed():
            return False
        if self.ends > 0:
            return self.count >= self.ends
        done = self.got.endswith(_LAST_CHUNK)
        del self.got[_HELD : -len(_LAST_CHUNK)]  # of a long answer the beginning and the end are enough
        return done

    def _headed(self) -> bool:
        """Whether the head is here; then it is known where the answer ends."""
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            return False
        length = _LENGTH.search(self.got, 0, head + 2)
        if length is None:
            assert _CHUNKED.search(self.got, 0, head + 2), bytes(self.got[:head])
        self.ends = -1 if length is None else head + 4 + int(length[1])
        return True


class _Sender:
    def __init__(self, order: Order) -> None:
        bodies = Path(order.bodies).read_bytes().splitlines()
        self.order, self.result, self.sent = order, Result(), 0
        self.requests = [_request(order, body) for body in bodies]
        self.selector = selectors.DefaultSelector()
        self.idle = deque(_Connection(order.port) for _ in range(order.connections))
        for one in self.idle:
            self.selector.register(one.socket, selectors.EVENT_READ, one)

    def run(self) -> Result:
        begin = time.perf_counter()
        end, last = begin + self.order.seconds, begin
        while True:
            now = time.perf_counter()
            self._send_due(begin, end, now)
            busy = self.order.connections - len(self.idle) - self.result.broken
            if not busy and (now >= end or self._enough() or self.result.broken == self.order.connections):
                break
            if now > end + _SLACK_S:
                raise TimeoutError(f"{busy} answers missing")
            for key, events in self.selector.select(self._patience(busy)):
                if events & selectors.EVENT_WRITE:
                    self._push(key.data)
                if events & selectors.EVENT_READ:
                    last = self._take(key.data) or last
        self.result.seconds = last - begin
        self.result.waited_ms.sort()
        return self.result

    def _patience(self, busy: int) -> float:
        """By the clock it never sleeps, because a timer is late; at full speed it waits for answers."""
        return 0.0 if self.order.rate else (0.05 if busy else 0.0)

    def _enough(self) -> bool:
        return bool(self.order.most) and self.sent >= self.order.most

    def _send_due(self, begin: float, end: float, now: float) -> None:
        rate = self.order.rate
        while self.idle and not self._enough():
            due = begin + self.sent / rate if rate else now
            if due > now or due >= end:
                break
            one = self.idle.popleft()
            one.send(self.requests[self.sent % len(self.requests)], due)
            self.sent += 1
            if one.rest:
                self.selector.modify(one.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, one)

    def _push(self, one: _Connection) -> None:
        """More of a long body; when all is out, only the answer is waited for."""
        one.push()
        if not one.rest:
            self.selector.modify(one.socket, selectors.EVENT_READ, one)

    def _take(self, one: _Connection) -> float:
        """Time of an answer that is whole, else 0."""
        try:
            whole = one.received()
        except BlockingIOError:
            return 0.0
        except ConnectionError:
            self.selector.unregister(one.socket)
            self.result.broken += 1
            return 0.0
        if not whole:
            return 0.0
        now = time.perf_counter()
        self._count(one, now)
        self.idle.append(one)
        return now

    def _count(self, one: _Connection, now: float) -> None:
        good = one.got[9:10] == b"2"
        self.result.answered += good
        self.result.refused += not good
        self.result.bytes += one.count
        self.result.waited_ms.append((now - one.since) * 1000)
        if not good and not self.result.first_refusal:
            self.result.first_refusal = one.got[:600].decode("utf-8", "replace")
        if good and self.order.keep:
            place = _LOCATION.search(one.got)
            assert place is not None, "an answer without a place"
            self.result.places.append(place[1].decode())


def _request(order: Order, body: bytes) -> bytes:
    head = [f"POST {order.path} HTTP/1.1", f"Host: 127.0.0.1:{order.port}", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in order.headers.items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def _arguments(raw: Mapping[str, object]) -> Order:
    return Order(**raw)  # type: ignore[arg-type]


def main(arguments: Sequence[str] = ()) -> None:
    """Read the order, send it, write the result."""
    result = _Sender(_arguments(json.load(sys.stdin))).run()
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
