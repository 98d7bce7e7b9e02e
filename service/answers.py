"""Answers: what each scheme and cover says to one worker's month, as the contract shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.enrolment import enrolled
from pricing.errors import CODE
from pricing.explain import explain
from pricing.payers import bear
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.scheme import Scheme
from pricing.settle import Priced, Settlement, is_due
from pricing.side import Table
from pricing.what_if import curve, next_kilometre
from service.fields import repeated
from service.history_words import HISTORY, OF_HISTORY, Sent, start_of
from service.refusals import both, of_row
from service.shown import shown_flags, shown_line
from service.sold import sold
from service.technical import technical


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer repeats of its request: the usage rows, enrolments and history as sent, the language, and what
    it is to show.
    """

    records: tuple[Mapping[str, Any], ...]
    enrolments: tuple[Mapping[str, Any], ...]
    history: tuple[Mapping[str, Any], ...]
    lang: str
    curve: bool
    technical: bool

    def record(self, scheme: Scheme, row: int, code: int, edition: Edition) -> Mapping[str, Any]:
        """A row with what was enrolled for its worker in the cover: what the sentence of a refusal may name."""
        chosen = [one for one in self.enrolments if one["cover"] == scheme.name]
        record = {**(chosen[-1] if chosen else {}), **self.records[row]}
        if code % COLUMN not in OF_HISTORY:
            return record
        table = Table.of(self.enrolments)
        start = start_of(enrolled(table, edition, scheme), table, str(record["worker"]), edition.month)
        return record | {HISTORY: Sent(self.history, start)}


def answer_of(asked: Asked, edition: Edition, settlement: Settlement, name: str) -> dict[str, Any]:
    """What a scheme or cover makes of a worker's month: its premium with shares and worksheet, or why there is none."""
    scheme = edition.schemes[name]
    refused, priced = settlement.refusals[name], settlement.priced[name]
    order = settlement.checked.order
    refusals = [
        of_row(int(code), asked.record(scheme, row, int(code), edition), edition, scheme, row)
        for row, code in sorted(zip(order.tolist(), refused.tolist(), strict=True))
        if code and code % COLUMN != CODE["duplicate"]
    ]
    answer = _head(scheme, settlement, edition, refusals)
    if priced is None:
        first = {key: value for key, value in refusals[0].items() if key not in ("row", "out_of_scope")}
        return answer | {"premium_fen": None, "refusal": first, "refusals": refusals}
    terms = sold(priced, edition, scheme) if scheme.product else {}
    return answer | _premium(asked, edition, scheme, priced, order[priced.kept].tolist(), refusals) | terms


def _head(scheme: Scheme, settlement: Settlement, edition: Edition, refusals: list[dict[str, Any]]) -> dict[str, Any]:
    """Name and title; of a scheme also whether it is due today, and why. No cover is due by law."""
    if scheme.product is not None:
        return {"cover": scheme.name, "title": dict(scheme.title)}
    due = is_due(settlement.checked, edition, scheme)
    return {"scheme": scheme.name, "title": dict(scheme.title), "due": due, "why": _why(scheme, due, refusals)}


def _why(scheme: Scheme, due: bool, refusals: list[dict[str, Any]]) -> dict[str, str]:
    if scheme.scope == "proposal":
        return both("not_due_proposal")
    if due:
        return both(f"due_{scheme.scope}")
    return {key: refusals[0][key] for key in ("code", "message", "message_zh")}


def _premium(
    asked: Asked, edition: Edition, scheme: Scheme, priced: Priced, rows: list[int], refusals: list[dict[str, Any]]
) -> dict[str, Any]:
    missing = [one for one in refusals if scheme.product is None or not one["out_of_scope"]]
    answer: dict[str, Any] = {
        "status": STATUSES[int(priced.status.max())],
        "evidence": EVIDENCE[int(priced.evidence.max())],
        "premium_fen": int(priced.levy_fen.sum()),
        "incomplete": bool(missing),
    }
    if priced.sheet.base_fen is not None:
        answer["contribution_base_fen"] = _same(priced.sheet.base_fen.tolist())
    if priced.sheet.ratio_ppm is not None:
        answer["ratio_ppm"] = _same(priced.sheet.ratio_ppm.tolist())
    if "distance_m" in scheme.needs:
        answer["next_km_millifen"] = next_kilometre(priced, edition, scheme)
        if asked.curve:
            answer["curve"] = [{"distance_m": m, "premium_fen": fen} for m, fen in curve(priced, edition, scheme)]
    shares = sorted(
        (_share(row, place, priced, asked, edition, scheme) for place, row in enumerate(rows)),
        key=lambda s: int(s["row"]),
    )
    if asked.technical and scheme.expected is not None:
        answer["technical"] = technical(priced, edition, scheme)
    answer["payers"] = _payers(priced, slice(None), edition, scheme)
    answer["shares"] = shares
    lines = [
        shown_line(row, line, asked.lang)
        for place, row in enumerate(rows)
        for line in explain(priced, place, edition, scheme)
    ]
    answer["worksheet"] = sorted(lines, key=lambda line: int(line["row"]))
    incomplete = [both("is_incomplete") | {"rows": [refusal["row"] for refusal in missing]}] if missing else []
    answer["warnings"] = [*incomplete, *shown_flags(priced, edition, scheme, asked.records, rows)]
    answer["refusals"] = refusals
    return answer


def _same(values: list[int]) -> int | None:
    """The value all rows share; None where they are unlike."""
    return values[0] if len(set(values)) == 1 else None


def _share(row: int, place: int, priced: Priced, asked: Asked, edition: Edition, scheme: Scheme) -> dict[str, Any]:
    record, levy = asked.records[row], int(priced.levy_fen[place])
    own = [key for key in record if key.startswith("x_")]
    names = ("platform", "contractor", "region", "worker_ref", *own)
    named = {key: record[key] for key in names if repeated(record.get(key))}
    return {
        "row": row,
        **named,
        "levy_fen": levy,
        "payers": _payers(priced, slice(place, place + 1), edition, scheme),
    }


def _payers(priced: Priced, places: slice, edition: Edition, scheme: Scheme) -> dict[str, int]:
    engagement = priced.rows.codes.get("engagement")
    borne = bear(priced.levy_fen[places], None if engagement is None else engagement[places], edition, scheme)
    return {payer: int(parts.sum()) for payer, parts in borne.items()}
