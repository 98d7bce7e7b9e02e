"""What a refused history is told: which months are needed and which were sent, or the cell that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pricing.enrolment import Enrolled
from pricing.errors import CODE
from pricing.history import MONTHS
from pricing.side import GREATEST, MONTH_NOT_VALID, MONTH_UNKNOWN, Table
from pricing.units import month_text, parse_month
from pricing.usage import whole_number
from pricing.words import as_json, say

HISTORY = "#history"  # where a refused row holds the history that was sent for its worker
_OF_MONTHS = ("history_missing", "history_too_short", "history_gap")
OF_HISTORY = frozenset(CODE[code] for code in (*_OF_MONTHS, "history_month", "history_amount"))
_SPANS = 6


@dataclass(frozen=True, slots=True)
class Sent:
    """Rows of one worker's history as they were sent, and the month in which the cover starts; None: not known."""

    rows: Sequence[Mapping[str, Any]]
    start: int | None = None
    _said: dict[tuple[str, str], str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def told(self, code: str, lang: str) -> str:
        """What is said of it beside a code, worked out once: many rows may be refused for one history."""
        if (code, lang) not in self._said:
            self._said[code, lang] = _told(code, self, lang)
        return self._said[code, lang]


def told(code: str, record: Mapping[str, Any], lang: str) -> str:
    """What a refusal's sentence is followed by, where the record holds a history; else nothing."""
    sent = record.get(HISTORY)
    said = sent.told(code, lang) if isinstance(sent, Sent) else ""
    return f" {said}" if said and lang == "en" else said


def _told(code: str, sent: Sent, lang: str) -> str:
    if code in _OF_MONTHS and sent.start is not None:
        first, last = month_text(sent.start - MONTHS), month_text(sent.start - 1)
        return say("history_needed", lang, first=first, last=last, sent=_months(sent, lang))
    if code == "history_month":
        found = next((row.get("month") for row in sent.rows if _month(row) in (MONTH_UNKNOWN, MONTH_NOT_VALID)), None)
        return say("history_found", lang, value=found)
    if code == "history_amount":
        return _amount(sent, lang)
    return ""


def _amount(sent: Sent, lang: str) -> str:
    greatest = GREATEST["revenue_fen"]
    for row in sent.rows:
        amount = row.get("revenue_fen")
        if whole_number(amount, greatest) < 0:
            facts = {"month": row.get("month"), "value": as_json(amount), "greatest": f"{greatest:,}"}
            return say("history_amount_found", lang, **facts)
    return ""


def _month(row: Mapping[str, Any]) -> int:
    text = row.get("month")
    if text is None or text == "":
        return MONTH_UNKNOWN
    month = parse_month(text) if isinstance(text, str) else None
    return MONTH_NOT_VALID if month is None else month


def _months(sent: Sent, lang: str) -> str:
    """The months sent, as spans: 2024-11 to 2025-03, 2025-05."""
    months = sorted({month for row in sent.rows if (month := _month(row)) >= 0})
    spans = [_span(first, last, lang) for first, last in _runs(months)]
    return ", ".join(spans[:_SPANS]) + ("…" if len(spans) > _SPANS else "") or say("history_none", lang)


def _span(first: int, last: int, lang: str) -> str:
    names = {"first": month_text(first), "last": month_text(last)}
    return names["first"] if first == last else say("change_page_span", lang, **names)


def _runs(months: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of months without a gap."""
    first = 0
    for place in range(1, len(months) + 1):
        if place == len(months) or months[place] > months[place - 1] + 1:
            yield months[first], months[place - 1]
            first = place


def start_of(found: Enrolled, enrolments: Table, worker: str, month: int) -> int:
    """Month in which a worker's cover in force starts, as its price takes it; the month itself where there is none."""
    rows = enrolments.rows_of(worker)
    places = found.own.searchsorted(rows)  # of its rows among the cover's
    good = [
        int(found.starts[place])
        for place, row in zip(places.tolist(), rows.tolist(), strict=True)
        if place < len(found.own)
        and found.own[place] == row
        and found.starts[place] <= month <= found.ends[place]
        and not found.refusals[place]
    ]
    return good[-1] if good else month
