"""Errors by groups: the textbook's sandwich, wider where rows of a group are alike, and no narrower than without."""

import numpy as np
import pytest

from models.clustered import squared_scores
from models.frequency import FrequencyGLM
from models.histogram import CodeMatrix
from models.penalty import Shape
from models.poisson import Poisson

SHAPES = (Shape(4, 4), Shape(3))


def portfolio(seed: int, groups: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, counts and groups; codes stay the same in a group, whose members share a gamma factor of variance 0.5."""
    rng = np.random.default_rng(seed)
    own = np.column_stack([rng.integers(0, shape.size, groups) for shape in SHAPES])
    group = np.repeat(np.arange(groups), rows)
    mean = 0.3 * np.exp(0.2 * own[:, 0] - 0.3 * own[:, 1]) * rng.gamma(2, 0.5, groups)
    return own[group], rng.poisson(mean[group]), group


def design(codes: np.ndarray, bases: tuple[int, ...]) -> np.ndarray:
    """Intercept and a column for every code but the base."""
    blocks = [
        np.delete(np.eye(shape.size)[code], base, axis=1)
        for shape, code, base in zip(SHAPES, codes.T, bases, strict=True)
    ]
    return np.hstack([np.ones((len(codes), 1)), *blocks])


def errors(model: FrequencyGLM) -> np.ndarray:
    """Of the intercept and every code but the base."""
    own = [np.delete(one.standard_error, one.base_code) for one in model.relativities_]
    return np.concatenate([[model.intercept_error_], *own])


def test_it_is_the_sandwich_of_the_textbook() -> None:
    codes, counts, group = portfolio(1, 800, 6)
    order = np.random.default_rng(2).permutation(len(counts))
    model = FrequencyGLM(SHAPES, (0, 0), steps=0, levels=0)
    model.fit(codes[order], counts[order], exposure=1.0, groups=group[order])
    matrix, mean = design(codes, (0, 0)), model.predict(codes)
    bread = np.linalg.inv(matrix.T @ (matrix * mean[:, None]))
    scores = np.add.reduceat(matrix * (counts - mean)[:, None], np.arange(0, len(counts), 6))
    by_hand = np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread) * 800 / 799)
    assert errors(model) == pytest.approx(by_hand, rel=1e-6)
    plain = FrequencyGLM(SHAPES, (0, 0), steps=0, levels=0).fit(codes, counts, exposure=1.0)
    assert (errors(model) > 1.2 * errors(plain)).all()
    assert model.predict(codes) == pytest.approx(plain.predict(codes))


def test_groups_of_one_row_change_little_and_never_narrow() -> None:
    rng = np.random.default_rng(3)
    codes = np.column_stack([rng.integers(0, shape.size, 20_000) for shape in SHAPES])
    counts = rng.poisson(0.3 * np.exp(0.2 * codes[:, 0]))
    for strength in (0.0, 50.0):
        plain = FrequencyGLM(SHAPES, steps=strength, levels=strength).fit(codes, counts, exposure=1.0)
        single = FrequencyGLM(SHAPES, steps=strength, levels=strength)
        single.fit(codes, counts, exposure=1.0, groups=[f"w{row}" for row in range(len(counts))])
        assert (errors(single) >= errors(plain)).all()
        assert errors(single) == pytest.approx(errors(plain), rel=0.05)


def test_scores_are_added_up_over_blocks_of_whole_groups() -> None:
    codes, counts, group = portfolio(4, 300, 7)
    data = Poisson(CodeMatrix.of(codes, [shape.size for shape in SHAPES]), counts.astype(float), np.ones(len(counts)))
    residuals = counts - counts.mean()
    whole = squared_scores(data, residuals, group)
    assert squared_scores(data, residuals, group, block=50) == pytest.approx(whole)
    ones = np.hstack([np.ones((len(codes), 1)), *(np.eye(s.size)[c] for s, c in zip(SHAPES, codes.T, strict=True))])
    summed = np.add.reduceat(ones * residuals[:, None], np.arange(0, len(counts), 7))
    assert whole == pytest.approx(summed.T @ summed)


def test_levels_without_claims_stay_unknown_and_one_group_is_refused() -> None:
    codes, counts, group = portfolio(5, 200, 5)
    counts = np.where(codes[:, 1] == 2, 0, counts)
    with pytest.warns(UserWarning, match="no claims at codes 2"):
        model = FrequencyGLM(SHAPES, steps=0, levels=0).fit(codes, counts, exposure=1.0, groups=group)
    assert np.isinf(model.relativities_[1].standard_error[2])
    assert np.isfinite(np.delete(model.relativities_[1].standard_error, 2)).all()
    with pytest.raises(ValueError, match="two groups"):
        FrequencyGLM(SHAPES).fit(codes, counts, exposure=1.0, groups=np.zeros(len(counts)))
