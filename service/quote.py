"""The quote: one worker's month as a request comes in, the contract's answer goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pricing.coding import COLUMN
from pricing.errors import CODE, InputError
from pricing.register import read_register
from pricing.scheme import WORK_INJURY
from pricing.settle import Settlement, settle
from pricing.side import Side
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.usage import NUMBERS, Usage
from service.answers import Asked, answer_of
from service.enrolment_request import enrolments_of, history_of
from service.fields import list_of, names_of, object_of, one_of, read_date, read_month, readable, repeated

FORMAT = 1
_KEYS = [
    "month",
    "known_on",
    "worker",
    "usage",
    "platforms",
    "history",
    "enrolment",
    "schemes",
    "covers",
    "lang",
    "curve",
    "technical",
]
_MERGED = tuple(name for name in NUMBERS if name not in ("risk_class", "longest_sitting_min"))


@dataclass(frozen=True, slots=True)
class Request:
    """A quote request that has the contract's form."""

    month: int
    known_on: dt.date
    worker: str
    records: tuple[Mapping[str, Any], ...]
    platforms: tuple[Mapping[str, Any], ...]
    schemes: tuple[str, ...]
    covers: tuple[str, ...]
    enrolments: tuple[Mapping[str, Any], ...]
    history: tuple[Mapping[str, Any], ...]
    lang: str
    curve: bool
    technical: bool

    @classmethod
    def of(cls, raw: Any, tariff: Tariff, today: dt.date, lang: str) -> Request:
        """From parsed JSON; InputError names the key and what it may be."""
        for key in readable(object_of(raw, "request"), "request"):
            if key not in _KEYS and not key.startswith("x_"):
                raise InputError("unknown_column", key, key=key, known=", ".join(_KEYS))
        usage = list_of(raw, "usage")
        if not usage:
            raise InputError("no_usage", "usage")
        month = read_month(raw.get("month"), "month")
        worker = raw.get("worker")
        if worker is None:
            raise InputError("missing_field", "worker", key="worker")
        for place, row in enumerate(usage):
            if isinstance(row, Mapping) and "worker" in row and row["worker"] != worker:
                raise InputError("one_worker", f"usage, row {place}", worker=worker, other=row["worker"])
        return cls(
            month=month,
            known_on=read_date(raw.get("known_on"), "known_on") or today,
            worker=worker,
            records=tuple(
                {"month": month_text(month), "worker": worker} | dict(object_of(row, f"usage, row {place}"))
                for place, row in enumerate(usage)
            ),
            platforms=tuple(
                object_of(row, f"platforms, row {place}") for place, row in enumerate(list_of(raw, "platforms"))
            ),
            schemes=names_of(raw, "schemes", tariff.work_injury),
            covers=_covers(raw, tariff),
            enrolments=tuple(enrolments_of(raw, tariff, worker, month)),
            history=tuple(history_of(raw, worker)),
            lang=one_of(raw.get("lang", lang), "lang", ("en", "zh")),
            curve=bool(one_of(raw.get("curve", False), "curve", (True, False))),
            technical=bool(one_of(raw.get("technical", False), "technical", (True, False))),
        )


def quote(raw: Any, tariff: Tariff, today: dt.date, lang: str = "en") -> dict[str, Any]:
    """Answer a quote request: every scheme and cover asked for, side by side, each with its worksheet."""
    request = Request.of(raw, tariff, today, lang)
    register = read_register(request.platforms, tariff.factors["pilot_tier"].levels, tariff.regions)
    edition = tariff.on(request.month, request.known_on, register)
    usage = Usage.of(request.records)
    side = Side.of(request.enrolments, request.history)
    settlement = settle(usage, edition, (*request.schemes, *request.covers), side=side)
    covers = [name for name in request.covers if "covers" in raw or _applies(settlement, name)]
    sent = (request.records, request.enrolments, request.history)
    asked = Asked(*sent, request.lang, request.curve, request.technical)
    answered = {name: answer_of(asked, edition, settlement, name) for name in (*request.schemes, *covers)}
    return {
        "format": FORMAT,
        "month": month_text(request.month),
        "known_on": request.known_on.isoformat(),
        "edition": edition.hash,
        "worker": repeated(request.worker),
        "merged": _merged(usage, settlement),
        "schemes": [answered[name] for name in request.schemes],
        "covers": [answered[name] for name in covers],
        "packages": _packages({name: answered[name] for name in covers}, tariff),
    }


def _covers(raw: Mapping[str, Any], tariff: Tariff) -> tuple[str, ...]:
    """Covers asked for, each once; a package stands for its covers. Work injury is what the schemes price."""
    names = names_of(raw, "covers", (WORK_INJURY, *tariff.covers, *tariff.packages))
    several = [tariff.packages[name].covers if name in tariff.packages else (name,) for name in names]
    return tuple(name for name in dict.fromkeys(one for names in several for one in names) if name != WORK_INJURY)


def _applies(settlement: Settlement, name: str) -> bool:
    """Whether a cover is for any of the rows, whatever else may be missing."""
    outside = CODE["occupation_not_in_scope"]
    return bool((settlement.refusals[name] % COLUMN != outside).any())


def _packages(covers: Mapping[str, Mapping[str, Any]], tariff: Tariff) -> list[dict[str, Any]]:
    """Packages whose covers are all answered, with the sum of their premiums; null where one of them has none.

    incomplete: covers that are refused, or whose premium leaves out a refused row.
    """
    found = []
    for name, package in tariff.packages.items():
        if set(package.covers) <= set(covers):
            answers = {cover: covers[cover] for cover in package.covers}
            premiums = [one["premium_fen"] for one in answers.values()]
            incomplete = [cover for cover, one in answers.items() if one.get("incomplete", True)]
            total = None if None in premiums else sum(premiums)
            named = {"package": name, "title": dict(package.title), "covers": list(answers)}
            found.append({**named, "premium_fen": total, "incomplete": incomplete})
    return found


def _merged(usage: Usage, settlement: Settlement) -> dict[str, int]:
    """Quantities over all rows whose key is good: added, active days the greatest. What no row has is left out."""
    order, broken = settlement.checked.order.tolist(), settlement.checked.broken
    kept = order if broken is None else [place for place, bad in zip(order, broken.tolist(), strict=True) if not bad]
    merged = {}
    for name in _MERGED:
        if name in usage.numbers:
            known = [value for place in kept if (value := int(usage.numbers[name][place])) >= 0]
            if known:
                merged[name] = max(known) if name == "active_days" else sum(known)
    return merged
