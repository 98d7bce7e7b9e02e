"""What a plan asks of a candidate: the tables of the tariff in force that fitted tables become new entries of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pricing.errors import InputError
from pricing.strict_yaml import known_keys, mapping_of, month_of, required
from training.plan_fields import Fields

# Keys of a peril that name tables of its expected cost; every other key is a factor.
TECHNICAL = ("frequency", "severity")


@dataclass(frozen=True, slots=True)
class CandidateSpec:
    """product: name of the registered model; effective_from: month of the new entries, counted since year 0; publish:
    per peril, factor (or `frequency`, `severity`) → id of the tariff's table.
    """

    product: str
    effective_from: int
    publish: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Experience:
    """What a peril was fitted on. claims, exposure: training rows' sums, the exposure in whole units of its columns;
    amounts_fen: cost of those claims, None where the data have none in fen.
    """

    claims: int
    exposure: int
    amounts_fen: int | None = None


@dataclass(frozen=True, slots=True)
class CandidateFrame:
    """The run that a candidate comes from. known_from: date of the run; months: first and last month of the data, None
    where they have no months; experience: by peril; gates_passed: whether the run's gates are all passed; factors: of
    the plan, so that one whose table the fit did not keep is told from one that is not there.
    """

    plan: str
    run: str
    known_from: dt.date
    data_sha256: str
    plan_sha256: str
    program: str
    seed: int
    gates_passed: bool
    commit: str | None = None
    months: tuple[str, str] | None = None
    experience: Mapping[str, Experience] = field(default_factory=dict)
    factors: tuple[str, ...] = ()


def read_candidate(raw: Mapping[str, Any], place: str) -> CandidateSpec:
    """The `candidate` section of a plan; InputError or TariffError names the key that is missing, unknown, doubled."""
    known_keys(raw, frozenset({"product", "effective_from", "publish"}), place)
    fields = Fields(raw, place)
    product = fields.needed_word("product")
    required(raw, "effective_from", place)
    month = month_of(raw["effective_from"], f"{place}, effective_from")
    required(raw, "publish", place)
    bodies = mapping_of(raw, "publish", place)
    publish = {peril: _tables(bodies, peril, f"{place}, publish") for peril in bodies}
    _once(publish, f"{place}, publish")
    return CandidateSpec(product, month, publish)


def _tables(bodies: Mapping[str, Any], peril: str, place: str) -> dict[str, str]:
    body = mapping_of(bodies, peril, place)
    if not body:
        raise InputError("missing_key", place, key=peril)
    fields = Fields(body, f"{place}, {peril}")
    return {name: fields.needed_word(name) for name in body}


def _once(publish: Mapping[str, Mapping[str, str]], place: str) -> None:
    """A table gets one new entry; only those of the expected cost hold several perils."""
    named = [(name in TECHNICAL, table) for tables in publish.values() for name, table in tables.items()]
    if not named:
        raise InputError("missing_key", place, key="publish")
    for technical, table in named:
        others = [other for other in named if other[1] == table]
        if len(others) > 1 and not (technical and all(other[0] for other in others)):
            raise InputError("candidate_table_twice", place, table=table)
