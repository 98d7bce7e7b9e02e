"""The technical premium as the contract shows it: expected cost by peril, adequacy, and the observed cost beside it."""

from __future__ import annotations

from typing import Any

from pricing.edition import Edition
from pricing.expected import ExpectedCost, expected_cost
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import to_millifen
from service.refusals import both


def technical(priced: Priced, edition: Edition, scheme: Scheme) -> dict[str, Any]:
    """Expected cost of a priced month beside its premium; a refusal where a row has no exposure or a table no value."""
    assert scheme.expected is not None
    name = scheme.expected.exposure
    if name == "insured_months":
        exposure = int(priced.rows.first_of_worker.sum())
    elif name not in priced.rows.numbers or int(priced.rows.numbers[name].min()) < 0:
        return {"cost_millifen": None, "refusal": both("exposure_missing", column=name)}
    else:
        exposure = int(priced.rows.numbers[name].sum())
    found = expected_cost(exposure, edition, scheme.expected)
    if found is None:
        return {"cost_millifen": None, "refusal": both("expected_cost_not_known", title=scheme.name)}
    return shown_cost(found, to_millifen(int(priced.levy_fen.sum())))


def shown_cost(found: ExpectedCost, premium_millifen: int) -> dict[str, Any]:
    """An expected cost with the premium's adequacy. [ppm of the cost]"""
    perils = [
        {
            "peril": peril.peril,
            "claims_per_million_million": peril.frequency,
            "severity_fen": peril.severity_fen,
            "cost_millifen": peril.cost_millifen,
        }
        for peril in found.perils
    ]
    return {
        "exposure": found.exposure,
        "unit": found.unit,
        "perils": perils,
        "cost_millifen": found.cost_millifen,
        "adequacy_ppm": found.adequacy_ppm(premium_millifen),
        "observed_millifen": found.anchor_millifen,
        "status": STATUSES[found.status],
        "evidence": EVIDENCE[found.evidence],
        "entries": list(found.entries),
    }
