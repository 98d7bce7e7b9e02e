"""The editions that an impact prices with: old, new, and those between, in which one part after another is new.

A candidate's entries begin later than any month of data. So a month of data is priced as if it had been worked in the
month in which they begin: the same rows under the same law, register and knowledge, with the old tables and the new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pricing.edition import Edition
from pricing.factors import check_levels
from pricing.rate_table import Entry, Found
from pricing.register import read_register
from pricing.rules import tables_read
from pricing.scheme import Scheme
from pricing.tariff import Tariff
from training.impact_month import Month

# Old and new as they are charged, between them one part after another made new without the limits of the ratio.
STEPS = ("old", "old_free", "law_free", "new_free", "new")


@dataclass(frozen=True, slots=True)
class Changed:
    """A table whose entry for a region differs: which part of a change it is, and the entries of both sides."""

    table: str
    region: str
    part: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, eq=False)
class Editions:
    """Editions of one month and one knowledge date. steps: by STEPS; law_free has the law of the new tariff with the
    models of the old one; schemes: those of work injury that are compared; covers: those that change too, and are not
    priced here; tariff: the new one.
    """

    month: int
    known: dt.date
    steps: Mapping[str, Edition]
    changed: tuple[Changed, ...]
    schemes: tuple[str, ...]
    covers: tuple[str, ...]
    tariff: Tariff

    @property
    def old(self) -> Edition:
        """The old tariff."""
        return self.steps["old"]

    @property
    def new(self) -> Edition:
        """The new tariff."""
        return self.steps["new"]


def editions_of(old: Tariff, new: Tariff, month: Month, earlier: Month | None) -> Editions:
    """The editions for a month of data, in the month in which the last new entry begins."""
    entries = [entry for table in new.tables for entry in _new_entries(old, new, table)]
    priced_as = max([month.month, *(entry.effective_from for entry in entries)])
    known = max([month.known_on, *(entry.known_from for entry in entries), *([earlier.known_on] if earlier else [])])
    tiers, regions = new.factors["pilot_tier"].levels, new.regions
    register = read_register(month.register, tiers, regions)
    tariffs = (old, _free(old), _free(_mixed(old, new)), _free(new), new)
    steps = {step: tariff.on(priced_as, known, register) for step, tariff in zip(STEPS, tariffs, strict=True)}
    names = [name for name in new.work_injury if name in old.schemes]
    changed = tuple(_changed(steps["old"], steps["new"], _models((old, new)), _limits(new)))
    tables = {one.table for one in changed}
    read = {name: {table for side in (old, new) for table in tables_read(side.schemes[name])} for name in names}
    touched = [name for name in names if tables & read[name]]
    kept = [name for name in names if name in month.schemes]
    covers = tuple(name for name in new.covers if tables & set(tables_read(new.schemes[name])))
    return Editions(priced_as, known, steps, changed, tuple(touched or kept), covers, new)


def _new_entries(old: Tariff, new: Tariff, table: str) -> Iterator[Entry]:
    """Entries of a table that the old tariff does not have as they are."""
    for region, entries in new.tables[table].entries.items():
        before = old.tables[table].entries.get(region, ()) if table in old.tables else ()
        yield from (entry for entry in entries if entry not in before)


def _models(tariffs: Sequence[Tariff]) -> set[str]:
    """Tables of relativities of the schemes of work injury."""
    schemes = [tariff.schemes[name] for tariff in tariffs for name in tariff.work_injury]
    return {relativity.table for scheme in schemes for relativity in scheme.relativities}


def _limits(tariff: Tariff) -> set[str]:
    return {scheme.limits for scheme in tariff.schemes.values() if scheme.limits}


def _mixed(old: Tariff, new: Tariff) -> Tariff:
    """The new tariff with the relativities of the old one; TariffError where these lack a level of the new factors."""
    models = {table: old.tables[table] for table in _models((old,))}
    for table in models.values():
        check_levels(table, new.factors)
    before = {name: old.schemes[name].relativities for name in new.work_injury if name in old.schemes}
    schemes = {name: replace(new.schemes[name], relativities=own) for name, own in before.items()}
    return replace(new, tables={**new.tables, **models}, schemes={**new.schemes, **schemes})


def _free(tariff: Tariff) -> Tariff:
    """The tariff without the limits of the ratio in its schemes of work injury."""
    return replace(
        tariff,
        schemes={**tariff.schemes, **{name: replace(tariff.schemes[name], limits="") for name in tariff.work_injury}},
    )


def _changed(old: Edition, new: Edition, models: set[str], limits: set[str]) -> Iterator[Changed]:
    """Tables that answer otherwise in the month."""
    for table in dict.fromkeys((*old.tables, *new.tables)):
        part = "limits" if table in limits else "model" if table in models else "law"
        known = [edition.tables[table].entries if table in edition.tables else {} for edition in (old, new)]
        for region in dict.fromkeys((*known[0], *known[1])):
            before, after = (_found(edition, table, region) for edition in (old, new))
            if before != after:
                ids = ("" if found is None else found.id for found in (before, after))
                yield Changed(table, region, part, *ids)


def _found(edition: Edition, table: str, region: str) -> Entry | None:
    answer = edition.tables[table].on(region, edition.month, edition.known) if table in edition.tables else None
    return answer.entry if isinstance(answer, Found) else None


def unit_of(scheme: Scheme) -> str:
    """What a scheme's usage is counted in: orders, heads, or what a worker's premium is shared by first."""
    return scheme.exposure if scheme.exposure in ("orders", "heads") else next(iter(scheme.share_by), "rows")
