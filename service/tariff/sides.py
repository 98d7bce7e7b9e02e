"""The two sides of a comparison: a tariff, a month and a knowledge date each; and the months in which they differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing.edition import Edition
from pricing.rate_table import NATION, Entry, Found, RateTable, levels_of
from pricing.register import Terms
from pricing.tariff import SHIPPED, Tariff
from pricing.units import month_text

ABSENT = "absent"
Span = tuple[int, int | None]  # first and last month, both touched; None: and on


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared: the tables of a folder for a month, as known on a date. register: of the reference rows."""

    tariff: Tariff
    month: int
    known: dt.date
    register: tuple[Terms, ...] = ()
    edition: Edition = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "edition", self.tariff.on(self.month, self.known, self.register))

    def own(self, table: str, region: str, month: int | None = None) -> Found | str:
        """What this region's own entries say of a month."""
        found = self.tariff.tables.get(table)
        return ABSENT if found is None else found.on(region, self.month if month is None else month, self.known)

    def answer(self, table: str, region: str) -> Found | None:
        """What answers for a region, its own entries or a wider region's."""
        found = self.tariff.tables.get(table)
        answer = None if found is None else found.look_up(region, self.month, self.known)
        return answer if isinstance(answer, Found) else None

    def unit(self, table: str) -> str:
        """Unit of a table, empty where there is none."""
        return self.tariff.tables[table].unit if table in self.tariff.tables else ""

    def entries(self, table: str, region: str) -> tuple[Entry, ...]:
        """A region's own entries that are known."""
        found = self.tariff.tables.get(table)
        own = found.entries.get(region, ()) if found else ()
        return tuple(entry for entry in own if entry.known_from <= self.known)

    def plain(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {
            "folder": _shown(self.tariff.folder),
            "month": month_text(self.month),
            "known_on": self.known.isoformat(),
            "edition": self.edition.hash,
        }


def _shown(folder: Path) -> str:
    """A folder as it was given, the shipped one by its place in the program."""
    return "pricing/rates" if folder == SHIPPED else folder.as_posix()


def regions_of(before: Side, after: Side, table: str, region: str) -> list[str]:
    """Regions with entries of their own in a table; with a region asked for, the level that answers for it."""
    tables = [side.tariff.tables[table] for side in (before, after) if table in side.tariff.tables]
    if not region:
        return list(dict.fromkeys(code for one in tables for code in one.entries))
    silent = ("before", ABSENT)
    own = (
        level for level in levels_of(region) if any(side.own(table, level) not in silent for side in (before, after))
    )
    return [next(own, NATION)]


def same(a: Found | str, b: Found | str) -> bool:
    """Whether two answers are alike in value, dates, marks and source."""
    return a == b


def spans(before: Side, after: Side, table: str, region: str) -> list[Span]:
    """The months a change touches.

    Between two months: those in which the later answer stands. Between two dates or folders: those whose answers
    differ, from the first of the entries that differ to the last end of them, or to the month asked for.
    """
    if before.month != after.month:
        return [_standing(before, after, table, region)]
    old, new = before.entries(table, region), after.entries(table, region)
    moved = [entry for entry in (*old, *new) if (entry in old) != (entry in new)]
    if not moved:
        moved = [*old, *new] if _frame(before, table) != _frame(after, table) else []
    if not moved:
        return []
    last = max(before.month, month_of(after.known), *(entry.ends or entry.effective_from for entry in moved))
    differ = [
        month
        for month in range(min(entry.effective_from for entry in moved), last + 1)
        if not same(before.own(table, region, month), after.own(table, region, month))
        or before.unit(table) != after.unit(table)
    ]
    found = merged((month, month) for month in differ)
    is_open = any(entry.ends is None for entry in moved) and bool(found) and found[-1][1] == last
    return [*found[:-1], (found[-1][0], None)] if is_open else found


def _frame(side: Side, table: str) -> tuple[object, ...]:
    found: RateTable | None = side.tariff.tables.get(table)
    return () if found is None else (found.unit, found.carry_forward_months)


def _standing(before: Side, after: Side, table: str, region: str) -> Span:
    """The months around the later side's month in which its answer stands."""
    entries = after.entries(table, region)
    answer = after.own(table, region)
    starts = [entry.effective_from for entry in entries] or [after.month]
    least = before.month + 1 if before.month < after.month else min(*starts, after.month)
    carry = after.tariff.tables[table].carry_forward_months if table in after.tariff.tables else 0
    most = max(after.month, *starts, *(entry.ends + carry + 1 for entry in entries if entry.ends is not None))
    first = last = after.month
    while first > least and same(after.own(table, region, first - 1), answer):
        first -= 1
    while last <= most and same(after.own(table, region, last + 1), answer):
        last += 1
    return first, None if last > most else last


def merged(found: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    together: list[Span] = []
    for first, last in sorted(found, key=lambda span: (span[0], span[1] is None, span[1] or 0)):
        if together and (together[-1][1] is None or first <= together[-1][1] + 1):
            before = together[-1][1]
            end = None if before is None or last is None else max(before, last)
            together[-1] = (together[-1][0], end)
        else:
            together.append((first, last))
    return together


def months_plain(found: Iterable[Span]) -> list[dict[str, str | None]]:
    """Spans as JSON shows them."""
    return [
        {"from": month_text(first), "to": None if last is None else month_text(last)} for first, last in merged(found)
    ]


def month_of(day: dt.date) -> int:
    """The month of a date, counted since year 0."""
    return day.year * 12 + day.month - 1
