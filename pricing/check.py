"""Check: coded rows in key order, and for each scheme a refusal per row.

A broken key refuses a row for every scheme; a bad or missing cell only for the schemes that need its column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pricing.coding import COLUMN, Rows, add_classes, coded, refusal, tenure
from pricing.edition import MISSING, Edition
from pricing.enrolment import by_options
from pricing.errors import CODE
from pricing.gate import closed
from pricing.insured import Insured, Joined, insured
from pricing.key_order import BoolArray, KeyOrder, key_order
from pricing.rate_table import UNITS
from pricing.rules import BASE
from pricing.scheme import Scheme
from pricing.scope import gate
from pricing.side import NOTHING, Side
from pricing.units import IntArray
from pricing.usage import COLUMN_NUMBER, KEY, NUMBERS, UNKNOWN, Usage, cell_codes

MISSING_CODES = {"orders": "orders_missing", "income_fen": "income_missing", "heads": "heads_missing"}


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """Rows in key order with what each scheme refuses; `order` is the original place of each row; `broken`: refusals of
    the key, which hold for every scheme, or None; insured: what each cover adds to the rows.
    """

    rows: Rows
    order: IntArray
    duplicate: BoolArray | None
    broken: IntArray | None
    refusals: Mapping[str, IntArray]
    insured: Mapping[str, Insured]


def check(usage: Usage, edition: Edition, schemes: Mapping[str, Scheme], side: Side = NOTHING) -> Checked:
    """Code the rows and refuse what a scheme cannot or must not price. Nothing is dropped."""
    ordered = key_order(usage)
    if ordered.moved:
        usage = usage.in_order(ordered.order)
    codes = coded(usage, edition)
    if any(scheme.exposure == "contribution_base" for scheme in schemes.values()):
        add_classes(codes, usage, edition)
    numbers, unsure = usage.numbers, usage.unsure
    covers = {name: scheme for name, scheme in schemes.items() if scheme.product is not None}
    if covers and "first_month" in usage.codes:
        months = tenure(codes, usage, edition)
        numbers, unsure = {**numbers, "tenure_months": months}, unsure | {"tenure_months"}
    beside: Mapping[str, Insured] = {}
    if covers:
        found = Joined.of(usage, side)
        beside = {name: insured(found, edition, s) for name, s in covers.items() if not closed(edition, s)}
    broken = _broken(codes, ordered)
    rows = Rows(codes, numbers, ordered.worker, ordered.starts, unsure)
    refusals = {name: _refused(rows, edition, scheme, broken, beside.get(name)) for name, scheme in schemes.items()}
    return Checked(rows, ordered.order, ordered.duplicate, broken, refusals, beside)


def _broken(codes: Mapping[str, IntArray], ordered: KeyOrder) -> IntArray | None:
    """Refusals that hold for every scheme: equal rows after the first, a broken key, unlike rows of one key."""
    refusals = [codes["?" + name] for name in KEY if name != "vehicle" and "?" + name in codes]
    if ordered.duplicate is not None and ordered.conflicting is not None:
        refusals.insert(0, CODE["duplicate"] * ordered.duplicate)
        refusals.append(CODE["conflicting_rows"] * ordered.conflicting)
    return _first(refusals) if refusals else None


def _first(refusals: Sequence[IntArray]) -> IntArray:
    """The first refusal of each row. Most columns refuse none."""
    first, *others = [column for column in refusals if np.count_nonzero(column)] or refusals[:1]
    for following in others:
        first = np.where(first > 0, first, following)
    return first


def _refused(rows: Rows, edition: Edition, scheme: Scheme, broken: IntArray | None, cover: Insured | None) -> IntArray:
    """The first refusal of each row: key, scope, enrolment, cells, then what the tables lack."""
    codes = rows.codes
    entrance = gate(edition, scheme)
    refusals = [] if broken is None else [broken]
    if scheme.scope == "employed" and "?employment" in codes:
        refusals.append(codes["?employment"])
    refusals.append(entrance.refusal.take(entrance.places(codes, len(rows))))
    if np.count_nonzero(refusals[-1]) == len(rows):
        return _first(refusals)
    if cover is not None:
        refusals += [*([] if cover.refusal is None else [cover.refusal]), *_not_priced(cover, rows, edition, scheme)]
    for name in (*scheme.needs, *(["heads"] if "heads" in rows.numbers and scheme.exposure == "heads" else [])):
        refusals += _cells(rows, name)
    if scheme.floor_by_days:
        refusals += _days_contradict(rows)
    for name in edition.keep("optional", scheme.name, lambda: _optional(scheme)):
        refusals += _cells(rows, name, may_lack=True)
    if "?first_month" in codes and any("tenure_months" in r.of for r in scheme.relativities):
        refusals.append(codes["?first_month"])
    if scheme.exposure == "contribution_base":
        refusals += _base_and_float(rows, edition, scheme)
    return _first(refusals)


def _not_priced(cover: Insured, rows: Rows, edition: Edition, scheme: Scheme) -> list[IntArray]:
    """Levels of options that their table does not price, of covers that nobody enrols in too."""
    refusals = []
    for relativity in by_options(scheme):
        grid = edition.grid(relativity.table)
        value = grid.values.take(grid.places(cover.codes, len(rows)))
        refusals.append((value == MISSING) * CODE["option_not_priced"])
    return refusals


def _optional(scheme: Scheme) -> tuple[str, ...]:
    """Number columns that a scheme uses where they are there: a malformed one refuses, a missing one does not."""
    used = [name for r in scheme.relativities for name in r.reads]
    read = [name for name in used if name in NUMBERS and name not in scheme.needs]
    return tuple(dict.fromkeys([*read, *(["active_days"] if scheme.floor_by_days else [])]))


def _cells(rows: Rows, name: str, *, may_lack: bool = False) -> list[IntArray]:
    """Refusals of a needed column's cells; none where every cell is a number."""
    if name == "vehicle":
        if np.count_nonzero(rows.codes[name]) == len(rows):
            return []
        missing = (rows.codes[name] == 0) * refusal("vehicle_missing", name)
        return [*([rows.codes["?vehicle"]] if "?vehicle" in rows.codes else []), missing]
    cells = rows.numbers.get(name)
    if cells is None:
        if may_lack:
            return []
        cells = np.full(len(rows), UNKNOWN, dtype=np.int64)
    elif name not in rows.unsure:
        whole = name != "distance_m" or np.count_nonzero(cells) == len(rows)
        return [] if whole else [_distance_missing(rows, cells)]
    if name == "distance_m":
        return [_distance_missing(rows, cells), _bad_cells(cells, name, may_lack=True)]
    return [_bad_cells(cells, name, may_lack=may_lack)]


def _bad_cells(cells: IntArray, name: str, *, may_lack: bool) -> IntArray:
    codes = cell_codes(cells)
    missing = 0 if may_lack else CODE[MISSING_CODES.get(name, "value_missing")]
    codes = np.where(cells == UNKNOWN, missing, codes)
    return np.where(codes > 0, codes + COLUMN * COLUMN_NUMBER[name], 0)


def _distance_missing(rows: Rows, distance: IntArray) -> IntArray:
    """Unknown metres, or none beside completed orders: neither is a distance."""
    orders = rows.numbers.get("orders")
    missing = distance == UNKNOWN
    if orders is not None:
        missing |= (distance == 0) & (orders > 0)
    refused: IntArray = missing * refusal("distance_missing", "distance_m")
    return refused


def _days_contradict(rows: Rows) -> list[IntArray]:
    """No day of work beside orders or income."""
    days = rows.numbers.get("active_days")
    if days is None or np.count_nonzero(days) == len(rows):
        return []
    worked = np.zeros(len(rows), dtype=bool)
    for name in ("orders", "income_fen"):
        if name in rows.numbers:
            worked |= rows.numbers[name] > 0
    return [(worked & (days == 0)) * refusal("active_days_contradict", "active_days")]


def _base_and_float(rows: Rows, edition: Edition, scheme: Scheme) -> list[IntArray]:
    codes = rows.codes
    lacking = edition.keep("lacking", scheme.base_rate, lambda: _lacking(edition, scheme))
    refusals = [lacking.reshape(-1).take(codes["region"] * lacking.shape[1] + codes["risk_class"])]
    if "?risk_class" in codes:
        refusals.append(codes["?risk_class"])
    if scheme.float_column not in edition.terms.floating:
        return refusals
    allowed = edition.keep("class floats", scheme.float_steps, lambda: _allowed_floats(edition, scheme.float_steps))
    pct = edition.terms.floats[scheme.float_column].reshape(-1).take(platform_region(rows, edition))
    place = codes["risk_class"] * allowed.shape[1] + np.minimum(pct, allowed.shape[1] - 1)
    return [*refusals, allowed.reshape(-1).take(place)]


def platform_region(rows: Rows, edition: Edition) -> IntArray:
    """Flat place of each row in the register's arrays."""
    place: IntArray = rows.codes["platform"] * edition.terms.pilot_tier.shape[1] + rows.codes["region"]
    return place


def _lacking(edition: Edition, scheme: Scheme) -> IntArray:
    """Refusal per region and risk class where floor, cap or class rate of the month is not known."""
    shape = (len(edition.regions) + 1, len(edition.levels["risk_class"]) + 1)
    region, risk_class = (axis.reshape(-1) for axis in np.indices(shape))
    codes = {"region": region, "risk_class": risk_class}
    rates, bounds = edition.grid(scheme.base_rate), edition.grid(BASE)
    refused = (rates.values.take(rates.places(codes, len(region))) == MISSING) * CODE["rate_not_known"]
    for name in ("floor", "cap"):
        bound = bounds.only("bound", edition.levels["bound"][name])
        unknown = bound.values.take(bound.places(codes, len(region))) == MISSING
        refused = np.where(unknown, CODE["contribution_base_not_known"], refused)
    table: IntArray = refused.reshape(shape)
    return table


def _allowed_floats(edition: Edition, table: str) -> IntArray:
    """Refusal per risk class and per cent: the class's own steps, and 100 always. Shape (classes, greatest + 2)."""
    refused = np.full(
        (len(edition.levels["risk_class"]) + 1, UNITS["pct"] + 2), CODE["float_not_a_step"], dtype=np.int64
    )
    refused[:, 100] = 0
    for level, steps in edition.nodes(table).items():
        if isinstance(steps, tuple):
            refused[edition.levels["risk_class"][level], list(steps)] = 0
    return refused
