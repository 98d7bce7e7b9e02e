"""What the law pays for a work injury besides treatment, capitalised, by region, own wage and outcome.

Every amount is that of `pricing.benefit`, read from the dated tables; monthly amounts become one sum by an annuity.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pricing.benefit import benefit_wage, death, disability, life_care
from pricing.benefit_tables import Benefit, Unanswered
from pricing.dependants import Dependant
from pricing.edition import Edition
from pricing.tariff import Tariff
from pricing.units import IntArray, parse_month
from training.claims import Outcome
from training.population import ASSUMPTION
from training.urns import REGIONS

VALUED, KNOWN = "2025-12", dt.date(2026, 6, 30)  # the law and the wages of this month, as known on this day
WAGE_STEP_FEN, WAGE_STEPS = 100_000, 30  # own wages are told apart to this step, up to so many
INTEREST = 0.025  # a year
ALLOWANCE_MONTHS, PENSION_MONTHS = 324, 180  # monthly payments that one sum stands for
CARE: Mapping[int, str] = {1: "full", 2: "large", 3: "part"}  # level of life care by grade
DEPENDANTS = (Dependant("spouse"), Dependant("child"))


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """fen: shape (regions, wage steps, outcomes); regions: those whose average wage the tables know, with shares."""

    regions: Mapping[str, float]
    fen: IntArray

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Scale:
        """The scale of a peril's outcomes."""
        month = parse_month(VALUED)
        assert month is not None
        edition = Tariff.load().on(month, KNOWN)
        regions = {region: share for region, share in REGIONS.items() if _known(edition, region)}
        whole = sum(regions.values())
        wages = [(step + 1) * WAGE_STEP_FEN for step in range(WAGE_STEPS)]
        rows = [[[capital(edition, region, wage, one) for one in outcomes] for wage in wages] for region in regions]
        return cls({region: share / whole for region, share in regions.items()}, np.array(rows, dtype=np.int64))

    def step_of(self, wage_fen: IntArray) -> IntArray:
        """Place of the wage step nearest to a wage."""
        return np.clip((wage_fen + WAGE_STEP_FEN // 2) // WAGE_STEP_FEN, 1, WAGE_STEPS) - 1


def annuity(months: int) -> float:
    """Value of 1 a month, paid at each month's end, at the stated interest."""
    monthly = (1 + INTEREST) ** (1 / 12) - 1
    return float((1 - (1 + monthly) ** -months) / monthly)


def capital(edition: Edition, region: str, wage_fen: int, outcome: Outcome) -> int:
    """All benefits of an outcome in money but for treatment, as one sum; 0 where there is treatment alone. [fen]

    A platform worker has no employer: no allowance of grades 5-6, no stop-work pay.
    """
    if outcome.death:
        return _one_sum(death(edition, region, wage_fen, DEPENDANTS), PENSION_MONTHS)
    if outcome.grade is None:
        return 0
    fen = _one_sum(disability(edition, region, wage_fen, outcome.grade, employer=False), ALLOWANCE_MONTHS)
    level = CARE.get(outcome.grade)
    return fen + (_one_sum(life_care(edition, region, level), ALLOWANCE_MONTHS) if level else 0)


def basis() -> Iterator[tuple[str, str, str]]:
    """How benefits are valued, as (parameter, value, source)."""
    yield "benefits: law of month, known on", f"{VALUED}, {KNOWN}", ASSUMPTION
    yield (
        "benefits: own wage",
        "mean monthly income, to the nearest 1,000 yuan",
        "assumption; the wage base was not found",
    )
    yield "benefits: interest a year", f"{INTEREST:g}", ASSUMPTION
    age = "assumption: from the mean age of 33, 南开 41,000 riders (C/C), to 60"
    yield "benefits: months of allowance, of life care", f"{ALLOWANCE_MONTHS}", age
    yield "benefits: months of dependants' pensions", f"{PENSION_MONTHS}", ASSUMPTION
    yield "benefits: dependants", ", ".join(one.kind for one in DEPENDANTS), ASSUMPTION
    yield "benefits: life care by grade", ", ".join(f"{grade} {level}" for grade, level in CARE.items()), ASSUMPTION


def _known(edition: Edition, region: str) -> bool:
    try:
        benefit_wage(edition, region, WAGE_STEP_FEN)
    except Unanswered:
        return False
    return True


def _one_sum(benefit: Benefit, months: int) -> int:
    """Lump sums, with monthly amounts times their annuity."""
    if benefit.lacking:
        raise benefit.lacking[0].reason
    return sum(round(one.fen * annuity(months)) if one.monthly else one.fen for one in benefit.amounts)
