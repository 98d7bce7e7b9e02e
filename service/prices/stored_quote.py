"""A stored quote: what is kept of a request and its answer, and the same price computed again from what was kept."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Protocol

from pricing.errors import InputError, TariffError
from pricing.tariff import Tariff
from service.clock import SHANGHAI
from service.json_text import json_bytes
from service.prices.quote import quote
from service.reading import read_json
from service.releases.history import DEMONSTRATION, checked_folder, folder_of, read_history
from service.tariff.held import InForce, Tariffs

FORMAT = 1
MOST_DIFFERENCES = 100  # pointers in an answer
_OLDER = 4  # tariffs of earlier releases that are kept loaded


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


def answer_hash(answer: Any) -> str:
    """Hash of a prices answer: of the bytes that `POST /v1/prices` and `licheng quote --json` give."""
    return "sha256:" + hashlib.sha256(json_bytes(answer)).hexdigest()


def is_valid(valid_until: str, at: dt.datetime) -> bool:
    """Whether a quote still holds: its last day is not over in China."""
    return at.astimezone(SHANGHAI).date().isoformat() <= valid_until


def reproduced(kept: Kept, request: bytes, stored: bytes, tariffs: Tariffs, releases: Path) -> dict[str, Any]:
    """The price computed again with the tariff that answered; what differs is named by JSON pointers into `answer`.

    request: pinned; stored: the document as it was sent; TariffError where that tariff is missing or altered.
    """
    raw = read_json(request.decode(), "request")
    again = quote(raw, tariff_of(kept.release, tariffs, releases), dt.date.fromisoformat(raw["known_on"]))
    first, hash_again = read_json(stored.decode(), "answer")["answer"], answer_hash(again)
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


def tariff_of(release: int | None, tariffs: Tariffs, releases: Path) -> Tariff:
    """The tariff of a release; that of `LICHENG_TARIFF` where a quote was answered by it, as the folder is today."""
    held = tariffs.now()
    if held.number == release:
        return held.tariff
    if release is None:
        raise InputError("quote_tariff_gone", "LICHENG_TARIFF")
    events = [event for event in read_history(releases) if event.number == release]
    if not events and release != DEMONSTRATION:
        raise TariffError("release_missing", "", number=release, folder=folder_of(releases, release))
    folder = checked_folder(releases, events[-1]) if events else folder_of(releases, release)
    return _loaded(folder, events[-1].folder_sha256 if events else "")


@lru_cache(_OLDER)
def _loaded(folder: Path, folder_sha256: str) -> Tariff:
    """A tariff that is not in force; held by its folder's hash, so that an altered folder is never answered from."""
    return Tariff.load(folder)


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
