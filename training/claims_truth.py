"""The truth of a synthetic book: relativities of worker-months, with base rates and a scale that meet the facts.

Base frequencies and the scale of medical cost are no data: they are solved for on a large population of its own, so
that the expected cost per order of the pilot's trades and the mean cost of a recognised case are those of the facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from pricing.units import IntArray
from training.book_months import VEHICLE_NAMES, Floats, WorkerMonths, draw_months
from training.claims import COST_PER_CASE, COST_PER_ORDER, PILOT, Peril
from training.claims_benefit import Scale
from training.claims_perils import PERILS

SOLVED_ON_WORKERS, SOLVED_ON_SEED = 40_000, 20_260_101  # with twelve months each
_FEN = 100


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The perils with what was solved: base, claims per insured month where every relativity is 1; unit_fen, what a
    cost of 1 stands for. scale: of the benefits of work injury.
    """

    perils: tuple[Peril, ...]
    scale: Scale
    base: Mapping[str, float]
    unit_fen: Mapping[str, float]

    def rate(self, months: WorkerMonths, peril: Peril) -> Floats:
        """Expected claims of worker-months of average frailty, 0 where not insured, shape (workers, months)."""
        return self.base[peril.name] * relativity(months, peril)

    def statutory_fen(self, months: WorkerMonths, peril: Peril) -> IntArray:
        """Benefits besides treatment by worker and outcome, shape (workers, outcomes). [fen]"""
        if not peril.statutory:
            return np.zeros((len(months.trade), len(peril.outcomes)), dtype=np.int64)
        wage = months.income_fen.mean(axis=1).astype(np.int64)
        return self.scale.fen[months.region, self.scale.step_of(wage)]

    def mean_cost(self, months: WorkerMonths, peril: Peril) -> Floats:
        """Expected cost of a claim of each worker, shape (workers, 1). [fen]"""
        shares = np.array([one.share for one in peril.outcomes])
        free = self.unit_fen[peril.name] * _mean_units(peril) * months.of_trade(peril.cost_by_trade)
        found: Floats = (self.statutory_fen(months, peril) @ shares)[:, None] + free
        return found


def terms(months: WorkerMonths, peril: Peril) -> dict[str, Floats]:
    """Relativities by factor, each of a shape that broadcasts to (workers, months)."""
    of = peril.frequency
    vehicles = np.array([of.vehicles.get(name, 1.0) for name in VEHICLE_NAMES])
    quantity: IntArray = getattr(months, of.quantity)
    return {
        "trade": months.of_trade(of.trades),
        "vehicle": vehicles[months.vehicle][:, None],
        of.quantity: (quantity / of.quantity_at) ** of.elasticity,
        "night_share": np.exp(of.night * months.night_share),
        "calendar_month": np.array(of.season)[months.calendar][None, :],
    }


def relativity(months: WorkerMonths, peril: Peril) -> Floats:
    """All relativities multiplied, 0 where not insured, shape (workers, months)."""
    found: Floats = np.where(months.insured(peril.trades), 1.0, 0.0)
    for one in terms(months, peril).values():
        found = found * one
    return found


@cache
def solved_truth() -> Truth:
    """The truth of the shipped perils, solved once."""
    return solve(PERILS)


def solve(perils: Sequence[Peril]) -> Truth:
    """Base rates and scales; ValueError where the benefits alone cost more than a case may."""
    [injury] = [peril for peril in perils if peril.statutory]
    scale = Scale.of(injury.outcomes)
    rng = np.random.Generator(np.random.SFC64(SOLVED_ON_SEED))
    months = draw_months(rng, SOLVED_ON_WORKERS, 0, 12, scale.regions)
    plain = Truth(tuple(perils), scale, {}, dict.fromkeys((peril.name for peril in perils), float(_FEN)))
    pilot = months.insured(PILOT)
    weight = relativity(months, injury) * pilot
    shares = np.array([one.share for one in injury.outcomes])
    benefits = float((weight.sum(axis=1) * (plain.statutory_fen(months, injury) @ shares)).sum() / weight.sum())
    medical = (_FEN * COST_PER_CASE - benefits) / _mean_units(injury)
    if medical <= 0:
        raise ValueError(f"benefits alone cost {benefits / _FEN:,.0f} yuan a case: the mix of outcomes is too heavy")
    cases = COST_PER_ORDER / COST_PER_CASE * float((months.orders * pilot).sum())
    base = {peril.name: _base(months, peril) for peril in perils if peril.frequency.claims_per is not None}
    base[injury.name] = cases / float(weight.sum())
    return Truth(plain.perils, scale, base, {**plain.unit_fen, injury.name: medical})


def _base(months: WorkerMonths, peril: Peril) -> float:
    """What the stated claims per unit of a total ask for."""
    assert peril.frequency.claims_per is not None
    total, claims = peril.frequency.claims_per
    insured = np.broadcast_to(months.insured(peril.trades), months.orders.shape)
    units = insured if total == "months" else getattr(months, total) * insured
    return claims * float(units.sum()) / float(relativity(months, peril).sum())


def _mean_units(peril: Peril) -> float:
    return sum(one.share * one.cost for one in peril.outcomes)
