"""Whether a file was chosen by its claims: rows without one that ought to be there and are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.experience import FloatArray

_SURPRISE = 6.0  # standard deviations
_LACKING = 0.7  # of the rows without a claim that chance would leave
_CERTAIN = 5.0  # rows without a claim to expect, so that none at all is no chance


@dataclass(frozen=True, slots=True)
class ClaimFree:
    """Rows without a claim: how many there are, how many to expect with the spread of that, and all rows.

    Expected from claims that fall by chance at one rate on the exposure. Rows of unlike risk, and claims that come
    together, only leave more rows without a claim; fewer are left by a file from which they were taken.
    """

    seen: int
    expected: float
    spread: float
    rows: int

    @classmethod
    def of(cls, counts: FloatArray, exposure: FloatArray) -> ClaimFree:
        """From whole counts with exposures above 0, shapes (n,)."""
        free = np.exp(-counts.sum() / exposure.sum() * exposure)
        return cls(int((counts == 0).sum()), float(free.sum()), float(np.sqrt((free * (1 - free)).sum())), len(counts))

    @property
    def lacking(self) -> bool:
        """Whether far too few rows are without a claim."""
        return self.seen < _LACKING * self.expected and self.expected - self.seen > _SURPRISE * self.spread

    @property
    def none(self) -> bool:
        """Whether every row has a claim where that is no chance: of large groups each may have one."""
        return self.seen == 0 and self.expected > _CERTAIN
