"""The technical premium: what claims are expected to cost, frequency × severity per peril, beside what is charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pricing.rate_table import NATION, By
from pricing.strict_yaml import known_keys, required
from pricing.units import PPM, IntArray, cost_of, parts_of

if TYPE_CHECKING:
    from pricing.coding import Rows
    from pricing.edition import Edition

_KEYS = ("exposure", "frequency", "severity", "anchor")


@dataclass(frozen=True, slots=True)
class Expectation:
    """Where the expected cost of a scheme or cover stands: tables by peril, per unit of an exposure.

    anchor: id of a table with an observed cost per unit to set it against; empty where there is none.
    """

    exposure: str
    frequency: str
    severity: str
    anchor: str

    def tables(self) -> tuple[str, ...]:
        """Ids of its tables."""
        return tuple(filter(None, (self.frequency, self.severity, self.anchor)))


def read_expectation(body: Mapping[str, Any], place: str) -> Expectation:
    """The `expected` part of a scheme or a cover; TariffError names an unknown or missing key."""
    known_keys(body, frozenset(_KEYS), place)
    for key in _KEYS[:3]:
        required(body, key, place)
    return Expectation(body["exposure"], body["frequency"], body["severity"], body.get("anchor", ""))


def exposure_to_claims(rows: Rows, expectation: Expectation) -> IntArray:
    """Each row's part of the exposure that claims are expected on, negative where it does not say. Shape (rows,)."""
    if expectation.exposure == "insured_months":
        return rows.first_of_worker
    found = rows.numbers.get(expectation.exposure)
    return np.full(len(rows), -1, dtype=np.int64) if found is None else found


@dataclass(frozen=True, slots=True)
class PerilCost:
    """Expected cost of one peril. frequency: claims per 10¹² units of exposure; severity in fen."""

    peril: str
    frequency: int
    severity_fen: int
    cost_millifen: int


@dataclass(frozen=True, slots=True)
class ExpectedCost:
    """Expected cost of an exposure, by peril, with the observed cost of the same exposure where there is one.

    status, evidence: ranks of the weakest marks of the tables; entries: ids of what was read.
    """

    exposure: int
    unit: str
    perils: tuple[PerilCost, ...]
    anchor_millifen: int | None
    status: int
    evidence: int
    entries: tuple[str, ...]

    @property
    def cost_millifen(self) -> int:
        """The perils together."""
        return sum(peril.cost_millifen for peril in self.perils)

    def adequacy_ppm(self, premium_millifen: int) -> int | None:
        """Premium ÷ expected cost; None where no cost is expected."""
        cost = self.cost_millifen
        return parts_of(premium_millifen, PPM, cost) if cost else None


def expected_cost(exposure: int, edition: Edition, expectation: Expectation) -> ExpectedCost | None:
    """Expected cost of so many units of exposure; None where frequency or severity do not answer for the month."""
    numbers = [edition.number_of(table, NATION) for table in expectation.tables()]
    found = [edition.entries[number] for number in numbers if isinstance(number, int)]
    if any(isinstance(number, str) for number in numbers[:2]):
        return None
    frequency, severity = (entry.entry.value for entry in found[:2])
    assert isinstance(frequency, By)
    assert isinstance(severity, By)
    perils = [(peril, int(str(claims)), int(str(severity.nodes[peril]))) for peril, claims in frequency.nodes.items()]
    per_unit = found[2].entry.value if len(found) > 2 else None
    return ExpectedCost(
        exposure=exposure,
        unit=expectation.exposure,
        perils=tuple(PerilCost(peril, f, s, cost_of(exposure, f, s)) for peril, f, s in perils),
        anchor_millifen=per_unit * exposure if isinstance(per_unit, int) else None,
        status=max(entry.status for entry in found),
        evidence=max(entry.entry.evidence for entry in found),
        entries=tuple(entry.entry.id for entry in found),
    )
