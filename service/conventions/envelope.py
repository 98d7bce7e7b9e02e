"""The envelope of every request: its id, its limits, and the headers that every answer has."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from service.addresses import KEYED, PROBES
from service.conventions.in_flight import in_flight
from service.conventions.languages import accepted
from service.conventions.limits import (
    Head,
    body_seconds,
    check_body,
    most_body,
    read_head,
    too_large,
)
from service.conventions.pace import Pace
from service.conventions.problems import Problem, bug_of, problem_response
from service.conventions.rates import address, count_address
from service.serving import Serving

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
_COUNTED_BY_KEY = (*PROBES, *KEYED)
_API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Where the route has not set them itself.
_DEFAULTS = (
    (b"vary", b"Accept-Language"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_OF_API = ((b"content-security-policy", _API_POLICY), (b"referrer-policy", b"no-referrer"), *_DEFAULTS)
# A page's form says whose page it was on.
_OF_PAGE = ((b"content-security-policy", _PAGE_POLICY), (b"referrer-policy", b"same-origin"), *_DEFAULTS)


class Envelope:
    """Around the whole application; pure ASGI, so that it costs little and sees every answer."""

    def __init__(self, app: App, serving: Serving) -> None:
        self._app, self._serving = app, serving

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, whatever becomes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state.update(request_id=secrets.token_hex(10), lang=self._serving.lang, rate={})
        answer = _Answer(scope, state, send)
        try:
            await self._answer(scope, state, receive, answer)
        except ClientDisconnect:
            return  # nobody waits for an answer
        except Exception:
            await self._fail(scope, receive, answer)
            raise  # it is logged outside

    async def _answer(self, scope: Message, state: dict[str, Any], receive: Receive, answer: _Answer) -> None:
        request = Request(scope, receive)
        try:
            head = read_head(scope)
            path, most = scope["path"], most_body(scope["path"], self._serving)
            _say_who(head, state, self._serving)
            if not path.startswith(PROBES if b"authorization" not in head else _COUNTED_BY_KEY):
                count_address(request)
            check_body(head, most)
        except Problem as problem:
            await problem_response(problem, request)(scope, receive, answer.send)
            return
        body = _Body(request, most, self._serving)
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self._app(inner, body.receive, answer.send)
        finally:
            body.release()
        if inner is not scope and "route" in inner:
            scope["route"] = inner["route"]

    async def _fail(self, scope: Message, receive: Receive, answer: _Answer) -> None:
        """A bug: nothing of it is told but the request's id. An answer that had begun is broken off by the server."""
        if not answer.begun:
            request = Request(scope, receive)
            await problem_response(bug_of(request), request)(scope, receive, answer.send)


class _Body:
    """A body as it comes, counted, alone and with all that are held at once, and timed: as a whole, and by its rate."""

    __slots__ = ("_count", "_held", "_most", "_pace", "_request", "_who", "_whole")

    def __init__(self, request: Request, most: int, serving: Serving) -> None:
        path = request.scope["path"]
        self._request, self._most = request, most
        self._held, self._who = in_flight(request).of(path), ""
        self._pace = Pace(body_seconds(path, serving), serving)
        self._count, self._whole = 0, False

    async def receive(self) -> Message:
        """The next piece; Problem 408, 413 or 503."""
        if self._whole:
            return await self._request.receive()  # only whether the caller leaves
        message = await self._pace.waited(self._request.receive)
        self._whole = not message.get("more_body", False)
        more = len(message.get("body", b""))
        self._pace.came(more)
        if self._count + more > self._most:
            raise too_large(self._most)
        self._who = self._who or self._request.scope["state"].get("key_id") or address(self._request)
        self._held.take(self._who, more, self._count)
        self._count += more
        return message

    def release(self) -> None:
        """The request is answered: nothing of the body is held any longer."""
        if self._count:
            self._held.release(self._who, self._count)


class _Answer:
    """An answer as it goes out, with the headers that every answer has."""

    __slots__ = ("_head_only", "_send", "_state", "begun")

    def __init__(self, scope: Message, state: dict[str, Any], send: Send) -> None:
        self._head_only, self._state, self._send = scope["method"] == "HEAD", state, send
        self.begun = False

    async def send(self, message: Message) -> None:
        """The next message of the answer."""
        if message["type"] == "http.response.start":
            self.begun, self._state["status"] = True, message["status"]
            message = {**message, "headers": self._headers(list(message.get("headers", ())))}
        elif self._head_only:
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        there, state = dict(headers), self._state
        own = _OF_PAGE if there.get(b"content-type", b"").startswith(b"text/html") else _OF_API
        rate = [(name.lower().encode(), value.encode()) for name, value in state["rate"].items()]
        said = ((b"x-request-id", state["request_id"].encode()), (b"content-language", state["lang"].encode()))
        return headers + [pair for pair in (*own, *said, *rate) if pair[0] not in there]


def _say_who(head: Head, state: dict[str, Any], serving: Serving) -> None:
    """The request's id, where the caller gave a good one, and the language that it would like."""
    given = head.get(b"x-request-id", b"")
    if _REQUEST_ID.fullmatch(given):
        state["request_id"] = given.decode()
    asked = head.get(b"accept-language", b"")
    if asked:
        state["lang"] = accepted(asked.decode("latin-1"), serving.lang)
