"""Draws the claims of worker-months: how many, what they turn out to be, their cost, when they are told and paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.units import IntArray
from training.book_months import Floats, WorkerMonths
from training.claims import Peril, Tail
from training.claims_truth import Truth

DAYS_OF_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """Claims of a peril in a block, shape (claims,). occurred, reported: months from the first of the book, reported
    may be past its end; medical: treatment and other cost that varies; statutory: benefits; paid: at the book's end.
    """

    worker: IntArray
    occurred: IntArray
    reported: IntArray
    outcome: IntArray
    medical_fen: IntArray
    statutory_fen: IntArray
    paid_fen: IntArray

    @property
    def amount_fen(self) -> IntArray:
        """Ultimate cost."""
        return self.medical_fen + self.statutory_fen


def draw_claims(rng: np.random.Generator, months: WorkerMonths, truth: Truth, peril: Peril) -> Claims:
    """Poisson counts at the true rate times each worker's frailty, then each claim by itself."""
    counts = rng.poisson(truth.rate(months, peril) * months.frailty)
    where, drawn = counts.nonzero(), counts[counts > 0]
    worker, occurred = (np.repeat(place, drawn).astype(np.int64) for place in where)
    number = len(worker)
    outcome = rng.choice(len(peril.outcomes), number, p=[one.share for one in peril.outcomes]).astype(np.int64)
    cost = np.array([one.cost for one in peril.outcomes])[outcome] * months.of_trade(peril.cost_by_trade)[worker, 0]
    varies = truth.unit_fen[peril.name] * cost * draw_tail(rng, peril.tail, number)
    medical = np.maximum(varies.round(), 1).astype(np.int64)
    statutory = truth.statutory_fen(months, peril)[worker, outcome]
    delay = peril.delay
    days = np.minimum(rng.lognormal(np.log(delay.median_days), delay.sigma, number), delay.most_days)
    within = rng.random(number) * DAYS_OF_MONTH
    reported = occurred + ((within + days) // DAYS_OF_MONTH).astype(np.int64)
    since = counts.shape[1] - reported - 0.5  # a claim is told in the middle of its month
    share = np.clip(since / delay.paid_months, 0.0, 1.0)
    paid = np.floor((medical + statutory) * share).astype(np.int64)
    return Claims(worker, occurred, reported, outcome, medical, statutory, paid)


def draw_tail(rng: np.random.Generator, tail: Tail, number: int) -> Floats:
    """Costs of mean 1: most lognormal, some Pareto."""
    body = np.exp(tail.sigma * rng.standard_normal(number))
    heavy = tail.start * (1 - rng.random(number)) ** (-1 / tail.alpha)
    drawn: Floats = np.where(rng.random(number) < tail.pareto, heavy, body) / mean_of(tail)
    return drawn


def mean_of(tail: Tail) -> float:
    """Mean in medians of the lognormal part."""
    return float(
        (1 - tail.pareto) * np.exp(tail.sigma**2 / 2) + tail.pareto * tail.start * tail.alpha / (tail.alpha - 1)
    )
