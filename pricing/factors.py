"""Rating factors: which levels exist, and how a raw attribute becomes the number of a level.

A level's number is its place from 1; 0 stands for "unknown". Training uses the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pricing.errors import TariffError
from pricing.rate_table import By, RateTable, Value, leaves, read_yaml


@dataclass(frozen=True, slots=True)
class Factor:
    """A rating factor: its levels in order; `complete` where a table must price each of them."""

    name: str
    levels: tuple[str, ...]
    complete: bool
    words_in: tuple[str, ...]

    def numbers(self) -> dict[str, int]:
        """Level → number, from 1."""
        return {level: number for number, level in enumerate(self.levels, 1)}


def read_factors(path: Path) -> dict[str, Factor]:
    """`factors.yaml` of a tariff folder; TariffError where it is not of the format."""
    raw = read_yaml(path)
    factors = {}
    for name, body in raw.get("factors", {}).items():
        for key in body:
            if key not in ("levels", "complete", "words_in"):
                raise TariffError("unknown_key", f"{path}, {name}", key=key, known="complete, levels, words_in")
        levels = tuple(body.get("levels", ()))
        if len(set(levels)) != len(levels):
            raise TariffError("duplicate_key", f"{path}, {name}", key="levels")
        factors[name] = Factor(name, levels, body.get("complete") == "true", tuple(body.get("words_in", ())))
    if not factors:
        raise TariffError("missing_key", str(path), key="factors")
    return factors


def opened(factors: Mapping[str, Factor], tables: Mapping[str, RateTable]) -> dict[str, Factor]:
    """Factors without levels of their own take those that the tables name, in order of appearance."""
    named: dict[str, dict[str, None]] = {name: {} for name, factor in factors.items() if not factor.levels}
    for table in tables.values():
        for entries in table.entries.values():
            for entry in entries:
                _collect(entry.value, named)
    return {
        name: Factor(name, tuple(named[name]), factor.complete, factor.words_in) if name in named else factor
        for name, factor in factors.items()
    }


def _collect(value: Value, named: dict[str, dict[str, None]]) -> None:
    if isinstance(value, By):
        if value.factor in named:
            named[value.factor].update(dict.fromkeys(value.nodes))
        for node in value.nodes.values():
            _collect(node, named)


def check_levels(table: RateTable, factors: Mapping[str, Factor]) -> None:
    """TariffError where a table names a factor, level or word that does not exist, or leaves a level without a price."""
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
