"""Enrolments: which cover a worker has in a month, on which options, and what is refused against selection.

A group must reach its least size and participation; a person alone enrols in the window; within a term no option is
raised, and what was disclosed is never taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pricing.coding import first_that_holds, refusal
from pricing.edition import MISSING, Edition
from pricing.errors import CODE
from pricing.key_order import BoolArray
from pricing.product import Enrolling, Product
from pricing.rate_table import NATION
from pricing.scheme import Relativity, Scheme
from pricing.side import MONTH_NOT_VALID, MONTH_UNKNOWN, Table
from pricing.units import PPM, IntArray

NEVER_ENDS = 12 * 10_000
Refusing = tuple[BoolArray, int]


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """Enrolments of one cover. Shapes (enrolments,); `own`: places of the cover's rows in the file; the rest is in
    their order. starts, ends: months since year 0, inclusive; levels: number of the level per option.
    """

    own: IntArray
    starts: IntArray
    ends: IntArray
    levels: dict[str, IntArray]
    refusals: IntArray


def enrolled(table: Table, edition: Edition, scheme: Scheme) -> Enrolled:
    """Read the enrolments of a scheme's cover; each is good, or refused by a code."""
    product = scheme.product
    assert product is not None
    covers = table.texts.get("cover", ())
    wanted = covers.index(scheme.name) if scheme.name in covers else -2
    own = (table.code("cover") == wanted).nonzero()[0]
    starts, ends = (table.months(name).take(own) for name in ("from_month", "to_month"))
    levels = {name: levels_of(table, own, edition, product, name) for name in product.options}
    found = Enrolled(own, starts, np.where(ends == MONTH_UNKNOWN, NEVER_ENDS, ends), levels, np.zeros_like(own))
    refusals = [*_malformed(found, starts, ends), *_options(found, edition, scheme)]
    if product.enrolling is not None:
        refusals += _selected(table, found, edition, product.enrolling)
    found = replace(found, refusals=first_that_holds(refusals, len(own)))
    return _in_sequence(table.code("worker").take(own), found, edition, scheme) if len(own) > 1 else found


def levels_of(table: Table, own: IntArray, edition: Edition, product: Product, option: str) -> IntArray:
    """Number of an option's level per enrolment: the standard one where none is chosen, 0 where it has no price."""
    known = edition.levels[option]
    standard = product.options[option]
    chosen = table.mapped(option, known).take(own)
    empty = table.code(option).take(own) < 0
    return np.where(empty, known.get(standard or "", -1), np.maximum(chosen, 0))


def _malformed(found: Enrolled, starts: IntArray, ends: IntArray) -> Iterator[Refusing]:
    yield starts == MONTH_UNKNOWN, refusal("value_missing", "from_month")
    yield starts == MONTH_NOT_VALID, refusal("month_not_valid", "from_month")
    yield ends == MONTH_NOT_VALID, refusal("month_not_valid", "to_month")
    yield found.ends < starts, refusal("enrolment_months", "to_month")


def _options(found: Enrolled, edition: Edition, scheme: Scheme) -> Iterator[Refusing]:
    """Options not chosen that have no standard, and levels (or pairs of them) without a price."""
    for level in found.levels.values():
        yield level < 0, CODE["option_missing"]
    for relativity in by_options(scheme):
        yield _factor(found, edition, relativity) == MISSING, CODE["option_not_priced"]


def by_options(scheme: Scheme) -> tuple[Relativity, ...]:
    """The relativities of a scheme that are read by options."""
    options = {} if scheme.product is None else scheme.product.options
    return tuple(r for r in scheme.relativities if not r.by_curve and set(r.of) <= set(options))


def _factor(found: Enrolled, edition: Edition, relativity: Relativity) -> IntArray:
    grid = edition.grid(relativity.table)
    codes = {name: np.maximum(found.levels[name], 0) for name in relativity.of}
    return grid.values.take(grid.places(codes, len(found.own)))


def _selected(table: Table, found: Enrolled, edition: Edition, rules: Enrolling) -> Iterator[Refusing]:
    """A group needs figures that fit and its participation; who is in no such group must start in the window."""
    group = table.code("group").take(found.own) >= 0
    eligible, of_them = (table.number(name).take(found.own) for name in ("eligible", "enrolled"))
    unfit = group & ((eligible <= 0) | (of_them < 0) | (of_them > eligible))
    yield unfit, refusal("group_figures", "enrolled")
    own = np.where(group & ~unfit, table.code("group").take(found.own), -1)
    yield _contradicting(own, found.starts, eligible, of_them), refusal("group_contradicts", "enrolled")
    yield _other_eligible(table).take(found.own) & (own >= 0), refusal("group_contradicts", "eligible")
    large = group & (of_them >= number_of(edition, rules.group_size))
    enough = large & ~unfit & (of_them * PPM >= number_of(edition, rules.participation) * eligible)
    in_window = edition.keep("window", rules.window, lambda: _window(edition, rules)).take(found.starts % 12)
    yield group & ~large & ~in_window, refusal("group_too_small", "enrolled")
    yield group & ~enough & ~in_window, refusal("participation_too_low", "enrolled")
    yield ~group & ~in_window, refusal("outside_enrolment_window", "from_month")


def _contradicting(group: IntArray, starts: IntArray, eligible: IntArray, of_them: IntArray) -> BoolArray:
    """Whether a group (-1: none) is said to have other figures for the same first month, or fewer than are enrolled."""
    order, runs, same = _runs(group, starts)
    if not len(order):
        return np.zeros(0, dtype=bool)
    other = np.append(False, same & ((np.diff(eligible[order]) != 0) | (np.diff(of_them[order]) != 0)))
    many = np.bincount(runs).take(runs) > of_them[order]
    bad = np.zeros(len(order), dtype=bool)
    bad[order] = (group[order] >= 0) & (many | (np.bincount(runs, other) > 0).take(runs))
    return bad


def _other_eligible(table: Table) -> BoolArray:
    """Whether a group is said to have other numbers of eligible for the same first month, whatever the cover."""
    eligible = table.number("eligible")
    group = np.where(eligible > 0, table.code("group"), -1)
    order, runs, same = _runs(group, table.months("from_month"))
    bad = np.zeros(len(order), dtype=bool)
    if len(order):
        other = np.append(False, same & (np.diff(eligible[order]) != 0))
        bad[order] = (np.bincount(runs, other) > 0).take(runs)
    return bad


def _runs(group: IntArray, starts: IntArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Order by group and first month, number of the run of equals at each place, whether a place equals the last."""
    order = np.lexsort((starts, group))
    same = (np.diff(group[order]) == 0) & (np.diff(starts[order]) == 0) & (group[order][1:] >= 0)
    return order, np.append(0, np.cumsum(~same)) if len(order) else order, same


def _window(edition: Edition, rules: Enrolling) -> BoolArray:
    """Whether a person may enrol in each calendar month. Shape (12,)."""
    opened = np.zeros(12, dtype=bool)
    opened[[month - 1 for month in list_of(edition, rules.window)]] = True
    return opened


def number_of(edition: Edition, table: str) -> int:
    """The single national number of a table in force."""
    entry = edition.number_of(table, NATION)
    assert isinstance(entry, int), "the gate closes the scheme where a table does not answer"
    value = edition.entries[entry].entry.value
    assert isinstance(value, int)
    return value


def list_of(edition: Edition, table: str) -> tuple[int, ...]:
    """The national list of numbers of a table in force."""
    entry = edition.number_of(table, NATION)
    assert isinstance(entry, int), "the gate closes the scheme where a table does not answer"
    value = edition.entries[entry].entry.value
    assert isinstance(value, tuple)
    return value


def _in_sequence(worker: IntArray, found: Enrolled, edition: Edition, scheme: Scheme) -> Enrolled:
    """The enrolments with the refusals of those that overlap, or raise an option before the term is over."""
    product = scheme.product
    assert product is not None
    order = np.lexsort((found.starts, worker))
    order = order[found.refusals.take(order) == 0]
    same = worker.take(order[1:]) == worker.take(order[:-1])
    before, after = order[:-1][same], order[1:][same]
    refusals = found.refusals.copy()
    into_next = found.ends.take(before) >= found.starts.take(after)
    into_later = _latest_end(found, worker, order)[:-1][same] >= found.starts.take(after)
    for places in (before[into_next], after[into_later]):
        refusals[places] = refusal("enrolment_overlaps", "from_month")
    found = replace(found, refusals=refusals)
    return found if product.enrolling is None else _without_raises(worker, found, edition, scheme, product.enrolling)


def _without_raises(worker: IntArray, found: Enrolled, edition: Edition, scheme: Scheme, rules: Enrolling) -> Enrolled:
    """The enrolments with the refusals of those that raise an option within the term of the last one that stands, or
    take back what it disclosed.

    A refused one is no ground for the next: what follows it is measured against what stood before.
    """
    while True:
        order = np.lexsort((found.starts, worker))
        order = order[found.refusals.take(order) == 0]
        same = worker.take(order[1:]) == worker.take(order[:-1])
        before, after = order[:-1][same], order[1:][same]
        within = found.starts.take(after) < found.starts.take(before) + number_of(edition, rules.term)
        dearer = within & raised(found, edition, scheme, before, after)
        taken_back = _taken_back(found, edition, scheme, before, after)
        bad = np.flatnonzero(dearer | taken_back)
        if not len(bad):
            return found
        bad = bad[np.unique(worker.take(after[bad]), return_index=True)[1]]  # each worker's first; the next anew
        refusals = found.refusals.copy()
        refusals[after[bad]] = np.where(taken_back[bad], CODE["enrolment_taken_back"], CODE["enrolment_raised"])
        found = replace(found, refusals=refusals)


def _latest_end(found: Enrolled, worker: IntArray, order: IntArray) -> IntArray:
    """The latest end of a worker's enrolments up to each one, in order: one may reach past several others."""
    above = worker.take(order) * (NEVER_ENDS + 1)
    latest: IntArray = np.maximum.accumulate(found.ends.take(order) + above) - above
    return latest


def in_force(found: Enrolled, month: int) -> BoolArray:
    """Which enrolments hold in a month, refused ones among them."""
    holds: BoolArray = (found.starts <= month) & (found.ends >= month)
    return holds


def since(found: Enrolled, place: int) -> int:
    """First month of the good enrolments that lead to this one without a gap; all of one worker."""
    good = np.flatnonzero(found.refusals == 0)
    first_of = dict(zip(found.ends.take(good).tolist(), found.starts.take(good).tolist(), strict=True))
    start = int(found.starts[place])
    while start - 1 in first_of:
        start = first_of[start - 1]
    return start


def raised(found: Enrolled, edition: Edition, scheme: Scheme, before: IntArray, after: IntArray) -> BoolArray:
    """Whether any option costs more in the later of two enrolments."""
    raised = np.zeros(len(before), dtype=bool)
    for relativity in by_options(scheme):
        factor = _factor(found, edition, relativity)
        raised |= factor.take(after) > factor.take(before)
    return raised


def _taken_back(found: Enrolled, edition: Edition, scheme: Scheme, before: IntArray, after: IntArray) -> BoolArray:
    """Whether the earlier of two enrolments discloses, beyond the standard, what the later one does not say again."""
    product = scheme.product
    assert product is not None
    assert product.enrolling is not None
    taken = np.zeros(len(before), dtype=bool)
    for option in product.enrolling.disclosed:
        level = found.levels[option]
        standard = edition.levels[option].get(product.options[option] or "", -1)
        taken |= (level.take(before) != standard) & (level.take(after) != level.take(before))
    return taken
