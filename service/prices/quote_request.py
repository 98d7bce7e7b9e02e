"""A quote request, read strictly: the contract's form, or an error that names the key and what it may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

from pricing.errors import InputError
from pricing.register import Terms, read_register
from pricing.scheme import WORK_INJURY
from pricing.tariff import Tariff
from pricing.units import month_text
from service.fields import list_of, names_of, object_of, one_of, read_date, read_month
from service.json_text import readable
from service.prices.enrolment_request import enrolments_of, history_of

_KEYS = (
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
    "worksheet",
)
_KNOWN = frozenset(_KEYS)


class Request(NamedTuple):
    """A quote request that has the contract's form."""

    month: int
    known_on: dt.date
    worker: str
    records: tuple[Mapping[str, Any], ...]
    register: tuple[Terms, ...]
    schemes: tuple[str, ...]
    covers: tuple[str, ...]
    covers_named: bool
    enrolments: tuple[Mapping[str, Any], ...]
    history: tuple[Mapping[str, Any], ...]
    lang: str
    curve: bool
    technical: bool
    worksheet: bool

    @property
    def weight(self) -> int:
        """Its rows of usage, enrolments and history."""
        return len(self.records) + len(self.enrolments) + len(self.history)

    @classmethod
    def of(cls, raw: Any, tariff: Tariff, today: dt.date, lang: str) -> Request:
        """From parsed JSON; InputError names the key and what it may be."""
        for key in readable(object_of(raw, "request"), "request"):
            if key not in _KNOWN and not key.startswith("x_"):
                raise InputError("unknown_column", key, key=key, known=", ".join(_KEYS))
        usage = list_of(raw, "usage")
        if not usage:
            raise InputError("no_usage", "usage")
        month = read_month(raw.get("month"), "month")
        worker = raw.get("worker")
        if worker is None:
            raise InputError("missing_field", "worker", key="worker")
        for place, row in enumerate(usage):
            if isinstance(row, dict) and "worker" in row and row["worker"] != worker:
                raise InputError("one_worker", f"usage, row {place}", worker=worker, other=row["worker"])
        frame = {"month": month_text(month), "worker": worker}
        platforms = [object_of(row, f"platforms, row {place}") for place, row in enumerate(list_of(raw, "platforms"))]
        return cls(
            month=month,
            known_on=read_date(raw.get("known_on"), "known_on") or today,
            worker=worker,
            records=tuple([{**frame, **object_of(row, f"usage, row {place}")} for place, row in enumerate(usage)]),
            schemes=names_of(raw, "schemes", tariff.work_injury),
            covers=_covers(raw, tariff),
            covers_named="covers" in raw,
            enrolments=tuple(enrolments_of(raw, tariff, worker, month)),
            history=tuple(history_of(raw, worker)),
            lang=one_of(raw.get("lang", lang), "lang", ("en", "zh")),
            curve=bool(one_of(raw.get("curve", False), "curve", (True, False))),
            technical=bool(one_of(raw.get("technical", False), "technical", (True, False))),
            worksheet=bool(one_of(raw.get("worksheet", True), "worksheet", (True, False))),
            register=tuple(read_register(platforms, tariff.factors["pilot_tier"].levels, tariff.regions)),
        )


def _covers(raw: Mapping[str, Any], tariff: Tariff) -> tuple[str, ...]:
    """Covers asked for, each once; a package stands for its covers. Work injury is what the schemes price."""
    names = names_of(raw, "covers", (WORK_INJURY, *tariff.covers, *tariff.packages))
    several = [tariff.packages[name].covers if name in tariff.packages else (name,) for name in names]
    return tuple([name for name in dict.fromkeys(chain.from_iterable(several)) if name != WORK_INJURY])
