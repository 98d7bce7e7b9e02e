"""Pages that anybody may open: a rider's quote, a host's package, what is in force."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from pricing.errors import LichengError
from service.clock import today
from service.conventions.rates import count_address
from service.fields import read_date, read_month
from service.running import running
from service.tariff.pages import in_force
from service.web import host, rider
from service.web.compared import compared
from service.web.form import Fault, Texts, read_form, small_body
from service.web.host import HostForm, options_of
from service.web.languages import language_of
from service.web.priced import FIELDS, Priced, priced
from service.web.rendering import page
from service.web.rider import RiderForm
from service.web.static_files import static_response
from service.web.tariff_view import groups

router = APIRouter(include_in_schema=False)
_EMPTY: Texts = {}
_COST = 9  # requests that a page which is computed counts for beside itself: anybody may ask for it


@router.get("/")
async def get_rider(request: Request) -> Response:
    """The start page: the example rider, priced."""
    return await _rider(request, rider.example(), _EMPTY)


@router.post("/")
async def post_rider(request: Request) -> Response:
    """The rider that was typed, priced; `do` may ask for one more row, or one less, instead."""
    typed = read_form(await small_body(request))
    return await _rider(request, RiderForm.of(typed), typed)


@router.get("/static/{name}")
async def get_static(request: Request, name: str) -> Response:
    """A style, script or picture of the pages; a browser keeps it as long as the page names this very content."""
    return static_response(name, request.query_params.get("v", ""))


@router.get("/host")
async def get_host(request: Request) -> Response:
    """The example host's package, priced."""
    return await _host(request, host.example(), _EMPTY)


@router.post("/host")
async def post_host(request: Request) -> Response:
    """The host that was typed, priced."""
    typed = read_form(await small_body(request))
    return await _host(request, HostForm(typed), typed)


@router.get("/tariff")
async def get_tariff(request: Request) -> Response:
    """What is in force for a month as known on a date, for a region or for all."""
    count_address(request, _COST)
    lang, standing, asked = language_of(request), running(request).tariffs.now(), request.query_params
    day = today().isoformat()
    texts = {"month": asked.get("month") or day[:7], "known_on": asked.get("known_on") or day}
    region = asked.get("region", "")
    shown: dict[str, Any] = {"found": None, "groups": [], "texts": {**texts, "region": region}, "errors": {}}
    try:
        month, known = read_month(texts["month"], "month"), read_date(texts["known_on"], "known_on") or today()
        shown["found"] = in_force(standing.tariff, month, known, region)
        shown["groups"] = groups(standing.tariff, shown["found"], lang)
    except LichengError as error:
        fault = Fault.of(error, (*FIELDS, "region"))
        shown["errors"] = {fault.at: fault.words(lang)}
    return page(request, "tariff.html", status=422 if shown["errors"] else 200, standing=standing, **shown)


async def _rider(request: Request, form: RiderForm, typed: Texts) -> Response:
    lang, held = language_of(request, typed.get("lang", "")), running(request)
    standing, moved = held.tariffs.now(), typed.get("do", "")
    asked, faults = form.request(lang)
    if not moved:
        count_address(request, _COST)
    found = Priced(lang, standing, asked, None, ()) if moved else await priced(request, asked, faults, standing, lang)
    names = ("occupation", "vehicle", "employment", "pilot_tier")
    shown = {
        "rows": form.rows,
        "most_rows": rider.MOST_ROWS,
        "moved": moved,
        "view": None if found.answer is None else compared(found.answer, standing.tariff),
        "levels": {name: standing.tariff.factors[name].levels for name in names},
        "covers": rider.COVERS,
    }
    return _page(request, "rider.html", found, form.texts, typed, shown)


async def _host(request: Request, form: HostForm, typed: Texts) -> Response:
    lang, standing = language_of(request, typed.get("lang", "")), running(request).tariffs.now()
    count_address(request, _COST)
    covers = list(dict.fromkeys(name for one in standing.tariff.packages.values() for name in one.covers))
    found = await priced(request, *form.request(standing.tariff, covers, lang), standing, lang)
    shown = {
        "covers": {name: options_of(standing.tariff, name) for name in covers},
        "history_months": form.history_months(),
        "levels": {"occupation": standing.tariff.factors["occupation"].levels},
    }
    return _page(request, "host.html", found, form.texts, typed, shown)


def _page(
    request: Request, template: str, found: Priced, texts: Texts, typed: Texts, shown: dict[str, Any]
) -> Response:
    """A page with a form and its answer. texts: what stands in the fields; typed: the form that was sent, if any."""
    frame = {
        "texts": texts,
        "errors": found.errors,
        "answer": found.answer,
        "asked": json.dumps(found.asked, ensure_ascii=False, indent=1),
        "sent": bool(typed),
    }
    return page(request, template, status=found.status, typed=typed, standing=found.standing, **{**frame, **shown})
