"""The technical premium: frequency × severity, adequacy, and the observed cost beside it."""

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from pricing.expected import expected_cost
from pricing.tariff import SHIPPED, Tariff
from service.prices.quote import quote

TARIFF = Tariff.load()
MONTH, KNOWN = 2026 * 12, dt.date(2026, 2, 1)
TRILLION = 10**12


def by_peril(path: Path) -> dict[str, int]:
    return {
        peril: int(value) for peril, value in yaml.safe_load(path.read_text("utf-8"))["entries"][0]["by_peril"].items()
    }


@pytest.mark.parametrize("name", [name for name, scheme in TARIFF.schemes.items() if scheme.expected is not None])
@pytest.mark.parametrize("exposure", [0, 1, 760, 3_490_000])
def test_frequency_times_severity(name: str, exposure: int) -> None:
    scheme = TARIFF.schemes[name]
    assert scheme.expected is not None
    claims, severity = (
        by_peril(SHIPPED / f"{table}.yaml") for table in (scheme.expected.frequency, scheme.expected.severity)
    )
    found = expected_cost(exposure, TARIFF.on(MONTH, KNOWN), scheme.expected)
    assert found is not None
    assert {peril.peril for peril in found.perils} == set(claims)
    for peril in found.perils:
        exact = Fraction(exposure * claims[peril.peril] * severity[peril.peril] * 1000, TRILLION)
        assert abs(peril.cost_millifen - exact) <= Fraction(1, 2)


def test_work_injury_costs_what_hainan_observed() -> None:
    """24.31 million yuan ÷ 1.04 billion orders = 0.0234 yuan per order: in 1,000 million orders 23.4 million yuan."""
    scheme = TARIFF.schemes["pilot_per_order"]
    assert scheme.expected is not None
    found = expected_cost(1_000_000_000, TARIFF.on(MONTH, KNOWN), scheme.expected)
    assert found is not None
    assert found.anchor_millifen == 23_400_000 * 100_000
    assert abs(Fraction(found.cost_millifen, found.anchor_millifen) - 1) < Fraction(1, 1000)


def test_observed_cost_is_not_known_before_it_was_published() -> None:
    scheme = TARIFF.schemes["pilot_per_order"]
    assert scheme.expected is not None
    before = expected_cost(1, TARIFF.on(MONTH - 4, dt.date(2025, 12, 28)), scheme.expected)
    after = expected_cost(1, TARIFF.on(MONTH - 4, dt.date(2025, 12, 29)), scheme.expected)
    assert before is not None
    assert after is not None
    assert before.anchor_millifen is None
    assert after.anchor_millifen == 2340


def test_a_quote_shows_adequacy() -> None:
    """0.07 yuan per order against about 0.0234: three times. Without orders the cost is not known, and it says so."""
    row = {"platform": "sf_intracity", "region": "500000", "occupation": "instant_rider", "employment": "none"}
    request = {"month": "2025-08", "worker": "w_4KQ7ZB2M", "usage": [{**row, "orders": 1000}], "technical": True}
    answer = quote(request, TARIFF, KNOWN)["schemes"][0]
    assert answer["premium_fen"] == 7000
    assert 2_990_000 < answer["technical"]["adequacy_ppm"] < 2_995_000
    income = {**row, "employment": "employee", "income_fen": 500_000, "risk_class": 5}
    answer = quote({**request, "usage": [income], "schemes": ["class_rate"]}, TARIFF, KNOWN)["schemes"][0]
    assert answer["premium_fen"] == 5500
    assert answer["technical"]["cost_millifen"] is None
    assert answer["technical"]["refusal"]["code"] == "exposure_missing"
