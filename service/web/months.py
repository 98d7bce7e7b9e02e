"""The month of a platform on pages: sign in with a key, choose files, check or settle them, watch, read, download."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from pricing.errors import LichengError
from pricing.words import COLON, say
from service.addresses import MONTHS
from service.auth.roles import PERMITS
from service.clock import today
from service.conventions.caller import Caller, caller_of_token
from service.conventions.in_flight import in_flight
from service.conventions.permits import permit
from service.conventions.problems import Problem
from service.month.asked import Asked
from service.month.check import Found, MonthCheck
from service.month.keys import SenderKeys
from service.running import running
from service.store import keys, levies
from service.store.database import Connection
from service.uploads.form import UploadForm
from service.uploads.own import own_levy, sender_of
from service.uploads.receiving import FILES, TAKEN
from service.uploads.sending import Received, check_room, received
from service.web.form import Texts, read_form, small_body
from service.web.languages import language_of
from service.web.month_check import SECONDS, checks
from service.web.month_view import download, listed, view_of
from service.web.rendering import page
from service.web.sessions import check_csrf, check_site, close_session, open_session, signed_in

router = APIRouter(prefix=MONTHS, include_in_schema=False)
_EMPTY: Texts = {}


@router.get("")
async def get_months(request: Request) -> Response:
    """The form of an upload with earlier ones; without a session, the form to sign in."""
    caller = await signed_in(request)
    return _sign_in(request, "") if caller is None else await _months(request, caller)


@router.post("/sign-in")
async def post_sign_in(request: Request) -> Response:
    """Sign in with a key that may read levies."""
    check_site(request)
    text = read_form(await small_body(request)).get("key", "")
    caller = await caller_of_token(request, text)
    if caller is None:
        return _sign_in(request, "key_not_valid" if text else "key_missing")
    permit(caller, "levies.read")
    return await _signed_in(request, caller)


@router.post("/sign-in/demonstration")
async def post_demonstration(request: Request) -> Response:
    """Sign in with the demonstration key, where the service was started with `--demo`."""
    check_site(request)
    held = running(request)
    if not held.serving.demo:
        raise Problem(404, "address_unknown")

    def work(connection: Connection) -> str:
        return keys.demonstration_platform(connection).text

    text = await asyncio.wrap_future(held.writer.submit(work))
    caller = await caller_of_token(request, text)
    assert caller is not None
    return await _signed_in(request, caller)


@router.post("/sign-out")
async def post_sign_out(request: Request) -> Response:
    """Sign out."""
    check_csrf(request, read_form(await small_body(request)).get("csrf", ""))
    response = RedirectResponse(MONTHS, 303)
    await close_session(request, response)
    return response


@router.post("")
async def post_month(request: Request) -> Response:
    """Take a month in to be settled, and go to where it is watched; what is wrong is said at the field."""
    caller, held = await _sender(request), running(request)
    try:
        async with _upload(request) as upload:
            own_keys = SenderKeys(held.keyring, caller.tenant)
            stored, act = upload.levy(sender_of(request, caller), held.tariffs.now().tariff, _EMPTY, own_keys)
            await asyncio.wrap_future(
                upload.kept_with(held.writer.submit(lambda connection: levies.put(connection, stored, act)))
            )
    except LichengError as error:
        return await _months(request, caller, error=error)
    held.supervisor.wake()
    return RedirectResponse(f"{MONTHS}/{stored.id}", 303)


@router.post("/check")
async def post_check(request: Request) -> Response:
    """Say what would be refused of a month; nothing of it is kept."""
    caller, held = await _sender(request), running(request)
    sender, tariff = sender_of(request, caller), held.tariffs.now().tariff
    try:
        async with _upload(request) as upload:
            asked = replace(Asked.of(upload.texts, sender.own, tariff, today()), files=upload.files)
            own, files = (caller.tenant, held.serving.secret), upload.folder.receiving_upload
            found = await checks(request).found(MonthCheck(asked, files, tariff.folder, *own, SECONDS))
    except LichengError as error:
        return await _months(request, caller, error=error)
    return await _months(request, caller, checked=found)


@router.get("/{levy_id}")
async def get_month(request: Request, levy_id: str) -> Response:
    """How far a month is; once it is settled its totals, what was refused, and the downloads."""
    caller = await signed_in(request)
    if caller is None:
        return _sign_in(request, "")
    view = await view_of(request, caller, await own_levy(request, caller, levy_id))
    return page(request, "month.html", who=caller, **view)


@router.get("/{levy_id}/{name}")
async def get_file(request: Request, levy_id: str, name: str) -> Response:
    """A table of a settled month, whole, as CSV or Parquet."""
    caller = await signed_in(request)
    if caller is None:
        return RedirectResponse(MONTHS, 303)
    return await download(request, caller, await own_levy(request, caller, levy_id), name)


async def _sender(request: Request) -> Caller:
    """Who signed in and may send months, with a form of its own; Problem 401 or 403."""
    caller = await signed_in(request)
    if caller is None:
        raise Problem(401, "page_session_over")
    check_csrf(request, request.query_params.get("csrf", ""))
    permit(caller, "levies.create")
    return caller


@asynccontextmanager
async def _upload(request: Request) -> AsyncIterator[Received]:
    """The files of a form, on the disk; what is not handed to the store is kept no longer than the block."""
    held, declared = running(request), request.headers.get("content-length", "0")
    caller, sent = await _sender(request), request.headers.get("content-type", "")
    if not sent.startswith(TAKEN[-1]):
        raise Problem(415, "media_type_not_taken", "Content-Type", pointer="", found=sent[:80], known=TAKEN[-1])

    def opening(folder: Path) -> UploadForm:
        form = UploadForm(folder, sent)  # whose texts the page shows again, whatever becomes of files
        request.state.form = form
        return form

    await to_thread.run_sync(check_room, held.serving.home, held.engine, caller.tenant, declared)
    async with (
        in_flight(request).uploading(caller.key_id),
        received(held.serving.home, request.stream(), opening) as upload,
    ):
        yield upload


async def _months(
    request: Request,
    caller: Caller,
    error: LichengError | None = None,
    checked: Found | None = None,
) -> Response:
    """The page of uploads. error: what was wrong with one; checked: what a check found."""
    lang = language_of(request)
    problem = None if error is None else Problem.of(error)
    day = today()
    before = (day.replace(day=1) - dt.timedelta(days=1)).isoformat()[:7]
    form: UploadForm | None = getattr(request.state, "form", None)
    shown = {
        "who": caller,
        "may_send": caller.role in PERMITS["levies.create"],
        "found": await listed(request, caller),
        "errors": {} if problem is None else dict([_at_field(problem, form, lang)]),
        "checked": checked,
        "texts": {"month": before, "known_on": day.isoformat(), **(form.texts if form else _EMPTY)},
    }
    return page(request, "months.html", status=200 if problem is None else problem.status, **shown)


def _at_field(problem: Problem, form: UploadForm | None, lang: str) -> tuple[str, str]:
    """The field that a problem is about, "" for the form as a whole, and its sentence; of a file with its name."""
    last = problem.place.rsplit("/", 1)[-1].split(", ")[0]
    for file in form.files if form else ():
        if last in (file.name, file.said):
            return file.part, f"{file.said}{COLON[lang]}{problem.message(lang)}"
    fields = (*FILES, "month", "known_on", "schemes", "covers")
    return problem.place if problem.place in fields else "", problem.message(lang)


def _sign_in(request: Request, code: str) -> Response:
    """The form to sign in. code: why the key that was sent does not hold, "" where none was."""
    errors = {"key": say(code, language_of(request))} if code else {}
    demo = running(request).serving.demo
    return page(request, "sign_in.html", status=401 if code else 200, errors=errors, texts=_EMPTY, demo=demo)


async def _signed_in(request: Request, caller: Caller) -> Response:
    response = RedirectResponse(MONTHS, 303)
    await open_session(request, response, caller)
    return response
