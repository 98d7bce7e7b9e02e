"""`/v1/quotes`: prices that are stored, shown again with the same bytes, listed, and computed again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from pricing.coding import WORKER
from pricing.errors import InputError
from pricing.words import as_json
from service.auth.keyring import Keyring
from service.clock import now
from service.conventions.asked import quote_request
from service.conventions.bodies import JSON, beside, body_of, check_media_type, parsed
from service.conventions.caller import Caller, caller_of
from service.conventions.idempotency import Answer, idempotent
from service.conventions.languages import language_of
from service.conventions.noted import note_read, request_id_of
from service.conventions.paging import page_of, page_response
from service.conventions.permits import listed_of, permit, seen
from service.conventions.problems import Problem
from service.conventions.quota import quota_of
from service.conventions.replies import release_marks
from service.ids import is_id, new_id
from service.json_text import json_bytes, written
from service.prices.stored_quote import answer_hash, document, is_valid, lang_of, pinned, reproduced
from service.running import running
from service.store import quotes
from service.store.audit import Act, append
from service.store.database import Connection, reading
from service.store.quotes import PREFIX, Quote, sealed_for

router = APIRouter(prefix="/v1", tags=["quotes"])
VALIDITY = "Licheng-Quote"
_STATES = {True: "valid", False: "expired"}


@router.post("/quotes", status_code=201)
async def post_quote(request: Request) -> Response:
    """Price one worker's month as `POST /v1/prices` does, and store request and answer; 201 once it is on the disk.

    A worker that is no pseudonym is refused: what is stored of it could neither be exported nor erased.
    """
    caller = await caller_of(request)
    permit(caller, "quotes.create")
    check_media_type(request, JSON)
    body = await body_of(request)
    async with idempotent(request, caller) as attempt:
        if replayed := attempt.replayed(body):
            return replayed
        raw = await beside(body, partial(parsed, request, body))
        if isinstance(raw, list):
            raise Problem(422, "one_quote", "request")
        held, quota = running(request), quota_of(request)
        at, in_force, lang = now(), held.tariffs.now(), language_of(request, raw)
        asked = await beside(body, partial(quote_request, caller, raw, in_force.tariff, at.date(), lang))
        _check_worker(raw["worker"])
        answer = await held.priced(asked, in_force.tariff, caller.tenant)
        said, text = document(new_id(PREFIX), at, held.serving.quote_days, in_force, answer), json_bytes(answer)
        made = _Made(raw, lang, said, json_bytes({**said, "answer": written(text)}), answer_hash(text))

        def stored(connection: Connection) -> Quote:
            quota.check(connection, caller.key_id, caller.tenant)
            quote = made.sealed(held.keyring, caller)  # here, so that it is done beside the loop
            attempt.finish(connection, made.sent())  # last, for it writes
            return quote

        await held.filing.put(stored, request_id_of(request))
        quota.count(caller.key_id)
        return made.sent().response()


@router.get("/quotes")
async def list_quotes(request: Request) -> Response:
    """The caller's quotes, the newest first; an auditor's or admin's list holds everybody's."""
    caller = await caller_of(request)
    permit(caller, "quotes.read")
    tenant = listed_of(caller)
    page = page_of(request, caller)

    def look() -> list[dict[str, Any]]:
        with reading(running(request).engine) as connection:
            return list(quotes.listed(connection, tenant, page.after, page.limit + 1))

    found = await to_thread.run_sync(look)
    if page.after is None:
        await note_read(request, caller, "quotes.listed", "quotes")
    items, more = found[: page.limit], len(found) > page.limit
    return page_response(request, page, items, items[-1]["id"] if more else None)


@router.get("/quotes/{quote_id}")
async def get_quote(request: Request, quote_id: str) -> Response:
    """A stored quote: the bytes that were sent when it was made. It can be read after it has expired, and says so."""
    caller = await caller_of(request)
    stored, sent = await _own(request, caller, quote_id)
    await note_read(request, caller, quotes.READ, stored.id)
    spoken = {"Content-Language": lang_of(_kept_request(request, stored))}
    return Response(sent, 200, {**_headers(stored, now()), **spoken}, "application/json")


@router.post("/quotes/{quote_id}/reproduce")
async def reproduce_quote(request: Request, quote_id: str) -> Response:
    """Compute a stored quote again from its request and its release, and say whether the bytes are equal."""
    caller = await caller_of(request)
    body = await body_of(request)
    async with idempotent(request, caller) as attempt:
        if replayed := attempt.replayed(body):
            return replayed
        stored, sent = await _own(request, caller, quote_id)
        held, kept = running(request), _kept_request(request, stored)
        found = await to_thread.run_sync(reproduced, stored, kept, sent, held.tariffs, held.serving.releases)
        answer = Answer(200, json_bytes(found), _named(stored), stored.id)

        def work(connection: Connection) -> None:
            said = {"equal": found["equal"], "reproduced_edition": found["reproduced_edition"]}
            append(connection, Act(caller.key_id, quotes.REPRODUCED, stored.id, said, request_id_of(request)))
            attempt.finish(connection, answer)

        await asyncio.wrap_future(held.writer.submit(work))
        return answer.response()


@dataclass(frozen=True, slots=True)
class _Made:
    """A quote before it is stored. raw: the request; said: what is sent; body: that as bytes."""

    raw: Mapping[str, Any]
    lang: str
    said: Mapping[str, Any]
    body: bytes
    answer_sha256: str

    def sealed(self, keyring: Keyring, caller: Caller) -> Quote:
        """As it is stored."""
        said, answer = self.said, self.said["answer"]
        return Quote(
            id=said["id"],
            key_id=caller.key_id,
            tenant=caller.tenant,
            worker_key=keyring.worker_key(self.raw["worker"]),
            created_at=said["created_at"],
            valid_until=said["valid_until"],
            month=answer["month"],
            known_on=answer["known_on"],
            edition=said["edition"],
            release=said["release"],
            request=keyring.seal(pinned(self.raw, answer, self.lang), sealed_for(caller.tenant, said["id"], "request")),
            answer=keyring.seal(self.body, sealed_for(caller.tenant, said["id"], "answer")),
            answer_sha256=self.answer_sha256,
        )

    def sent(self) -> Answer:
        """As it is sent."""
        place = {"Location": f"/v1/quotes/{self.said['id']}", VALIDITY: _STATES[True], "Content-Language": self.lang}
        headers = {**place, **release_marks(self.said["release"], self.said["edition"])}
        return Answer(201, self.body, headers, self.said["id"])


def _check_worker(sent: Any) -> None:
    """InputError where a worker is none by whose name the quote could be found again."""
    if not (isinstance(sent, str) and WORKER.fullmatch(sent)):
        text = sent if isinstance(sent, str) else as_json(sent)
        raise InputError("worker_not_valid", "worker", value=text[:64])


async def _own(request: Request, caller: Caller, quote_id: str) -> tuple[Quote, bytes]:
    """A quote that the caller may see, and its document; what is another tenant's does not exist: Problem 404."""
    permit(caller, "quotes.read")

    def look() -> Quote | None:
        with reading(running(request).engine) as connection:
            return quotes.find(connection, quote_id)

    found = seen(caller, await to_thread.run_sync(look) if is_id(quote_id, PREFIX) else None, quote_id)
    if found.answer is None or found.request is None:
        raise Problem(410, "quote_erased", pointer="")
    return found, running(request).keyring.open(found.answer, found.place("answer"))


def _kept_request(request: Request, stored: Quote) -> bytes:
    """The request that a quote answers, as it was kept."""
    return running(request).keyring.open(stored.request or b"", stored.place("request"))


def _headers(stored: Quote, at: datetime) -> dict[str, str]:
    return {**_named(stored), VALIDITY: _STATES[is_valid(stored.valid_until, at)]}


def _named(stored: Quote) -> dict[str, str]:
    """Which edition of which release answered."""
    return release_marks(stored.release, stored.edition)
