"""The off-balance ω: the divisor of all ratios that keeps a reference portfolio's premium, with the limits in place."""

from __future__ import annotations

from collections.abc import Callable

from pricing.units import PPM


def solve(gap: Callable[[int], int], greatest: int = 10 * PPM) -> int:
    """The whole ω whose gap is nearest to zero; of two as near, the smaller. [ppm]

    gap: premium of the portfolio at ω minus the premium to keep, never rising in ω. ValueError where no ω from 1 to
    `greatest` brackets zero, because the limits alone keep the premium above or below.
    """
    low, high = 1, greatest
    if gap(low) < 0 or gap(high) > 0:
        raise ValueError(f"no off-balance between {low} and {high} ppm keeps the premium: the limits bind too hard")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if gap(middle) > 0 else (low, middle)
    return min((low, high), key=lambda omega: (abs(gap(omega)), omega))
