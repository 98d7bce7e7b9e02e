"""Claim severity as a product of relativities: a gamma model of the mean cost of a claim, one effect per code.

The excess of costs over the cap is no matter of any factor: it is spread over all claims by one stated loading, so that
claims times severity is the money that was paid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.design import Coding, FactorSpec
from models.experience import BoolArray, FloatArray
from models.histogram import CodeMatrix
from models.penalty import Shape, Strength, basis, penalty
from models.relativity import rebased
from models.tables import Tables

_STEPS, _HALVINGS, _PRECISE = 100, 30, 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Rows with claims that have a cost, and what was left aside. Shapes of arrays: (n,), of all rows.

    used: rows to fit; cost: capped mean cost of a claim of each used row, else 0; paid: amounts of used rows in sum;
    excess: what of it lies above the cap; claims: of used rows; without_amount: claims whose amount is zero or absent
    (rows and claims); without_count: amounts without a claim (rows and amount).
    """

    used: BoolArray
    cost: FloatArray
    paid: float
    excess: float
    claims: float
    without_amount: tuple[int, float]
    without_count: tuple[int, float]


def costs(counts: FloatArray, amounts: FloatArray, cap: float | None = None) -> Costs:
    """Mean cost of a claim of each row, at most `cap`; amounts of rows with several claims are capped by their mean.

    ValueError where a count or an amount is negative, a cap is not above 0 or no row can be used.
    """
    if (counts < 0).any() or (amounts < 0).any() or not (cap is None or cap > 0):
        raise ValueError("counts and amounts are 0 or more, a cap is above 0")
    paid = np.nan_to_num(amounts, nan=0.0)
    used, silent, strange = (counts > 0) & (paid > 0), (counts > 0) & ~(paid > 0), (counts <= 0) & (paid > 0)
    if not used.any():
        raise ValueError("no row has both a claim and an amount: there is no severity to fit")
    mean = np.divide(paid, counts, out=np.zeros(len(paid)), where=used)
    capped = mean if cap is None else np.minimum(mean, cap)
    excess = float(((mean - capped) * counts)[used].sum())
    return Costs(
        used,
        capped,
        float(paid[used].sum()),
        excess,
        float(counts[used].sum()),
        (int(silent.sum()), float(counts[silent].sum())),
        (int(strange.sum()), float(paid[strange].sum())),
    )


class SeverityGLM(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Gamma regression with a log link of the mean cost of a claim on coded factors.

    shapes: how the codes of each column lie to each other; None reads the columns as raw numbers and codes each into
    at most `bands`. bases: code of relativity 1 of each factor; None takes the one with most claims. steps, levels:
    strengths of the penalties [claims], see `penalty.Strength`; 0 is plain maximum likelihood. A direction of a shape
    is not held here: it is meant of the frequency.

    After `fit`: `intercept_`, `effects_` (log relativities of each factor) with `errors_` (their standard errors,
    infinite where no claim and no penalty tells), `tables_`, `dispersion_` (Pearson), `deviance_` and
    `null_deviance_` (weighted by claims), `df_residual_`.
    """

    def __init__(
        self,
        shapes: Sequence[Shape] | None = None,
        bases: Sequence[int] | None = None,
        steps: float = 30.0,
        levels: float = 30.0,
        bands: int = 8,
    ) -> None:
        """Keep the settings as they are; `fit` checks them."""
        self.shapes = shapes
        self.bases = bases
        self.steps = steps
        self.levels = levels
        self.bands = bands

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SeverityGLM:
        """Fit y = mean cost of a claim with `sample_weight` = number of claims; a cost of 0 or less is a ValueError."""
        X, y = validate_data(self, X, y, y_numeric=True, ensure_all_finite="allow-nan")
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        seen, cost = weight > 0, np.asarray(y, dtype=np.float64)
        if not seen.any() or not (cost[seen] > 0).all():
            raise ValueError("a severity needs claims, each with a cost above 0: leave the others aside (see `costs`)")
        self._learn(X, weight, seen)
        matrix = self._matrix(X[seen])
        strength = Strength(self.steps, self.levels)
        bases = self._bases(matrix.parts(matrix.sums(weight[seen])))
        free, _ = basis(self.shapes_, bases)
        tied = penalty(self.shapes_, strength)
        full = _minimum(matrix, cost[seen], weight[seen], free.toarray(), tied)
        self._report(matrix, cost[seen], weight[seen], rebased(full, matrix, bases), (bases, free.toarray(), tied))
        return self

    def predict(self, X: Any) -> FloatArray:
        """Expected cost of a claim, shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        return np.exp(self._matrix(X).linear(self._full))

    def _learn(self, X: npt.NDArray[Any], weight: FloatArray, seen: BoolArray) -> None:
        """The coding of raw columns, or the shapes of given codes."""
        self.coding_: Coding | None = None
        if self.shapes is None:
            specs = [FactorSpec(str(i), levels=self.bands) for i in range(X.shape[1])]
            columns = {str(i): X[seen, i] for i in range(X.shape[1])}
            self.coding_ = Coding.learn(specs, columns, weight[seen], by="exposure", unseen=True)
        shapes = self.coding_.shapes if self.coding_ is not None else tuple(self.shapes or ())
        self.shapes_ = tuple(replace(shape, monotone=0) for shape in shapes)

    def _matrix(self, X: npt.NDArray[Any]) -> CodeMatrix:
        sizes = [shape.size for shape in self.shapes_]
        if self.coding_ is not None:
            return CodeMatrix.of(self.coding_.codes({str(i): X[:, i] for i in range(X.shape[1])}), sizes)
        codes = np.nan_to_num(X, nan=-1.0).astype(np.int64)
        if not np.array_equal(codes, X):
            raise ValueError("with shapes given, X holds codes: whole numbers from 0")
        return CodeMatrix.of(codes, sizes)

    def _bases(self, claims: list[FloatArray]) -> tuple[int, ...]:
        """Code of relativity 1 of each factor: as given, else where most claims lie."""
        if self.bases is None:
            return tuple(int(part.argmax()) for part in claims)
        for number, (base, part) in enumerate(zip(self.bases, claims, strict=True)):
            if not 0 <= base < len(part):
                raise ValueError(f"factor {number}: there is no code {base} to be the base")
        return tuple(self.bases)

    def _report(
        self,
        matrix: CodeMatrix,
        cost: FloatArray,
        weight: FloatArray,
        full: FloatArray,
        model: tuple[tuple[int, ...], FloatArray, FloatArray],
    ) -> None:
        """Effects, tables, dispersion, standard errors."""
        bases, free, tied = model
        self._full, self.base_codes_, self.intercept_ = full, bases, float(full[0])
        self.effects_ = tuple(part.copy() for part in matrix.parts(full))
        self.tables_ = Tables(matrix.sizes, self.intercept_, dict(enumerate(self.effects_)))
        cross, expected = matrix.cross(weight), np.exp(matrix.linear(full))
        inverse = np.linalg.pinv(free.T @ (cross + tied) @ free, hermitian=True)
        freedom = float(np.trace(inverse @ (free.T @ cross @ free)))
        self.df_residual_ = len(cost) - freedom
        pearson = float((weight * (cost / expected - 1) ** 2).sum())
        self.dispersion_ = pearson / self.df_residual_ if self.df_residual_ > 0 else np.nan
        spread = rebased(free, matrix, bases)
        errors = np.sqrt(np.maximum(((spread @ inverse) * spread).sum(axis=1), 0) * self.dispersion_)
        errors[(np.diag(cross) <= 0) & (np.diag(tied) <= 0)] = np.inf
        self.intercept_error_, self.errors_ = float(errors[0]), tuple(p.copy() for p in matrix.parts(errors))
        mean = np.full(len(cost), np.average(cost, weights=weight))
        self.deviance_, self.null_deviance_ = (2 * _loss(cost, m, weight) for m in (expected, mean))

    def __sklearn_tags__(self) -> Any:
        """Costs are above 0; a missing number has a code of its own where columns are coded here."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        tags.input_tags.allow_nan = self.shapes is None
        tags.regressor_tags.poor_score = True
        return tags


def _minimum(
    matrix: CodeMatrix, cost: FloatArray, weight: FloatArray, free: FloatArray, tied: FloatArray
) -> FloatArray:
    """Effects of least penalised loss, which is convex in them: Newton's steps, halved where they overshoot."""
    full = np.zeros(matrix.width)
    full[0] = np.log(np.average(cost, weights=weight))
    for _ in range(_STEPS):
        ratio = weight * cost / np.exp(matrix.linear(full))
        pull = free.T @ (matrix.sums(ratio - weight) - tied @ full)
        move = np.linalg.pinv(free.T @ (matrix.cross(ratio) + tied) @ free, hermitian=True) @ pull
        if pull @ move <= _PRECISE * weight.sum():
            return full + free @ move
        full = _shorter(partial(_penalised, matrix, cost, weight, tied), full, free @ move)
    raise ValueError("the severity does not settle: levels with next to no cost need a penalty")


def _penalised(matrix: CodeMatrix, cost: FloatArray, weight: FloatArray, tied: FloatArray, full: FloatArray) -> float:
    return _loss(cost, np.exp(matrix.linear(full)), weight) + float(full @ tied @ full) / 2


def _shorter(value: Callable[[FloatArray], float], start: FloatArray, step: FloatArray) -> FloatArray:
    """The first of the whole, half, quarter … step that does not lead uphill; the start where none does."""
    now = value(start)
    tries = (start + step / 2**halvings for halvings in range(_HALVINGS))
    return next((at for at in tries if value(at) <= now), start)


def _loss(cost: FloatArray, expected: FloatArray, weight: FloatArray) -> float:
    """Half the gamma deviance, weighted by claims."""
    ratio = cost / expected
    return float((weight * (ratio - 1 - np.log(ratio))).sum())
