"""Dated rate tables as frozen entries: value, source and marks together; looked up by region, month and knowledge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

STATUSES = ("enacted", "provisional", "draft", "demonstration")
EVIDENCE = ("primary", "quoted", "derived", "memory", "none")
PROVISIONAL = STATUSES.index("provisional")
NATION = "000000"

# Greatest value of a number in each unit: with these no product of the kernel reaches 2^63 (lint shows it).
UNITS: Mapping[str, int] = {
    "ppm of contribution_base": 1_000_000,
    "ppm of average_wage": 1_000_000,
    "millifen per order": 10_000_000,
    "millifen per 1000 km": 10_000_000,
    "millifen per hour": 10_000_000,
    "millifen per insured month": 1_000_000_000,
    "fen per month": 10_000_000,
    "fen": 1_000_000_000_000,
    "calendar month": 12,
    "months": 1200,
    "members": 100_000,
    "claims per million million": 1_000_000_000_000_000,
    "thousandths of an amount": 1_000_000_000_000_000,
    "times": 100,
    "fen per year": 100_000_000,
    "ppm": 10_000_000,
    "pct": 500,
    "risk class": 8,
    "metre per minute": 10_000,
    "word": 0,
}


@dataclass(frozen=True, slots=True)
class By:
    """A value per level of a factor; a level's node is again a value."""

    factor: str
    nodes: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Curve:
    """Knots of a piecewise-linear curve, with the off-balance that belongs to it, if any. [ppm]"""

    x: tuple[int, ...]
    y: tuple[int, ...]
    off_balance_ppm: int | None
    reference_portfolio: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Allowed floats: 100 plus or minus multiples of `step`, at most `limit` away. [pct]"""

    step: int
    limit: int


Node = int | str | tuple[int, ...] | By
Value = Node | Curve | Steps


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated value with its source and marks; months are counted since year 0, `ends` is inclusive."""

    id: str
    region: str
    effective_from: int
    ends: int | None
    known_from: dt.date
    known_from_assumed: bool
    status: int
    evidence: int
    source: str
    clause: str
    note: Mapping[str, str]
    value: Value


@dataclass(frozen=True, slots=True)
class Found:
    """The entry that answers for a month as known on a date; `carried` where its period is over."""

    entry: Entry
    carried: bool

    @property
    def status(self) -> int:
        """Rank in STATUSES: a carried value is provisional at best."""
        return max(self.entry.status, PROVISIONAL) if self.carried else self.entry.status


@dataclass(frozen=True, slots=True)
class RateTable:
    """A dated table: its entries per region, ascending by effective_from, then known_from."""

    id: str
    title: Mapping[str, str]
    unit: str
    review_by: int | None
    carry_forward_months: int
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def on(self, region: str, month: int, known: dt.date) -> Found | str:
        """What this region's own entries say: Found, `before` the first known entry, or `ended`."""
        answer: Entry | None = None
        for entry in self.entries.get(region, ()):
            if entry.effective_from <= month and entry.known_from <= known:
                answer = entry
        if answer is None:
            return "before"
        past = 0 if answer.ends is None else month - answer.ends
        if past > self.carry_forward_months and past > 0:
            return "ended"
        return Found(answer, past > 0)

    def look_up(self, region: str, month: int, known: dt.date) -> Found | str:
        """County → city → province → nation: the most specific level with an entry begun answers, also when ended."""
        for level in levels_of(region):
            found = self.on(level, month, known)
            if found != "before":
                return found
        return "before"


def levels_of(region: str) -> tuple[str, ...]:
    """The look-up levels of a region, most specific first."""
    return tuple(dict.fromkeys((region, region[:4] + "00", region[:2] + "0000", NATION)))


def leaves(value: Value) -> Iterator[int | str]:
    """All numbers or words of a value."""
    if isinstance(value, By):
        for node in value.nodes.values():
            yield from leaves(node)
    elif isinstance(value, Curve):
        yield from value.y
    elif isinstance(value, tuple):
        yield from value
    elif isinstance(value, Steps):
        yield from (value.step, value.limit)
    else:
        yield value
