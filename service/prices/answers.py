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
from service.prices.shown import shown_flag
from service.prices.sold import sold
from service.prices.technical import technical_of
from service.refusals import both, of_row
from service.refusals.history_words import HISTORY, OF_HISTORY, Sent, start_of

Json = dict[str, Any]
_TWICE = CODE["duplicate"]  # a row that stands already: no refusal, for it counts


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer repeats of its request: the usage rows, enrolments and history as sent, the language, and what
    it is to show. named: columns of a row that its shares repeat.
    """

    records: Sequence[Mapping[str, Any]]
    named: Sequence[str]
    enrolments: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    lang: str
    curve: bool
    technical: bool
    worksheet: bool
    _shared: dict[int, Json] = field(init=False, default_factory=dict)  # alike under every scheme
    _chosen: dict[str, Mapping[str, Any]] = field(init=False, default_factory=dict)  # by cover, alike for every row
    _sent: dict[str, Sent] = field(init=False, default_factory=dict)  # the same

    def shared(self, row: int) -> Json:
        """What each share of a row says of it: its number, and the named columns of which it has a value."""
        found = self._shared.get(row)
        if found is None:
            found = self._shared[row] = {"row": row}
            record = self.records[row]
            for name in self.named:
                value = repeated(record.get(name))
                if value:
                    found[name] = value
        return found

    def record(self, scheme: Scheme, row: int, code: int, edition: Edition) -> Mapping[str, Any]:
        """A row with what was enrolled for its worker in the cover: what the sentence of a refusal may name."""
        if scheme.product is None:
            return self.records[row]
        chosen = self._chosen.get(scheme.name)
        if chosen is None:
            last = (one for one in reversed(self.enrolments) if one["cover"] == scheme.name)
            chosen = self._chosen[scheme.name] = next(last, {})
        record = {**chosen, **self.records[row]}
        return record | {HISTORY: self._history(scheme, edition)} if code % COLUMN in OF_HISTORY else record

    def _history(self, scheme: Scheme, edition: Edition) -> Sent:
        """The history sent for the worker, looked through once however many rows are refused for it."""
        found = self._sent.get(scheme.name)
        if found is None:
            table, worker = Table.of(self.enrolments), str(self.records[0]["worker"])
            start = start_of(enrolled(table, edition, scheme), table, worker, edition.month)
            found = self._sent[scheme.name] = Sent(self.history, start)
        return found


def answer_of(asked: Asked, number: int, columns: SchemeColumns) -> Json:
    """What a scheme or cover makes of a worker's month: its premium with shares and worksheet, or why there is none.

    number: of the request among those settled together.
    """
    edition, scheme, priced = columns.edition, columns.scheme, columns.priced
    refused = columns.refused.get(number, ())
    refusals = [
        of_row(code, asked.record(scheme, row, code, edition), edition, scheme, row)
        for row, code in refused
        if code % COLUMN != _TWICE
    ]
    answer = dict(columns.head)
    if scheme.product is None:
        due = columns.due[number]
        answer["due"], answer["why"] = due, _why(scheme, due, refusals)
    start, end = (0, 0) if priced is None else priced.bounds[number]
    if priced is None or start == end:
        first = {key: value for key, value in refusals[0].items() if key not in ("row", "out_of_scope")}
        answer |= {"premium_fen": None, "refusal": first, "refusals": refusals}
        return answer
    missing = [one for one in refusals if scheme.product is None or not one["out_of_scope"]]
    answer |= _premium(asked, columns, priced, slice(start, end), missing)
    twice = [row for row, code in refused if code % COLUMN == _TWICE]
    answer["warnings"] = _warnings(asked, columns, priced.flagged.get(number, ()), missing, twice)
    answer["refusals"] = refusals
    if scheme.product is not None:
        answer |= sold(priced.options(min(priced.place[start:end])), edition, scheme)
    return answer


def _why(scheme: Scheme, due: bool, refusals: list[Json]) -> dict[str, str]:
    """Why a scheme is due today, or is not. Of covers nothing is said: none is due by law."""
    if scheme.scope == "proposal":
        return both("not_due_proposal")
    if due:
        return both(f"due_{scheme.scope}")
    return {key: refusals[0][key] for key in ("code", "message", "message_zh")}


def _premium(asked: Asked, columns: SchemeColumns, priced: PricedColumns, rows: slice, missing: list[Json]) -> Json:
    """Premium, shares and worksheet of a request. rows: its priced rows; missing: its refusals that count."""
    scheme = columns.scheme
    levies = priced.levy_fen[rows]
    answer: Json = {
        "status": STATUSES[max(priced.status[rows])],
        "evidence": EVIDENCE[max(priced.evidence[rows])],
        "premium_fen": sum(levies),
        "incomplete": bool(missing),
    }
    if priced.base_fen is not None:
        answer["contribution_base_fen"] = _same(priced.base_fen[rows])
    if priced.ratio_ppm is not None:
        answer["ratio_ppm"] = _same(priced.ratio_ppm[rows])
    if priced.next_km_millifen is not None:
        worker = priced.worker[rows.start]
        answer["next_km_millifen"] = priced.next_km_millifen[worker]
        if asked.curve:
            answer["curve"] = [{"distance_m": m, "premium_fen": fen} for m, fen in priced.curve[worker]]
    if asked.technical and scheme.expected is not None:
        answer["technical"] = _technical(columns, priced.exposure_to_claims[rows], answer["premium_fen"])
    payers = {payer: parts[rows] for payer, parts in priced.payers.items()}
    answer["payers"] = {payer: sum(parts) for payer, parts in payers.items()}
    places = priced.row[rows]
    borne = zip(*payers.values(), strict=True)
    answer["shares"] = [
        {**asked.shared(row), "levy_fen": levy_fen, "payers": dict(zip(payers, parts, strict=True))}
        for row, levy_fen, parts in zip(places, levies, borne, strict=True)
    ]
    if asked.worksheet:
        answer["worksheet"] = priced.worksheets[asked.lang].sheet(zip(places, priced.place[rows], strict=True))
    return answer


def _same(column: list[int]) -> int | None:
    """The value all rows share; None where they are unlike."""
    return column[0] if column.count(column[0]) == len(column) else None


def _technical(columns: SchemeColumns, exposures: list[int], levy_fen: int) -> Json:
    return technical_of(sum(exposures), min(exposures) < 0, levy_fen, columns.edition, columns.scheme)


def _warnings(
    asked: Asked,
    columns: SchemeColumns,
    flagged: Sequence[tuple[str, list[int]]],
    missing: list[Json],
    twice: list[int],
) -> list[Json]:
    warnings: list[Json] = [{**both("is_incomplete"), "rows": [one["row"] for one in missing]}] if missing else []
    if twice:
        warnings.append({**both("duplicate"), "rows": twice})
    return warnings + [shown_flag(code, columns.edition, asked.records, rows) for code, rows in flagged]
