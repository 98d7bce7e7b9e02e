"""What chance brings to claims that come in heaps: to actual ÷ expected, its slope and levels, to a mix of exposure.

Rows of one group, such as a worker's months, share a risk that no table sees. Differences are therefore added up within
each group before they are squared (Liang and Zeger 1986).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, gammaincinv

from models.drift import psi
from models.experience import FloatArray, IntArray

LEAST_CLAIMS = 10.0  # under which no slope is told
_LEAST_EXPECTED = 5.0  # of a level that stands for itself; smaller ones are looked at together
_STEPS, _CLOSE = 50, 1e-9
_DRAWS, _SEED = 500, 2026


@dataclass(frozen=True, slots=True)
class Slope:
    """Slope of log claims on log expected claims, 1 where both rise alike, with its standard error by groups."""

    value: float
    error: float


def heaped(counts: FloatArray, expected: FloatArray, groups: IntArray) -> float:
    """Variance of the claims in sum against that of single, unrelated claims, 1 or more.

    groups: number of each row's group from 0, shape (n,); the level of the claims is left free.
    """
    claims = float(counts.sum())
    if not claims > 0:
        return 1.0
    seen = np.count_nonzero(np.bincount(groups))
    if seen < 2:
        return 1.0
    left = np.bincount(groups, counts - expected * (claims / expected.sum()))
    return max(float((left**2).sum() * seen / (seen - 1) / claims), 1.0)


def ratio_interval(claims: float, expected: float, spread: float, sure: float) -> tuple[float, float]:
    """Interval of actual ÷ expected: exact for Poisson counts (Garwood 1936), of as many claims as tell of themselves.

    spread: as `heaped` has it; sure: as 0.95. ValueError where nothing is expected.
    """
    if not expected > 0 or not 0 < sure < 1:
        raise ValueError("an interval needs expected claims above 0 and a confidence between 0 and 1")
    own, due, tail = claims / spread, expected / spread, (1 - sure) / 2
    low = float(gammaincinv(own, tail)) / due if own > 0 else 0.0
    return low, float(gammaincinv(own + 1, 1 - tail)) / due


def calibration_slope(counts: FloatArray, expected: FloatArray, exposure: FloatArray, groups: IntArray) -> Slope | None:
    """Slope of a Poisson regression of claims on the log of the expected rate, its level left free.

    None where there are too few claims, or all rates are alike.
    """
    log_rate = np.log(expected / exposure)
    centred = log_rate - np.average(log_rate, weights=expected)
    if counts.sum() < LEAST_CLAIMS or not np.average(centred**2, weights=expected) > _CLOSE:
        return None
    level, tilt = float(np.log(counts.sum() / expected.sum())), 0.0
    design = np.column_stack([np.ones(len(centred)), centred])
    for _ in range(_STEPS):
        fitted = expected * np.exp(level + tilt * centred)
        curvature = (design * fitted[:, None]).T @ design
        step = np.linalg.solve(curvature, design.T @ (counts - fitted))
        step *= min(1.0, 2.0 / max(float(np.abs(step * [1.0, np.abs(centred).max()]).max()), _CLOSE))
        level, tilt = level + float(step[0]), tilt + float(step[1])
        if np.abs(step).max() < _CLOSE:
            return Slope(1 + tilt, _slope_error(design, counts - fitted, fitted, groups))
    return None


def _slope_error(design: FloatArray, left: FloatArray, fitted: FloatArray, groups: IntArray) -> float:
    """The larger of the errors by groups and of unrelated claims: few groups understate the first.

    By groups: how far the slope moves where each group in turn is left out, in one step (jackknife), since a few groups
    of high rates bear most of a slope and a plain sandwich then is too narrow.
    """
    scores = np.column_stack([np.bincount(groups, left * column) for column in design.T])
    own = np.stack([[np.bincount(groups, fitted * one * other) for other in design.T] for one in design.T]).transpose(
        2, 0, 1
    )
    whole = own.sum(axis=0)
    rest = whole - own
    seen = (own[:, 0, 0] > 0) & (np.linalg.det(rest) > _CLOSE * np.linalg.det(whole))
    moved = np.linalg.solve(rest[seen], scores[seen][:, :, None])[:, 1, 0]
    grouped = float((moved**2).sum()) * (1 - 1 / max(int(seen.sum()), 2))
    return float(np.sqrt(max(grouped, np.linalg.inv(whole)[1, 1])))


def unlike(claims: FloatArray, expected: FloatArray, spread: FloatArray, error: FloatArray) -> float:
    """Chance of actual ÷ expected that differ between levels as much as these, 1 where there is one level; p-value.

    spread: of each level as `heaped` has it; error: relative standard error of its expected claims; shapes (levels,).
    Levels of few expected claims are put together first.
    """
    due = expected * (claims.sum() / expected.sum()) if claims.sum() > 0 else expected
    place = _pooled(due)
    if place.max(initial=0) < 1 or not claims.sum() > 0:
        return 1.0
    variance = np.bincount(place, spread * due + (due * error) ** 2)
    away = np.bincount(place, claims - due) ** 2 / variance
    return float(chdtrc(place.max(), away.sum()))


def _pooled(due: FloatArray) -> IntArray:
    """Number of each level from 0, those with few claims to expect under one number."""
    small = due < _LEAST_EXPECTED
    if due[small].sum() < _LEAST_EXPECTED and small.any() and not small.all():
        small = small | (due == due[~small].min())
    place = np.cumsum(~small) - 1
    return np.where(small, place.max() + 1, place).astype(np.int64)


def alone(exposure: FloatArray, groups: IntArray) -> float:
    """How many groups of like exposure would tell as much of a mix as these do (Kish 1965)."""
    own = np.bincount(groups, exposure)
    return float(own.sum() ** 2 / (own**2).sum())


def psi_by_chance(before: FloatArray, after: FloatArray, groups: tuple[float, float], sure: float) -> float:
    """The population stability index that chance alone stays under where both periods have one mix of levels.

    groups: independent groups before and after, as `alone` has them, which are drawn from the mix of both periods: the
    χ² that large ones follow (Yurdakul and Naranjo 2020) fails where a level has few.
    """
    draw = np.random.default_rng(_SEED)
    sizes = [max(round(size), 1) for size in groups]
    mix = sum(size * mass / mass.sum() for size, mass in zip(sizes, (before, after), strict=True)) / sum(sizes)
    drawn = [draw.multinomial(size, mix, _DRAWS).astype(np.float64) for size in sizes]
    return float(np.quantile([psi(*pair) for pair in zip(*drawn, strict=True)], sure))
