"""Drift: how far the exposure of a factor has moved between two periods."""

from __future__ import annotations

import numpy as np

from models.experience import FloatArray

# A level that one of the periods lacks counts as this share, so that the logarithm stays finite.
LEAST_SHARE = 1e-4


def psi(before: FloatArray, after: FloatArray) -> float:
    """Population stability index Σ (a − b)·ln(a ÷ b) of the shares of exposure by level, shapes (levels,).

    0: nothing moved. ValueError where a period has no exposure, or a level a negative one.
    """
    shares = []
    for mass in (before, after):
        if not mass.sum() > 0 or (mass < 0).any():
            raise ValueError("a period needs exposure, and none of it negative")
        shares.append(np.maximum(mass / mass.sum(), LEAST_SHARE))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
