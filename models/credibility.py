"""Credibility: how far a group's own record is believed beside the record of all, after Bühlmann and Straub.

    premium = Z · own mean + (1 − Z) · collective mean,    Z = w / (w + within / between)

w is the group's weight. The variances are the unbiased estimators of Bühlmann & Straub (1970); the collective mean is
weighted by Z. Where the groups differ no more than chance explains, between is 0 and every Z with it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.bands import quantile_bands
from models.experience import FloatArray, IntArray


class CredibilityWarning(UserWarning):
    """The records cannot say how much of a difference is chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Credibility:
    """What credibility makes of groups. weight, mean, z, premium: of each group, shape (groups,).

    A group without weight has the collective mean as premium.
    """

    collective: float
    between: float
    within: float
    weight: FloatArray
    mean: FloatArray
    z: FloatArray
    premium: FloatArray


def credibility(
    group: IntArray, y: FloatArray, weight: FloatArray, size: int, within: float | None = None
) -> Credibility:
    """Credibility of `size` groups from records y with weights; group: number of each record from 0, shape (n,).

    within: the variance of a record of weight 1 where it is known beforehand; None estimates it from the records.
    ValueError where no record has a weight.
    """
    own = np.bincount(group, weight, size).astype(np.float64)
    total = own.sum()
    if not total > 0:
        raise ValueError("no record has a weight")
    mean = np.divide(np.bincount(group, weight * y, size), own, out=np.zeros(size), where=own > 0)
    overall = float(own @ mean / total)
    if within is None:
        within = _within(group, y, weight, mean)
    groups = int((own > 0).sum())
    room = total - (own**2).sum() / total
    excess = float(own @ (mean - overall) ** 2) - (groups - 1) * within
    between = max(excess / room, 0.0) if groups > 1 and room > 0 and not np.isnan(within) else 0.0
    z = own / (own + within / between) if between > 0 else np.zeros(size)
    collective = float(z @ mean / z.sum()) if between > 0 else overall
    return Credibility(collective, between, within, own, mean, z, z * mean + (1 - z) * collective)


def credible_levels(codes: npt.NDArray[np.integer], counts: FloatArray, expected: FloatArray, size: int) -> Credibility:
    """Levels of a factor: observed against expected claims of each, thin levels drawn to the mean.

    Claims are taken as Poisson, whose variance is their mean: a level needs no repeated records to be believed.
    codes, counts, expected (by a model without the factor): shape (n,). `premium` is the factor to multiply by.
    """
    if not counts.sum() > 0 or not (expected >= 0).all():
        raise ValueError("credible levels need claims, with no expected number below 0")
    seen = expected > 0
    ratio = counts[seen] / expected[seen]
    within = float(counts[seen].sum() / expected[seen].sum())
    return credibility(codes[seen].astype(np.int64), ratio, expected[seen], size, within)


def credible_bins(
    codes: npt.NDArray[np.integer], counts: FloatArray, expected: FloatArray, size: int, most: int
) -> IntArray:
    """Bin of each of `size` levels: at most `most` bins of like expected claims, ascending by credible factor.

    Thin levels lie near the mean, whatever their own few claims say, and so share bins with what is like the mean.
    """
    premium = credible_levels(codes, counts, expected, size).premium
    distinct, place = np.unique(premium, return_inverse=True)
    mass = np.bincount(place, np.bincount(codes, expected, size), len(distinct))
    return quantile_bands(np.maximum(mass, 1e-12), most).take(place)


class BuhlmannStraub(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Bühlmann-Straub credibility as an estimator: rows of X that are equal belong to one group.

    within: variance of a record of weight 1 where it is known (of Poisson rates: the mean rate); None estimates it.
    A weight is a volume, not a number of repetitions: two records of weight 1 tell of chance, one of weight 2 does not.

    After `fit`: `groups_` (one row per group), `collective_mean_`, `between_variance_`, `within_variance_` (NaN where
    no group has two records), and per group `weight_`, `mean_`, `z_`, `premium_`.
    """

    def __init__(self, within: float | None = None) -> None:
        """Keep the setting as it is; `fit` checks it."""
        self.within = within

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> BuhlmannStraub:
        """Fit records y with volumes `sample_weight`; a negative volume is a ValueError."""
        X, y = validate_data(self, X, y, y_numeric=True)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if self.within is not None and not self.within >= 0:
            raise ValueError(f"within is a variance: 0 or more, not {self.within}")
        seen = weight > 0
        self.groups_, group = np.unique(X[seen], axis=0, return_inverse=True)
        records = np.asarray(y, dtype=np.float64)[seen]
        found = credibility(group.reshape(-1), records, weight[seen], len(self.groups_), self.within)
        if np.isnan(found.within):
            text = "no group has two records, so nothing tells chance from difference: every group gets the mean"
            warnings.warn(text, CredibilityWarning, stacklevel=2)
        self.collective_mean_, self.between_variance_ = found.collective, found.between
        self.within_variance_ = found.within
        self.weight_, self.mean_, self.z_, self.premium_ = found.weight, found.mean, found.z, found.premium
        return self

    def predict(self, X: Any) -> FloatArray:
        """Premium of each row's group; the collective mean where the group was never seen. Shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        premium = {tuple(row): value for row, value in zip(self.groups_.tolist(), self.premium_, strict=True)}
        return np.array([premium.get(tuple(row), self.collective_mean_) for row in X.tolist()], dtype=np.float64)

    def __sklearn_tags__(self) -> Any:
        """Groups are names: numbers between them mean nothing, so a score on continuous columns is poor."""
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


def _within(group: IntArray, y: FloatArray, weight: FloatArray, mean: FloatArray) -> float:
    """Variance of a record of weight 1 around its group's mean; NaN where no group has two records."""
    counted = weight > 0
    freedom = int(counted.sum()) - len(np.unique(group[counted]))
    return float((weight * (y - mean[group]) ** 2).sum() / freedom) if freedom > 0 else np.nan
