"""Connections that are not kept open for nothing: limits on a head that never ends, a body nobody reads, a reader who
sleeps.

uvicorn has no limit on the size of a head and none on the time it takes; both are attacks that cost nothing to make.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.conventions.problems import MEDIA_TYPE, Problem, problem_body
from service.json_text import json_bytes

MOST_HEAD = 65_536  # bytes; the service itself refuses more than a quarter of it with a problem
HEAD_SECONDS = 10.0  # for the head of a request, from the first byte, or from when the connection was made
READER_SECONDS = 60.0  # for a caller that does not read its answer
LINGER_SECONDS = 2.0  # in which what is still sent after an early answer is thrown away
_SLACK = 65_536  # bytes around the pieces of a body beside eight for each byte of it
_REASONS = {400: "Bad Request", 431: "Request Header Fields Too Large"}


class Guarded(HttpToolsProtocol):
    """uvicorn's protocol with these limits."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head, self._sent, self._delivered = 0, 0, 0
        self._in_head, self._in_message, self._lingers, self._ends = True, False, False, False
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A caller is there; its first head is waited for."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller is gone."""
        for timer in (self._head_timer, self._reader_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._lingers:
            return
        counted = self._in_head
        if counted:
            self._head += len(data)
        else:
            self._sent += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if counted and self._in_head and self._head > MOST_HEAD:
            self._refuse(Problem(431, "head_too_large", most=MOST_HEAD))
        elif self._sent > 8 * self._delivered + _SLACK:
            self.transport.abort()
        elif self._in_head and self._idle and self._head_timer is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_message = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes after the body is none."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._sent = self._delivered = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._delivered += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_head, self._in_message, self._head = True, False, 0
        self._sent = self._delivered = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is sent. Where it came before the body was whole, the rest is not waited for."""
        if self._ends:
            self.pipeline.clear()  # what was asked after an answer that said it is the last
        super().on_response_complete()
        if self._ends:
            self._linger()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        super()._start_asgi_task(cycle, partial(self._run, cycle, app))

    async def _run(self, cycle: Any, app: Any, scope: Any, receive: Any, send: Any) -> None:
        """Run a request; one whose body is not whole yet may be answered before it is."""
        await app(scope, receive, partial(self._answer, cycle) if self._early else send)

    async def _answer(self, cycle: Any, message: Any) -> None:
        """Say of an early answer that it is the last, so that the caller asks nothing more on this connection."""
        if message["type"] != "http.response.start" or not self._early:
            await cycle.send(message)
            return
        self._ends, cycle.keep_alive = True, False
        await cycle.send(message)
        cycle.keep_alive = True  # else it is closed at once, and what is still sent would destroy the answer

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP, or HTTP that two readers could read in two ways."""
        self._refuse(Problem(400, "request_malformed"))

    def pause_writing(self) -> None:
        """The caller does not read."""
        super().pause_writing()
        self._reader_timer = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The caller reads on."""
        super().resume_writing()
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    @property
    def _early(self) -> bool:
        """Whether a body is on its way."""
        return self._in_message and not self._in_head and not self.pipeline

    @property
    def _idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, problem: Problem) -> None:
        """Answer without the application, for there is no request to hand to it."""
        body = json_bytes(problem_body(problem, secrets.token_hex(10)))
        head = (
            f"HTTP/1.1 {problem.status} {_REASONS[problem.status]}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        broken = self._in_message and not self._in_head and not self.pipeline and not self._idle
        if broken and not self.cycle.response_started:  # by its own body: who answers it need not go on
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif not self._idle:  # answers to earlier requests are on their way; they are the last
            last = self.pipeline[0][0] if self.pipeline else self.cycle
            last.keep_alive, self._lingers = False, True
            return
        self.transport.write(head.encode() + body)
        self._linger()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _linger(self) -> None:
        """Say that nothing more comes, read what does for a while so that the answer arrives, then close."""
        self._lingers = True
        self._unset_keepalive_if_required()
        if not self.transport.is_closing():
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
