"""Perils of a tabulated tariff: expected claims and their cost as base rate × relativities."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import TariffError
from pricing.rate_table import UNITS
from pricing.strict_yaml import known_keys, mapping_of, read_yaml, required, whole, words_of

_PERIL_KEYS = frozenset({"exposure", "frequency", "severity"})
_PART_KEYS = frozenset({"base", "relativities"})
_RELATIVITY_KEYS = frozenset({"table", "of", "missing_ppm"})


@dataclass(frozen=True, slots=True)
class Read:
    """A relativity table and the factors it is read by; a curve is read by the raw column itself.

    missing_ppm: relativity where the column of a curve is empty, negative where such a row has no price.
    """

    table: str
    of: tuple[str, ...]
    missing_ppm: int


@dataclass(frozen=True, slots=True)
class Part:
    """A base (a table with one number) and the relativities that multiply it, in their order."""

    base: str
    relativities: tuple[Read, ...]

    def tables(self) -> tuple[str, ...]:
        """Ids of its tables."""
        return (self.base, *(one.table for one in self.relativities))


@dataclass(frozen=True, slots=True)
class Peril:
    """Columns whose product is the exposure; claims per unit of it; cost of a claim, where it was fitted."""

    name: str
    exposure: tuple[str, ...]
    frequency: Part
    severity: Part | None

    def tables(self) -> tuple[str, ...]:
        """Ids of the tables it reads."""
        return (*self.frequency.tables(), *(self.severity.tables() if self.severity else ()))


def read_perils(path: Path, tables: Collection[str]) -> dict[str, Peril]:
    """`perils.yaml` of a tariff folder, none where there is no such file; TariffError names what is not there."""
    if not path.is_file():
        return {}
    bodies = mapping_of(read_yaml(path), "perils", str(path))
    perils = {name: _peril(name, mapping_of(bodies, name, str(path)), f"{path}, {name}") for name in bodies}
    for name, peril in perils.items():
        for table in peril.tables():
            if table not in tables:
                raise TariffError("table_missing", f"{path}, {name}", table=table)
    return perils


def _peril(name: str, body: Mapping[str, Any], place: str) -> Peril:
    known_keys(body, _PERIL_KEYS, place)
    for key in ("exposure", "frequency"):
        required(body, key, place)
    severity = _part(mapping_of(body, "severity", place), place) if "severity" in body else None
    frequency = _part(mapping_of(body, "frequency", place), place)
    return Peril(name, words_of(body, "exposure", place), frequency, severity)


def _part(body: Mapping[str, Any], place: str) -> Part:
    known_keys(body, _PART_KEYS, place)
    relativities = body.get("relativities", [])
    if not isinstance(relativities, list):
        raise TariffError("not_words", place, key="relativities")
    return Part(required(body, "base", place), tuple(_read(one, place) for one in relativities))


def _read(body: Any, place: str) -> Read:
    if not isinstance(body, dict):
        raise TariffError("not_a_mapping", place, key="relativities")
    known_keys(body, _RELATIVITY_KEYS, place)
    missing = whole(body["missing_ppm"], UNITS["ppm"], place) if "missing_ppm" in body else -1
    return Read(required(body, "table", place), words_of(body, "of", place), missing)
