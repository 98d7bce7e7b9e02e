"""Coding: the texts of a month's usage become level numbers, the same ones for pricing and for training.

Where a text is not known, its column's refusals stand beside the codes under `?column`; under `#column` stands which of
the distinct texts a row has. A refusal is
`code + 256 × column`: numbers of `errors.ROW_CODES` and `usage.COLUMN_NUMBER`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pricing.edition import NO_ENTRY, Edition
from pricing.errors import CODE
from pricing.key_order import BoolArray
from pricing.rate_table import NATION
from pricing.rules import INDUSTRIES, INDUSTRY_CLASS, OCCUPATION_CLASS, OCCUPATION_INDUSTRY, READ_AS
from pricing.units import IntArray, parse_month
from pricing.usage import COLUMN_NUMBER, Usage, cell_codes

COLUMN = 256

WORKER = re.compile(r"[A-Za-z0-9_-]{8,64}")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CHAIN = re.compile(r"[^\s/\x00-\x1f\x7f]{1,64}(/[^\s/\x00-\x1f\x7f]{1,64}){0,7}")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Coded rows in key order. Shapes (rows,); worker counts from 0 and never falls; starts: first row of each worker;
    unsure: number columns in which some row has no number.
    """

    codes: Mapping[str, IntArray]
    numbers: Mapping[str, IntArray]
    worker: IntArray
    starts: IntArray
    unsure: frozenset[str]

    def __len__(self) -> int:
        return len(self.worker)

    @property
    def first_of_worker(self) -> IntArray:
        """1 on the first row of each worker, 0 on the others."""
        first = np.zeros(len(self), dtype=np.int64)
        first[self.starts] = 1
        return first

    def beside(self, codes: Mapping[str, IntArray], numbers: Mapping[str, IntArray]) -> Rows:
        """The same rows with more columns."""
        return replace(self, codes={**self.codes, **codes}, numbers={**self.numbers, **numbers})

    def only(self, kept: IntArray) -> Rows:
        """The rows at these places (ascending); workers without a row fall away."""
        was = self.worker.take(kept)
        begins = np.empty(len(was), dtype=bool)
        begins[:1] = True
        np.not_equal(was[1:], was[:-1], out=begins[1:])
        return Rows(
            {name: array.take(kept) for name, array in self.codes.items()},
            {name: array.take(kept) for name, array in self.numbers.items()},
            begins.cumsum() - 1,
            begins.nonzero()[0],
            self.unsure,
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """How a text column becomes level numbers: `number` gives -1 where the text is not known, refused as `code`, and
    -2 where it is not even of the column's form, refused as `malformed`.
    """

    name: str
    code: str
    required: bool
    number: Callable[[str], int]
    malformed: str = ""


def refusal(code: str, column: str) -> int:
    """Number of a refusal: its code and the column it is about."""
    return CODE[code] + COLUMN * COLUMN_NUMBER[column]


def first_that_holds(refusals: Sequence[tuple[BoolArray, int]], rows: int) -> IntArray:
    """The code of the first condition that holds for each row or worker, 0 where none does."""
    first = np.zeros(rows, dtype=np.int64)
    for holds, code in reversed(refusals):
        if holds.any():
            first[holds] = code
    return first


def coded(usage: Usage, edition: Edition) -> dict[str, IntArray]:
    """Level numbers per attribute, shape (rows,), 0 where unknown; refusals of unknown texts under `?column`."""
    codes: dict[str, IntArray] = {}
    for reader in edition.keep("readers", "", lambda: _readers(edition)):
        _read(codes, usage, reader)
    for name in ("platform", "region"):
        codes["#" + name] = usage.codes.get(name, codes[name])
    if "pilot_industry" in usage.codes:
        _read(codes, usage, _industry_reader(edition))
    else:
        grid = edition.grid(OCCUPATION_INDUSTRY)
        codes["pilot_industry"] = np.maximum(grid.values.take(grid.places(codes, usage.rows)), 0)
    if "contractor" in usage.codes:
        engagements = edition.levels["engagement"]
        contracted = usage.codes["contractor"] >= 0
        codes["engagement"] = np.where(contracted, engagements["contracted"], engagements["direct"])
    return codes


def _read(codes: dict[str, IntArray], usage: Usage, reader: Reader) -> None:
    """Each distinct text is looked up once. A required column that is empty is refused, too."""
    name, cells = reader.name, usage.codes.get(reader.name)
    if cells is None:
        codes[name] = np.zeros(usage.rows, dtype=np.int64)
        if reader.required:
            codes["?" + name] = codes[name] + refusal("value_missing", name)
        return
    found = [reader.number(text) for text in usage.texts[name]]
    codes[name] = np.array([*found, 0], dtype=np.int64).take(cells, mode="wrap")
    if min(found, default=0) < 0 or (reader.required and name in usage.unsure):
        codes[name] = np.maximum(codes[name], 0)
        by_number = {-1: refusal(reader.code, name), -2: refusal(reader.malformed or reader.code, name)}
        refused = [by_number.get(number, 0) for number in found]
        empty = refusal("value_missing", name) if reader.required else 0
        codes["?" + name] = np.array([*refused, empty], dtype=np.int64).take(cells, mode="wrap")


def _readers(edition: Edition) -> tuple[Reader, ...]:
    levels, platforms = edition.levels, edition.platforms

    def month(text: str) -> int:
        found = parse_month(text)
        return -2 if found is None else 0 if found == edition.month else -1

    def platform(text: str) -> int:
        return platforms.get(text, 0) if SLUG.fullmatch(text) else -1

    def region(text: str) -> int:
        return edition.region_number(text) or -1

    return (
        Reader("month", "month_differs", required=True, number=month, malformed="month_not_valid"),
        Reader("worker", "worker_not_valid", required=True, number=lambda t: 0 if WORKER.fullmatch(t) else -1),
        Reader("platform", "platform_not_valid", required=True, number=platform),
        Reader("contractor", "contractor_not_valid", required=False, number=lambda t: 0 if _CHAIN.fullmatch(t) else -1),
        Reader("region", "region_not_known", required=True, number=region),
        Reader("occupation", "occupation_not_known", required=True, number=lambda t: levels["occupation"].get(t, -1)),
        Reader("vehicle", "vehicle_not_known", required=False, number=lambda t: levels["vehicle"].get(t, -1)),
        Reader("employment", "employment_not_known", required=False, number=lambda t: levels["employment"].get(t, -1)),
    )


def tenure(codes: dict[str, IntArray], usage: Usage, edition: Edition) -> IntArray:
    """Months since the first month of each row, -1 where it is empty; refusals of bad ones under `?first_month`."""

    def months(text: str) -> int:
        found = parse_month(text)
        return -2 if found is None else edition.month - found if found <= edition.month else -1

    reader = Reader(
        "first_month", "first_month_later", required=False, number=months, malformed="first_month_not_valid"
    )
    _read(codes, usage, reader)
    return np.where(usage.codes["first_month"] < 0, -1, codes["first_month"])


def _industry_reader(edition: Edition) -> Reader:
    """A declaration may name the pilot industry itself; an old name is read as the law of the month reads it."""
    read_as, levels = edition.nodes(READ_AS), edition.levels["pilot_industry"]
    return Reader("pilot_industry", "industry_not_in_scope", False, lambda t: levels.get(str(read_as.get(t, "")), 0))


def _industries(edition: Edition) -> tuple[dict[str, int], IntArray, IntArray]:
    """Number, class and entry per industry, by name or by division code (whose entry is the list of codes)."""
    names, grid = edition.levels["industry"], edition.grid(INDUSTRY_CLASS)
    numbers, classes, entries = dict(names), [*grid.values], [*grid.entries]
    list_entry = edition.number_of(INDUSTRIES, NATION)
    for name, division in edition.nodes(INDUSTRIES).items():
        numbers[str(division)] = len(classes)
        classes.append(grid.values[names[name]])
        entries.append(list_entry if isinstance(list_entry, int) else NO_ENTRY)
    return numbers, np.array(classes, dtype=np.int64), np.array(entries, dtype=np.int64)


def add_classes(codes: dict[str, IntArray], usage: Usage, edition: Edition) -> None:
    """Risk class per row, with the entry it rests on: its own, else the register's (both without an entry), else its
    industry's, else its occupation's default.
    """
    own = usage.numbers.get("risk_class")
    if own is not None and own.min(initial=1) > 0:
        codes["risk_class"], codes["class_entry"] = own, np.full(usage.rows, NO_ENTRY, dtype=np.int64)
        return
    default = edition.grid(OCCUPATION_CLASS)
    place = default.places(codes, usage.rows)
    risk_class, entry = np.maximum(default.values.take(place), 0), default.entries.take(place)
    if "industry" in usage.codes:
        numbers, classes, entries = edition.keep("industries", "", lambda: _industries(edition))
        _read(codes, usage, Reader("industry", "industry_not_known", False, lambda text: numbers.get(text, -1)))
        named = classes.take(codes["industry"])
        risk_class, entry = (
            np.where(named > 0, named, risk_class),
            np.where(named > 0, entries.take(codes["industry"]), entry),
        )
    given = np.zeros(usage.rows, dtype=np.int64)
    if edition.terms.any_risk_class:
        terms = edition.terms.risk_class
        given = terms.reshape(-1).take(codes["platform"] * terms.shape[1] + codes["region"])
    given = given if own is None else np.where(own > 0, own, given)
    codes["risk_class"], codes["class_entry"] = (
        np.where(given > 0, given, risk_class),
        np.where(given > 0, NO_ENTRY, entry),
    )
    refused = np.where(given > 0, 0, codes["?industry"]) if "?industry" in codes else None
    if own is not None and (own <= 0).any():
        cell = np.where(own < -1, cell_codes(own) + COLUMN * COLUMN_NUMBER["risk_class"], 0)
        cell = np.where(own == 0, refusal("risk_class_not_known", "risk_class"), cell)
        refused = cell if refused is None else np.where(cell > 0, cell, refused)
    if refused is not None:
        codes["?risk_class"] = refused
