"""The per-order law against the proposal by mileage, on the same rows: who would pay more or less, were it in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pricing.edition import Edition
from pricing.key_order import BoolArray
from pricing.usage import Usage
from training.impact_settled import Charged
from training.impact_tally import Tally


@dataclass(slots=True)
class PerOrder:
    """Two schemes of one edition. names: the per-order law, then the proposal; empty where the edition lacks one.

    alone: rows with their fen that only the first, or only the second, of the two prices.
    """

    names: tuple[str, ...]
    tally: Tally = field(default_factory=Tally)
    alone: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, edition: Edition) -> PerOrder:
        """The edition's scheme of the pilot and its proposal."""
        own = [scheme for scheme in edition.schemes.values() if scheme.product is None]
        found = [next((s.name for s in own if s.scope == scope), "") for scope in ("pilot", "proposal")]
        return cls(tuple(found) if all(found) else ())

    def add(self, usage: Usage, charged: Mapping[str, Charged]) -> None:
        """A batch of whole workers."""
        if not self.names:
            return
        law, proposal = (charged[name] for name in self.names)
        both = law.priced & proposal.priced
        self.tally.add(usage, *(_only(one, both) for one in (law, proposal)))
        for name, one in zip(self.names, (law, proposal), strict=True):
            rest, sums = one.priced & ~both, self.alone.setdefault(name, [0, 0])
            sums[0] += int(rest.sum())
            sums[1] += int(one.fen[rest].sum())

    def plain(self, edition: Edition) -> dict[str, Any] | None:
        """As the report draws it: `old` is the per-order law, `new` the proposal."""
        if not self.names:
            return None
        titles = {name: dict(edition.schemes[name].title) for name in self.names}
        alone = {name: {"rows": rows, "fen": fen} for name, (rows, fen) in self.alone.items()}
        return {"old": self.names[0], "new": self.names[1], "titles": titles, **self.tally.plain(), "alone": alone}


def _only(charged: Charged, rows: BoolArray) -> Charged:
    return replace(charged, fen=np.where(rows, charged.fen, 0), priced=rows)
