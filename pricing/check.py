"""Check: a month's usage becomes coded rows in key order, and each scheme gets a refusal code per row.

A broken key refuses a row for every scheme; a bad or missing cell only for the schemes that need its column. A refusal
is `code + 64 × column`: numbers of `errors.ROW_CODES` and `usage.COLUMN_NUMBER`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pricing.edition import MISSING, NO_ENTRY, Edition
from pricing.errors import CODE
from pricing.key_order import BoolArray, KeyOrder, key_order
from pricing.rate_table import NATION
from pricing.scheme import Scheme
from pricing.scope import OCCUPATION_INDUSTRY, READ_AS, gate
from pricing.units import IntArray, parse_month
from pricing.usage import CELL_CODES, COLUMN_NUMBER, KEY, NUMBERS, UNKNOWN, Usage

COLUMN = 64
OCCUPATION_CLASS = "work_injury/occupation_class"
INDUSTRY_CLASS = "work_injury/industry_class"
INDUSTRIES = "industries"
BASE = "contribution_base"

MISSING_CODES = {"orders": "orders_missing", "income_fen": "income_missing", "heads": "heads_missing"}
_WORKER = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CHAIN = re.compile(r"[^\s/]{1,64}(/[^\s/]{1,64}){0,7}")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Coded rows in key order. Shapes (rows,); worker counts from 0 and never falls; starts: first row of each worker."""

    codes: Mapping[str, IntArray]
    numbers: Mapping[str, IntArray]
    worker: IntArray
    starts: IntArray

    def __len__(self) -> int:
        return len(self.worker)

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
        )


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """Rows in key order with what each scheme refuses; `order` is the original place of each row."""

    rows: Rows
    order: IntArray
    duplicate: BoolArray | None
    refusals: Mapping[str, IntArray]


@dataclass(frozen=True, slots=True)
class Reader:
    """How a text column becomes level numbers: `number` gives -1 where the text is not known, refused as `code`."""

    name: str
    code: str
    required: bool
    number: Callable[[str], int]


def check(usage: Usage, edition: Edition, schemes: Mapping[str, Scheme]) -> Checked:
    """Code the rows and refuse what a scheme cannot or must not price. Nothing is dropped."""
    ordered = key_order(usage)
    codes = _coded(usage, edition)
    if any(scheme.exposure == "contribution_base" for scheme in schemes.values()):
        _add_classes(codes, usage, edition)
    numbers = dict(usage.numbers)
    if ordered.moved:
        codes = {name: array.take(ordered.order) for name, array in codes.items()}
        numbers = {name: array.take(ordered.order) for name, array in numbers.items()}
    broken = _broken(codes, ordered)
    rows = Rows(codes, numbers, ordered.worker, ordered.starts)
    refusals = {name: _refused(rows, edition, scheme, broken) for name, scheme in schemes.items()}
    return Checked(rows, ordered.order, ordered.duplicate, refusals)


def _coded(usage: Usage, edition: Edition) -> dict[str, IntArray]:
    """Level numbers per attribute; where a text is not known, also its refusals under `?name`."""
    codes: dict[str, IntArray] = {}
    for reader in _readers(edition):
        codes[reader.name], refused = _read(usage, reader)
        if refused is not None:
            codes["?" + reader.name] = refused
    codes["#platform"] = usage.codes.get("platform", codes["platform"])
    if "pilot_industry" in usage.codes:
        reader = _industry_reader(edition)
        codes["pilot_industry"], _ = _read(usage, reader)
    else:
        grid = edition.grid(OCCUPATION_INDUSTRY)
        codes["pilot_industry"] = np.maximum(grid.values.take(grid.places(codes, usage.rows)), 0)
    return codes


def _read(usage: Usage, reader: Reader) -> tuple[IntArray, IntArray | None]:
    cells, texts = usage.codes.get(reader.name), usage.texts.get(reader.name, ())
    if cells is None:
        cells = np.full(usage.rows, -1, dtype=np.int64)
    found = [reader.number(text) for text in texts]
    numbers = np.array([*found, 0], dtype=np.int64).take(cells, mode="wrap")
    if -1 not in found and not (reader.required and cells.min(initial=0) < 0):
        return numbers, None
    column = COLUMN * COLUMN_NUMBER[reader.name]
    bad = [CODE[reader.code] + column if number < 0 else 0 for number in found]
    empty = CODE["value_missing"] + column if reader.required else 0
    return np.maximum(numbers, 0), np.array([*bad, empty], dtype=np.int64).take(cells, mode="wrap")


def _readers(edition: Edition) -> tuple[Reader, ...]:
    return edition.keep("readers", "", lambda: _make_readers(edition))


def _make_readers(edition: Edition) -> tuple[Reader, ...]:
    levels, platforms = edition.levels, edition.platforms

    def month(text: str) -> int:
        return 0 if parse_month(text) == edition.month else -1

    def platform(text: str) -> int:
        return platforms.get(text, 0) if _SLUG.fullmatch(text) else -1

    def region(text: str) -> int:
        return edition.region_number(text) or -1

    return (
        Reader("month", "month_differs", required=True, number=month),
        Reader("worker", "worker_not_valid", required=True, number=lambda t: 0 if _WORKER.fullmatch(t) else -1),
        Reader("platform", "platform_not_valid", required=True, number=platform),
        Reader("contractor", "contractor_not_valid", required=False, number=lambda t: 0 if _CHAIN.fullmatch(t) else -1),
        Reader("region", "region_not_known", required=True, number=region),
        Reader("occupation", "occupation_not_known", required=True, number=lambda t: levels["occupation"].get(t, -1)),
        Reader("vehicle", "vehicle_not_known", required=False, number=lambda t: levels["vehicle"].get(t, -1)),
        Reader("employment", "employment_not_known", required=False, number=lambda t: levels["employment"].get(t, -1)),
    )


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


def _add_classes(codes: dict[str, IntArray], usage: Usage, edition: Edition) -> None:
    """Risk class per row: its own, else the register's, else its industry's, else its occupation's default."""
    numbers, classes, entries = edition.keep("industries", "", lambda: _industries(edition))
    reader = Reader("industry", "industry_not_known", required=False, number=lambda text: numbers.get(text, -1))
    industry, refused = _read(usage, reader)
    of_occupation = edition.grid(OCCUPATION_CLASS)
    place = of_occupation.places(codes, usage.rows)
    terms = edition.terms.risk_class
    given = terms.reshape(-1).take(codes["platform"] * terms.shape[1] + codes["region"])
    of_industry = classes.take(industry)
    named = of_industry > 0
    risk_class = np.where(named, of_industry, np.maximum(of_occupation.values.take(place), 0))
    entry = np.where(named, entries.take(industry), of_occupation.entries.take(place))
    own = usage.numbers.get("risk_class")
    if own is not None:
        given = np.where(own > 0, own, given)
        cell = CELL_CODES.take(-np.minimum(own, 0)) * (own < -1) + CODE["risk_class_not_known"] * (own == 0)
        wrong = np.where(cell > 0, cell + COLUMN * COLUMN_NUMBER["risk_class"], 0)
        refused = wrong if refused is None else np.where(wrong > 0, wrong, np.where(given > 0, 0, refused))
    elif refused is not None:
        refused = np.where(given > 0, 0, refused)
    codes["risk_class"] = np.where(given > 0, given, risk_class)
    codes["class_entry"] = np.where(given > 0, NO_ENTRY, entry)
    if refused is not None:
        codes["?risk_class"] = refused


def _broken(codes: Mapping[str, IntArray], ordered: KeyOrder) -> IntArray | None:
    """Refusals that hold for every scheme: a broken key, then keys that stand twice."""
    broken: IntArray | None = None
    for name in KEY:
        refused = codes.get("?" + name)
        if refused is not None and name != "vehicle":
            broken = refused if broken is None else np.where(broken > 0, broken, refused)
    if ordered.duplicate is not None and ordered.conflicting is not None:
        repeated = CODE["conflicting_rows"] * ordered.conflicting + CODE["duplicate"] * ordered.duplicate
        broken = repeated if broken is None else np.where(broken > 0, broken, repeated)
    return broken


def _refused(rows: Rows, edition: Edition, scheme: Scheme, broken: IntArray | None) -> IntArray:
    """The first refusal of each row: key, scope, cells, then what the tables lack."""
    codes = rows.codes
    entrance = gate(edition, scheme)
    refusals = [] if broken is None else [broken]
    if scheme.scope == "employed" and "?employment" in codes:
        refusals.append(codes["?employment"])
    refusals.append(entrance.refusal.take(entrance.places(codes, len(rows))))
    for name in (*scheme.needs, *(["heads"] if "heads" in rows.numbers and scheme.exposure == "heads" else [])):
        refusals += _cells(rows, name)
    if scheme.floor_by_days:
        refusals += _days_contradict(rows)
    for name in _optional(scheme):
        refusals += _cells(rows, name, may_lack=True)
    if scheme.exposure == "contribution_base":
        refusals += _base_and_float(rows, edition, scheme)
    first = refusals[0]
    for refusal in refusals[1:]:
        first = np.where(first > 0, first, refusal)
    return first


def _optional(scheme: Scheme) -> tuple[str, ...]:
    """Number columns that a scheme uses where they are there: a malformed one refuses, a missing one does not."""
    read = [name for r in scheme.relativities for name in (r.of, r.per) if name in NUMBERS and name not in scheme.needs]
    return tuple(dict.fromkeys([*read, *(["active_days"] if scheme.floor_by_days else [])]))


def _cells(rows: Rows, name: str, *, may_lack: bool = False) -> list[IntArray]:
    """Refusals of a needed column's cells; none where every cell is a number."""
    if name == "vehicle":
        missing = (rows.codes["vehicle"] == 0) * (CODE["vehicle_missing"] + COLUMN * COLUMN_NUMBER[name])
        return [*([rows.codes["?vehicle"]] if "?vehicle" in rows.codes else []), missing]
    cells = rows.numbers.get(name)
    if cells is None:
        if may_lack:
            return []
        cells = np.full(len(rows), UNKNOWN, dtype=np.int64)
    if name == "distance_m":
        return [_distance_missing(rows, cells), *_bad_cells(cells, name, may_lack=True)]
    return _bad_cells(cells, name, may_lack=may_lack)


def _bad_cells(cells: IntArray, name: str, *, may_lack: bool) -> list[IntArray]:
    if cells.min(initial=0) >= 0:
        return []
    codes = CELL_CODES.take(-np.minimum(cells, 0))
    missing = 0 if may_lack else CODE[MISSING_CODES.get(name, "value_missing")]
    codes = np.where(cells == UNKNOWN, missing, codes)
    return [np.where(codes > 0, codes + COLUMN * COLUMN_NUMBER[name], 0)]


def _distance_missing(rows: Rows, distance: IntArray) -> IntArray:
    """Unknown metres, or none beside completed orders: neither is a distance."""
    orders = rows.numbers.get("orders")
    missing = distance == UNKNOWN
    if orders is not None:
        missing |= (distance == 0) & (orders > 0)
    return missing * (CODE["distance_missing"] + COLUMN * COLUMN_NUMBER["distance_m"])


def _days_contradict(rows: Rows) -> list[IntArray]:
    """No day of work beside orders or income."""
    days = rows.numbers.get("active_days")
    if days is None:
        return []
    worked = np.zeros(len(rows), dtype=bool)
    for name in ("orders", "income_fen"):
        if name in rows.numbers:
            worked |= rows.numbers[name] > 0
    return [(worked & (days == 0)) * (CODE["active_days_contradict"] + COLUMN * COLUMN_NUMBER["active_days"])]


def _base_and_float(rows: Rows, edition: Edition, scheme: Scheme) -> list[IntArray]:
    codes = rows.codes
    known = edition.keep("base known", "", lambda: _base_known(edition))
    refusals = [known.take(codes["region"])]
    if "?risk_class" in codes:
        refusals.append(codes["?risk_class"])
    allowed = edition.keep("class floats", scheme.float_steps, lambda: _allowed_floats(edition, scheme.float_steps))
    pct = edition.terms.class_float_pct.reshape(-1).take(platform_region(rows, edition))
    return [*refusals, allowed.reshape(-1).take(codes["risk_class"] * allowed.shape[1] + np.minimum(pct, allowed.shape[1] - 1))]


def platform_region(rows: Rows, edition: Edition) -> IntArray:
    """Flat place of each row in the register's arrays."""
    return rows.codes["platform"] * edition.terms.pilot_tier.shape[1] + rows.codes["region"]


def _base_known(edition: Edition) -> IntArray:
    """Refusal per region number where floor or cap of the month is not known."""
    grid = edition.grid(BASE)
    regions = {"region": np.arange(len(edition.regions) + 1)}
    bounds = [grid.only("bound", edition.levels["bound"][bound]) for bound in ("floor", "cap")]
    lacking = [bound.values.take(bound.places(regions, len(regions["region"]))) == MISSING for bound in bounds]
    return (lacking[0] | lacking[1]) * CODE["contribution_base_not_known"]


def _allowed_floats(edition: Edition, table: str) -> IntArray:
    """Refusal per risk class and per cent: the class's own steps only, and 100 always. Shape (classes, 501)."""
    refused = np.full((len(edition.levels["risk_class"]) + 1, 501), CODE["float_not_a_step"], dtype=np.int64)
    refused[:, 100] = 0
    for level, steps in edition.nodes(table).items():
        if isinstance(steps, tuple):
            refused[edition.levels["risk_class"][level], list(steps)] = 0
    return refused
