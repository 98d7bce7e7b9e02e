"""Rating factors: which levels exist, and how a raw attribute becomes the number of a level.

A level's number is its place from 1; 0 stands for "unknown". Training uses the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pricing.banding import KEYS as BANDING_KEYS
from pricing.banding import Banding, read_banding
from pricing.errors import TariffError
from pricing.rate_table import By, RateTable, Value, leaves
from pricing.strict_yaml import mapping_of, read_yaml, truth_of, words_of


@dataclass(frozen=True, slots=True)
class Factor:
    """A rating factor: its levels in order; `complete` where a table must price each of them; `banding`: how a raw
    column becomes one of them, where it is not the level itself.
    """

    name: str
    levels: tuple[str, ...]
    complete: bool
    words_in: tuple[str, ...]
    banding: Banding | None = None

    def numbers(self) -> dict[str, int]:
        """Level → number, from 1."""
        return {level: number for number, level in enumerate(self.levels, 1)}


def read_factors(path: Path) -> dict[str, Factor]:
    """`factors.yaml` of a tariff folder; TariffError where it is not of the format."""
    raw = read_yaml(path)
    _known_keys(raw, ("name", "title", "factors"), str(path))
    if not raw.get("factors"):
        raise TariffError("missing_key", str(path), key="factors")
    bodies = mapping_of(raw, "factors", str(path))
    return {name: _factor(name, mapping_of(bodies, name, str(path)), f"{path}, {name}") for name in bodies}


def _factor(name: str, body: Mapping[str, Any], place: str) -> Factor:
    _known_keys(body, ("levels", "complete", "words_in", *BANDING_KEYS), place)
    if "levels" not in body:
        raise TariffError("missing_key", place, key="levels")
    levels = words_of(body, "levels", place)
    if len(set(levels)) != len(levels):
        raise TariffError("duplicate_key", place, key="levels")
    banding = read_banding(body, levels, place)
    return Factor(name, levels, truth_of(body, "complete", place), words_of(body, "words_in", place), banding)


def _known_keys(raw: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in raw:
        if key not in known and not key.startswith("x_"):
            raise TariffError("unknown_key", place, key=key, known=", ".join(known))


def opened(factors: Mapping[str, Factor], tables: Mapping[str, RateTable]) -> dict[str, Factor]:
    """Factors without levels of their own take those that the tables name, in order of appearance."""
    named: dict[str, dict[str, None]] = {name: {} for name, factor in factors.items() if not factor.levels}
    for table in tables.values():
        for entries in table.entries.values():
            for entry in entries:
                _collect(entry.value, named)
    return {
        name: replace(factor, levels=tuple(named[name])) if name in named else factor
        for name, factor in factors.items()
    }


def _collect(value: Value, named: dict[str, dict[str, None]]) -> None:
    if isinstance(value, By):
        if value.factor in named:
            named[value.factor].update(dict.fromkeys(value.nodes))
        for node in value.nodes.values():
            _collect(node, named)


def check_levels(table: RateTable, factors: Mapping[str, Factor]) -> None:
    """TariffError where a table names an unknown factor, level or word, or leaves a level without a price."""
    words = next((factor for factor in factors.values() if table.id in factor.words_in), None)
    for entries in table.entries.values():
        for entry in entries:
            _check_node(entry.value, factors, entry.id)
            for leaf in leaves(entry.value):
                if words is not None and leaf not in words.levels:
                    raise TariffError("unknown_level", entry.id, level=leaf, known=", ".join(words.levels))


def _check_node(value: Value, factors: Mapping[str, Factor], place: str) -> None:
    if not isinstance(value, By):
        return
    factor = factors.get(value.factor)
    if factor is None:
        raise TariffError("unknown_factor", place, factor=value.factor, known=", ".join(factors))
    for level, node in value.nodes.items():
        if level not in factor.levels:
            raise TariffError("unknown_level", place, level=level, known=", ".join(factor.levels))
        _check_node(node, factors, place)
    lacking = [level for level in factor.levels if level not in value.nodes]
    if factor.complete and lacking:
        raise TariffError("level_without_price", place, factor=factor.name, level=", ".join(lacking))
