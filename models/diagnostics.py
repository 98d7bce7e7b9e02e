"""Diagnostics: how well expected claims agree with what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.experience import FloatArray, IntArray, deviance_of_rows


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean difference of two models' losses per record, with the standard error of the paired differences."""

    mean: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """Groups of like exposure from the lowest expected rate to the highest; shapes (groups,)."""

    exposure: FloatArray
    counts: FloatArray
    expected: FloatArray

    @property
    def observed_rate(self) -> FloatArray:
        """Claims per unit of exposure."""
        return self.counts / self.exposure

    @property
    def expected_rate(self) -> FloatArray:
        """Expected claims per unit of exposure."""
        return self.expected / self.exposure

    @property
    def ratio(self) -> FloatArray:
        """Observed against expected claims: 1 where the model is calibrated."""
        return self.counts / self.expected


def poisson_deviance(counts: FloatArray, expected: FloatArray) -> float:
    """Mean Poisson deviance per record; ValueError where a count is negative or nothing is expected."""
    _poisson(counts, expected)
    return float(deviance_of_rows(counts, expected).mean())


def gamma_deviance(cost: FloatArray, expected: FloatArray, claims: FloatArray | None = None) -> float:
    """Mean gamma deviance 2·(y/μ − 1 − ln(y/μ)) of costs per claim, weighted by numbers of claims where given."""
    if not ((cost > 0).all() and (expected > 0).all()):
        raise ValueError("a gamma deviance needs costs and expected costs above 0")
    ratio = cost / expected
    return float(np.average(2 * (ratio - 1 - np.log(ratio)), weights=claims))


def explained(counts: FloatArray, expected: FloatArray, exposure: FloatArray) -> float:
    """Share of the Poisson deviance explained against one rate for all, taken from these same records."""
    homogeneous = poisson_deviance(counts, exposure * counts.sum() / exposure.sum())
    return 1 - poisson_deviance(counts, expected) / homogeneous


def paired(counts: FloatArray, one: FloatArray, other: FloatArray) -> Difference:
    """Poisson deviance per record of `one` less that of `other`: negative where `one` is better."""
    _poisson(counts, one)
    _poisson(counts, other)
    if len(counts) < 2:
        raise ValueError("a standard error needs two records or more")
    steps = deviance_of_rows(counts, one) - deviance_of_rows(counts, other)
    return Difference(float(steps.mean()), float(steps.std(ddof=1) / np.sqrt(len(steps))))


def pearson_dispersion(counts: FloatArray, expected: FloatArray, parameters: float = 0.0) -> float:
    """Σ (y − μ)² / μ over records less parameters: 1 for Poisson counts."""
    _poisson(counts, expected)
    freedom = len(counts) - parameters
    if not freedom > 0:
        raise ValueError("more parameters than records")
    return float(((counts - expected) ** 2 / expected).sum() / freedom)


def calibration(counts: FloatArray, expected: FloatArray) -> float:
    """Observed against expected claims in sum: 1 where the level is right."""
    return float(counts.sum() / expected.sum())


def lorenz(rate: FloatArray, counts: FloatArray, exposure: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share of exposure and share of claims up to each distinct rate, from the lowest rate; both begin at 0.

    Rows of equal rate are one step, so that their order in the file changes nothing.
    """
    if not counts.sum() > 0:
        raise ValueError("no claim to rank")
    _, place = np.unique(rate, return_inverse=True)
    shares = [np.concatenate([[0.0], np.cumsum(np.bincount(place, weights=c))]) for c in (exposure, counts)]
    return shares[0] / shares[0][-1], shares[1] / shares[1][-1]


def gini(rate: FloatArray, counts: FloatArray, exposure: FloatArray) -> float:
    """Twice the area between the diagonal and the Lorenz curve of the claims: 0 says nothing, more ranks better."""
    x, y = lorenz(rate, counts, exposure)
    return float(1 - (np.diff(x) * (y[1:] + y[:-1])).sum())


def lift(counts: FloatArray, expected: FloatArray, exposure: FloatArray, groups: int = 10) -> Lift:
    """Deciles (or other `groups`) of the expected rate, of like exposure; equal rates stay in one group."""
    _poisson(counts, expected)
    place = _groups(expected / exposure, exposure, groups)
    size = int(place.max()) + 1
    return Lift(*(np.bincount(place, column, size).astype(np.float64) for column in (exposure, counts, expected)))


def _groups(rate: FloatArray, exposure: FloatArray, groups: int) -> IntArray:
    """Group of each row by the exposure at the middle of its rate, numbered without gaps."""
    values, place = np.unique(rate, return_inverse=True)
    mass = np.bincount(place, exposure, len(values))
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    _, number = np.unique((middle * groups).astype(np.int64), return_inverse=True)
    return np.asarray(number[place], dtype=np.int64)


def _poisson(counts: FloatArray, expected: FloatArray) -> None:
    if len(counts) != len(expected) or len(counts) == 0:
        raise ValueError("counts and expected counts need one number per record, of at least one record")
    if not ((counts >= 0).all() and (expected > 0).all()):
        raise ValueError("a Poisson deviance needs counts of 0 or more and expected counts above 0")
