"""Sessions of people who signed in with a key: a signed cookie that names the key, never its secret."""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from fastapi import Request, Response

from service.clock import SHANGHAI, now
from service.conventions.caller import Caller, caller_of_key
from service.conventions.noted import request_id_of
from service.conventions.problems import Problem
from service.ids import new_id
from service.running import running
from service.store import sessions
from service.store.database import reading
from service.store.sessions import HOURS

COOKIE = "session"


@dataclass(frozen=True, slots=True)
class Session:
    """A cookie whose signature is ours and whose time has not run out. csrf: what each of its forms must send back.

    id: under which it is ended; until: when it runs out, in seconds of the epoch.
    """

    id: str
    key_id: str
    until: int
    csrf: str

    @property
    def runs_out(self) -> str:
        """When it runs out, as the store keeps times."""
        return dt.datetime.fromtimestamp(self.until, SHANGHAI).isoformat()


async def open_session(request: Request, response: Response, caller: Caller) -> None:
    """Give the cookie to a browser, for eight hours, once the audit log has it."""
    session_id = new_id("se_")
    work = partial(sessions.begin, session_id=session_id, key_id=caller.key_id, request_id=request_id_of(request))
    await asyncio.wrap_future(running(request).writer.submit(work))
    text = f"{caller.key_id}.{session_id}.{int(now().timestamp()) + HOURS * 3600}"
    value = f"{text}.{running(request).keyring.sign(_signed(text))}"
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, value, max_age=HOURS * 3600, httponly=True, samesite="strict", secure=secure)


async def close_session(request: Request, response: Response) -> None:
    """End the session, whoever else has a copy of its cookie, and take the cookie back."""
    session = session_of(request)
    if session is not None:
        by = (session.key_id, request_id_of(request))
        work = partial(sessions.end, session_id=session.id, until=session.runs_out, by=by)
        await asyncio.wrap_future(running(request).writer.submit(work))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def session_of(request: Request) -> Session | None:
    """The session of a request; whether it was ended and its key still holds is asked by `signed_in`."""
    text, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
    keyring = running(request).keyring
    if not (text.isascii() and signature.isascii() and keyring.is_signed(_signed(text), signature)):
        return None
    key_id, session_id, until = text.split(".")
    if int(until) < now().timestamp():
        return None
    return Session(session_id, key_id, int(until), keyring.sign(f"form {text}"))


async def signed_in(request: Request) -> Caller | None:
    """Who signed in; None without a session, when it was ended, or when its key was revoked or ran out."""
    session = session_of(request)
    if session is None or await to_thread.run_sync(_is_ended, request, session):
        return None
    return await caller_of_key(request, session.key_id)


def _is_ended(request: Request, session: Session) -> bool:
    with reading(running(request).engine) as connection:
        return sessions.is_ended(connection, session.id, session.runs_out)


def check_csrf(request: Request, sent: str) -> None:
    """Problem 403 where a form was not one that this session was given."""
    session = session_of(request)
    if session is None or not hmac.compare_digest(session.csrf.encode(), sent.encode()):
        raise Problem(403, "page_form_not_yours", "csrf")


def check_site(request: Request) -> None:
    """Problem 403 where a browser says that another site sent the form; an old one says only whose page it was on."""
    said, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin")
    elsewhere = origin is not None and origin.partition("://")[2] != request.headers.get("host", "")
    if said not in ("", "same-origin", "none") or (not said and elsewhere):
        raise Problem(403, "page_form_not_yours", "Sec-Fetch-Site")


def _signed(text: str) -> str:
    return f"session with an id {text}"
