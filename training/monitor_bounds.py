"""Bounds by which tables in force are judged on new months, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """late: how many of the last months are shown and not judged, since their claims still come in (a convention; take
    it from your own delays of reporting); sure: confidence of every interval (a convention); psi_watch, psi_refit: of a
    factor's mix of exposure (conventions of credit scoring, Siddiqi 2006; a PSI that chance explains is never counted);
    level_margin, slope_margin: how far the interval may stay from 1 (0: chance alone excuses); unpriced: greatest share
    of the exposure that the tables do not price (a convention).
    """

    late: int = 3
    sure: float = 0.95
    psi_watch: float = 0.1
    psi_refit: float = 0.25
    level_margin: float = 0.0
    slope_margin: float = 0.0
    unpriced: float = 0.05
