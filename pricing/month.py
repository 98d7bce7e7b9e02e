"""A month that comes in parts: what is declared of it per scheme, platform, province, industry or class, and entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from pricing.arrow import Extra, Part, levies_of
from pricing.declaration import Group, MonthAllocation, grouped, groups_of
from pricing.edition import Edition
from pricing.expected import exposure_to_claims
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import PPM, IntArray, whole_fen_left
from pricing.worksheet import at


@dataclass(slots=True)
class Declared:
    """One declaration of a month. millifen: exact sum; exposed: units of what claims are expected on, unexposed: lines
    that do not say; amount_millifen and float_ppm: None where lines are unlike."""

    lines: int = 0
    orders: int = 0
    heads: int = 0
    millifen: int = 0
    levy_fen: int = 0
    status: int = 0
    evidence: int = 0
    exposed: int = 0
    unexposed: int = 0
    amounts: set[int] = field(default_factory=set)
    floats: set[int] = field(default_factory=set)


def by_of(scheme: Scheme) -> str:
    """What a scheme's declarations are kept apart by, besides platform, province and entity."""
    if scheme.product is not None:
        return ""
    return "pilot_industry" if scheme.declared else "risk_class"


def names_of(part: Part, priced: Priced, first: IntArray, edition: Edition, scheme: Scheme) -> list[Group]:
    """Names of the groups that these rows stand for: scheme, platform, province, industry or class, entity."""
    codes, by = priced.rows.codes, by_of(scheme)
    regions = ["", *edition.regions]
    levels = ["", *(edition.factors[by].levels if by else ())]
    names: list[Group] = []
    for row in first.tolist():
        region = regions[int(codes["region"][row])]
        entity = edition.entities[int(edition.terms.entity[codes["platform"][row], codes["region"][row]])]
        platform = part.usage.texts["platform"][int(codes["#platform"][row])]
        kind = levels[int(codes[by][row])] if by else ""
        names.append((scheme.name, platform, region[:2] + "0000", kind, entity))
    return names


def may_leave_fractions(edition: Edition, scheme: Scheme) -> bool:
    """Whether a line of a declared scheme can be other than whole fen, so that its month needs a first pass."""
    amounts = np.maximum(edition.grid(scheme.base_rate).values, 0)
    return (
        scheme.exposure != "orders"
        or scheme.float_column in edition.terms.floating
        or bool((whole_fen_left(amounts) > 0).any())
    )


def allocation(parts: Iterable[Part], edition: Edition) -> dict[str, MonthAllocation]:
    """First pass over a month: the declared amounts of each declared scheme, and who gets the fen that are left."""
    found: dict[str, MonthAllocation] = {}
    for part in parts:
        for name, priced in part.settlement.priced.items():
            if edition.schemes[name].declared:
                _add(found.setdefault(name, MonthAllocation()), part, priced, edition, edition.schemes[name])
    for each in found.values():
        each.close()
    return found


def _add(month: MonthAllocation, part: Part, priced: Priced | None, edition: Edition, scheme: Scheme) -> None:
    if priced is None or priced.declarations is None:
        month.add_nothing()
        return
    names = names_of(part, priced, priced.declarations.first, edition, scheme)
    month.add(names, priced.declarations, priced.sheet.millifen)


class MonthSums:
    """Declarations of a month, added up part by part in the second pass."""

    def __init__(self, edition: Edition, extra: Extra | None) -> None:
        self.edition = edition
        self.extra = extra
        self.declared: dict[Group, Declared] = {}

    def add(self, part: Part, number: int) -> None:
        """A part of the month, by its number."""
        for name, priced in part.settlement.priced.items():
            if priced is not None:
                scheme = self.edition.schemes[name]
                self._add(part, priced, levies_of(priced, scheme, number, self.extra), scheme)

    def _add(self, part: Part, priced: Priced, levy: IntArray, scheme: Scheme) -> None:
        order, starts, _ = grouped(groups_of(priced.rows, self.edition, by_of(scheme)))
        names = names_of(part, priced, order.take(starts), self.edition, scheme)
        ends = np.append(starts[1:], len(order))
        columns = [*_columns(priced, levy), *_exposed(priced, scheme)]
        sums = {name: np.add.reduceat(column.take(order), starts) for name, column in columns}
        ranks = {name: np.maximum.reduceat(column.take(order), starts) for name, column in _ranks(priced)}
        for place, group in enumerate(names):
            declared = self.declared.setdefault(group, Declared())
            declared.lines += int(ends[place] - starts[place])
            for name, column in sums.items():
                setattr(declared, name, getattr(declared, name) + int(column[place]))
            declared.status = max(declared.status, int(ranks["status"][place]))
            declared.evidence = max(declared.evidence, int(ranks["evidence"][place]))
            if scheme.exposure == "orders" and scheme.declared:
                self._amounts(declared, priced, order[starts[place] : ends[place]])

    def _amounts(self, declared: Declared, priced: Priced, rows: IntArray) -> None:
        """The amounts and floats that a declaration's lines were priced with: one each, unless they are unlike."""
        base, floated = priced.sheet.step("base_rate"), priced.sheet.step("float")
        if base is not None and not isinstance(base.operand, int):
            declared.amounts.update(np.unique(base.operand.take(rows)).tolist())
        if floated is None or isinstance(floated.operand, int):
            declared.floats.add(PPM if floated is None else at(floated.operand, 0))
        else:
            declared.floats.update(np.unique(floated.operand.take(rows)).tolist())


def _columns(priced: Priced, levy: IntArray) -> Iterator[tuple[str, IntArray]]:
    yield "levy_fen", levy
    yield "millifen", priced.sheet.millifen
    for name in ("orders", "heads"):
        if name in priced.rows.numbers:
            yield name, np.maximum(priced.rows.numbers[name], 0)


def _exposed(priced: Priced, scheme: Scheme) -> Iterator[tuple[str, IntArray]]:
    """What claims are expected on, row by row, and which rows do not say."""
    if scheme.expected is not None:
        exposure = exposure_to_claims(priced.rows, scheme.expected)
        yield "exposed", np.maximum(exposure, 0)
        yield "unexposed", (exposure < 0).astype(np.int64)


def _ranks(priced: Priced) -> Iterator[tuple[str, IntArray]]:
    yield "status", priced.status
    yield "evidence", priced.evidence
