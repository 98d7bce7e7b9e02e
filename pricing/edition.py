"""An edition: the tables as they stand for one month and one knowledge date, as read-only arrays.

Regions, platforms and the levels of factors are numbered from 1; 0 stands for "unknown" and has no value (MISSING).
What a later entry or a later publication says is not in it, and so does not move its hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pricing.errors import TariffError
from pricing.platform_terms import compiled_terms
from pricing.rate_table import NATION, By, Curve, Found, Node, Steps, levels_of
from pricing.register import Terms, in_force
from pricing.relativities import CompiledCurve, Grid
from pricing.units import IntArray

if TYPE_CHECKING:
    from pricing.tariff import Tariff

MISSING = -1
NO_ENTRY = -1
T = TypeVar("T")


class Edition:
    """Frozen tables of a month; compiled arrays are built on first use and then kept."""

    def __init__(self, tariff: Tariff, month: int, known: dt.date, register: tuple[Terms, ...]) -> None:
        self.month = month
        self.known = known
        self.tables, self.factors, self.schemes = tariff.tables, tariff.factors, tariff.schemes
        self.register = in_force(register, month, known)
        self.entities = tuple(dict.fromkeys(("", *(term.entity for term in self.register))))
        self.provinces = frozenset(code for code in tariff.regions if code.endswith("0000") and code != NATION)
        self.regions = self._numbered_regions(tariff.regions)
        self.platforms = self._numbered_platforms()
        self.entries: list[Found] = []
        self._found: dict[tuple[str, str], int | str] = {}
        self._number_entries()
        self.ranks = [*((found.status, found.entry.evidence) for found in self.entries), (0, 0)]
        self.marks = np.array(self.ranks, dtype=np.int64).T.copy()
        self.status, self.evidence = self.marks
        self.levels = {name: factor.numbers() for name, factor in tariff.factors.items()}
        self._kept: dict[tuple[str, str], Any] = {}
        self._region_numbers: dict[str, int] = dict(self.regions)
        tiers = self.levels.get("pilot_tier", {})
        self.terms = compiled_terms(self.register, self.platforms, self.regions, tiers, self.entities)
        self.hash = self._hash()
        for array in (self.marks, self.status, self.evidence):
            array.setflags(write=False)

    # -- numbering ------------------------------------------------------------------------------------------------

    def _numbered_regions(self, regions: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
        codes = {code for code in regions if code != NATION}
        codes |= {code for table in self.tables.values() for code in table.entries if code != NATION}
        codes |= {term.region for term in self.register if term.region != NATION}
        return {code: number for number, code in enumerate(sorted(codes), 1)}

    def _numbered_platforms(self) -> dict[str, int]:
        listed = self.factors["platform"].levels if "platform" in self.factors else ()
        named = dict.fromkeys((*listed, *(term.platform for term in self.register)))
        return {name: number for number, name in enumerate(named, 1)}

    def _number_entries(self) -> None:
        for table in self.tables.values():
            for region in table.entries:
                found = table.on(region, self.month, self.known)
                if isinstance(found, Found):
                    self._found[table.id, region] = len(self.entries)
                    self.entries.append(found)
                else:
                    self._found[table.id, region] = found

    def number_of(self, table_id: str, region: str) -> int | str:
        """Number of the entry that answers for a region (county → city → province → nation), or why none does."""
        for level in levels_of(region):
            answer = self._found.get((table_id, level), "before")
            if answer != "before":
                return answer
        return "before"

    def region_number(self, text: str) -> int:
        """Number of the most specific region with values of its own; 0 where the province is unknown."""
        number = self._region_numbers.get(text)
        if number is None:
            known = len(text) == 6 and text.isascii() and text.isdigit() and text[:2] + "0000" in self.provinces
            number = (
                next((self.regions[level] for level in levels_of(text) if level in self.regions), 0) if known else 0
            )
            self._region_numbers[text] = number
        return number

    # -- tables ---------------------------------------------------------------------------------------------------

    def starts_later(self, table_id: str) -> bool:
        """Whether the month lies before the first entry of a table, as far as known."""
        return all(self._found[table_id, region] == "before" for region in self.tables[table_id].entries)

    def keep(self, kind: str, name: str, build: Callable[[], T]) -> T:
        """What `build` makes, made once per edition."""
        kept: T
        try:
            kept = self._kept[kind, name]
        except KeyError:
            kept = self._kept[kind, name] = build()
        return kept

    def carries(self, table_id: str) -> bool:
        """Whether what a table says for the month is carried forward, in every region that has a value."""
        numbers = [self._found[table_id, region] for region in self.tables[table_id].entries]
        found = [self.entries[number] for number in numbers if isinstance(number, int)]
        return bool(found) and all(entry.carried for entry in found)

    def grid(self, table_id: str) -> Grid:
        """A table of numbers or words as flat arrays over region and levels."""
        return self.keep("grid", table_id, lambda: self._compile_grid(table_id))

    def curve(self, table_id: str) -> CompiledCurve | None:
        """A national curve, or None where none is in force."""
        return self.keep("curve", table_id, lambda: self._compile_curve(table_id))

    def steps(self, table_id: str) -> tuple[Steps, int] | None:
        """The float steps in force with the number of their entry, or None."""
        number = self.number_of(table_id, NATION)
        value = None if isinstance(number, str) else self.entries[number].entry.value
        return (value, number) if isinstance(value, Steps) and isinstance(number, int) else None

    def nodes(self, table_id: str) -> Mapping[str, Node]:
        """The national entry's nodes by level; empty where none is in force."""
        number = self.number_of(table_id, NATION)
        value = None if isinstance(number, str) else self.entries[number].entry.value
        return value.nodes if isinstance(value, By) else {}

    def _compile_curve(self, table_id: str) -> CompiledCurve | None:
        number = self.number_of(table_id, NATION)
        if isinstance(number, str):
            return None
        value = self.entries[number].entry.value
        if not isinstance(value, Curve):
            raise TariffError("not_a_curve", table_id)
        return CompiledCurve.of(value, number)

    def _compile_grid(self, table_id: str) -> Grid:
        table = self.tables[table_id]
        found = [(region, self.number_of(table.id, region)) for region in ("", *(self.regions or (NATION,)))]
        numbers = [number if region and isinstance(number, int) else None for region, number in found]
        values = [entry.value for entries in table.entries.values() for entry in entries]
        names = tuple(dict.fromkeys(name for value in values for name in _factor_names(value)))
        shape = tuple(len(self.factors[name].levels) + 1 for name in names)
        filled: dict[int | None, tuple[IntArray, IntArray]] = {}
        words = next((self.levels[f.name] for f in self.factors.values() if table.id in f.words_in), {})
        for number in dict.fromkeys(numbers):
            filled[number] = self._fill(number, names, shape, words)
        values_by_region = np.stack([filled[number][0] for number in numbers])
        entries_by_region = np.stack([filled[number][1] for number in numbers])
        if set(numbers[1:]) == {numbers[1]}:
            return Grid.of(names, values_by_region[1], entries_by_region[1])
        return Grid.of(("region", *names), values_by_region, entries_by_region)

    def _fill(
        self, number: int | None, names: tuple[str, ...], shape: tuple[int, ...], words: Mapping[str, int]
    ) -> tuple[IntArray, IntArray]:
        values = np.full(shape, MISSING, dtype=np.int64)
        if number is not None:
            self._fill_node(self.entries[number].entry.value, values, names, [slice(None)] * len(names), words)
        entries = np.full(shape, NO_ENTRY if number is None else number, dtype=np.int64)
        return values, entries

    def _fill_node(
        self, node: object, values: IntArray, names: tuple[str, ...], at: list[int | slice], words: Mapping[str, int]
    ) -> None:
        if isinstance(node, By):
            for level, inner in node.nodes.items():
                deeper = list(at)
                deeper[names.index(node.factor)] = self.levels[node.factor][level]
                self._fill_node(inner, values, names, deeper, words)
        elif isinstance(node, str):
            values[tuple(at)] = words[node] if words else MISSING
        elif isinstance(node, int):
            values[tuple(at)] = node

    # -- hash -----------------------------------------------------------------------------------------------------

    def _hash(self) -> str:
        """Hash of every entry in force with its value and marks, and of the schemes: what a price can depend on."""
        stands = [
            [
                f.entry.id,
                f.carried,
                f.entry.status,
                f.entry.evidence,
                f.entry.known_from.isoformat(),
                _plain(f.entry.value),
            ]
            for f in self.entries
        ]
        schemes = [_stated(scheme) for scheme in self.schemes.values()]
        levels = {name: factor.levels for name, factor in self.factors.items() if name not in ("platform", "industry")}
        text = json.dumps([sorted(stands, key=str), schemes, levels], ensure_ascii=False, sort_keys=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _stated(part: object) -> object:
    """What a part of a scheme says, without what it leaves at nothing, so that later kinds of parts move no hash."""
    if is_dataclass(part) and not isinstance(part, type):
        said = {field.name: _stated(getattr(part, field.name)) for field in fields(part)}
        return {name: value for name, value in said.items() if value not in (None, "", [], {}, False)}
    if isinstance(part, Mapping):
        return {str(key): _stated(value) for key, value in part.items()}
    return [_stated(one) for one in part] if isinstance(part, tuple | list) else part


def _factor_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, By):
        return ()
    inner = dict.fromkeys(name for node in value.nodes.values() for name in _factor_names(node))
    return (value.factor, *inner)


def _plain(value: object) -> object:
    """A value as plain lists, for the hash."""
    if isinstance(value, By):
        return [value.factor, {level: _plain(node) for level, node in value.nodes.items()}]
    if isinstance(value, Curve):
        return [list(value.x), list(value.y), value.off_balance_ppm]
    if isinstance(value, Steps):
        return [value.step, value.limit]
    return list(value) if isinstance(value, tuple) else value
