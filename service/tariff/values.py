"""Two values of a table laid side by side, number by number: from what to what, by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pricing.rate_table import By, Curve, Steps, Value
from pricing.units import PPM, parts_of

Leaf = int | str
Leaves = Mapping[tuple[str, ...], Leaf]
_COUNTED = ("risk class", "word")  # a class is a name, no amount


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One number or word: `at` are its levels, `read_as` what its first level is read as afterwards; None: no value."""

    at: tuple[str, ...]
    before: Leaf | None
    after: Leaf | None
    unit: str
    read_as: str = ""

    @property
    def by(self) -> int | None:
        """After less before, where both are amounts."""
        amounts = isinstance(self.before, int) and isinstance(self.after, int) and self.unit not in _COUNTED
        return self.after - self.before if amounts else None  # type: ignore[operator]

    @property
    def by_ppm(self) -> int | None:
        """The change against the amount before, half up. [ppm]"""
        return None if self.by is None or not self.before else share_of(self.by, int(self.before))

    def plain(self) -> dict[str, Any]:
        """As JSON shows it."""
        shown = {"at": list(self.at), "from": self.before, "to": self.after, "by": self.by, "by_ppm": self.by_ppm}
        return shown | ({"read_as": self.read_as} if self.read_as else {})


def share_of(by: int, whole: int) -> int:
    """A difference against what it started from, half away from zero. [ppm]"""
    size: int = parts_of(abs(by), PPM, whole)
    return size if by >= 0 else -size


def compare(before: Value | None, after: Value | None, unit: str, read_as: Mapping[str, str]) -> list[ValueChange]:
    """Every number or word that differs; one that holds for all levels stands for each of the levels beside it.

    read_as: pilot industries that are read as another one afterwards, so that a merged industry meets its new amount.
    """
    old, new = leaves_of(before), leaves_of(after)
    merged = read_as if isinstance(before, By) and before.factor == "pilot_industry" else {}
    pairs = {change.at: change for change in _pairs(old, new, unit, merged)}
    met = {(change.read_as or change.at[0], *change.at[1:]) if change.at else () for change in pairs.values()}
    fresh = [ValueChange(at, None, leaf, unit) for at, leaf in new.items() if not _beside(at, met)]
    return [change for change in (*pairs.values(), *fresh) if change.before != change.after]


def _pairs(old: Leaves, new: Leaves, unit: str, read_as: Mapping[str, str]) -> Iterator[ValueChange]:
    for at, leaf in old.items():
        target = read_as.get(at[0], "") if at else ""
        met = _beside(at, new)
        if not met and target:
            moved = (target, *at[1:])
            for place in _beside(moved, new):
                yield ValueChange((at[0], *max(moved, place, key=len)[1:]), leaf, new[place], unit, target)
        for place in met:
            yield ValueChange(max(at, place, key=len), leaf, new[place], unit)
        if not met and not target:
            yield ValueChange(at, leaf, None, unit)


def _beside(at: tuple[str, ...], places: Any) -> list[tuple[str, ...]]:
    """The places that hold the same levels as far as both go."""
    if at in places:
        return [at]
    return [place for place in places if all(one == other for one, other in zip(at, place, strict=False))]


def leaves_of(value: Value | None) -> dict[tuple[str, ...], Leaf]:
    """Every number and word of a value by its levels; a list is one text."""
    if value is None:
        return {}
    if isinstance(value, By):
        return {(level, *at): leaf for level, node in value.nodes.items() for at, leaf in leaves_of(node).items()}
    if isinstance(value, Curve):
        knots: dict[tuple[str, ...], Leaf] = {("curve", f"{x:,}"): y for x, y in zip(value.x, value.y, strict=True)}
        if value.off_balance_ppm is not None:
            knots["off_balance_ppm",] = value.off_balance_ppm
        return {**knots, ("reference_portfolio",): value.reference_portfolio or "-"}
    if isinstance(value, Steps):
        return {("step",): value.step, ("limit",): value.limit}
    return {(): ", ".join(str(one) for one in value) if isinstance(value, tuple) else value}
