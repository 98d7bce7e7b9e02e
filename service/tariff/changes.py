"""What changed between two tariffs, months or knowledge dates: entries, values, marks, sources, months and money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pricing.errors import InputError
from pricing.rate_table import EVIDENCE, STATUSES, By, Entry, Found
from pricing.rules import READ_AS
from pricing.tariff import Tariff
from service.tariff.change_words import message
from service.tariff.pages import entry_page
from service.tariff.sides import Side, Span, months_plain, regions_of, same, spans
from service.tariff.touch import prices, schemes_of
from service.tariff.values import ValueChange, compare


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one table and region. before, after: what answered and answers, from a wider region where the
    region's own entries are silent; details: status, evidence, source, note, dates, unit → from and to.
    """

    table: str
    region: str
    kind: str
    before: Found | None
    after: Found | None
    values: tuple[ValueChange, ...]
    details: Mapping[str, tuple[str, str]]
    months: tuple[Span, ...]


def diff(before: Side, after: Side, region: str = "", table: str = "") -> dict[str, Any]:
    """Every change from one side to the other, of all tables or one, for all regions or what answers for one."""
    check_names((before.tariff, after.tariff), region, table)
    tables = [table] if table else list(dict.fromkeys((*before.tariff.tables, *after.tariff.tables)))
    found: list[dict[str, Any]] = []
    touched: list[Span] = []
    elsewhere: list[dict[str, Any]] = []
    for name in tables:
        for code in regions_of(before, after, name, region):
            change = compare_region(before, after, name, code)
            months = change.months if change else tuple(_other_months(before, after, name, code))
            touched += months
            if change:
                found.append(_plain(change, before, after))
            elif months:
                elsewhere.append({"table": name, "region": code, "months": months_plain(months)})
    return {
        "from": before.plain(),
        "to": after.plain(),
        "changes": found,
        "parts": [] if table or region else list(_parts(before.tariff, after.tariff)),
        "months": months_plain(touched),
        "other_months": elsewhere,
        "prices": prices(before, after, found, region),
    }


def check_names(tariffs: tuple[Tariff, ...], region: str, table: str) -> None:
    """InputError where a table or a region is in none of the tariffs."""
    tables = sorted({name for tariff in tariffs for name in tariff.tables})
    if table and table not in tables:
        raise InputError("request_value", "table", key="table", value=table, known=", ".join(tables))
    provinces = {code for tariff in tariffs for code in tariff.regions}
    if region and (len(region) != 6 or not region.isdigit() or region[:2] + "0000" not in provinces):
        raise InputError("region_not_known", "region", value=region)


def compare_region(before: Side, after: Side, table: str, region: str) -> Change | None:
    """What changed in a region's own entries of a table; None where nothing did."""
    own = before.own(table, region), after.own(table, region)
    is_found = [isinstance(one, Found) for one in own]
    units = before.unit(table), after.unit(table)
    if not any(is_found) or (same(*own) and units[0] == units[1]):
        return None
    answers = before.answer(table, region), after.answer(table, region)
    old, new = (None if found is None else found.entry for found in answers)
    return Change(
        table=table,
        region=region,
        kind=_kind(*own, is_below=None not in answers),
        before=answers[0],
        after=answers[1],
        values=tuple(_values(old, new, units, after)),
        details=_details(answers[0], answers[1], units) if answers[0] and answers[1] else {},
        months=tuple(spans(before, after, table, region)),
    )


def _kind(old: Found | str, new: Found | str, is_below: bool) -> str:
    """In a word what happened to the region's own entries; `_below`: a wider region answers on the other side."""
    if not isinstance(old, Found):
        return "added_below" if is_below else "added"
    if not isinstance(new, Found):
        return "removed_below" if is_below else "ended" if new == "ended" else "removed"
    if old.entry.id != new.entry.id:
        return "replaced"
    if old.carried != new.carried:
        return "carried" if new.carried else "uncarried"
    return "changed"


def _values(old: Entry | None, new: Entry | None, units: tuple[str, str], after: Side) -> Iterator[ValueChange]:
    merged = {
        level: str(word)
        for level, word in (after.edition.nodes(READ_AS) if READ_AS in after.tariff.tables else {}).items()
        if not isinstance(word, By) and level != word
    }
    if old and new and units[0] != units[1]:
        yield from compare(old.value, None, units[0], {})
        yield from compare(None, new.value, units[1], {})
    else:
        unit = units[1] or units[0]
        yield from compare(old.value if old else None, new.value if new else None, unit, merged)


def _details(old: Found, new: Found, units: tuple[str, str]) -> dict[str, tuple[str, str]]:
    """Marks, source, unit, and, of one and the same entry, its dates and note: from what to what, where they differ."""
    pairs = {
        "status": (STATUSES[old.status], STATUSES[new.status]),
        "evidence": (EVIDENCE[old.entry.evidence], EVIDENCE[new.entry.evidence]),
        "source": (_source(old.entry), _source(new.entry)),
        "unit": units,
    }
    if old.entry.id == new.entry.id:
        pairs["dates"] = (_dates(old.entry), _dates(new.entry))
        pairs["note"] = (old.entry.note.get("en", "-"), new.entry.note.get("en", "-"))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _source(entry: Entry) -> str:
    return " · ".join(filter(None, (entry.source, entry.clause)))


def _dates(entry: Entry) -> str:
    span = months_plain([(entry.effective_from, entry.ends)])[0]
    assumed = "?" if entry.known_from_assumed else ""
    return f"{span['from']}/{span['to'] or '…'}, {entry.known_from.isoformat()}{assumed}"


def _other_months(before: Side, after: Side, table: str, region: str) -> list[Span]:
    """Months other than the one asked for whose answers differ, by knowledge or folder."""
    return [] if before.month != after.month else spans(before, after, table, region)


def _plain(change: Change, before: Side, after: Side) -> dict[str, Any]:
    """A change as JSON shows it, with its sentences in both languages."""
    titles = [side.tariff.tables[change.table].title for side in (after, before) if change.table in side.tariff.tables]
    names = [side.tariff.regions.get(change.region, {}) for side in (after, before)]
    units = before.unit(change.table), after.unit(change.table)
    shown: dict[str, Any] = {
        "table": change.table,
        "title": dict(titles[0]),
        "region": change.region,
        "region_name": dict(names[0] or names[1]),
        "kind": change.kind,
        "before": change.before and entry_page(change.before, units[0], titles[-1]),
        "after": change.after and entry_page(change.after, units[1], titles[0]),
        "unit": units[1] or units[0],
        "values": [value.plain() for value in change.values],
        **{name: {"from": pair[0], "to": pair[1]} for name, pair in change.details.items() if name != "unit"},
        "schemes": schemes_of(before, after, change.table),
        "months": months_plain(change.months),
    }
    ids = [found.entry.id if found else "" for found in (change.before, change.after)]
    for key, lang in (("message", "en"), ("message_zh", "zh")):
        shown[key] = message(change.kind, ids, change.values, change.details, lang)
    return shown


def _parts(before: Tariff, after: Tariff) -> Iterator[dict[str, str]]:
    """Schemes and factors that are there on one side only, or are made otherwise."""
    opened = ("platform", "industry")  # their levels come from the tables
    pairs: dict[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
        "scheme": (before.schemes, after.schemes),
        "factor": (
            {name: factor for name, factor in before.factors.items() if name not in opened},
            {name: factor for name, factor in after.factors.items() if name not in opened},
        ),
    }
    for part, (old, new) in pairs.items():
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                kind = "added" if name not in old else "removed" if name not in new else "changed"
                yield {"part": part, "name": name, "kind": kind}
