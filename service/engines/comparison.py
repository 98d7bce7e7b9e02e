"""Compare a month under two schemes or two editions: who pays more and who less, in whole fen.

A worker is all lines of a side that name the worker, over every platform. Side A is what stands, side B what is
compared with it; more means that B costs more than A, whoever bears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing.tariff import Tariff
from pricing.words import LANGUAGES
from service.engines import comparison_tables as tables
from service.engines import store
from service.engines.changed_worksheets import Sheet, worksheets
from service.engines.compared_sides import Side, is_synthetic, names_of

EXTREMES = 10
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SideTotals:
    """A side as published. marks: (status, evidence, lines, fen), strongest first; payers: who bears it, in fen."""

    schemes: tuple[str, ...]
    title: Names
    known_on: str
    edition: str
    run: str
    workers: int
    lines: int
    levy_fen: int
    status: str
    evidence: str
    marks: tuple[tuple[str, str, int, int], ...]
    payers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Workers who pay more, less, the same, or who are priced on one side only.

    alike: of these, the workers of whom the same rows are priced on both sides.
    """

    verdict: str
    workers: int
    alike: int
    a_fen: int
    b_fen: int


@dataclass(frozen=True, slots=True)
class Band:
    """Compared workers by their change: above `low` up to `high` where it rises, mirrored where it falls.

    by: `fen` or `pct`; None is open. low = high = 0 is no change; both None in `pct`: nothing on side A to divide by.
    """

    by: str
    low: int | None
    high: int | None
    workers: int
    a_fen: int
    b_fen: int

    @property
    def verdict(self) -> str:
        """Whether its workers pay `more`, `less` or the `same`."""
        if self.low == self.high == 0:
            return "same"
        return "less" if (self.high or self.low or 1) < 0 or (self.low or 0) < 0 else "more"


@dataclass(frozen=True, slots=True)
class Part:
    """The workers and money of a platform, a province or an occupation; a worker of two platforms counts in both."""

    kind: str
    code: str
    names: Names
    workers: int
    more: int
    less: int
    same: int
    a_fen: int
    b_fen: int


@dataclass(frozen=True, slots=True)
class KilometreBand:
    """Workers by merged kilometres of the month, from `low_m` to below `high_m`; low None: no kilometres were sent.

    a_fen, b_fen: all money. The rest looks only at what is priced on both sides, like with like: workers
    (`compared`) and their money, and the rows with orders or kilometres, whose money is what a rate is made of.
    """

    low_m: int | None
    high_m: int | None
    workers: int
    more: int
    less: int
    same: int
    a_fen: int
    b_fen: int
    compared: int
    a_compared_fen: int
    b_compared_fen: int
    orders: int
    a_orders_fen: int
    b_orders_fen: int
    distance_m: int
    a_distance_fen: int
    b_distance_fen: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why workers of one side are not priced on the other: refused rows by code, and how many workers have them.

    missing: the side that refused, `a` or `b`; example: one of the refusals in words.
    """

    missing: str
    scheme: str
    code: str
    rows: int
    workers: int
    example: Names


@dataclass(frozen=True, slots=True)
class Change:
    """One worker's month on both sides, with the worksheets of both."""

    worker: str
    distance_m: int | None
    orders: int | None
    a_fen: int
    b_fen: int
    a_sheets: tuple[Sheet, ...]
    b_sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a page, a terminal or a program shows of a comparison."""

    month: str
    a: SideTotals
    b: SideTotals
    synthetic: bool
    demonstration: bool
    same_usage: bool
    workers: int
    unpriced: int
    verdicts: Mapping[str, Verdict]
    bands: tuple[Band, ...]
    kilometres: tuple[KilometreBand, ...]
    parts: tuple[Part, ...]
    reasons: tuple[Reason, ...]
    increases: tuple[Change, ...] = field(default=())
    decreases: tuple[Change, ...] = field(default=())

    @property
    def compared(self) -> int:
        """Workers priced on both sides."""
        return sum(self.verdicts[name].workers for name in ("more", "less", "same"))


def compare(a: Side, b: Side, work: Path) -> Comparison:
    """Compare two sides of one month. work: a folder that large sums may spill into."""
    with store.opened(work) as connection:
        sides = a, b
        same_usage = tables.same_usage(connection, sides)
        tables.make(connection, sides, same_usage)
        verdicts = {row["verdict"]: Verdict(**row) for row in tables.verdicts(connection)}
        totals = tuple(_totals(connection, side) for side in sides)
        priced = sum(verdict.workers for verdict in verdicts.values())
        workers = tables.workers_of_usage(connection)
        return Comparison(
            month=a.receipt["month"],
            a=totals[0],
            b=totals[1],
            synthetic=is_synthetic(a) or is_synthetic(b),
            demonstration=any(side.status == "demonstration" for side in totals),
            same_usage=same_usage,
            workers=workers,
            unpriced=workers - priced,
            verdicts=verdicts,
            bands=tuple(Band(**row) for by in ("fen", "pct") for row in tables.bands(connection, by)),
            kilometres=tuple(KilometreBand(**row) for row in tables.kilometres(connection)),
            parts=_parts(connection, a.tariff),
            reasons=_reasons(connection, sides, verdicts),
            increases=_extremes(connection, sides, rising=True),
            decreases=_extremes(connection, sides, rising=False),
        )


def _totals(connection: Any, side: Side) -> SideTotals:
    found = tables.totals(connection, side)
    schemes = [side.terms.edition.schemes[name] for name in side.schemes]
    return SideTotals(
        schemes=side.schemes,
        title={lang: " + ".join(scheme.title[lang] for scheme in schemes) for lang in LANGUAGES},
        known_on=side.receipt["known_on"],
        edition=side.receipt["edition"],
        run=side.receipt["run"],
        **found,
    )


def _parts(connection: Any, tariff: Tariff) -> tuple[Part, ...]:
    return tuple(
        Part(kind=kind, names=names_of(kind, row["code"], tariff), **row)
        for kind in ("platform", "region", "occupation")
        for row in tables.parts(connection, kind)
    )


def _reasons(connection: Any, sides: tuple[Side, Side], verdicts: Mapping[str, Verdict]) -> tuple[Reason, ...]:
    """Refusals on a side of the workers whom only the other side prices."""
    found = []
    for missing, verdict, side in (("b", "only_a", sides[1]), ("a", "only_b", sides[0])):
        if verdicts[verdict].workers:
            found += [Reason(missing=missing, **row) for row in tables.reasons(connection, side, verdict)]
    return tuple(found)


def _extremes(connection: Any, sides: tuple[Side, Side], rising: bool) -> tuple[Change, ...]:
    """The largest changes among workers of whom the same rows are priced on both sides."""
    return tuple(
        Change(
            **row,
            a_sheets=worksheets(connection, sides[0], row["worker"]),
            b_sheets=worksheets(connection, sides[1], row["worker"]),
        )
        for row in tables.extremes(connection, rising, EXTREMES)
    )
