"""Schemes as data: a scheme is a row of `schemes.yaml` made of known parts.

A new scheme of known parts needs no Python; an unknown part is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import TariffError
from pricing.rate_table import read_yaml

SCOPES = ("pilot", "employed", "courier", "proposal")
EXPOSURES = ("orders", "contribution_base", "heads")
_KEYS = frozenset(
    "title cover scope exposure floor_by_days base_rate reduction float float_steps relativities limits declared needs "
    "share_by".split()
)


@dataclass(frozen=True, slots=True)
class Relativity:
    """A relativity of a scheme: the table, the merged quantity or attribute it is read by, and what that is divided by."""

    table: str
    of: str
    per: str

    @property
    def name(self) -> str:
        """Name of its step: the table's own."""
        return self.table.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to price a cover."""

    name: str
    title: Mapping[str, str]
    cover: str
    scope: str
    exposure: str
    floor_by_days: bool
    base_rate: str
    reduction: str
    float_column: str
    float_steps: str
    relativities: tuple[Relativity, ...]
    limits: str
    declared: bool
    needs: tuple[str, ...]
    share_by: tuple[str, ...]

    def tables(self) -> tuple[str, ...]:
        """Ids of the rate tables this scheme reads by name."""
        named = (self.base_rate, self.reduction, self.float_steps, self.limits, *(r.table for r in self.relativities))
        return tuple(dict.fromkeys(table for table in named if table))


def read_schemes(path: Path, tables: Collection[str]) -> dict[str, Scheme]:
    """`schemes.yaml` of a tariff folder; TariffError where a scheme names something unknown."""
    raw = read_yaml(path).get("schemes", {})
    if not raw:
        raise TariffError("missing_key", str(path), key="schemes")
    schemes = {name: _scheme(name, body, f"{path}, {name}") for name, body in raw.items()}
    for scheme in schemes.values():
        for table in scheme.tables():
            if table not in tables:
                raise TariffError("table_missing", f"{path}, {scheme.name}", table=table)
    return schemes


def _scheme(name: str, body: Mapping[str, Any], place: str) -> Scheme:
    for key in body:
        if key not in _KEYS:
            raise TariffError("unknown_key", place, key=key, known=", ".join(sorted(_KEYS)))
    for key in ("title", "cover", "scope", "exposure", "base_rate"):
        if key not in body:
            raise TariffError("missing_key", place, key=key)
    for key, known in (("scope", SCOPES), ("exposure", EXPOSURES)):
        if body[key] not in known:
            raise TariffError("unknown_level", place, level=body[key], known=", ".join(known))
    return Scheme(
        name=name,
        title=body["title"],
        cover=body["cover"],
        scope=body["scope"],
        exposure=body["exposure"],
        floor_by_days=body.get("floor_by_days") == "true",
        base_rate=body["base_rate"],
        reduction=body.get("reduction", ""),
        float_column=body.get("float", ""),
        float_steps=body.get("float_steps", ""),
        relativities=tuple(Relativity(r["table"], r["of"], r.get("per", "")) for r in body.get("relativities", ())),
        limits=body.get("limits", ""),
        declared=body.get("declared") == "true",
        needs=tuple(body.get("needs", ())),
        share_by=tuple(body.get("share_by", ())),
    )
