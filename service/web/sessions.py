"""Sessions of people who signed in with a key: a signed cookie that names the key, never its secret."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from fastapi import Request, Response

from service.clock import now
from service.conventions.caller import Caller, caller_of_key
from service.conventions.problems import Problem
from service.running import running

COOKIE = "session"
HOURS = 8


@dataclass(frozen=True, slots=True)
class Session:
    """A cookie whose signature is ours and whose time has not run out. csrf: what each of its forms must send back."""

    key_id: str
    csrf: str


def open_session(request: Request, response: Response, caller: Caller) -> None:
    """Give the cookie to a browser, for eight hours."""
    text = f"{caller.key_id}.{int(now().timestamp()) + HOURS * 3600}"
    value = f"{text}.{running(request).keyring.sign(_signed(text))}"
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, value, max_age=HOURS * 3600, httponly=True, samesite="strict", secure=secure)


def close_session(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def session_of(request: Request) -> Session | None:
    """The session of a request; whether its key still holds is asked by `signed_in`."""
    text, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
    key_id, _, ends = text.partition(".")
    keyring = running(request).keyring
    if not (text.isascii() and signature.isascii() and keyring.is_signed(_signed(text), signature)):
        return None
    if int(ends) < now().timestamp():
        return None
    return Session(key_id, keyring.sign(f"form {text}"))


async def signed_in(request: Request) -> Caller | None:
    """Who signed in; None without a session, or when its key was revoked or ran out."""
    session = session_of(request)
    return None if session is None else await caller_of_key(request, session.key_id)


def check_csrf(request: Request, sent: str) -> None:
    """Problem 403 where a form was not one that this session was given."""
    session = session_of(request)
    if session is None or not hmac.compare_digest(session.csrf.encode(), sent.encode()):
        raise Problem(403, "page_form_not_yours", "csrf")


def check_site(request: Request) -> None:
    """Problem 403 where a browser says that another site sent the form."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "page_form_not_yours", "Sec-Fetch-Site")


def _signed(text: str) -> str:
    return f"session {text}"
