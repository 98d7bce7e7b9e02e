"""A stored quote: what is kept of a request and its answer, and the same price computed again from what was kept."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Protocol

from service.clock import SHANGHAI
from service.json_text import json_bytes
from service.prices.quote import quote
from service.reading import read_json
from service.tariff.earlier import tariff_of
from service.tariff.held import InForce, Tariffs

FORMAT = 1
MOST_DIFFERENCES = 100  # pointers in an answer


class Kept(Protocol):
    """What the store says of a quote."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def edition(self) -> str:
        """Hash of the edition that answered."""

    @property
    def release(self) -> int | None:
        """Number of the release that answered; None: `LICHENG_TARIFF`."""

    @property
    def answer_sha256(self) -> str | None:
        """Hash of the prices answer's bytes."""


def pinned(raw: Mapping[str, Any], answer: Mapping[str, Any], lang: str) -> bytes:
    """The request with what it left open: computed again, it gives the same answer on any later day."""
    return json_bytes({**raw, "known_on": answer["known_on"], "lang": raw.get("lang", lang)})


def lang_of(kept_request: bytes) -> str:
    """The language in which a kept request was answered."""
    lang: str = read_json(kept_request.decode(), "request")["lang"]
    return lang


def document(quote_id: str, at: dt.datetime, days: int, held: InForce, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller is sent, now and whenever it is asked for. days: how long it is valid, the last day with it."""
    return {
        "format": FORMAT,
        "id": quote_id,
        "created_at": at.isoformat(),
        "valid_until": (at.date() + dt.timedelta(days=days)).isoformat(),
        "release": held.number,
        "edition": answer["edition"],
        "answer": answer,
    }


def answer_hash(written: bytes) -> str:
    """Hash of a prices answer: of the bytes that `POST /v1/prices` and `licheng quote --json` give."""
    return "sha256:" + hashlib.sha256(written).hexdigest()


def is_valid(valid_until: str, at: dt.datetime) -> bool:
    """Whether a quote still holds: its last day is not over in China."""
    return at.astimezone(SHANGHAI).date().isoformat() <= valid_until


def reproduced(kept: Kept, request: bytes, stored: bytes, tariffs: Tariffs, releases: Path) -> dict[str, Any]:
    """The price computed again with the tariff that answered; what differs is named by JSON pointers into `answer`.

    request: pinned; stored: the document as it was sent; TariffError where that tariff is missing or altered.
    """
    raw = read_json(request.decode(), "request")
    again = quote(raw, tariff_of(kept.release, tariffs, releases), dt.date.fromisoformat(raw["known_on"]))
    first, hash_again = read_json(stored.decode(), "answer")["answer"], answer_hash(json_bytes(again))
    return {
        "format": FORMAT,
        "id": kept.id,
        "equal": hash_again == kept.answer_sha256,
        "answer_sha256": kept.answer_sha256,
        "reproduced_sha256": hash_again,
        "edition": kept.edition,
        "reproduced_edition": again["edition"],
        "release": kept.release,
        "differences": list(islice(differences(first, again), MOST_DIFFERENCES)),
    }


def differences(first: Any, again: Any, pointer: str = "") -> Iterator[str]:
    """JSON pointers to what is not the same in two answers, in their order; one for what only one of them has."""
    if isinstance(first, dict) and isinstance(again, dict):
        for key in dict.fromkeys((*first, *again)):
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            yield from differences(first.get(key, _ABSENT), again.get(key, _ABSENT), place)
    elif isinstance(first, list) and isinstance(again, list):
        for number, (one, other) in enumerate(zip_longest(first, again, fillvalue=_ABSENT)):
            yield from differences(one, other, f"{pointer}/{number}")
    elif type(first) is not type(again) or first != again:
        yield pointer


_ABSENT = object()
