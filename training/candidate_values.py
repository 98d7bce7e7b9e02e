"""Fitted tables as values of a tariff's tables: curves based where the tariff's is 1, levels by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from pricing.banding import Banding
from pricing.errors import InputError
from pricing.rate_table import NATION, UNITS, By, Curve, Entry, Value
from pricing.tariff import Tariff
from pricing.units import PPM, parts_of
from training.notice import Notice

_UNLIKE = 30  # curves that end so many times further apart are not of one unit: hours are no minutes


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A value that becomes an entry of a table. said: what its source says beside the run; notices: what a person
    should know of it; perils: of a table of several perils, those that were fitted.
    """

    table: str
    peril: str | None
    factor: str
    value: Curve | By
    said: str = ""
    notices: tuple[Notice, ...] = ()
    perils: tuple[str, ...] = ()


def last_entry(tariff: Tariff, table: str, place: str) -> Entry:
    """The latest national entry of a tariff's table; InputError where there is none."""
    if table not in tariff.tables:
        raise InputError("candidate_no_table", place, table=table)
    entries = tariff.tables[table].entries.get(NATION, ())
    if not entries:
        raise InputError("candidate_no_nation", place, table=table)
    return entries[-1]


def relativity(fitted: Tariff, peril: str, factor: str, old: Entry, tariff: Tariff) -> NewEntry:
    """The fitted frequency's relativity of a factor as a value of the table that `old` is the last entry of."""
    table, place = old.id.split("@")[0], f"{peril}, {factor}"
    found, banding, name = _fitted(fitted, peril, factor, place)
    if isinstance(old.value, Curve):
        if not isinstance(found, Curve):
            raise InputError("candidate_staircase", place, factor=factor, table=table)
        value: Curve | By
        value, said = _curve(found, old.value, place, table)
        notices: tuple[Notice, ...] = ()
    else:
        if not isinstance(found, By) or banding is None or not banding.groups:
            raise InputError("candidate_no_levels", place, factor=factor, table=table)
        if not isinstance(old.value, By) or any(not isinstance(node, int) for node in old.value.nodes.values()):
            raise InputError("candidate_table_shape", place, table=table)
        levels = fitted.factors[name].levels
        by_name = {group: int(str(found.nodes[levels[number - 1]])) for group, number in banding.groups.items()}
        value, said, notices = _levels(by_name, old.value, tariff, place, table)
    return NewEntry(table, peril, factor, value, said, (*notices, *_left_out(fitted, peril, factor)))


def has_table(fitted: Tariff, peril: str, factor: str) -> bool:
    """Whether a factor has a table of its own in a peril's frequency."""
    parts = [fitted.perils[peril].frequency] if peril in fitted.perils else []
    return any(len(r.of) == 1 and _column(fitted, r.of[0]) == factor for part in parts for r in part.relativities)


def _fitted(fitted: Tariff, peril: str, factor: str, place: str) -> tuple[Value, Banding | None, str]:
    """Value, banding and banding's name of the one table that a factor has of its own in the peril's frequency."""
    if peril not in fitted.perils:
        raise InputError("candidate_no_peril", place, peril=peril, known=", ".join(fitted.perils))
    single = {
        _column(fitted, one.of[0]): one for one in fitted.perils[peril].frequency.relativities if len(one.of) == 1
    }
    if factor not in single:
        raise InputError("candidate_no_factor", place, factor=factor, known=", ".join(single))
    name = single[factor].of[0]
    banding = fitted.factors[name].banding if name in fitted.factors else None
    return fitted.tables[single[factor].table].entries[NATION][-1].value, banding, name


def _column(fitted: Tariff, name: str) -> str:
    """The raw column that a name of a fitted table is read from."""
    banding = fitted.factors[name].banding if name in fitted.factors else None
    return name if banding is None else banding.column


def _left_out(fitted: Tariff, peril: str, factor: str) -> tuple[Notice, ...]:
    """What the fit says of a factor in other tables, which no table of one factor can hold."""
    one = fitted.perils[peril]
    pairs = [r.table for r in one.frequency.relativities if len(r.of) > 1 and factor in _columns(fitted, r.of)]
    costs = [r.table for r in one.severity.relativities if factor in _columns(fitted, r.of)] if one.severity else []
    values = {"peril": peril, "factor": factor}
    found = [Notice("candidate_pair_left", {**values, "tables": ", ".join(pairs)})] if pairs else []
    return (*found, *([Notice("candidate_severity_left", {**values, "tables": ", ".join(costs)})] if costs else []))


def _columns(fitted: Tariff, names: tuple[str, ...]) -> list[str]:
    return [_column(fitted, name) for name in names]


def _curve(fitted: Curve, old: Curve, place: str, table: str) -> tuple[Curve, str]:
    """The fitted knots with factor 1 where the tariff's curve is 1. [ppm]"""
    if not old.x[-1] < fitted.x[-1] * _UNLIKE < old.x[-1] * _UNLIKE**2:
        raise InputError("candidate_unlike_units", place, table=table, end=fitted.x[-1], old_end=old.x[-1])
    at = _base_point(old)
    if at is None:
        raise InputError("candidate_no_base", place, table=table)
    unit = _at(fitted, at)
    if unit == 0:
        raise InputError("candidate_no_base", place, table=table)
    y = tuple(_based(value, unit, place, table) for value in fitted.y)
    return replace(old, x=fitted.x, y=y), f"1 at {float(at):,.0f}, as before"


def _base_point(curve: Curve) -> Fraction | None:
    """Where a curve is 1: its last knot of that height, else the first place between knots; None where nowhere."""
    knots = [x for x, y in zip(curve.x, curve.y, strict=True) if y == PPM]
    if knots:
        return Fraction(knots[-1])
    for (x0, y0), (x1, y1) in pairwise(zip(curve.x, curve.y, strict=True)):
        if (y0 - PPM) * (y1 - PPM) < 0:
            return x0 + Fraction((PPM - y0) * (x1 - x0), y1 - y0)
    return None


def _at(curve: Curve, x: Fraction) -> Fraction:
    """The curve's exact height at a place, level beyond its ends. [ppm]"""
    if x <= curve.x[0]:
        return Fraction(curve.y[0])
    for (x0, y0), (x1, y1) in pairwise(zip(curve.x, curve.y, strict=True)):
        if x <= x1:
            return y0 + (x - x0) * Fraction(y1 - y0, x1 - x0)
    return Fraction(curve.y[-1])


def _based(value: int, unit: Fraction, place: str, table: str) -> int:
    """A relativity against another, half up, as a number that the tariff's format allows. [ppm]"""
    based = int(parts_of(value, PPM * unit.denominator, unit.numerator))
    if not 0 < based <= UNITS["ppm"]:
        raise InputError("candidate_not_allowed", place, table=table, value=f"{based:,}", greatest=f"{UNITS['ppm']:,}")
    return based


def _levels(
    fitted: Mapping[str, int], old: By, tariff: Tariff, place: str, table: str
) -> tuple[By, str, tuple[Notice, ...]]:
    """Fitted levels in the order of the tariff's factor, 1 at a level that is 1 there; unknown ones as they were."""
    factor = tariff.factors[old.factor]
    before = {level: int(str(node)) for level, node in old.nodes.items()}
    strangers = [name for name in fitted if name not in factor.levels]
    lacking = [level for level in factor.levels if factor.complete and level not in (*fitted, *before)]
    for code, names in (("candidate_level_not_known", strangers), ("candidate_level_missing", lacking)):
        if names:
            raise InputError(code, place, level=", ".join(names), factor=old.factor, known=", ".join(factor.levels))
    bases = [level for level in factor.levels if level in fitted and before.get(level) == PPM and fitted[level] > 0]
    if not bases:
        raise InputError("candidate_no_base", place, table=table)
    unit = Fraction(fitted[bases[0]])
    own = {level: _based(fitted[level], unit, place, table) for level in fitted}
    nodes = {level: own[level] if level in own else before[level] for level in factor.levels if level in own | before}
    kept = [level for level in nodes if level not in fitted]
    facts = {"table": table, "levels": ", ".join(kept)}
    notices = (Notice("candidate_levels_kept", facts),) if kept else ()
    said = f"1 at {bases[0]}" + (f"; as before: {', '.join(kept)}" if kept else "")
    return By(old.factor, nodes), said, notices
