"""Fitted tables as a tariff folder: factors with their bandings, dated tables in ppm, and which peril reads what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from models.bands import Bands
from models.curve import Curve
from models.design import Coding
from models.experience import FloatArray, IntArray
from models.levels import Levels
from models.tables import Tables, ppm
from pricing.units import PPM

PER = 10**12  # a frequency is published per so many units of exposure
THOUSAND = 1000
_PER_UNIT, _PER_CLAIM = ("claims per million million", PER), ("thousandths of an amount", THOUSAND)
_SHOWN = 3  # names of a group that stand in its label


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """One peril as it goes out. exposure: columns that are multiplied; tables: of the claims' frequency; curves: by
    place of the factor, instead of its main effect; severity: mean cost of a claim and its own tables, if fitted.
    """

    name: str
    exposure: tuple[str, ...]
    coding: Coding
    tables: Tables
    curves: Mapping[int, Curve] = field(default_factory=dict)
    severity: tuple[Coding, Tables] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every entry: the month it takes effect, the day it is known, and the model it came from; unseen:
    name of the level that prices what training never saw, empty where such a row is refused.
    """

    month: str
    known_from: str
    title: str
    clause: str
    unseen: str = ""


def write_tables(folder: Path, perils: Sequence[Published], frame: Frame) -> None:
    """Write a tariff folder that `Tariff.load` reads; `folder` must not exist."""
    folder.mkdir(parents=True)
    written = Written(folder, frame, Bandings(frame.unseen))
    bodies = {peril.name: written.peril(peril) for peril in perils}
    _write(folder / "perils.yaml", {"name": "perils", "perils": bodies})
    _write(folder / "factors.yaml", {"name": "factors", "factors": written.bandings.factors})


class Bandings:
    """The bandings that tables need, each written once as a factor of its own name."""

    def __init__(self, unseen: str) -> None:
        self.factors: dict[str, dict[str, Any]] = {}
        self._unseen = unseen

    def name(self, factor: Bands | Levels, level: IntArray) -> tuple[str, list[str]]:
        """Name of the banding of a factor by these levels of its codes, with the labels of the levels."""
        body = _numeric(factor, level) if isinstance(factor, Bands) else _groups(factor, level)
        column = factor.spec.name
        if self._unseen in body.get("groups", {}):
            body["unseen"] = body["groups"][self._unseen]
        number = 1
        while True:
            name = column if number == 1 else f"{column}__{number}"
            if self.factors.setdefault(name, body) == body:
                return name, body["levels"]
            number += 1


def _numeric(factor: Bands, level: IntArray) -> dict[str, Any]:
    """Starts of the bands that share a level. Levels of bands ascend; what is missing has one of them or its own."""
    bands = level[: len(factor.starts)]
    first = np.r_[True, np.diff(bands) != 0]
    starts = [f"{start:.12g}" for start in factor.starts[first]]
    labels = [*starts, *["missing"] * (int(level.max()) + 1 - len(starts))]
    body: dict[str, Any] = {"levels": labels, "complete": True, "column": factor.spec.name, "starts": starts}
    if factor.missing:
        body["missing"] = labels[int(level[len(factor.starts)])]
    return body


def _groups(factor: Levels, level: IntArray) -> dict[str, Any]:
    """Names by level; the names pooled in training stand together."""
    of = {name: int(level[min(place, factor.kept)]) for place, name in enumerate(factor.values)}
    labels: list[str] = []
    for number in range(int(level.max()) + 1):
        names = [name for name, own in of.items() if own == number]
        shown = "+".join(names[:_SHOWN]) + (f"+{len(names) - _SHOWN}" if len(names) > _SHOWN else "")
        label = shown or "missing"
        labels.append(label if label not in labels else f"{label} ({number})")
    groups = {name: labels[own] for name, own in of.items()}
    body: dict[str, Any] = {"levels": labels, "complete": True, "column": factor.spec.name, "groups": groups}
    if factor.missing:
        named = factor.kept + (factor.kept < len(factor.values))
        body["missing"] = labels[int(level[named])]
    return body


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A tariff folder while it is written."""

    folder: Path
    frame: Frame
    bandings: Bandings

    def peril(self, peril: Published) -> dict[str, Any]:
        """The tables of a peril, and its body in `perils.yaml`."""
        frequency = self._part(peril.name, (peril.coding, peril.tables), peril.curves, _PER_UNIT)
        body: dict[str, Any] = {"exposure": list(peril.exposure), "frequency": frequency}
        if peril.severity is not None:
            body["severity"] = self._part(f"{peril.name}/severity", peril.severity, {}, _PER_CLAIM)
        return body

    def _part(
        self, under: str, fitted: tuple[Coding, Tables], curves: Mapping[int, Curve], base: tuple[str, int]
    ) -> dict[str, Any]:
        """A base and its relativities. base: its unit, and what that is a part of."""
        unit, per = base
        self._table(f"{under}/base", unit, {"value": round(float(np.exp(fitted[1].base)) * per)})
        return {"base": f"{under}/base", "relativities": list(self._relativities(under, *fitted, curves))}

    def _relativities(
        self, under: str, coding: Coding, tables: Tables, curves: Mapping[int, Curve]
    ) -> Iterator[dict[str, Any]]:
        """Curves, then the tables of one factor that has none, then those of several."""
        for place, curve in curves.items():
            name = coding.factors[place].spec.name
            knots = [[int(x), int(y)] for x, y in zip(curve.x, np.rint(curve.y * PPM), strict=True)]
            self._table(f"{under}/{name}", "ppm", {"curve": knots})
            missing = {} if np.isnan(curve.missing) else {"missing_ppm": round(curve.missing * PPM)}
            yield {"table": f"{under}/{name}", "of": [name], **missing}
        for key, values in tables.all().items():
            if len(key) == 1 and key[0] in curves:
                continue
            levels = tables.levels_of(key)
            named = [self.bandings.name(coding.factors[i], own) for i, own in zip(key, levels, strict=True)]
            table = f"{under}/" + "_x_".join(coding.factors[i].spec.name for i in key)
            self._table(table, "ppm", _nested(named, ppm(values)))
            yield {"table": table, "of": [name for name, _ in named]}

    def _table(self, table: str, unit: str, value: Mapping[str, Any]) -> None:
        path = self.folder / f"{table}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {
            "effective_from": self.frame.month,
            "known_from": self.frame.known_from,
            "status": "demonstration",
            "evidence": "derived",
            "source": {"title": self.frame.title, "clause": self.frame.clause},
            **value,
        }
        shown = path.stem.replace("_", " ")
        _write(path, {"name": path.stem, "title": {"en": shown, "zh": shown}, "unit": unit, "entries": [entry]})


def _nested(named: Sequence[tuple[str, list[str]]], values: IntArray | FloatArray) -> dict[str, Any]:
    """A table as levels under levels."""
    name, labels = named[0]
    if len(named) == 1:
        return {f"by_{name}": {label: int(value) for label, value in zip(labels, values, strict=True)}}
    return {f"by_{name}": {label: _nested(named[1:], inner) for label, inner in zip(labels, values, strict=True)}}


def _write(path: Path, body: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
