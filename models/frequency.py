"""Claim frequency as a product of relativities: a Poisson model with one effect per code, penalised, with intervals."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import d2_tweedie_score
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, validate_data

from models.clustered import clustered_errors
from models.design import Coding, FactorSpec
from models.experience import BoolArray, Experience, FloatArray
from models.histogram import CodeMatrix
from models.penalty import Shape, Strength
from models.poisson import Poisson, Space
from models.relativity import Relativities, rebased, standard_errors
from models.tables import Tables

_NO_CLAIM = -20.0  # log relativity of a level without any claim, where no penalty holds it

_RUNAWAY = 10.0  # log relativity that no portfolio has


class SeparationWarning(UserWarning):
    """Levels have no claims, by themselves or with others, and no penalty holds their relativity above zero."""


class FrequencyGLM(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Poisson regression of claim counts on coded factors.

    shapes: how the codes of each column lie to each other; None reads the columns as raw numbers and codes each into
    at most `bands`. bases: code of relativity 1 of each factor; None takes the one with most exposure. steps, levels:
    strengths of the penalties (see `penalty.Strength`); 0 is plain maximum likelihood.

    After `fit`: `relativities_` (one per factor), `tables_`, `intercept_` with `intercept_error_`, `deviance_`,
    `null_deviance_`, `df_null_`, `df_residual_`, `dispersion_` (Pearson), `dispersion_corrected_` (for sparse rows),
    `rows_`. Intervals are widened by the corrected dispersion where it is above 1; where `groups` name rows that belong
    together, such as a worker's months, they allow for that instead, and are never narrower than without groups.
    """

    def __init__(
        self,
        shapes: Sequence[Shape] | None = None,
        bases: Sequence[int] | None = None,
        steps: float = 1.0,
        levels: float = 1.0,
        bands: int = 64,
    ) -> None:
        """Keep the settings as they are; `fit` checks them."""
        self.shapes = shapes
        self.bases = bases
        self.steps = steps
        self.levels = levels
        self.bands = bands

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        exposure: Any = None,
        groups: Any = None,
    ) -> FrequencyGLM:
        """Fit y = claims per unit with `sample_weight` = exposure, or y = claims with `exposure`: the same answer.

        Rows of weight 0 are left out; an exposure of 0 or less, a negative count and a portfolio without claims are
        ValueErrors.
        """
        X, y = validate_data(self, X, y, y_numeric=True, ensure_all_finite="allow-nan")
        y = np.asarray(y, dtype=np.float64)
        weight = _column(sample_weight, y, "sample_weight")
        time = _column(exposure, y, "exposure")
        _check(y, weight, time)
        seen = weight > 0
        codes = self._learned(X, weight * time, seen)
        whose = None if groups is None else np.asarray(groups)[seen]
        self._fit(codes[seen], (weight * y)[seen], (weight * time)[seen], whose)
        return self

    def fit_experience(self, experience: Experience, groups: npt.NDArray[Any] | None = None) -> FrequencyGLM:
        """Fit coded training rows, by the experience's own shapes where none were given; groups: shape (n,)."""
        self.n_features_in_ = experience.codes.shape[1]
        self.coding_: Coding | None = None
        self.shapes_ = tuple(self.shapes) if self.shapes is not None else shapes_of(experience)
        self._fit(experience.codes, experience.counts, experience.exposure, groups)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Expected claims per unit of exposure, shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        matrix = CodeMatrix.of(self._coded(X), [shape.size for shape in self.shapes_])
        return np.exp(matrix.linear(self._full))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the Poisson deviance explained against the mean rate; y = claims per unit."""
        return float(d2_tweedie_score(y, self.predict(X), sample_weight=sample_weight, power=1))

    def _learned(self, X: npt.NDArray[Any], exposure: FloatArray, seen: BoolArray) -> npt.NDArray[np.integer]:
        self.coding_ = None
        if self.shapes is None:
            specs = [FactorSpec(str(i), levels=self.bands) for i in range(X.shape[1])]
            columns = {spec.name: X[seen, i] for i, spec in enumerate(specs)}
            self.coding_ = Coding.learn(specs, columns, exposure[seen], by="exposure", unseen=True)
        self.shapes_ = self.coding_.shapes if self.coding_ is not None else tuple(self.shapes or ())
        return self._coded(X)

    def _coded(self, X: npt.NDArray[Any]) -> npt.NDArray[np.integer]:
        if self.coding_ is not None:
            return self.coding_.codes({str(i): X[:, i] for i in range(X.shape[1])})
        codes = X.astype(np.int64)
        if not np.array_equal(codes, X):
            raise ValueError("with shapes given, X holds codes: whole numbers from 0")
        return codes

    def _fit(self, codes: npt.NDArray[np.integer], counts: FloatArray, exposure: FloatArray, groups: Any) -> None:
        strength = Strength(self.steps, self.levels)
        whole = Poisson(CodeMatrix.of(codes, [shape.size for shape in self.shapes_]), counts, exposure)
        if whole.claims[0] <= 0:
            raise ValueError("no claims at all: a frequency of zero has no relativities")
        lost = self._separated(whole, strength)
        bases = self._bases(whole, lost)
        out = np.zeros(len(counts), dtype=bool)
        for column, part in zip(whole.matrix.columns, whole.matrix.parts(lost), strict=True):
            out |= part.astype(bool).take(column)
        data = whole.where(~out) if out.any() else whole
        space = Space.of(self.shapes_, bases, strength)
        end = data.minimise(space, data.one_way(space, 0.5 + self.levels))
        cross = data.matrix.cross(end.expected)
        errors, freedom = standard_errors(data, space, end, cross, bases)
        full = rebased(end.full, data.matrix, bases)
        _tell_runaways(data.matrix.parts(full), strength)
        full[lost], errors[lost] = _NO_CLAIM, np.inf
        self._judge(data, end.expected, freedom)
        errors = errors * self._widening
        if groups is not None:
            errors = np.maximum(errors, clustered_errors(data, space, end, cross, bases, groups[~out]))
        self._report(whole, full, errors, bases)

    def _separated(self, data: Poisson, strength: Strength) -> BoolArray:
        """Codes with exposure, without claims and without a penalty, a full array; they are named in a warning."""
        lost = np.zeros(data.matrix.width, dtype=bool)
        weight = data.matrix.parts(data.matrix.sums(data.exposure))
        parts = zip(weight, data.matrix.parts(data.claims), data.matrix.parts(lost), self.shapes_, strict=True)
        for number, (exposure, claims, own, shape) in enumerate(parts):
            free = np.full(shape.size, strength.levels == 0)
            free[: shape.ordered] = strength.steps == 0
            own[:] = (exposure > 0) & (claims <= 0) & free
            if shape.monotone:
                own[: shape.ordered] &= _low_end(claims[: shape.ordered], shape.monotone)
            if own.any():
                told = ", ".join(map(str, np.flatnonzero(own)))
                text = f"factor {number}: no claims at codes {told}: their relativity is zero; a penalty would hold it"
                warnings.warn(text, SeparationWarning, stacklevel=4)
        return lost

    def _bases(self, data: Poisson, lost: BoolArray) -> tuple[int, ...]:
        """Code of relativity 1 of each factor: as given, else where most exposure with claims lies."""
        parts = data.matrix.parts(np.where(lost, -1.0, data.matrix.sums(data.exposure)))
        if self.bases is None:
            return tuple(int(part.argmax()) for part in parts)
        for number, (base, part) in enumerate(zip(self.bases, parts, strict=True)):
            if not 0 <= base < len(part) or part[base] < 0:
                raise ValueError(f"factor {number}: code {base} has no claims, or is none, and cannot be the base")
        return tuple(self.bases)

    def _report(self, data: Poisson, full: FloatArray, errors: FloatArray, bases: tuple[int, ...]) -> None:
        """Relativities and tables."""
        self._full, self.base_codes_ = full, bases
        self.intercept_, self.intercept_error_ = float(full[0]), float(errors[0])
        effects = [part.copy() for part in data.matrix.parts(full)]
        self.tables_ = Tables(data.matrix.sizes, self.intercept_, dict(enumerate(effects)))
        exposure = data.matrix.parts(data.matrix.sums(data.exposure))
        claims = data.matrix.parts(data.claims)
        per_code = zip(effects, data.matrix.parts(errors), exposure, claims, bases, strict=True)
        self.relativities_ = tuple(Relativities(*columns) for columns in per_code)

    def _judge(self, data: Poisson, expected: FloatArray, freedom: float) -> None:
        """Deviances, degrees of freedom, dispersion."""
        self.rows_ = len(data.counts)
        self.deviance_ = data.deviance(expected)
        self.null_deviance_ = data.deviance(data.exposure * data.counts.sum() / data.exposure.sum())
        self.df_null_, self.df_residual_ = self.rows_ - 1, self.rows_ - freedom
        pearson = float(((data.counts - expected) ** 2 / expected).sum())
        self.dispersion_ = pearson / self.df_residual_ if self.df_residual_ > 0 else np.nan
        # Fletcher (2012): rows that expect next to nothing blow Pearson up; their mean of y/μ tells by how much.
        self.dispersion_corrected_ = self.dispersion_ / float((data.counts / expected).mean())
        self._widening = np.sqrt(self.dispersion_corrected_) if self.dispersion_corrected_ > 1 else 1.0

    def __sklearn_tags__(self) -> Any:
        """Counts are not negative; a missing number has a code of its own where columns are coded here."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        tags.input_tags.allow_nan = self.shapes is None
        tags.regressor_tags.poor_score = True
        return tags


def shapes_of(experience: Experience) -> tuple[Shape, ...]:
    """Shapes of an experience's factors."""
    marks = zip(experience.sizes, experience.ranked, experience.monotone, strict=True)
    return tuple(Shape(size, ranked, sign) for size, ranked, sign in marks)


def _column(values: Any, y: FloatArray, name: str) -> FloatArray:
    """A column of n numbers, ones where none is given."""
    if values is None:
        return np.ones(len(y))
    if np.isscalar(values):
        return np.full(len(y), float(values))  # type: ignore[arg-type]
    column: FloatArray = check_array(values, ensure_2d=False, dtype=np.float64, input_name=name)
    check_consistent_length(column, y)
    return column


def _check(y: FloatArray, weight: FloatArray, exposure: FloatArray) -> None:
    if (exposure <= 0).any():
        raise ValueError(f"{(exposure <= 0).sum()} rows have no exposure: set them aside before fitting")
    if (weight < 0).any() or not (weight > 0).any():
        raise ValueError("a weight is negative, or every weight is zero")
    if (y < 0).any():
        raise ValueError("a number of claims is never negative")


def _tell_runaways(effects: list[FloatArray], strength: Strength) -> None:
    """Warn of effects on their way to infinity: levels that only together leave others without claims."""
    if strength.steps > 0 and strength.levels > 0:
        return
    for number, effect in enumerate(effects):
        far = np.flatnonzero(np.abs(effect) > _RUNAWAY)
        if len(far):
            text = (
                f"factor {number}: the effects of codes {', '.join(map(str, far))} run away; a penalty would hold them"
            )
            warnings.warn(text, SeparationWarning, stacklevel=4)


def _low_end(claims: FloatArray, direction: int) -> BoolArray:
    """Codes before the first with claims, seen from the low end."""
    before: BoolArray = np.cumsum(claims[::direction])[::direction] <= 0
    return before
