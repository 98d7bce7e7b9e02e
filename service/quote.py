"""The quote: one worker's month as a request comes in, the contract's answer goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import CODE, InputError
from pricing.explain import Line, explain
from pricing.flags import flags
from pricing.payers import bear
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.register import read_register
from pricing.rules import CANDIDATES
from pricing.scheme import Scheme
from pricing.settle import Priced, Settlement, is_due, settle
from pricing.tariff import Tariff
from pricing.units import IntArray, month_text
from pricing.usage import NUMBERS, Usage
from pricing.what_if import curve, next_kilometre
from pricing.words import say
from service.fields import list_of, names_of, object_of, one_of, read_date, read_month, readable, repeated
from service.refusals import both, of_row

FORMAT = 1
COVERS = ("work_injury", "third_party", "cargo_damage", "lumbar", "stress", "income_interruption")
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
    lang: str
    curve: bool

    @classmethod
    def of(cls, raw: Any, tariff: Tariff, today: dt.date, lang: str) -> Request:
        """From parsed JSON; InputError names the key and what it may be."""
        if not isinstance(raw, Mapping):
            raise InputError("not_an_object", "", key="request")
        for key in readable(raw, "request"):
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
            if isinstance(row, Mapping) and row.get("worker", worker) != worker:
                raise InputError("one_worker", f"usage, row {place}", worker=worker, other=row["worker"])
        return cls(
            month=month,
            known_on=read_date(raw.get("known_on"), "known_on") or today,
            worker=worker,
            records=tuple(
                {"month": month_text(month), "worker": worker} | dict(object_of(row, "usage")) for row in usage
            ),
            platforms=tuple(object_of(row, "platforms") for row in list_of(raw, "platforms")),
            schemes=names_of(raw, "schemes", tuple(tariff.schemes)),
            covers=names_of(raw, "covers", COVERS),
            lang=one_of(raw.get("lang", lang), "lang", ("en", "zh")),
            curve=bool(one_of(raw.get("curve", False), "curve", (True, False))),
        )


def quote(raw: Any, tariff: Tariff, today: dt.date, lang: str = "en") -> dict[str, Any]:
    """Answer a quote request: every scheme asked for, side by side, each with its worksheet."""
    request = Request.of(raw, tariff, today, lang)
    register = read_register(request.platforms, tariff.factors["pilot_tier"].levels, tariff.regions)
    edition = tariff.on(request.month, request.known_on, register)
    usage = Usage.of(request.records)
    settlement = settle(usage, edition, request.schemes)
    asked = "covers" in raw
    return {
        "format": FORMAT,
        "month": month_text(request.month),
        "known_on": request.known_on.isoformat(),
        "edition": edition.hash,
        "worker": repeated(request.worker),
        "merged": _merged(usage, settlement),
        "schemes": [_scheme(request, edition, tariff, settlement, name) for name in request.schemes],
        "covers": [_cover(name) for name in request.covers if asked and name != "work_injury"],
    }


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


def _scheme(request: Request, edition: Edition, tariff: Tariff, settlement: Settlement, name: str) -> dict[str, Any]:
    scheme = tariff.schemes[name]
    refused, priced = settlement.refusals[name], settlement.priced[name]
    order = settlement.checked.order
    due = is_due(settlement.checked, edition, scheme)
    refusals = [
        of_row(int(code), request.records[row], edition, scheme, row)
        for row, code in sorted(zip(order.tolist(), refused.tolist(), strict=True))
        if code and code % COLUMN != CODE["duplicate"]
    ]
    answer: dict[str, Any] = {
        "scheme": name,
        "title": dict(scheme.title),
        "due": due,
        "why": _why(scheme, due, refusals),
    }
    if priced is None:
        first = {key: value for key, value in refusals[0].items() if key not in ("row", "out_of_scope")}
        return answer | {"premium_fen": None, "refusal": first, "refusals": refusals}
    return answer | _premium(request, edition, scheme, priced, order[priced.kept].tolist(), refusals)


def _why(scheme: Scheme, due: bool, refusals: list[dict[str, Any]]) -> dict[str, str]:
    if scheme.scope == "proposal":
        return both("not_due_proposal")
    if due:
        return both(f"due_{scheme.scope}")
    return {key: refusals[0][key] for key in ("code", "message", "message_zh")}


def _premium(
    request: Request, edition: Edition, scheme: Scheme, priced: Priced, rows: list[int], refusals: list[dict[str, Any]]
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "status": STATUSES[int(priced.status.max())],
        "evidence": EVIDENCE[int(priced.evidence.max())],
        "premium_fen": int(priced.levy_fen.sum()),
        "incomplete": bool(refusals),
    }
    if priced.sheet.base_fen is not None:
        answer["contribution_base_fen"] = _same(priced.sheet.base_fen.tolist())
    if priced.sheet.ratio_ppm is not None:
        answer["ratio_ppm"] = _same(priced.sheet.ratio_ppm.tolist())
        answer["next_km_millifen"] = next_kilometre(priced, edition, scheme)
        if request.curve:
            answer["curve"] = [{"distance_m": m, "premium_fen": fen} for m, fen in curve(priced, edition, scheme)]
    shares = sorted(
        (_share(row, place, priced, request, edition, scheme) for place, row in enumerate(rows)),
        key=lambda s: int(s["row"]),
    )
    answer["payers"] = _payers(priced.levy_fen, edition, scheme)
    answer["shares"] = shares
    lines = [
        shown_line(row, line, request.lang)
        for place, row in enumerate(rows)
        for line in explain(priced, place, edition, scheme)
    ]
    answer["worksheet"] = sorted(lines, key=lambda line: int(line["row"]))
    incomplete = [both("is_incomplete") | {"rows": [refusal["row"] for refusal in refusals]}] if refusals else []
    answer["warnings"] = [*incomplete, *shown_flags(priced, edition, scheme, request.records, rows)]
    answer["refusals"] = refusals
    return answer


def _same(values: list[int]) -> int | None:
    """The value all rows share; None where they are unlike."""
    return values[0] if len(set(values)) == 1 else None


def _share(row: int, place: int, priced: Priced, request: Request, edition: Edition, scheme: Scheme) -> dict[str, Any]:
    record, levy = request.records[row], int(priced.levy_fen[place])
    own = [key for key in record if key.startswith("x_")]
    names = ("platform", "contractor", "region", "worker_ref", *own)
    named = {key: record[key] for key in names if repeated(record.get(key))}
    return {
        "row": row,
        **named,
        "levy_fen": levy,
        "payers": _payers(priced.levy_fen[place : place + 1], edition, scheme),
    }


def _payers(levy_fen: IntArray, edition: Edition, scheme: Scheme) -> dict[str, int]:
    return {payer: int(parts.sum()) for payer, parts in bear(levy_fen, edition, scheme).items()}


def shown_line(row: int | None, line: Line, lang: str) -> dict[str, Any]:
    """A line of a worksheet as the contract shows it."""
    shown: dict[str, Any] = {} if row is None else {"row": row}
    shown |= {"step": line.step, "operand": line.operand, "unit": line.unit, "running_millifen": line.running_millifen}
    if line.ratio_ppm is not None:
        shown["ratio_ppm"] = line.ratio_ppm
    marks = {"source": line.source, "entry": line.entry, "status": line.status, "evidence": line.evidence}
    return shown | {key: value for key, value in marks.items() if value} | {"text": line.texts[lang]}


def shown_flags(
    priced: Priced, edition: Edition, scheme: Scheme, records: Sequence[Mapping[str, Any]], rows: list[int]
) -> list[dict[str, Any]]:
    """The flags of a price as warnings in both languages, with the rows that carry them."""
    warnings: list[dict[str, Any]] = []
    for code, marked in flags(priced, edition, scheme):
        flagged = sorted(row for row, mark in zip(rows, marked.tolist(), strict=True) if mark)
        record = records[flagged[0]]
        code, _, table = code.partition(":")
        if table:
            titles = edition.tables[table].title
            words = {
                "message": say(code, "en", factor=titles["en"]),
                "message_zh": say(code, "zh", factor=titles["zh"]),
            }
            warnings.append({"code": code, "factor": table, **words, "rows": flagged})
            continue
        facts = {"month": month_text(edition.month), "region": record.get("region", ""), "candidates": ""}
        if code == "class_by_default":
            node = edition.nodes(CANDIDATES).get(record["occupation"], ())
            facts["candidates"] = ", ".join(str(number) for number in node) if isinstance(node, tuple) else str(node)
        warnings.append(both(code, **facts) | {"rows": flagged})
    return warnings


def _cover(name: str) -> dict[str, Any]:
    return {"cover": name, "premium_fen": None, "refusal": both("cover_not_in_tariff", cover=name, known="work_injury")}
