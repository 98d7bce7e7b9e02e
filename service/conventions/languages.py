"""The language of an answer: what the body asks for, else `Accept-Language`, else the service's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fastapi import Request

from pricing.words import LANGUAGES


def language_of(request: Request, raw: Any = None) -> str:
    """`en` or `zh`. raw: a parsed body, whose `lang` goes before the header; a wrong one is left to who reads it."""
    return first_spoken(request, raw.get("lang") if isinstance(raw, Mapping) else None)


def first_spoken(request: Request, *asked: object) -> str:
    """The first of what is asked for that is spoken here, else what the head of the request asks for; the answer is in
    it from then on.
    """
    state = request.state
    for one in asked:
        if isinstance(one, str) and one in LANGUAGES:
            state.lang = one
            return one
    otherwise: str = getattr(state, "lang", LANGUAGES[0])
    return otherwise


@lru_cache(maxsize=256)
def accepted(header: str, otherwise: str) -> str:
    """The language that an `Accept-Language` likes best of those spoken here; the first of equals.

    Malformed parts are passed over: a language is a wish, and nothing to refuse a request for.
    """
    best, weight = otherwise, 0.0
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        lang = otherwise if tag == "*" else tag.split("-")[0].lower()
        liked = _weight(parameters)
        if lang in LANGUAGES and liked > weight:
            best, weight = lang, liked
    return best


def _weight(parameters: str) -> float:
    name, _, text = parameters.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    plain = text.strip()
    digits = plain.replace(".", "", 1)
    return min(float(plain), 1.0) if digits.isascii() and digits.isdecimal() and len(plain) <= 5 else 0.0
