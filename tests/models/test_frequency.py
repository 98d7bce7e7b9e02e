"""The frequency model: one answer for weights or offsets, penalties, directions, intervals, bad data."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from models.experience import Experience
from models.frequency import FrequencyGLM, SeparationWarning
from models.histogram import CodeMatrix
from models.penalty import Shape
from models.strengths import choose

SHAPES = (Shape(12, 12), Shape(6), Shape(4))
TRUE = (np.linspace(0, 0.8, 12), np.array([0, 0.3, -0.2, 0.1, 0.5, -0.4]), np.array([0, 0.2, 0.4, -0.3]))


def drawn(seed: int, rows: int = 20_000, dispersion: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, counts and exposure of a portfolio whose relativities are TRUE."""
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(0, shape.size, rows) for shape in SHAPES], axis=1)
    exposure = rng.uniform(0.5, 3, rows)
    mean = exposure * np.exp(-1.5 + sum(true[code] for true, code in zip(TRUE, codes.T, strict=True)))
    if dispersion == 1:
        return codes, rng.poisson(mean), exposure
    return codes, rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion), exposure


def ones(codes: np.ndarray) -> np.ndarray:
    """The design matrix of zeros and ones that the histograms stand for."""
    blocks = [np.eye(shape.size)[code] for shape, code in zip(SHAPES, codes.T, strict=True)]
    return np.hstack([np.ones((len(codes), 1)), *blocks])


@pytest.mark.slow
def test_it_is_an_estimator_of_scikit_learn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(FrequencyGLM(), on_fail=None)
    assert len(results) > 40
    assert [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")] == []


def test_histograms_are_the_cross_products_of_the_design_matrix() -> None:
    codes, _, weight = drawn(1, 40_000)
    matrix, design = CodeMatrix.of(codes, [shape.size for shape in SHAPES]), ones(codes)
    assert np.allclose(matrix.cross(weight), design.T @ (design * weight[:, None]))
    assert np.allclose(matrix.sums(weight), design.T @ weight)
    effects = np.arange(matrix.width, dtype=float)
    assert np.allclose(matrix.linear(effects), design @ effects)


@pytest.mark.parametrize("strength", [0.0, 5.0])
def test_exposure_as_weight_or_as_offset_gives_the_same_answer(strength: float) -> None:
    codes, counts, exposure = drawn(2)
    model = FrequencyGLM(SHAPES, steps=strength, levels=strength)
    one = clone(model).fit(codes, counts, exposure=exposure)
    other = clone(model).fit(codes, counts / exposure, sample_weight=exposure)
    assert one.predict(codes) == pytest.approx(other.predict(codes), rel=1e-9)
    assert one.deviance_ == pytest.approx(other.deviance_)
    assert one.dispersion_ == pytest.approx(other.dispersion_)


def test_without_a_penalty_every_level_keeps_its_claims() -> None:
    codes, counts, exposure = drawn(3)
    model = FrequencyGLM(SHAPES, steps=0, levels=0).fit(codes, counts, exposure=exposure)
    expected = exposure * model.predict(codes)
    for shape, column in zip(SHAPES, codes.T, strict=True):
        seen, held = (np.bincount(column, weights=w, minlength=shape.size) for w in (counts, expected))
        assert held == pytest.approx(seen, rel=1e-6)


def test_the_tables_are_the_model() -> None:
    codes, counts, exposure = drawn(4)
    model = FrequencyGLM(SHAPES).fit(codes, counts, exposure=exposure)
    assert np.exp(model.tables_.log_rate(codes)) == pytest.approx(model.predict(codes))
    assert [model.relativities_[i].factor[base] for i, base in enumerate(model.base_codes_)] == [1, 1, 1]


def test_the_base_changes_no_rate_even_under_a_penalty() -> None:
    codes, counts, exposure = drawn(5)
    rates = [FrequencyGLM(SHAPES, bases, 9, 9).fit(codes, counts, exposure=exposure).predict(codes)
             for bases in ((0, 0, 0), (11, 3, 2))]  # fmt: skip
    assert rates[0] == pytest.approx(rates[1], rel=1e-8)


def test_a_penalty_of_one_level_is_credibility() -> None:
    # Two levels, penalty K/2·(difference)²: the score equation at the optimum, solved here by bisection.
    counts, exposure, strength = np.array([30.0, 80.0]), np.array([100.0, 100.0]), 20.0
    model = FrequencyGLM([Shape(2)], [0], levels=strength).fit([[0], [1]], counts, exposure=exposure)
    low, high = 0.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        share = np.exp(middle) / (1 + np.exp(middle))
        low, high = (middle, high) if 80 - 110 * share > strength / 2 * middle else (low, middle)
    assert model.relativities_[0].log[1] == pytest.approx(low, rel=1e-6)


def test_strong_penalties_end_at_the_mean_rate() -> None:
    codes, counts, exposure = drawn(6)
    model = FrequencyGLM(SHAPES, steps=1e9, levels=1e9).fit(codes, counts, exposure=exposure)
    assert model.predict(codes) == pytest.approx(np.full(len(codes), counts.sum() / exposure.sum()), rel=1e-4)
    assert model.df_residual_ == pytest.approx(len(codes) - 1, abs=0.01)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_direction_is_kept_and_only_costs_where_it_binds(direction: int, strength: float) -> None:
    codes, counts, exposure = drawn(7, 3000)
    shapes = (Shape(12, 12, direction), *SHAPES[1:])
    bound = FrequencyGLM(shapes, (5, 0, 0), strength, strength).fit(codes, counts, exposure=exposure)
    free = FrequencyGLM(SHAPES, (5, 0, 0), strength, strength).fit(codes, counts, exposure=exposure)
    assert (np.diff(bound.relativities_[0].log) * direction >= -1e-12).all()
    assert bound.deviance_ > free.deviance_
    assert exposure @ bound.predict(codes) == pytest.approx(counts.sum(), rel=1e-6)


def test_a_direction_without_a_penalty_pools_adjacent_violators() -> None:
    model = FrequencyGLM([Shape(4, 4, 1)], [0], steps=0)
    model.fit([[0], [1], [2], [3]], [10, 30, 20, 60], exposure=[100, 100, 100, 100])
    assert model.relativities_[0].factor == pytest.approx([1, 2.5, 2.5, 6])


def test_a_code_without_exposure_is_unknown_or_lies_between_its_neighbours() -> None:
    codes, counts, exposure = [[0], [2], [2]], [10, 30, 10], [100.0, 100.0, 100.0]
    plain = FrequencyGLM([Shape(3, 3)], [0], steps=0).fit(codes, counts, exposure=exposure)
    tied = FrequencyGLM([Shape(3, 3)], [0], steps=1e-3).fit(codes, counts, exposure=exposure)
    assert np.isinf(plain.relativities_[0].standard_error[1])
    assert tied.relativities_[0].log[1] == pytest.approx(tied.relativities_[0].log[2] / 2)


def test_a_factor_that_says_what_another_says_is_left_out() -> None:
    codes, counts, exposure = drawn(8)
    twice = np.column_stack([codes, codes[:, 1]])
    model = FrequencyGLM((*SHAPES, Shape(6)), steps=0, levels=0).fit(twice, counts, exposure=exposure)
    once = FrequencyGLM(SHAPES, steps=0, levels=0).fit(codes, counts, exposure=exposure)
    assert model.predict(twice) == pytest.approx(once.predict(codes), rel=1e-6)
    assert model.df_residual_ == pytest.approx(once.df_residual_)


def test_a_level_without_claims_is_finite_with_a_penalty_and_named_without() -> None:
    codes, counts, exposure = drawn(9)
    counts[codes[:, 1] == 4] = 0
    held = FrequencyGLM(SHAPES, levels=1).fit(codes, counts, exposure=exposure)
    assert -12 < held.relativities_[1].log[4] < -2
    with pytest.warns(SeparationWarning, match="factor 1: no claims at codes 4"):
        lost = FrequencyGLM(SHAPES, steps=0, levels=0).fit(codes, counts, exposure=exposure)
    assert np.isfinite(lost.predict(codes)).all()
    assert lost.relativities_[1].factor[4] < 1e-8
    others = codes[:, 1] != 4
    alone = FrequencyGLM(SHAPES, steps=0, levels=0).fit(codes[others], counts[others], exposure=exposure[others])
    assert lost.predict(codes[others]) == pytest.approx(alone.predict(codes[others]), rel=1e-6)


def test_all_claims_in_one_level_is_finite_with_a_penalty() -> None:
    codes, counts, exposure = drawn(10)
    counts[codes[:, 2] != 3] = 0
    model = FrequencyGLM(SHAPES).fit(codes, counts, exposure=exposure)
    assert np.isfinite(model.predict(codes)).all()
    assert np.isfinite(np.concatenate([r.standard_error for r in model.relativities_])).all()


def test_an_hour_with_a_claim_leaves_the_fit_where_it_was() -> None:
    codes, counts, exposure = drawn(11)
    with_hour = (np.vstack([codes, codes[:1]]), np.append(counts, 1), np.append(exposure, 5e-6))
    one = FrequencyGLM(SHAPES).fit(codes, counts, exposure=exposure)
    other = FrequencyGLM(SHAPES).fit(with_hour[0], with_hour[1] / with_hour[2], sample_weight=with_hour[2])
    assert other.predict(codes) == pytest.approx(one.predict(codes), rel=0.02)
    assert other.dispersion_ > 10 * one.dispersion_  # as Pearson's is defined, so it may not widen the intervals
    for before, after in zip(one.relativities_, other.relativities_, strict=True):
        assert after.standard_error == pytest.approx(before.standard_error, rel=0.05)


def test_a_portfolio_of_hours_converges() -> None:
    codes, _, _ = drawn(12, 5000)
    rng = np.random.default_rng(12)
    exposure = 10 ** rng.uniform(-6, 0, 5000)
    counts = rng.poisson(exposure * 0.3)
    model = FrequencyGLM(SHAPES, steps=10, levels=10).fit(codes, counts, exposure=exposure)
    assert exposure @ model.predict(codes) == pytest.approx(counts.sum())


@pytest.mark.parametrize(
    ("y", "options", "said"),
    [
        ([1, 0], {"exposure": [1, 0]}, "1 rows have no exposure"),
        ([1, -1], {}, "never negative"),
        ([0, 0], {}, "no claims at all"),
        ([1, 1], {"sample_weight": [0, 0]}, "every weight is zero"),
    ],
)
def test_what_cannot_be_fitted_is_refused(y: list[int], options: dict[str, list[int]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FrequencyGLM([Shape(2)]).fit([[0], [1]], y, **options)


def test_codes_outside_a_factor_or_between_two_are_refused() -> None:
    for codes, said in (([[0], [2]], "outside"), ([[0], [0.5]], "whole numbers")):
        with pytest.raises(ValueError, match=said):
            FrequencyGLM([Shape(2)]).fit(codes, [1, 1])


def test_a_base_without_claims_is_refused_where_nothing_holds_it() -> None:
    with pytest.warns(SeparationWarning), pytest.raises(ValueError, match="code 0 has no claims"):
        FrequencyGLM([Shape(2)], [0], levels=0).fit([[0], [1]], [0, 5])


def test_missing_numbers_have_a_rate_of_their_own() -> None:
    x = np.r_[np.zeros(50), np.ones(50), np.full(50, np.nan)][:, None]
    y = np.r_[np.full(50, 1.0), np.full(50, 2.0), np.full(50, 4.0)]
    rate = FrequencyGLM(steps=0, levels=0).fit(x, y).predict([[0.0], [1.0], [np.nan]])
    assert rate == pytest.approx([1, 2, 4])


def experience(seed: int, **options: object) -> Experience:
    codes, counts, exposure = drawn(seed, **options)
    folds = np.random.default_rng(seed).integers(0, 5, len(counts))
    return Experience(codes, (12, 6, 4), (True, False, False), (0, 0, 0), exposure, counts.astype(float), folds)


def test_cross_validation_finds_a_strength_that_neither_end_beats() -> None:
    choice = choose(experience(13, rows=2000))
    sums = {strength: held_out.sum() for strength, held_out in choice.tried.items()}
    assert sums[choice.strength] == min(sums.values())
    assert {len(held_out) for held_out in choice.tried.values()} == {5}
    assert 0.3 <= choice.strength.levels <= 300


def test_where_nothing_matters_cross_validation_wants_strong_penalties() -> None:
    given = experience(14, rows=2000)
    counts = np.random.default_rng(14).poisson(given.exposure * 0.2).astype(float)
    flat = Experience(given.codes, given.sizes, given.ordered, given.monotone, given.exposure, counts, given.folds)
    assert choose(flat).strength.levels >= 100


def test_an_experience_is_fitted_by_its_own_shapes() -> None:
    given = experience(15, rows=3000)
    one = FrequencyGLM().fit_experience(given)
    other = FrequencyGLM(SHAPES).fit(given.codes, given.counts, exposure=given.exposure)
    assert one.predict(given.codes) == pytest.approx(other.predict(given.codes))


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_intervals_cover_the_truth_of_over_dispersed_data(strength: float) -> None:
    inside, dispersions = [], []
    for seed in range(20):
        codes, counts, exposure = drawn(seed, dispersion=2.0)
        model = FrequencyGLM(SHAPES, (0, 0, 0), strength, strength).fit(codes, counts, exposure=exposure)
        dispersions.append(model.dispersion_)
        for found, true in zip(model.relativities_, TRUE, strict=True):
            low, high = found.interval()
            inside += ((low <= np.exp(true)) & (np.exp(true) <= high))[1:].tolist()
    assert 0.90 <= np.mean(inside) <= 0.98
    assert np.mean(dispersions) == pytest.approx(2, rel=0.05)


def test_levels_that_only_together_leave_others_without_claims_are_told() -> None:
    # Every level has claims, but of three cells with three parameters the middle one has none.
    codes = np.array([[0, 0], [0, 1], [1, 1]])
    model = FrequencyGLM([Shape(2), Shape(2)], [0, 0], steps=0, levels=0)
    with pytest.warns(SeparationWarning) as told:
        model.fit(np.vstack([codes] * 2), [5, 0, 5, 5, 0, 5], exposure=np.ones(6))
    assert ["run away" in str(warning.message) for warning in told] == [True, True]
    assert np.isfinite(model.predict(codes)).all()


def test_a_rising_factor_whose_first_code_is_empty_keeps_its_rate() -> None:
    model = FrequencyGLM([Shape(3, 3, 1)], [1], steps=0).fit([[1], [2]], [2, 8], exposure=[100, 100])
    assert model.predict([[1], [2]]) == pytest.approx([0.02, 0.08])
