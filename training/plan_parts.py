"""The parts of a plan: split, perils, factors, tables, each read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from models.factor_spec import FactorSpec
from pricing.errors import InputError
from pricing.strict_yaml import known_keys, mapping_of, required
from training.plan_fields import LARGEST, Fields, sensitive

_SPLITS: tuple[Literal["random", "group", "time"], ...] = ("random", "group", "time")
_KINDS: tuple[Literal["numeric", "categorical"], ...] = ("numeric", "categorical")
_SHAPES: tuple[Literal["levels", "curve"], ...] = ("levels", "curve")
_DIRECTIONS = {"none": 0, "up": 1, "down": -1}
_FINE = 255  # codes that a factor is fitted with; the published levels are merged from these
_NAMED = 1000  # the same of a categorical factor: its rarer levels are pooled


@dataclass(frozen=True, slots=True)
class Split:
    """How test rows are set apart: a column `by` of train and test, at random, or whole groups or times `by`.

    test: share of the rows (of the groups) that are test rows.
    """

    kind: Literal["column", "random", "group", "time"]
    by: str | None = None
    test: float = 0.2
    seed: int = 2026


@dataclass(frozen=True, slots=True)
class PlannedPeril:
    """Columns of a peril. exposure: these multiplied; amounts: cost of all claims of the row, or None; cap: greatest
    cost of one claim that a severity is fitted on, in the unit of the amounts, or None.
    """

    name: str
    exposure: tuple[str, ...]
    counts: str
    amounts: str | None = None
    cap: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedFactor:
    """A rating factor. levels: most levels of its published tables; multiplies: the exposure that its curve multiplies
    in the price, empty where the plan does not say.
    """

    name: str
    kind: Literal["numeric", "categorical"]
    shape: Literal["levels", "curve"] = "levels"
    monotone: int = 0
    levels: int = _FINE
    knots: int = 10
    base: str | None = None
    multiplies: tuple[str, ...] = ()

    def spec(self) -> FactorSpec:
        """What a coding needs: as fine as a fit allows, since merging comes afterwards."""
        base = float(self.base) if self.base is not None and self.kind == "numeric" else self.base
        codes = _NAMED if self.kind == "categorical" else _FINE
        return FactorSpec(self.name, self.kind, self.shape, self.monotone, codes, self.knots, base)


@dataclass(frozen=True, slots=True)
class TableLimits:
    """cells: most published cells of a peril; pairs, triples: most tables of two and of three factors; fidelity_mean:
    greatest mean relative difference between the fit and the published tables.
    """

    cells: int = 1300
    pairs: int = 20
    triples: int = 0
    fidelity_mean: float = 0.03


def read_split(raw: Mapping[str, Any], path: str, groups: str | None, seed: int) -> Split:
    """The plan's split, else whole groups where there are any, else random rows."""
    place = f"{path}, split"
    if "split" not in raw:
        return Split("group" if groups else "random", groups, seed=seed)
    body = mapping_of(raw, "split", path)
    if "column" in body:
        known_keys(body, frozenset({"column"}), place)
        return Split("column", Fields(body, place).needed_word("column"), seed=seed)
    known_keys(body, frozenset({"kind", "by", "test", "seed"}), place)
    fields = Fields(body, place)
    required(body, "kind", place)
    kind = fields.choice("kind", _SPLITS, "random")
    by = fields.word("by") or (groups if kind == "group" else None)
    if (by is None) != (kind == "random"):
        raise InputError("plan_split_by", place, kind=kind)
    test = fields.number("test", 0.2)
    if not 0 < test < 1:
        raise InputError("plan_not_a_share", place, key="test", text=test)
    return Split(kind, by, test, fields.whole("seed", seed, LARGEST))


def read_perils(raw: Mapping[str, Any], path: str) -> tuple[PlannedPeril, ...]:
    """The perils, at least one; a cap needs amounts."""
    bodies = mapping_of(raw, "perils", path)
    found = []
    for name in bodies:
        place = f"{path}, perils, {name}"
        body = mapping_of(bodies, name, f"{path}, perils")
        known_keys(body, frozenset({"exposure", "counts", "amounts", "cap"}), place)
        fields = Fields(body, place)
        amounts, cap = fields.word("amounts"), fields.above_zero("cap")
        if cap is not None and amounts is None:
            raise InputError("plan_cap_without_amounts", place)
        found.append(PlannedPeril(name, fields.needed_words("exposure"), fields.needed_word("counts"), amounts, cap))
    if not found:
        raise InputError("missing_key", path, key="perils")
    return tuple(found)


def read_factors(raw: Mapping[str, Any], path: str, prohibited: tuple[str, ...]) -> tuple[PlannedFactor, ...]:
    """The factors, at least one, none of them prohibited by the plan or by its name."""
    bodies = mapping_of(raw, "factors", path)
    if not bodies:
        raise InputError("missing_key", path, key="factors")
    for name in bodies:
        if name in prohibited or sensitive(name):
            raise InputError("plan_factor_prohibited", f"{path}, factors", factor=name)
    return tuple(
        _factor(name, mapping_of(bodies, name, f"{path}, factors"), f"{path}, factors, {name}") for name in bodies
    )


def _factor(name: str, body: Mapping[str, Any], place: str) -> PlannedFactor:
    known_keys(body, frozenset({"kind", "shape", "monotone", "levels", "knots", "base", "multiplies"}), place)
    fields = Fields(body, place)
    required(body, "kind", place)
    kind = fields.choice("kind", _KINDS, "numeric")
    shape = fields.choice("shape", _SHAPES, "levels")
    monotone = _DIRECTIONS[fields.choice("monotone", tuple(_DIRECTIONS), "none")]
    if kind == "categorical" and (shape == "curve" or monotone):
        raise InputError("plan_no_order", place, factor=name)
    for key, other in (("knots", "levels"), ("multiplies", "levels"), ("levels", "curve")):
        if key in body and shape == other:
            raise InputError("plan_key_of_other_shape", place, key=key, shape=shape)
    if kind == "numeric":
        fields.number("base", 0.0)  # refuses what is no number
    levels, knots = fields.whole("levels", _FINE, _FINE, least=3), fields.whole("knots", 10, _FINE, least=2)
    return PlannedFactor(
        name,
        kind,
        shape,
        monotone,
        levels,
        knots,
        fields.word("base"),
        fields.words("multiplies"),
    )


def read_tables(raw: Mapping[str, Any], path: str) -> TableLimits:
    """The limits of the published tables."""
    if "tables" not in raw:
        return TableLimits()
    place, body = f"{path}, tables", mapping_of(raw, "tables", path)
    known_keys(body, frozenset({"cells", "pairs", "triples", "fidelity_mean"}), place)
    fields, default = Fields(body, place), TableLimits()
    mean = fields.number("fidelity_mean", default.fidelity_mean)
    if not 0 < mean < 1:
        raise InputError("plan_not_a_share", place, key="fidelity_mean", text=mean)
    counts = {key: fields.whole(key, getattr(default, key), LARGEST) for key in ("cells", "pairs", "triples")}
    if not counts["cells"]:
        raise InputError("plan_not_above_zero", place, key="cells", text=0)
    return TableLimits(**counts, fidelity_mean=mean)
