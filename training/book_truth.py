"""Everything a synthetic book was drawn from, as plain data: what a fit is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training import claims_benefit
from training.book_totals import Totals
from training.claims import (
    COST_PER_CASE,
    COST_PER_ORDER,
    EXPOSED,
    EXPOSURE,
    FRAILTY_VARIANCE,
    PILOT,
    TARGET_SOURCES,
    Peril,
)
from training.claims_benefit import VALUED, annuity
from training.claims_truth import SOLVED_ON_SEED, SOLVED_ON_WORKERS, Truth

_FEN = 100


def truth_of(truth: Truth, totals: Totals, marks: Mapping[str, object]) -> dict[str, Any]:
    """The content of TRUTH.json. marks: seed, size and first month of the book."""
    return {
        "format": 1,
        **marks,
        "totals": _targets(totals),
        "solved_on": {"workers": SOLVED_ON_WORKERS, "months": 12, "seed": SOLVED_ON_SEED, "trades": PILOT},
        "exposure": {"column": EXPOSURE, "unit": "insured month of a worker", "files": EXPOSED},
        "frailty": {
            "distribution": "gamma",
            "mean": 1.0,
            "variance": FRAILTY_VARIANCE,
            "kept": "all months, all perils",
        },
        "benefits": {
            "law_of_month": VALUED,
            "interest_a_year": claims_benefit.INTEREST,
            "allowance_months": claims_benefit.ALLOWANCE_MONTHS,
            "allowance_annuity": annuity(claims_benefit.ALLOWANCE_MONTHS),
            "pension_months": claims_benefit.PENSION_MONTHS,
            "pension_annuity": annuity(claims_benefit.PENSION_MONTHS),
            "care_by_grade": claims_benefit.CARE,
            "dependants": [one.kind for one in claims_benefit.DEPENDANTS],
            "regions": truth.scale.regions,
        },
        "perils": {peril.name: _of_peril(truth, peril) for peril in truth.perils},
        "book": {peril.name: _sums(totals, peril.name) for peril in truth.perils},
    }


def _targets(totals: Totals) -> dict[str, Any]:
    """What the truth had to meet: the fact, what this book expects, and what came out of it by chance."""
    pilot = totals.pilot
    found = {
        "cost_per_order_yuan": (COST_PER_ORDER, _ratio(pilot["expected_fen"], pilot["orders"]), pilot["orders"]),
        "cost_per_case_yuan": (COST_PER_CASE, _ratio(pilot["expected_fen"], pilot["expected_cases"]), pilot["cases"]),
    }
    return {
        name: {
            "fact": fact,
            "source": TARGET_SOURCES[name],
            "expected": expected,
            "drawn": _ratio(pilot["fen"], over),
        }
        for name, (fact, expected, over) in found.items()
    }


def _ratio(fen: float, over: float) -> float | None:
    return fen / _FEN / over if over else None


def _of_peril(truth: Truth, peril: Peril) -> dict[str, Any]:
    known = asdict(peril)
    frequency = known.pop("frequency")
    return {
        "exposure": EXPOSURE,
        "trades": peril.trades,
        "base_claims_per_month": truth.base[peril.name],
        "cost_unit_yuan": truth.unit_fen[peril.name] / _FEN,
        "relativities": {
            "trade": frequency["trades"],
            "vehicle": frequency["vehicles"],
            frequency["quantity"]: {"one_at": frequency["quantity_at"], "elasticity": frequency["elasticity"]},
            "night_share": {"log_from_none_to_all": frequency["night"]},
            "calendar_month": {f"{month:02d}": value for month, value in enumerate(frequency["season"], 1)},
        },
        "solved_for": frequency["claims_per"] or "cost_per_order_yuan",
        **{name: known[name] for name in ("outcomes", "tail", "delay", "statutory", "cost_by_trade", "sources")},
    }


def _sums(totals: Totals, name: str) -> dict[str, float]:
    return {
        "insured_months": totals.months[name],
        "expected_claims": totals.expected_claims[name],
        "expected_yuan": totals.expected_fen[name] / _FEN,
        "claims": totals.claims[name],
        "yuan": totals.fen[name] / _FEN,
        "reported_by_end": totals.reported[name],
        "paid_by_end_yuan": totals.paid_fen[name] / _FEN,
    }
