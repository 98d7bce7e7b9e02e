"""`Idempotency-Key` after the IETF draft: a request that is sent twice does its work once.

    async with idempotent(request, caller) as attempt:
        if replayed := attempt.replayed(body):
            return replayed
        ...
        def work(connection):                      # one transaction: the thing and its answer, or neither
            append(connection, act)
            attempt.finish(connection, answer)
        await asyncio.wrap_future(running(request).writer.submit(work))

The name is claimed in a transaction of its own before the work; a second request meanwhile gets 409. A request that
fails (a problem, a lost connection) made nothing and gives the claim up, so that it may be sent again, mended or not.
Answers are kept for 7 days; a claim whose process died is free after 5 minutes, for the living ones beat each minute.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from fastapi import Request, Response

from service.auth.keyring import Keyring
from service.conventions.bodies import media_type
from service.conventions.caller import Caller
from service.conventions.problems import Problem
from service.ids import new_id
from service.running import running
from service.store import idempotency
from service.store.database import Connection
from service.store.idempotency import Kept, Name
from service.store.unavailable import StoreNotAvailable
from service.store.writer import Writer

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
RETRY_AFTER_S = 1
# A string of RFC 9651, or a token: printable, without space, quotation mark, comma, semicolon and backslash.
PATTERN = r'^(?:"((?:[ !#-\[\]-~]|\\["\\])+)"|[!#-+\--:<-\[\]-~]+)$'
_KEY = re.compile(PATTERN)
_MOST = 255
LONGEST = 2 * _MOST + 2  # as it is sent: all of it escaped, between quotation marks


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be given again: nothing in it belongs to one sending. subject: id of what it speaks of."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    subject: str | None = None
    media_type: str = "application/json"

    def response(self) -> Response:
        """As it is sent."""
        return Response(self.body, self.status, dict(self.headers), self.media_type)


class Attempt:
    """One sending of a request; without a key nothing is claimed, kept or given again."""

    def __init__(self, keyring: Keyring, sent: str, name: Name | None, found: Kept | None) -> None:
        self._keyring, self._sent, self._name, self._found = keyring, sent, name, found
        self._fingerprint, self.finished = "", found is not None

    def replayed(self, body: bytes) -> Response | None:
        """The answer of the first sending; None: this is the first. Problem 422 where the first was another request.

        body: its bytes, or of an upload the digest of what came in; to be called once, when it is known.
        """
        if self._name is None:
            return None
        self._fingerprint = self._keyring.sign(f"request {self._sent} {hashlib.sha256(body).hexdigest()}")
        if self._found is None:
            return None
        if self._found.fingerprint != self._fingerprint:
            raise Problem(422, "idempotency_key_reused", HEADER, pointer="")
        if self._found.body is None:
            raise Problem(410, "quote_erased", HEADER, pointer="")
        facts = json.loads(self._found.headers)
        return Response(
            self._keyring.open(self._found.body, self._place(self._name)),
            self._found.status,
            {**facts, REPLAYED: "true"},
        )

    def finish(self, connection: Connection, answer: Answer) -> None:
        """Keep the answer, sealed, in the transaction of what it answers for."""
        if self._name is None:
            return
        assert self._fingerprint, "replayed() comes first"
        headers = json.dumps({"Content-Type": answer.media_type, **answer.headers})
        body = self._keyring.seal(answer.body, self._place(self._name))
        kept = Kept(self._fingerprint, answer.status, headers, body, answer.subject)
        if not idempotency.finish(connection, self._name, kept):
            raise claimed_elsewhere()
        self.finished = True

    @staticmethod
    def _place(name: Name) -> str:
        return f"idempotency/{name.key_id}/{name.idempotency_key}"


@asynccontextmanager
async def idempotent(request: Request, caller: Caller) -> AsyncIterator[Attempt]:
    """An attempt at a request; Problem 400 where the key is malformed, 409 while another sending is in flight."""
    held = running(request)
    # The media type without its parameters: a form has another boundary each time that it is sent.
    sent = f"{request.method} {request.url.path}?{request.url.query} {media_type(request)}"
    given = key_of(request)
    if given is None:
        yield Attempt(held.keyring, sent, None, None)
        return
    name = Name(caller.key_id, given, new_id(""))
    try:
        found = await asyncio.wrap_future(held.writer.submit(partial(_claimed, name=name, route=sent[:200])))
        attempt = Attempt(held.keyring, sent, name, found)
        beating = asyncio.create_task(_beat(held.writer, name))
        try:
            yield attempt
        finally:
            beating.cancel()
    except BaseException:
        _give_up(held.writer, name, _until())
        raise
    if not attempt.finished:
        _give_up(held.writer, name, _until())


def _until() -> float:
    """When a claim is free without having been given up, on the clock of the loop."""
    return asyncio.get_running_loop().time() + idempotency.DEAD.total_seconds()


def _give_up(writer: Writer, name: Name, until: float) -> None:
    """Give a claim up, now, and where the store does not answer once it is back: who sends again then may."""
    loop = asyncio.get_running_loop()

    def done(given_up: Future[None]) -> None:  # in the writer's thread
        if isinstance(given_up.exception(), StoreNotAvailable) and loop.time() < until:
            with suppress(RuntimeError):  # the service has stopped
                loop.call_soon_threadsafe(loop.call_later, RETRY_AFTER_S, _give_up, writer, name, until)

    writer.submit(partial(idempotency.release, name=name)).add_done_callback(done)


async def _beat(writer: Writer, name: Name) -> None:
    while True:
        await asyncio.sleep(idempotency.BEAT_S)
        writer.submit(partial(idempotency.beat, name=name))


def claimed_elsewhere() -> Problem:
    """Problem 409: another sending of the request is being worked on, or has taken this one over."""
    return Problem(409, "idempotency_in_flight", HEADER, pointer="", headers={"Retry-After": str(RETRY_AFTER_S)})


def key_of(request: Request) -> str | None:
    """The key that a request carries: a structured-field string or a plain token, 1 to 255 printable characters."""
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    found = _KEY.fullmatch(given[0])
    text = re.sub(r"\\(.)", r"\1", found[1]) if found and found[1] else given[0]
    if len(given) > 1 or not found or len(text) > _MOST:
        raise Problem(400, "idempotency_key_malformed", HEADER, pointer="", most=_MOST)
    return text


def _claimed(connection: Connection, name: Name, route: str) -> Kept | None:
    """What was answered to the name; None: it is claimed now."""
    found = idempotency.claim(connection, name, route)
    if found is False:
        raise claimed_elsewhere()
    return found if isinstance(found, Kept) else None
