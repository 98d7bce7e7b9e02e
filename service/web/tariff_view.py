"""What is in force, cover by cover, with each value in words: the entries of the API's answer, grouped for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pricing.rate_table import NATION, By, Curve, RateTable, Steps, Value
from pricing.scheme import WORK_INJURY, Relativity
from pricing.spoken import factor, level_words, named, quantity_words, share_words
from pricing.tariff import Tariff
from pricing.words import say, sentences
from service.tariff.change_words import written

_LONG = 8  # levels from which a value is folded away
_FEW, _SHORT = 4, 24  # lines, letters


@dataclass(frozen=True, slots=True)
class Said:
    """A value in words: (levels, amount) per line; one line without levels where it is one number."""

    lines: tuple[tuple[str, str], ...]
    curve: bool = False

    @property
    def long(self) -> bool:
        """Whether it is too long to stand open."""
        return len(self.lines) > _LONG

    @property
    def narrow(self) -> bool:
        """Whether its lines are many and short, so that they may stand in two columns."""
        return len(self.lines) > _FEW and max(len(at) + len(amount) for at, amount in self.lines) <= _SHORT


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its entries in force: (entry as the API shows it, its value in words)."""

    name: str
    title: Mapping[str, str]
    entries: list[tuple[Mapping[str, Any], Said]]


@dataclass(frozen=True, slots=True)
class Group:
    """The tables of one cover, or of what several share."""

    name: str
    title: str
    tables: list[Table]

    @property
    def entries(self) -> int:
        """How many entries it has."""
        return sum(len(table.entries) for table in self.tables)


def groups(tariff: Tariff, shown: Mapping[str, Any], lang: str) -> list[Group]:
    """The entries in force by cover, work injury first."""
    found: dict[str, dict[str, Table]] = {}
    for entry in shown["entries"]:
        name = entry["entry"].split("@")[0]
        cover = name.split("/")[0] if "/" in name else ""
        table = found.setdefault(cover, {}).setdefault(name, Table(name, entry["title"], []))
        table.entries.append((entry, _said(_value(tariff, name, entry), tariff.tables[name], tariff, lang)))
    first = sorted(found, key=lambda cover: (cover != WORK_INJURY, cover not in tariff.covers, cover))
    return [Group(cover or "shared", _title(cover, tariff, lang), list(found[cover].values())) for cover in first]


def _title(cover: str, tariff: Tariff, lang: str) -> str:
    if cover in tariff.covers:
        return tariff.schemes[cover].title[lang]
    codes = {WORK_INJURY: "page_group_work_injury", "benefits": "page_group_benefits", "add_on": "page_group_add_on"}
    return say(codes.get(cover, "page_group_shared"), lang)


def _value(tariff: Tariff, table: str, shown: Mapping[str, Any]) -> Value:
    """The value of an entry that the API's answer shows."""
    entries = tariff.tables[table].entries[shown["region"] or NATION]
    return next(entry.value for entry in entries if entry.id == shown["entry"])


def _said(value: Value, table: RateTable, tariff: Tariff, lang: str) -> Said:
    if isinstance(value, Curve):
        return Said(tuple((x, factor(y)) for x, y in _knots(value, table, tariff, lang)), curve=True)
    if not isinstance(value, By):
        return Said((("", _amount(value, table, tariff, lang)),))
    lines: list[tuple[str, str]] = []
    for level, node in value.nodes.items():
        name = level_name(value.factor, level, tariff, lang)
        inner = _said(node, table, tariff, lang).lines
        lines += [(" · ".join(filter(None, (name, below))), amount) for below, amount in inner]
    return Said(tuple(lines))


def _amount(value: Value, table: RateTable, tariff: Tariff, lang: str) -> str:
    """A value that has no levels: an amount, a word as people call it, or the steps of a float."""
    if isinstance(value, Steps):
        return say("page_steps", lang, step=value.step, limit=value.limit)
    return level_name("", value, tariff, lang) if isinstance(value, str) else written(value, table.unit, lang)


def _knots(curve: Curve, table: RateTable, tariff: Tariff, lang: str) -> Iterator[tuple[str, int]]:
    """The knots of a curve: the quantity as its scheme reads it, and the factor there. [ppm]"""
    read = [one for scheme in tariff.schemes.values() for one in scheme.relativities if one.table == table.id]
    name = _quantity(read[0]) if read else ""
    for x, y in zip(curve.x, curve.y, strict=True):
        if name and f"quantity_{name}" in sentences(lang):
            yield quantity_words(name, x, lang), y
        else:
            yield (share_words(x, lang) if name else f"{x:,}"), y


def _quantity(relativity: Relativity) -> str:
    """What the quantity of a curve is called: a column, several added, or a quotient."""
    return "_per_".join((relativity.of[0], relativity.per[0])) if relativity.per else "_and_".join(relativity.of)


def level_name(name: str, level: str, tariff: Tariff, lang: str) -> str:
    """What people call a level of a factor: a platform, an occupation, an option, or the level as it is."""
    if level in tariff.platforms:
        return tariff.platforms[level][lang]
    if level in tariff.schemes:
        return tariff.schemes[level].title[lang]
    for kind in ("compare_occupation", "payer", "peril", "page_industry", "page_tier", "page_level"):
        if f"{kind}_{level}" in sentences(lang):
            return named(kind, level, lang)
    return level_words(name, level, lang)
