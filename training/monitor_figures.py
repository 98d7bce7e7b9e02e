"""Figures of a peril over new months: actual ÷ expected, its slope, its levels, and how far the mix has moved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from models.chance import LEAST_CLAIMS, alone, calibration_slope, heaped, psi_by_chance, ratio_interval, unlike
from models.diagnostics import gini, lift
from models.drift import psi
from models.experience import BoolArray, FloatArray, IntArray
from models.factor_spec import Column
from pricing.units import parse_month
from training.monitor_bounds import Bounds
from training.monitor_data import NewMonths, NewPeril
from training.monitor_reference import KnownFactor, KnownPeril

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a peril that are looked at together, shapes (n,); groups: number of each row's group."""

    exposure: FloatArray
    counts: FloatArray
    expected: FloatArray
    groups: IntArray

    def where(self, rows: BoolArray) -> Rows:
        """Some of them."""
        return Rows(self.exposure[rows], self.counts[rows], self.expected[rows], self.groups[rows])

    def spread(self) -> float:
        """Variance of the claims in sum against that of unrelated ones."""
        return heaped(self.counts, self.expected, self.groups)

    def band(self, label: str, sure: float, spread: float | None = None) -> Shown:
        """Claims against those expected, with the interval of their ratio; spread: their own where none is given."""
        heap = self.spread() if spread is None else spread
        exposure, claims, expected = (float(column.sum()) for column in (self.exposure, self.counts, self.expected))
        return banded(label, (exposure, claims, expected), heap, sure)


def banded(label: str, sums: tuple[float, float, float], spread: float, sure: float) -> Shown:
    """One line of exposure, claims, expected claims; its ratio is None where nothing is expected."""
    exposure, claims, expected = sums
    shown: Shown = {"label": label, "exposure": exposure, "claims": claims, "expected": expected, "spread": spread}
    if not expected > 0:
        return shown | {"ratio": None, "low": None, "high": None}
    low, high = ratio_interval(claims, expected, spread, sure)
    return shown | {"ratio": claims / expected, "low": low, "high": high}


def late_times(order: tuple[str, ...], late: int) -> tuple[str, ...]:
    """The last months of the calendar whose claims still come in; none where the times are no months."""
    numbers = [parse_month(time) for time in order]
    months = [number for number in numbers if number is not None]
    if len(months) < len(order) or not months:
        return ()
    return tuple(time for time, number in zip(order, months, strict=True) if number > max(months) - late)


def figures(peril: NewPeril, known: KnownPeril, new: NewMonths, late: tuple[str, ...], bounds: Bounds) -> Shown:
    """All figures of a peril. What is judged are the months that are not late; `whole` is None where none is left."""
    rows = Rows(peril.exposure, peril.counts, peril.expected, new.groups)
    mature = np.ones(new.rows, dtype=bool) if new.times is None else ~np.isin(new.times, late)
    found: Shown = {
        "trained": {"exposure": known.exposure, "claims": known.claims, "error": known.error},
        "set_aside": [one.shown() for one in peril.aside],
        "unpriced": peril.unpriced,
        "months": _months(peril, known, new, late, bounds),
    }
    if not (mature & peril.used).any():
        return found | {"whole": None, "nothing": None, "tenths": [], "slope": None, "gini": None, "factors": {}}
    judged = rows.where(mature & peril.used)
    nothing = judged.where(judged.expected == 0)
    ranked = judged.where(judged.expected > 0)
    return found | {
        "whole": judged.band("", bounds.sure),
        "nothing": {"rows": len(nothing.counts), "claims": float(nothing.counts.sum())},
        "tenths": _tenths(ranked, bounds.sure),
        "slope": _slope(ranked, bounds.sure),
        "gini": _gini(ranked),
        "factors": {
            name: _factor(one, (peril, new.columns[name], mature), rows, (known.alone, len(known.factors)), bounds)
            for name, one in known.factors.items()
        },
    }


def _months(peril: NewPeril, known: KnownPeril, new: NewMonths, late: tuple[str, ...], bounds: Bounds) -> list[Shown]:
    """Every month, with the factor whose mix has moved furthest; all rows as one where there is no time."""
    rows = Rows(peril.exposure, peril.counts, peril.expected, new.groups)
    found = []
    for time in new.order or ("",):
        own = np.ones(new.rows, dtype=bool) if new.times is None else new.times == time
        if not (own & peril.used).any():
            continue
        exposed = own & peril.exposed
        moved = {
            name: psi(
                one.exposure, one.banded.sums(one.banded.codes(new.columns[name][exposed]), rows.exposure[exposed])
            )
            for name, one in known.factors.items()
            if not one.of_time
        }
        furthest = max(moved, key=lambda name: moved[name], default=None)
        line = rows.where(own & peril.used).band(time, bounds.sure) | {"judged": time not in late}
        found.append(line | {"psi": None if furthest is None else moved[furthest], "psi_factor": furthest})
    return found


def _tenths(rows: Rows, sure: float) -> list[Shown]:
    """Tenths of the exposure by expected rate, all with the spread of the whole."""
    if not rows.counts.size:
        return []
    tenths, spread = lift(rows.counts, rows.expected, rows.exposure), rows.spread()
    sums = zip(tenths.exposure.tolist(), tenths.counts.tolist(), tenths.expected.tolist(), strict=True)
    return [banded(str(place), own, spread, sure) for place, own in enumerate(sums, start=1)]


def _slope(rows: Rows, sure: float) -> Shown | None:
    if not rows.counts.size:
        return None
    found = calibration_slope(rows.counts, rows.expected, rows.exposure, rows.groups)
    if found is None:
        return None
    reach = NormalDist().inv_cdf((1 + sure) / 2) * found.error
    return {"value": found.value, "error": found.error, "low": found.value - reach, "high": found.value + reach}


def _gini(rows: Rows) -> Shown | None:
    """The Gini index of the claims, and the one they would have were the tables right; None of few claims."""
    if rows.counts.sum() < LEAST_CLAIMS:
        return None
    rate = rows.expected / rows.exposure
    names = ("actual", "expected")
    return {k: gini(rate, of, rows.exposure) for k, of in zip(names, (rows.counts, rows.expected), strict=True)}


def _factor(
    known: KnownFactor, seen: tuple[NewPeril, Column, BoolArray], rows: Rows, trained: tuple[float, int], bounds: Bounds
) -> Shown:
    """A factor's claims by level, with the chance that they differ so; its PSI, with what chance brings to it.

    seen: the peril, the factor's column, rows of the months that are judged; trained: groups that trained, factors.
    """
    peril, column, mature = seen
    before, factors = trained
    labels, codes = known.banded.labels, known.banded.codes(column)
    used, exposed = mature & peril.used, mature & peril.exposed
    places = [place for place in range(len(labels)) if (codes[used] == place).any()]
    bands = [rows.where(used & (codes == place)).band(labels[place], bounds.sure) for place in places]
    claims, expected, spread = (np.array([band[key] for band in bands]) for key in ("claims", "expected", "spread"))
    after = known.banded.sums(codes[exposed], rows.exposure[exposed])
    alike = alone(rows.exposure[exposed], rows.groups[exposed])
    return {
        "p": unlike(claims, expected, spread, known.error[places]),
        "bands": bands,
        "of_time": known.of_time,
        "psi": psi(known.exposure, after),
        "psi_chance": psi_by_chance(known.exposure, after, (before, alike), 1 - (1 - bounds.sure) / factors),
        "labels": list(labels),
        "before": (known.exposure / known.exposure.sum()).tolist(),
        "after": (after / after.sum()).tolist(),
    }
