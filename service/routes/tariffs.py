"""`/v1/tariffs`: which release is in force, what it holds for a month, and one table with its history. Open to all."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from service.clock import today
from service.conventions.etags import tag_of, tagged
from service.conventions.problems import Problem
from service.conventions.queries import query_of
from service.conventions.rates import count_address
from service.conventions.replies import JSON, marks
from service.fields import read_date, read_month
from service.json_text import json_bytes
from service.running import running
from service.tariff.answers import answering, has_table, month_answer, overview, table_answer, this_month
from service.tariff.held import InForce
from service.tariff.which import Answering

router = APIRouter(prefix="/v1/tariffs", tags=["tariffs"])
_MOST_KEPT = 64  # answers that are kept ready
_COST = 19  # requests that one which is not ready counts for beside itself: it takes as long, and anybody may ask
_SETTLED = "public, max-age=300"  # of a date that is over: what was known then does not change
_CHECKED = "public, no-cache"  # kept by whoever likes, and asked for again each time

When = tuple[int, dt.date]
Make = Callable[[Answering, When], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer that is ready. held: the release that it was made for, so that none other takes its place."""

    held: InForce
    body: bytes
    tag: str
    headers: dict[str, str]


class ReadyAnswers:
    """The answers asked for last, by what was asked of which release."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()

    def find(self, key: tuple[Any, ...]) -> _Kept | None:
        """An answer that is ready."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: tuple[Any, ...], answer: _Kept) -> None:
        """Keep an answer; the one that nobody asked for longest is let go."""
        self._kept[key] = answer
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


@router.get("")
async def get_tariffs(request: Request) -> Response:
    """The release that answers for a month as known on a date, its marks, and the history of releases."""
    query = query_of(request, "month", "known_on")
    releases = running(request).serving.releases
    return await _answer(request, query, lambda found, asked: overview(releases, found, asked))


@router.get("/{month}")
async def get_month(request: Request, month: str) -> Response:
    """What is in force for a month as known on a date: every entry, or those of a region or a table."""
    query = query_of(request, "known_on", "region", "table")
    releases, region, table = running(request).serving.releases, query.get("region", ""), query.get("table", "")
    return await _answer(
        request, {**query, "month": month}, lambda found, asked: month_answer(releases, found, asked, region, table)
    )


@router.get("/{month}/tables/{name:path}")
async def get_table(request: Request, month: str, name: str) -> Response:
    """One table: its entries that answer for the month, and all that it ever held, each with what it changed."""
    query = query_of(request, "known_on", "region")

    def make(found: Answering, asked: When) -> dict[str, Any]:
        if not has_table(found, name):
            known = ", ".join(sorted(found.tariff.tables))
            raise Problem(404, "table_unknown", "table", value=name[:64], known=known)
        return table_answer(found, asked, name, query.get("region", ""))

    return await _answer(request, {**query, "month": month, "name": name}, make)


async def _answer(request: Request, query: dict[str, str], make: Make) -> Response:
    """An answer that is ready, else made in a thread of its own and kept."""
    day = today()
    known = read_date(query.get("known_on"), "known_on") or day
    asked = read_month(query.get("month") or this_month(day), "month"), known
    held = running(request).tariffs.now()
    ready: ReadyAnswers = request.app.state.ready_tariffs
    key = id(held), request.scope["route"].path, asked, *(query.get(name) for name in ("region", "table", "name"))
    kept = ready.find(key)
    if kept is None:
        count_address(request, _COST)
        kept = await to_thread.run_sync(_made, request, held, asked, make)
        ready.keep(key, kept)
    fresh = {"Cache-Control": _SETTLED if query.get("known_on") and known < day else _CHECKED}
    return tagged(request, kept.body, kept.tag, {**kept.headers, **fresh, "Content-Language": "en, zh"}, JSON)


def _made(request: Request, held: InForce, asked: When, make: Make) -> _Kept:
    service = running(request)
    found = answering(service.tariffs, held, service.serving.releases, asked[1])
    answer = make(found, asked)
    body = json_bytes(answer)
    return _Kept(held, body, tag_of(body), marks(InForce(found.tariff, found.number), answer["edition"]))
