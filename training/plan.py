"""The plan of a fit: which columns are exposure, claims or factors, in YAML, read strictly.

Everything but `name`, `data`, `perils` and `factors` has a default. What stands in no data file is checked here, what
depends on the data's values in `portfolio_data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.factor_spec import FactorSpec
from pricing.errors import InputError, TariffError
from pricing.strict_yaml import known_keys, mapping_of, read_yaml, required
from training.plan_fields import Fields, sensitive

CANDIDATES = ("glm", "pairs", "stack")
_KEYS = (
    *("name", "data", "split", "perils", "factors", "prohibited", "groups", "interactions", "tables", "unseen"),
    *("seed", "candidates", "weights"),
)
_SPLITS = ("random", "group", "time")
_DIRECTIONS = {"none": 0, "up": 1, "down": -1}
_TEST, _SEED = 0.2, 2026
_FINE = 255  # codes that a factor is fitted with; the published levels are merged from these
_LARGEST = 10**6


@dataclass(frozen=True, slots=True)
class Split:
    """How test rows are set apart. kind `column`: `by` holds train or test; random; group or time: whole values of `by`.

    test: share of the rows (of the groups) that are test rows.
    """

    kind: Literal["column", "random", "group", "time"]
    by: str | None = None
    test: float = _TEST
    seed: int = _SEED


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
    """A rating factor. levels: most levels of its published table; multiplies: the exposure that its curve multiplies
    in the price, empty where the plan does not say.
    """

    name: str
    kind: Literal["numeric", "categorical"]
    shape: Literal["levels", "curve"] = "levels"
    monotone: int = 0
    levels: int = 64
    knots: int = 10
    base: str | None = None
    multiplies: tuple[str, ...] = ()

    def spec(self) -> FactorSpec:
        """What a coding needs: as fine as a fit allows, since merging comes afterwards."""
        base = float(self.base) if self.base is not None and self.kind == "numeric" else self.base
        return FactorSpec(self.name, self.kind, self.shape, self.monotone, _FINE, self.knots, base)


@dataclass(frozen=True, slots=True)
class TableLimits:
    """cells: most published cells of a peril; pairs, triples: most tables of two and of three factors; fidelity_mean:
    greatest mean relative difference between the fit and the published tables.
    """

    cells: int = 1300
    pairs: int = 20
    triples: int = 0
    fidelity_mean: float = 0.03


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fit. interactions: pairs of factors that must have a table of their own; unseen: `refuse`, or the level
    that prices what training never saw; weights: column of case weights, None where each row counts once.
    """

    name: str
    data: tuple[Path, ...]
    split: Split
    perils: tuple[PlannedPeril, ...]
    factors: tuple[PlannedFactor, ...]
    prohibited: tuple[str, ...] = ()
    groups: str | None = None
    interactions: tuple[tuple[str, str], ...] = ()
    tables: TableLimits = TableLimits()
    unseen: str = "refuse"
    seed: int = _SEED
    candidates: tuple[str, ...] = CANDIDATES
    weights: str | None = None

    def specs(self) -> tuple[FactorSpec, ...]:
        """The factors as a coding takes them, in the plan's order."""
        return tuple(factor.spec() for factor in self.factors)

    def columns(self) -> tuple[str, ...]:
        """Every column the plan names and uses, once, in order."""
        named = [factor.name for factor in self.factors]
        for peril in self.perils:
            named += [*peril.exposure, peril.counts, peril.amounts or ""]
        named += [self.split.by or "", self.groups or "", self.weights or ""]
        return tuple(dict.fromkeys(name for name in named if name))


def read_plan(path: Path) -> Plan:
    """A plan file; InputError names the key that is missing, unknown or contradicts another."""
    if not path.is_file():
        raise InputError("plan_not_found", str(path), path=path)
    try:
        raw = read_yaml(path)
        known_keys(raw, frozenset(_KEYS), str(path))
        return _plan(raw, path)
    except TariffError as error:
        raise InputError(error.code, error.place, **error.values) from None


def _plan(raw: Mapping[str, Any], path: Path) -> Plan:
    top = Fields(raw, str(path))
    seed = top.whole("seed", _SEED, _LARGEST)
    groups = top.word("groups")
    prohibited = top.words("prohibited")
    factors = _factors(raw, str(path), prohibited)
    plan = Plan(
        name=top.needed_word("name"),
        data=tuple(path.parent / name for name in top.needed_words("data")),
        split=_split(raw, str(path), groups, seed),
        perils=_perils(raw, str(path)),
        factors=factors,
        prohibited=prohibited,
        groups=groups,
        interactions=_interactions(raw, str(path), factors),
        tables=_tables(raw, str(path)),
        unseen=top.word("unseen") or "refuse",
        seed=seed,
        candidates=top.words_among("candidates", CANDIDATES) or CANDIDATES,
        weights=top.word("weights"),
    )
    _check_roles(plan, str(path))
    return plan


def _split(raw: Mapping[str, Any], path: str, groups: str | None, seed: int) -> Split:
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
    test = fields.number("test", _TEST)
    if not 0 < test < 1:
        raise InputError("plan_not_a_share", place, key="test", text=test)
    return Split(kind, by, test, fields.whole("seed", seed, _LARGEST))  # type: ignore[arg-type]


def _perils(raw: Mapping[str, Any], path: str) -> tuple[PlannedPeril, ...]:
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


def _factors(raw: Mapping[str, Any], path: str, prohibited: tuple[str, ...]) -> tuple[PlannedFactor, ...]:
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
    kind = fields.choice("kind", ("numeric", "categorical"), "numeric")
    shape = fields.choice("shape", ("levels", "curve"), "levels")
    monotone = _DIRECTIONS[fields.choice("monotone", tuple(_DIRECTIONS), "none")]
    if kind == "categorical" and (shape == "curve" or monotone):
        raise InputError("plan_no_order", place, factor=name)
    for key, other in (("knots", "levels"), ("multiplies", "levels"), ("levels", "curve")):
        if key in body and shape == other:
            raise InputError("plan_key_of_other_shape", place, key=key, shape=shape)
    if kind == "numeric":
        fields.number("base", 0.0)  # refuses what is no number
    levels, knots = fields.whole("levels", 64, _FINE, least=3), fields.whole("knots", 10, _FINE, least=2)
    return PlannedFactor(
        name,
        kind,
        shape,
        monotone,
        levels,
        knots,
        fields.word("base"),
        fields.words("multiplies"),  # type: ignore[arg-type]
    )


def _interactions(raw: Mapping[str, Any], path: str, factors: tuple[PlannedFactor, ...]) -> tuple[tuple[str, str], ...]:
    found, names = raw.get("interactions", []), [factor.name for factor in factors]
    if not isinstance(found, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in found):
        raise InputError("plan_not_pairs", path)
    for pair in found:
        for name in pair:
            if name not in names:
                raise InputError("plan_not_a_factor", f"{path}, interactions", factor=name, known=", ".join(names))
    pairs = [(str(one), str(other)) for one, other in found]
    if any(one == other for one, other in pairs) or len({frozenset(pair) for pair in pairs}) < len(pairs):
        raise InputError("plan_not_pairs", path)
    return tuple(pairs)


def _tables(raw: Mapping[str, Any], path: str) -> TableLimits:
    if "tables" not in raw:
        return TableLimits()
    place, body = f"{path}, tables", mapping_of(raw, "tables", path)
    known_keys(body, frozenset({"cells", "pairs", "triples", "fidelity_mean"}), place)
    fields, default = Fields(body, place), TableLimits()
    mean = fields.number("fidelity_mean", default.fidelity_mean)
    if not 0 < mean < 1:
        raise InputError("plan_not_a_share", place, key="fidelity_mean", text=mean)
    counts = {key: fields.whole(key, getattr(default, key), _LARGEST) for key in ("cells", "pairs", "triples")}
    if not counts["cells"]:
        raise InputError("number_not_above_zero", place, key="cells", text=0)
    return TableLimits(**counts, fidelity_mean=mean)


def _check_roles(plan: Plan, path: str) -> None:
    """Refuse a column of two roles, the prohibited one that hides in a pair, a curve of another exposure."""
    for peril in plan.perils:
        outcomes = {peril.counts: "counts", peril.amounts: "amounts", **dict.fromkeys(peril.exposure, "exposure")}
        for factor in plan.factors:
            if factor.name in outcomes:
                role = outcomes[factor.name]
                raise InputError("plan_factor_is_outcome", path, factor=factor.name, role=role, peril=peril.name)
            if factor.multiplies and set(factor.multiplies) != set(peril.exposure):
                raise InputError(
                    "plan_multiplies_other",
                    f"{path}, factors, {factor.name}",
                    factor=factor.name,
                    multiplies=" × ".join(factor.multiplies),
                    peril=peril.name,
                    exposure=" × ".join(peril.exposure),
                )
    for factor in plan.factors:
        if factor.name in (plan.split.by if plan.split.kind == "column" else None, plan.groups, plan.weights):
            raise InputError("plan_factor_not_a_factor", path, factor=factor.name)
