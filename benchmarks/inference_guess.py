"""The best guess: a platform that thinks work elsewhere is like its own workers' draws many such months, prices each
with the kernel, and weighs them by how well they explain what it was charged. The guess is the weighted median.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.inference_attack import Attack, Floats

DRAWS = 5_000
SCALES = (0.1, 3.0)  # of a worker's month here, that work elsewhere may be: every size as likely as its double
_DRAWN = ("orders", "distance_m", "worked_min", "night_min", "income_fen", "goods_value_fen")


@dataclass(frozen=True, slots=True)
class Guesses:
    """Months of work elsewhere that may be, shape (draws,) per column.

    spread: how near a drawn month must come, as a share of a levy, beside the fen that rounding hides.
    """

    drawn: Mapping[str, Floats]
    spread: float = 0.01

    @classmethod
    def of(cls, own: pd.DataFrame, seed: int) -> Guesses:
        """From the platform's own workers."""
        rng = np.random.default_rng(seed)
        workers = own.groupby("worker").agg({**dict.fromkeys(_DRAWN, "sum"), "active_days": "max"})
        donors = workers.iloc[rng.integers(0, len(workers), DRAWS)]
        scale = np.exp(rng.uniform(*np.log(SCALES), DRAWS))
        scaled = {name: np.floor(donors[name].to_numpy(float) * scale) for name in _DRAWN}
        return cls({**scaled, "active_days": donors["active_days"].to_numpy(float)})

    def unlikely(self, attack: Attack, charged: Mapping[str, int], signals: Sequence[str], within_fen: float) -> Floats:
        """How badly each draw explains what was charged, as half a sum of squares; 0: to the fen."""
        worse = np.zeros(DRAWS)
        for name in signals:
            if attack.priced[name] is None:
                continue
            totals = {key: attack.own[key] + self.drawn[key] for key in _DRAWN}
            totals["active_days"] = np.maximum(attack.own["active_days"], self.drawn["active_days"])
            away = attack.levy(name, totals) - charged[name]
            worse += 0.5 * (away / (self.spread * charged[name] + within_fen)) ** 2
        return worse

    def best(self, unlikely: Floats, name: str) -> float:
        """The weighted median of a quantity elsewhere."""
        weights = np.exp(unlikely.min() - unlikely)
        order = self.drawn[name].argsort()
        running = weights[order].cumsum()
        return float(self.drawn[name][order[np.searchsorted(running, running[-1] / 2)]])
