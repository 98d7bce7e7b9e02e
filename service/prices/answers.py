"""Answers: what each scheme and cover says to the months of requests settled together, as the contract shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.enrolment import enrolled
from pricing.errors import CODE
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.scheme import Scheme
from pricing.side import Table
from service.fields import repeated
from service.prices.priced_columns import PricedColumns, SchemeColumns
from service.prices.shown import shown_flag, shown_told
from service.prices.sold import sold
from service.prices.technical import technical_of
from service.refusals import both, of_row
from service.refusals.history_words import HISTORY, OF_HISTORY, Sent, start_of

Json = dict[str, Any]
_TWICE = CODE["duplicate"]  # a row that stands already: no refusal, for it counts


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer repeats of its request: the usage rows, enrolments and history as sent, the language, and what
    it is to show. first: the first of its rows among those settled together.
    """

    records: Sequence[Mapping[str, Any]]
    enrolments: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    lang: str
    curve: bool
    technical: bool
    worksheet: bool
    first: int
    named: dict[int, Json] = field(default_factory=dict)  # what a row's shares repeat of it, alike under every scheme

    def named_of(self, row: int) -> Json:
        """Row, platform, contractor, region, worker_ref and own columns of a row, as each of its shares says them."""
        if row not in self.named:
            record = self.records[row]
            own = [key for key in record if key.startswith("x_")]
            names = ("platform", "contractor", "region", "worker_ref", *own)
            self.named[row] = {"row": row} | {name: record[name] for name in names if repeated(record.get(name))}
        return self.named[row]

    def record(self, scheme: Scheme, row: int, code: int, edition: Edition) -> Mapping[str, Any]:
        """A row with what was enrolled for its worker in the cover: what the sentence of a refusal may name."""
        chosen = [one for one in self.enrolments if one["cover"] == scheme.name]
        record = {**(chosen[-1] if chosen else {}), **self.records[row]}
        if code % COLUMN not in OF_HISTORY:
            return record
        table = Table.of(self.enrolments)
        start = start_of(enrolled(table, edition, scheme), table, str(record["worker"]), edition.month)
        return record | {HISTORY: Sent(self.history, start)}


def answer_of(asked: Asked, number: int, columns: SchemeColumns) -> Json:
    """What a scheme or cover makes of a worker's month: its premium with shares and worksheet, or why there is none.

    number: of the request among those settled together.
    """
    edition, scheme = columns.edition, columns.scheme
    refusals = []
    for row, code in enumerate(_codes(asked, columns)):
        if code and code % COLUMN != _TWICE:
            refusals.append(of_row(code, asked.record(scheme, row, code, edition), edition, scheme, row))
    answer = _head(asked, columns, refusals)
    priced = columns.priced
    if priced is None or not priced.places[number]:
        first = {key: value for key, value in refusals[0].items() if key not in ("row", "out_of_scope")}
        answer |= {"premium_fen": None, "refusal": first, "refusals": refusals}
        return answer
    places = sorted(priced.places[number], key=priced.row.__getitem__)
    answer |= _premium(asked, number, columns, priced, places, refusals)
    if scheme.product is not None:
        answer |= sold(priced.options(min(places)), edition, scheme)
    return answer


def _codes(asked: Asked, columns: SchemeColumns) -> list[int]:
    """The refusal of each row that was sent, 0 where there is none."""
    return columns.refused[asked.first : asked.first + len(asked.records)]


def _head(asked: Asked, columns: SchemeColumns, refusals: list[Json]) -> Json:
    """Name and title; of a scheme also whether it is due today, and why. No cover is due by law."""
    scheme = columns.scheme
    if scheme.product is not None:
        return {"cover": scheme.name, "title": dict(scheme.title)}
    due = any(columns.due[asked.first : asked.first + len(asked.records)])
    return {"scheme": scheme.name, "title": dict(scheme.title), "due": due, "why": _why(scheme, due, refusals)}


def _why(scheme: Scheme, due: bool, refusals: list[Json]) -> dict[str, str]:
    if scheme.scope == "proposal":
        return both("not_due_proposal")
    if due:
        return both(f"due_{scheme.scope}")
    return {key: refusals[0][key] for key in ("code", "message", "message_zh")}


def _premium(
    asked: Asked, number: int, columns: SchemeColumns, priced: PricedColumns, places: list[int], refusals: list[Json]
) -> Json:
    scheme = columns.scheme
    missing = [one for one in refusals if scheme.product is None or not one["out_of_scope"]]
    answer: Json = {
        "status": STATUSES[max([priced.status[place] for place in places])],
        "evidence": EVIDENCE[max([priced.evidence[place] for place in places])],
        "premium_fen": sum([priced.levy_fen[place] for place in places]),
        "incomplete": bool(missing),
    }
    if priced.base_fen is not None:
        answer["contribution_base_fen"] = _same(priced.base_fen, places)
    if priced.ratio_ppm is not None:
        answer["ratio_ppm"] = _same(priced.ratio_ppm, places)
    if priced.next_km_millifen is not None:
        worker = priced.worker[places[0]]
        answer["next_km_millifen"] = priced.next_km_millifen[worker]
        if asked.curve:
            answer["curve"] = [{"distance_m": m, "premium_fen": fen} for m, fen in priced.curve[worker]]
    if asked.technical and scheme.expected is not None:
        answer["technical"] = _technical(columns, priced, places, answer["premium_fen"])
    answer["payers"] = {payer: sum([parts[place] for place in places]) for payer, parts in priced.payers.items()}
    answer["shares"] = [_share(asked, priced, place) for place in places]
    if asked.worksheet:
        explained = priced.explained[asked.lang]
        answer["worksheet"] = [
            shown_told(priced.row[place] - asked.first, told) for place in places for told in explained.told(place)
        ]
    answer["warnings"] = _warnings(asked, columns, priced, places, missing)
    answer["refusals"] = refusals
    return answer


def _same(column: list[int], places: list[int]) -> int | None:
    """The value all rows share; None where they are unlike."""
    values = {column[place] for place in places}
    return values.pop() if len(values) == 1 else None


def _technical(columns: SchemeColumns, priced: PricedColumns, places: list[int], levy_fen: int) -> Json:
    exposures = [priced.exposure_to_claims[place] for place in places]
    unknown = any(exposure < 0 for exposure in exposures)
    return technical_of(sum(exposures), unknown, levy_fen, columns.edition, columns.scheme)


def _share(asked: Asked, priced: PricedColumns, place: int) -> Json:
    share = dict(asked.named_of(priced.row[place] - asked.first))
    share["levy_fen"] = priced.levy_fen[place]
    share["payers"] = {payer: parts[place] for payer, parts in priced.payers.items()}
    return share


def _warnings(
    asked: Asked, columns: SchemeColumns, priced: PricedColumns, places: list[int], missing: list[Json]
) -> list[Json]:
    warnings: list[Json] = [{**both("is_incomplete"), "rows": [one["row"] for one in missing]}] if missing else []
    if twice := [row for row, code in enumerate(_codes(asked, columns)) if code % COLUMN == _TWICE]:
        warnings.append({**both("duplicate"), "rows": twice})
    for code, marked in priced.flags:
        flagged = [priced.row[place] - asked.first for place in places if marked[place]]
        if flagged:
            warnings.append(shown_flag(code, columns.edition, asked.records, flagged))
    return warnings
