"""The technical premium as the contract shows it: expected cost by peril, adequacy, and the observed cost beside it."""

from __future__ import annotations

from typing import Any

from pricing.edition import Edition
from pricing.expected import ExpectedCost, expected_cost
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.scheme import Scheme
from pricing.units import to_millifen
from service.refusals import both


def technical_of(exposure: int, unknown: bool, levy_fen: int, edition: Edition, scheme: Scheme) -> dict[str, Any]:
    """Expected cost of an exposure beside a levy. unknown: whether some line does not say its exposure."""
    assert scheme.expected is not None
    if unknown:
        return {"cost_millifen": None, "refusal": both("exposure_missing", column=scheme.expected.exposure)}
    found = expected_cost(exposure, edition, scheme.expected)
    if found is None:
        return {"cost_millifen": None, "refusal": both("expected_cost_not_known", scheme=scheme.name)}
    return _shown(found, to_millifen(levy_fen))


def _shown(found: ExpectedCost, premium_millifen: int) -> dict[str, Any]:
    """An expected cost with the premium's adequacy [ppm of the cost], and what was observed: null without an anchor.

    An anchor is a table of what claims were seen to cost; the covers have none, since nobody has sold them.
    """
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
