"""The plan of a fit: which columns are exposure, claims or factors, in YAML, read strictly.

Everything but `name`, `data`, `perils`, `factors` has a default. What needs no data is checked here, what depends on
the data's values in `portfolio_data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.factor_spec import FactorSpec
from models.names import NAMES, TRIPLES
from pricing.errors import InputError, TariffError
from pricing.strict_yaml import known_keys, read_yaml
from training import plan_desk
from training.plan_desk import PlannedDesk, read_desk
from training.plan_fields import LARGEST, Fields
from training.plan_parts import (
    PlannedFactor,
    PlannedPeril,
    Split,
    TableLimits,
    read_factors,
    read_perils,
    read_split,
    read_tables,
)

__all__ = ["Plan", "PlannedFactor", "PlannedPeril", "Split", "TableLimits", "read_plan"]

_SEED = 2026
_KEYS = (
    *("name", "data", "split", "perils", "factors", "prohibited", "groups", "interactions", "tables", "unseen"),
    *("seed", "candidates", "weights", *plan_desk.KEYS),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fit. interactions: pairs of factors that are always tried; unseen: `refuse`, or the level that prices
    what training never saw; candidates: models that are judged, in the order of their `NAMES`; weights: column of case
    weights, None where each row counts once; desk: what follows the fit.
    """

    name: str
    data: tuple[Path, ...]
    split: Split
    perils: tuple[PlannedPeril, ...]
    factors: tuple[PlannedFactor, ...]
    prohibited: tuple[str, ...] = ()
    groups: str | None = None
    interactions: tuple[tuple[str, str], ...] = ()
    tables: TableLimits = field(default_factory=TableLimits)
    unseen: str = "refuse"
    seed: int = _SEED
    candidates: tuple[str, ...] = NAMES[:-1]
    weights: str | None = None
    desk: PlannedDesk = field(default_factory=PlannedDesk)

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
    seed = top.whole("seed", _SEED, LARGEST)
    groups = top.word("groups")
    prohibited = top.words("prohibited")
    factors = read_factors(raw, str(path), prohibited)
    tables = read_tables(raw, str(path))
    plan = Plan(
        name=top.needed_word("name"),
        data=tuple(path.parent / name for name in top.needed_words("data")),
        split=read_split(raw, str(path), groups, seed),
        perils=read_perils(raw, str(path)),
        factors=factors,
        prohibited=prohibited,
        groups=groups,
        interactions=_interactions(raw, str(path), factors, tables),
        tables=tables,
        unseen=top.word("unseen") or "refuse",
        seed=seed,
        candidates=_candidates(top, tables),
        weights=top.word("weights"),
        desk=read_desk(raw, path, tables.fidelity_mean),
    )
    _check_roles(plan, str(path))
    return plan


def _candidates(top: Fields, tables: TableLimits) -> tuple[str, ...]:
    """The models to judge: all where the plan names none. Tables of three factors are named and allowed, or neither."""
    named = top.words_among("candidates", NAMES)
    if named and (TRIPLES in named) != bool(tables.triples):
        raise InputError("plan_triples_contradict", top.place, triples=tables.triples, candidates=", ".join(named))
    return tuple(name for name in NAMES if (name in named if named else name != TRIPLES or tables.triples))


def _interactions(
    raw: Mapping[str, Any], path: str, factors: tuple[PlannedFactor, ...], tables: TableLimits
) -> tuple[tuple[str, str], ...]:
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
    if len(pairs) > tables.pairs:
        raise InputError("plan_pairs_over_limit", path, found=len(pairs), pairs=tables.pairs)
    for factor in (each for each in factors if each.shape == "curve" and any(each.name in pair for pair in pairs)):
        raise InputError("plan_pair_of_curve", f"{path}, interactions", factor=factor.name)
    return tuple(pairs)


def _check_roles(plan: Plan, path: str) -> None:
    """Refuse a column of two roles, the prohibited one that hides in a pair, a curve of another exposure."""
    for peril in plan.perils:
        outcomes: dict[str | None, str] = dict.fromkeys(peril.exposure, "exposure")
        outcomes |= {peril.counts: "counts", peril.amounts: "amounts"}
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
