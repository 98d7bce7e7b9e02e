"""Bounds by which tables in force are judged on new months, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """late: how many of the last months are shown and not judged, since their claims still come in (a convention; take
    it from your own delays of reporting); sure: confidence of every interval (a convention); psi_watch, psi_refit: of a
    factor's mix of exposure (the rule of thumb of banks; Yurdakul and Naranjo 2020 show that it ignores chance, so what
    chance explains is not counted); level_margin, slope_margin: how far from 1 the interval may stay: of the level
    nothing but chance excuses, since a factor mends it at once; a slope so near to 1 moves few prices, and penalised
    tables are a little flat (a convention); unpriced: greatest share of the exposure that the tables do not price (a
    convention).
    """

    late: int = 3
    sure: float = 0.95
    psi_watch: float = 0.1
    psi_refit: float = 0.25
    level_margin: float = 0.0
    slope_margin: float = 0.05
    unpriced: float = 0.05
