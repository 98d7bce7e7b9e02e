"""What a synthetic book adds up to, expected by its truth and as drawn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from training.book_claims import Claims
from training.book_months import WorkerMonths
from training.claims import PILOT
from training.claims_truth import Truth


@dataclass(slots=True)
class Totals:
    """Sums over blocks, by peril: insured months, expected claims and cost at average frailty, claims and their cost,
    those reported and paid at the end. pilot: orders of the pilot's trades, with cases and cost of their work injuries.
    """

    rows: int = 0
    months: Counter[str] = field(default_factory=Counter)
    expected_claims: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    expected_fen: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    claims: Counter[str] = field(default_factory=Counter)
    fen: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)
    paid_fen: Counter[str] = field(default_factory=Counter)
    pilot: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, months: WorkerMonths, claims: Mapping[str, Claims], truth: Truth) -> None:
        """Count a block in."""
        period = months.orders.shape[1]
        self.rows += months.orders.size
        pilot = months.insured(PILOT)
        self.pilot["orders"] += int((months.orders * pilot).sum())
        for peril in truth.perils:
            name, drawn = peril.name, claims[peril.name]
            rate = truth.rate(months, peril)
            cost = rate * truth.mean_cost(months, peril)
            self.months[name] += int(months.insured(peril.trades).sum()) * period
            self.expected_claims[name] += float(rate.sum())
            self.expected_fen[name] += float(cost.sum())
            self.claims[name] += len(drawn.worker)
            self.fen[name] += int(drawn.amount_fen.sum())
            self.reported[name] += int((drawn.reported < period).sum())
            self.paid_fen[name] += int(drawn.paid_fen.sum())
            if peril.statutory:
                self.pilot["expected_cases"] += float((rate * pilot).sum())
                self.pilot["expected_fen"] += float((cost * pilot).sum())
                of_pilot = pilot[drawn.worker, 0]
                self.pilot["cases"] += int(of_pilot.sum())
                self.pilot["fen"] += int(drawn.amount_fen[of_pilot].sum())
                self.pilot["months"] += int(np.sum(pilot)) * period
