"""Requests priced together: one settlement for all that read the same tables in the same form, one answer to each.

A single quote is a batch of one. What other requests stand beside it changes nothing in an answer: each request's
worker is a worker of its own, and its rows are declarations of their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pricing.coding import COLUMN, WORKER
from pricing.edition import Edition
from pricing.errors import CODE, InputError
from pricing.package import Package
from pricing.settle import Settlement, settle
from pricing.side import Side
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.usage import BY_NAME, NUMBERS, UNKNOWN, Usage, name_apart
from service.fields import repeated
from service.prices.answers import Asked, answer_of
from service.prices.priced_columns import Layout, SchemeColumns
from service.prices.quote_request import Request

FORMAT = 1
_MERGED = tuple(name for name in NUMBERS if name not in ("risk_class", "longest_sitting_min"))
_SHARED = ("platform", "contractor", "region", "worker_ref")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A request with the edition that answers it. columns: of its usage rows; own: those of the caller's own."""

    request: Request
    edition: Edition
    columns: tuple[str, ...]
    own: tuple[str, ...]
    packages: Mapping[str, Package]

    @classmethod
    def of(cls, request: Request, tariff: Tariff) -> Ready:
        """InputError where a column of its rows is not of the form."""
        edition = tariff.on(request.month, request.known_on, request.register)
        columns = tuple(dict.fromkeys([name for record in request.records for name in record]))
        own = tuple([name for name in columns if name not in BY_NAME])
        for name in own:
            if not name.startswith("x_"):
                row = next(place for place, record in enumerate(request.records) if name in record)
                raise InputError("unknown_column", f"usage, row {row}, {name}", key=name, known=", ".join(BY_NAME))
        return cls(request, edition, columns, own, tariff.packages)

    @property
    def form(self) -> Hashable:
        """Requests of one form may be settled together. One whose worker is none has a form of its own."""
        request = self.request
        if not isinstance(request.worker, str) or not WORKER.fullmatch(request.worker):
            return object()
        named = frozenset(self.columns).difference(self.own)
        return id(self.edition), request.schemes, request.covers, request.covers_named, request.curve, named

    @property
    def weight(self) -> int:
        """Rows that are read for it, which its answer takes time and memory by."""
        return self.request.weight

    @property
    def asked(self) -> Asked:
        """What its answer repeats of it."""
        request = self.request
        sent = (request.records, (*_SHARED, *self.own), request.enrolments, request.history)
        return Asked(*sent, request.lang, request.curve, request.technical, request.worksheet)


def answers(ready: Sequence[Ready]) -> list[Json]:
    """The answers to requests of one form, in their order."""
    edition, with_curve = ready[0].edition, ready[0].request.curve
    settlement, usage = _settled(ready)
    langs = tuple({one.request.lang for one in ready if one.request.worksheet})
    layout = Layout.of(settlement, [len(one.request.records) for one in ready], langs, with_curve)
    of_scheme = {name: SchemeColumns.of(name, settlement, edition, layout) for name in settlement.priced}
    quantities = _Quantities.of(usage, settlement, layout)
    bounds = pairwise(layout.first)
    return [
        _answer(one, number, quantities.merged(*rows), of_scheme)
        for number, (one, rows) in enumerate(zip(ready, bounds, strict=True))
    ]


def that_fit(ready: Sequence[Ready], most: int, most_weight: int) -> int:
    """How many of those that wait, from the first on, may be priced at once: at least one of them."""
    weight = 0
    for number, one in enumerate(ready[:most]):
        weight += one.weight
        if number and weight > most_weight:
            return number
    return min(len(ready), most)


def by_form(ready: Sequence[Ready]) -> list[list[int]]:
    """Places of requests that may be settled together."""
    found: dict[Hashable, list[int]] = {}
    for place, one in enumerate(ready):
        found.setdefault(one.form, []).append(place)
    return list(found.values())


def _settled(ready: Sequence[Ready]) -> tuple[Settlement, Usage]:
    request, edition = ready[0].request, ready[0].edition
    names = (*request.schemes, *request.covers)
    if len(ready) == 1:
        usage = Usage.of(request.records)
        side = Side.of(request.enrolments, request.history)
        return settle(usage, edition, names, side=side, apart=True), usage
    usage = Usage.of([record for one in ready for record in one.request.records])
    usage = usage.apart([len(one.request.records) for one in ready])
    return settle(usage, edition, names, side=_side_apart(ready), apart=True), usage


def _side_apart(ready: Sequence[Ready]) -> Side:
    """Enrolments and histories of several requests, whose workers and groups have nothing to do with each other."""
    enrolments: list[Mapping[str, object]] = []
    history: list[Mapping[str, object]] = []
    for number, one in enumerate(ready):
        worker = {"worker": name_apart(number)}
        for row in one.request.enrolments:
            group = row.get("group")
            enrolments.append({**row, **worker, "group": group if group in (None, "") else f"{number} {group!r}"})
        history += [{**row, **worker} for row in one.request.history]
    return Side.of(enrolments, history)


@dataclass(frozen=True, slots=True, eq=False)
class _Quantities:
    """Number columns of the rows sent, UNKNOWN where the key of a row is not good."""

    columns: Mapping[str, list[int]]

    @classmethod
    def of(cls, usage: Usage, settlement: Settlement, layout: Layout) -> _Quantities:
        broken = settlement.checked.broken
        columns = {name: usage.numbers[name].tolist() for name in _MERGED if name in usage.numbers}
        for row in () if broken is None else layout.by_row(broken).nonzero()[0].tolist():
            for column in columns.values():
                column[row] = UNKNOWN
        return cls(columns)

    def merged(self, start: int, end: int) -> dict[str, int]:
        """Quantities over all rows whose key is good: added, active days the greatest. What no row has is left out."""
        merged = {}
        for name, column in self.columns.items():
            cells = column[start:end]
            known = cells if min(cells) >= 0 else [cell for cell in cells if cell >= 0]
            if known:
                merged[name] = max(known) if name == "active_days" else sum(known)
        return merged


def _answer(ready: Ready, number: int, merged: dict[str, int], of_scheme: Mapping[str, SchemeColumns]) -> Json:
    request, asked = ready.request, ready.asked
    covers = [name for name in request.covers if request.covers_named or _applies(asked, number, of_scheme[name])]
    answered = {name: answer_of(asked, number, of_scheme[name]) for name in (*request.schemes, *covers)}
    return {
        "format": FORMAT,
        "month": month_text(request.month),
        "known_on": request.known_on.isoformat(),
        "edition": ready.edition.hash,
        "worker": repeated(request.worker),
        "merged": merged,
        "schemes": [answered[name] for name in request.schemes],
        "covers": [answered[name] for name in covers],
        "packages": _packages({name: answered[name] for name in covers}, ready.packages),
    }


def _applies(asked: Asked, number: int, columns: SchemeColumns) -> bool:
    """Whether a cover is for any of the rows, whatever else may be missing."""
    outside = CODE["occupation_not_in_scope"]
    refused = columns.refused.get(number, ())
    return sum(code % COLUMN == outside for _, code in refused) < len(asked.records)


def _packages(covers: Mapping[str, Json], packages: Mapping[str, Package]) -> list[Json]:
    """Packages whose covers are all answered, with the sum of their premiums; null where one of them has none.

    incomplete: covers that are refused, or whose premium leaves out a refused row.
    """
    found = []
    for name, package in packages.items():
        if set(package.covers) <= set(covers):
            answered = {cover: covers[cover] for cover in package.covers}
            premiums = [one["premium_fen"] for one in answered.values()]
            incomplete = [cover for cover, one in answered.items() if one.get("incomplete", True)]
            total = None if None in premiums else sum(premiums)
            named = {"package": name, "title": dict(package.title), "covers": list(answered)}
            found.append({**named, "premium_fen": total, "incomplete": incomplete})
    return found
