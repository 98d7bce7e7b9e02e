"""Edits: what an actuary changes by hand in fitted tables, each with its author and its reason, read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import InputError, TariffError
from pricing.strict_yaml import known_keys, read_yaml
from pricing.words import as_json
from training.plan_fields import Fields

OVERRIDE, CAP, ROUND, SMOOTH, CREDIBILITY = "override", "cap", "round", "smooth", "credibility"
_FRAME = ("kind", "peril", "factor", "by", "reason")
# What each kind needs beside the frame, and what it may have.
_OWN: Mapping[str, tuple[str, ...]] = {
    OVERRIDE: ("level", "relativity"),
    CAP: ("least", "most"),
    ROUND: ("to",),
    SMOOTH: ("levels",),
    CREDIBILITY: ("z", "towards"),
}
KINDS = tuple(_OWN)
_COARSEST = 0.5  # beyond it a rounding wipes out what was fitted
TOWARDS = ("base", "in_force")


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of the table of a factor's main effect. place: number in the file, from 1.

    override: the `level` gets `relativity`; cap: all at least `least`, at most `most`; round: to multiples of `to`;
    smooth: a moving average over `levels` neighbours, an odd number; credibility: `z` of the fitted, the rest `towards`
    relativity 1 or the tables in force, on the scale of logs.
    """

    place: int
    kind: str
    peril: str
    factor: str
    by: str
    reason: str
    level: str = ""
    relativity: float = 1.0
    least: float = 0.0
    most: float = float("inf")
    to: float = 0.0
    levels: int = 1
    z: float = 1.0
    towards: str = "base"


def read_edits(path: Path, perils: Mapping[str, tuple[str, ...]], in_force: bool) -> tuple[Edit, ...]:
    """The edits of a file in their order; perils: the factors of each. InputError names what an edit lacks."""
    if not path.is_file():
        raise InputError("edits_not_found", str(path), path=path)
    try:
        raw = read_yaml(path)
        known_keys(raw, frozenset(("edits",)), str(path))
        listed = raw.get("edits", [])
        if not isinstance(listed, list):
            raise InputError("not_a_list", str(path), key="edits", found=as_json(listed))
        return tuple(_edit(one, number, str(path), perils, in_force) for number, one in enumerate(listed, 1))
    except TariffError as error:
        raise InputError(error.code, error.place, **error.values) from None


def _edit(raw: Any, number: int, path: str, perils: Mapping[str, tuple[str, ...]], in_force: bool) -> Edit:
    place = f"{path}, edit {number}"
    if not isinstance(raw, dict):
        raise InputError("not_an_object", place, key=f"edit {number}", found=as_json(raw))
    fields = Fields(raw, place)
    for key in _FRAME:
        if not isinstance(raw.get(key), str) or not raw[key].strip():
            raise InputError("edit_needs", place, key=key)
    kind = fields.choice("kind", KINDS, OVERRIDE)
    known_keys(raw, frozenset((*_FRAME, *_OWN[kind])), place)
    peril = fields.choice("peril", tuple(perils), raw["peril"])
    frame = {"place": number, "kind": kind, "peril": peril, "by": raw["by"].strip(), "reason": raw["reason"].strip()}
    return Edit(**frame, factor=fields.choice("factor", perils[peril], raw["factor"]), **_own(kind, fields, in_force))


def _own(kind: str, fields: Fields, in_force: bool) -> dict[str, Any]:
    """What an edit of a kind says beside its frame."""
    if kind == OVERRIDE:
        return {"level": fields.needed_word("level"), "relativity": _needed(fields, "relativity")}
    if kind == CAP:
        found = {name: fields.above_zero(name) for name in _OWN[CAP] if name in fields.raw}
        if not found or found.get("least", 0.0) > found.get("most", float("inf")):  # type: ignore[operator]
            raise InputError("edit_cap", fields.place)
        return found
    if kind == ROUND:
        return {"to": _rounding(fields)}
    if kind == SMOOTH:
        many = fields.whole("levels", 3, 99, 3)
        if many % 2 == 0:
            raise InputError("edit_even", fields.place, levels=many)
        return {"levels": many}
    z, towards = _needed(fields, "z"), fields.choice("towards", TOWARDS, "base")
    if z > 1:
        raise InputError("edit_z", fields.place, z=z)
    if towards == "in_force" and not in_force:
        raise InputError("edit_without_in_force", fields.place)
    return {"z": z, "towards": towards}


def _needed(fields: Fields, key: str) -> float:
    found = fields.above_zero(key)
    if found is None:
        raise InputError("edit_needs", fields.place, key=key)
    return found


def _rounding(fields: Fields) -> float:
    to = _needed(fields, "to")
    if to > _COARSEST:
        raise InputError("edit_round", fields.place, to=to, most=_COARSEST)
    return to
