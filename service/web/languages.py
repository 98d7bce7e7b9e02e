"""The language of a page: the one asked for, else the one chosen before, else what the browser prefers."""

from __future__ import annotations

from fastapi import Request, Response

from pricing.words import LANGUAGES
from service.conventions.languages import first_spoken

COOKIE = "lang"
_YEAR = 365 * 24 * 3600


def language_of(request: Request, asked: str = "") -> str:
    """The language of this page. asked: by the form that was sent, if by any."""
    return first_spoken(request, asked, request.query_params.get("lang"), request.cookies.get(COOKIE))


def remember(response: Response, lang: str, asked: str) -> None:
    """Keep a choice of language for a year; nothing is kept where none was made."""
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, lang, max_age=_YEAR, httponly=True, samesite="lax")
