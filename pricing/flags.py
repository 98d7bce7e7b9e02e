"""Flags: what a person should know about a price that is not refused. One boolean column per flag."""

from __future__ import annotations

from collections.abc import Iterator, Set

import numpy as np

from pricing.coding import Rows
from pricing.edition import NO_ENTRY, Edition
from pricing.key_order import BoolArray
from pricing.merge import Merged
from pricing.rate_table import NATION, PROVISIONAL, STATUSES
from pricing.review import overdue
from pricing.rules import OCCUPATION_CLASS, PLAUSIBLE_SPEED, REDUCTION_WINDOW
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import IntArray, days_of_month
from pricing.usage import UNKNOWN

LEFT_OUT = "left_out"
SEATED = ("live_min", "desk_min")
_DRAFT, _DEMONSTRATION = STATUSES.index("draft"), STATUSES.index("demonstration")


def flags(priced: Priced, edition: Edition, scheme: Scheme) -> Iterator[tuple[str, BoolArray]]:
    """The flags that stand on any priced row, as (code, rows that carry it); `left_out:TABLE` names its table."""
    for code, rows in _all(priced, edition, scheme):
        if np.count_nonzero(rows):
            yield code, rows


def _all(priced: Priced, edition: Edition, scheme: Scheme) -> Iterator[tuple[str, BoolArray]]:
    of, per = edition.keep("read", scheme.name, lambda: _read(scheme))
    yield "is_provisional", priced.status == PROVISIONAL
    yield "is_draft", priced.status == _DRAFT
    yield "is_demonstration", priced.status == _DEMONSTRATION
    if edition.keep("overdue", scheme.name, lambda: overdue(edition, scheme)):
        yield "review_overdue", np.ones(len(priced.rows), dtype=bool)
    if scheme.exposure == "contribution_base":
        yield "class_by_default", _class_by_default(priced.rows, edition)
    if scheme.reduction:
        yield "local_reduction_unknown", _reduction_unknown(priced, edition, scheme)
    if scheme.floor_by_days:
        yield from _days(priced.merged, edition)
    yield from _curves(priced, edition, scheme)
    if scheme.exposure == "distance_m" or "distance_m" in of:
        yield "distance_implausible", _too_far(priced.rows, edition)
    if "worked_min" in per:
        yield "night_exceeds_worked", priced.merged.total("night_min") > priced.merged.total("worked_min")
    yield from _minutes(priced, edition, of | per)


def _read(scheme: Scheme) -> tuple[frozenset[str], frozenset[str]]:
    """What the relativities are read by, and what that is divided by."""
    of = frozenset(name for r in scheme.relativities for name in r.of)
    return of, frozenset(name for r in scheme.relativities for name in r.per)


def _days(merged: Merged, edition: Edition) -> Iterator[tuple[str, BoolArray]]:
    lacks, too_many = merged.lacks("active_days"), merged.greatest("active_days") > days_of_month(edition.month)
    if lacks is not None:
        yield "active_days_unknown", lacks
    yield "more_days_than_month", too_many if lacks is None else ~lacks & too_many


def _curves(priced: Priced, edition: Edition, scheme: Scheme) -> Iterator[tuple[str, BoolArray]]:
    """Curves that were left out for a worker, and kilometres beyond the last knot."""
    everyone = np.ones(len(priced.rows), dtype=bool)
    for relativity in scheme.relativities:
        step = priced.sheet.step(relativity.name) if relativity.by_curve else None
        if step is not None:
            if not isinstance(step.entry, int) or step.entry == NO_ENTRY:
                yield f"{LEFT_OUT}:{relativity.table}", everyone & (step.entry == NO_ENTRY)
            curve = edition.curve(relativity.table)
            if relativity.of == ("distance_m",) and curve is not None:
                yield "beyond_last_knot", everyone & (step.facts["quantity"] >= curve.last)


def _minutes(priced: Priced, edition: Edition, read: Set[str]) -> Iterator[tuple[str, BoolArray]]:
    """Minutes that cannot be: against the month what the worker's rows add up to, against minutes seated each row."""
    month, rows = days_of_month(edition.month) * 24 * 60, priced.rows
    for names in (SEATED, ("worked_min",)):
        if not read.isdisjoint(names):
            yield "minutes_exceed_month", priced.merged.sum_of(names)[0] > month
    if read.isdisjoint(SEATED):
        return
    seated = [rows.numbers.get(name, np.full(len(rows), UNKNOWN, dtype=np.int64)) for name in SEATED]
    known = np.all([minutes >= 0 for minutes in seated], axis=0)
    for name, code in (("night_min", "night_exceeds_seated"), ("longest_sitting_min", "sitting_exceeds_seated")):
        if name in read and name in rows.numbers:
            yield code, known & (rows.numbers[name] > sum(seated))


def _class_by_default(rows: Rows, edition: Edition) -> BoolArray:
    number = edition.keep("default class", "", lambda: edition.number_of(OCCUPATION_CLASS, NATION))
    by_default: BoolArray = rows.codes["class_entry"] == (number if isinstance(number, int) else -2)
    return by_default


def _reduction_unknown(priced: Priced, edition: Edition, scheme: Scheme) -> BoolArray:
    """No entry for the region, though a national measure is running or the region's own has ended."""
    step = priced.sheet.step("reduction")
    assert step is not None
    ended = [number for code, number in edition.regions.items() if edition.number_of(scheme.reduction, code) == "ended"]
    likely = isinstance(edition.number_of(REDUCTION_WINDOW, NATION), int)
    in_ended = np.isin(priced.rows.codes["region"], ended)
    return (step.entry == NO_ENTRY) & (likely | in_ended)


def _too_far(rows: Rows, edition: Edition) -> BoolArray:
    """More metres than the worked minutes (or the whole month) allow at the vehicle's greatest plausible speed."""
    grid = edition.grid(PLAUSIBLE_SPEED)
    speed = grid.values.take(grid.places(rows.codes, len(rows)))
    month = days_of_month(edition.month) * 24 * 60
    worked = rows.numbers.get("worked_min")
    minutes: IntArray | int = month if worked is None else worked
    if worked is not None and "worked_min" in rows.unsure:
        minutes = np.where(worked >= 0, worked, month)
    return rows.numbers["distance_m"] > speed * minutes
