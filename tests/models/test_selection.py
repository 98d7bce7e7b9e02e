"""The simplest model that nothing beats for certain is chosen, by rows it has not seen."""

from dataclasses import replace

import numpy as np
import pytest

from models.candidates import Candidate, best_stack, of_tables, stack_weights, stacked
from models.experience import Experience
from models.merging import Limits
from models.selection import Wishes, fit, select
from models.tables import Tables

SIZES = (6, 4, 5)


def made(interaction: float, rows: int = 6000, seed: int = 11) -> Experience:
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.integers(0, size, rows) for size in SIZES])
    exposure = rng.uniform(0.2, 1, rows)
    log_rate = -1 + 0.2 * codes[:, 0] + np.where((codes[:, 0] > 2) == (codes[:, 1] % 2 == 0), interaction, -interaction)
    counts = rng.poisson(exposure * np.exp(log_rate)).astype(float)
    return Experience(codes, SIZES, (True, False, True), (0, 0, 0), exposure, counts, np.arange(rows) % 3)


def one_way(rows: Experience) -> list[Tables]:
    """For each fold the observed rates of the first factor by its other rows: a main-effect model fitted by hand."""
    folds = []
    for part in rows.parts:
        seen = rows.where(rows.folds != part)
        claims = np.bincount(seen.codes[:, 0], seen.counts, 6)
        exposure = np.bincount(seen.codes[:, 0], seen.exposure, 6)
        folds.append(Tables(SIZES, 0.0, {0: np.log(claims / exposure)}))
    return folds


@pytest.mark.slow
def test_an_interaction_is_found_and_published() -> None:
    rows = made(0.7)
    found = fit(rows, one_way(rows), Limits(cells=100), Wishes(pairs=3))
    assert found.winner != "glm"
    assert (0, 1) in found.tables.pairs
    assert [score.name for score in found.scores] == ["glm", "glm_pairs", "pairs", "stack"]
    by_name = {score.name: score for score in found.scores}
    assert by_name["glm"].difference > 2 * by_name["glm"].error
    assert all(0 < score.cells <= 100 for score in found.scores)


@pytest.mark.slow
def test_without_interactions_the_glm_is_kept() -> None:
    rows = made(0.0)
    found = fit(rows, one_way(rows), Limits(cells=100), Wishes(pairs=3))
    assert found.winner == "glm"
    assert not found.tables.pairs


def test_with_few_claims_no_tree_is_grown() -> None:
    rows = made(0.7, rows=150)
    found = fit(rows, one_way(made(0.7)), Limits(cells=100))
    assert [score.name for score in found.scores] == ["glm"]


def test_a_gain_within_one_error_is_no_reason_for_pairs() -> None:
    rows = made(0.0)
    simple = of_tables("glm", one_way(rows), rows)
    rng = np.random.default_rng(0)
    slightly = Candidate("pairs", 2, simple.held_out + 1e-4 * rng.normal(size=len(rows.counts)), simple.folds)
    assert select([simple, slightly], rows, Limits()).winner == "glm"
    truth = Candidate("pairs", 2, np.log((rows.counts + 0.5) / rows.exposure), simple.folds)
    assert select([simple, truth], rows, Limits()).winner == "pairs"


def test_a_candidate_is_judged_by_the_folds_that_hold_rows_out() -> None:
    rows = made(0.0)
    folds = [Tables(SIZES, float(part)) for part in range(3)]
    assert of_tables("glm", folds, rows).held_out.tolist() == rows.folds.tolist()
    with pytest.raises(ValueError, match="2 fold models for 3 folds"):
        of_tables("glm", folds[:2], rows)


def test_stacking_gives_all_weight_to_the_truth() -> None:
    rng = np.random.default_rng(4)
    truth, noise = rng.normal(size=(2, 40_000))
    exposure = np.ones(40_000)
    counts = rng.poisson(np.exp(truth)).astype(float)
    constant, one, other = stack_weights(np.column_stack([truth, noise]), counts, exposure)
    assert (constant, one, other) == pytest.approx((0, 1, 0), abs=0.03)
    _, minus, _ = stack_weights(np.column_stack([-truth, noise]), counts, exposure)
    assert minus == 0


def test_the_weights_that_judge_a_fold_have_not_seen_it() -> None:
    rows = made(0.3)
    one = of_tables("glm", one_way(rows), rows)
    two = Candidate("pairs", 2, one.held_out + 0.1 * rows.codes[:, 2], one.folds)
    held = stacked(rows, one, two).held_out
    changed = replace(rows, counts=np.where(rows.folds == 0, rows.counts * 3, rows.counts))
    again = stacked(changed, one, two).held_out
    part = rows.folds == 0
    assert again[part] == pytest.approx(held[part], abs=1e-6)
    assert np.abs(again[~part] - held[~part]).max() > 0.05


def test_a_third_model_joins_the_stack_only_where_held_out_rows_are_certain_to_gain() -> None:
    rng = np.random.default_rng(6)
    rows = made(0.0)
    truth = -1 + 0.2 * rows.codes[:, 0]
    parts = [Tables(SIZES, -1.0, {0: 0.2 * np.arange(6)})] * 3
    noise = rng.normal(scale=0.5, size=(2, len(truth)))
    rough, other = (Candidate(str(i), 1, truth + own, lambda: tuple(parts)) for i, own in enumerate(noise))
    known = Candidate("known", 1, truth, lambda: tuple(parts))
    pair = stacked(rows, rough, other).held_out
    assert best_stack(rows, [rough, other, known]).held_out == pytest.approx(
        stacked(rows, rough, other, known).held_out
    )
    assert (best_stack(rows, [rough, other]).held_out == pair).all()
    assert (best_stack(rows, [known, rough, other]).held_out == stacked(rows, known, rough).held_out).all()


def test_the_published_stack_is_the_weighted_sum_of_tables() -> None:
    rows = made(0.3)
    one = of_tables("glm", one_way(rows), rows)
    two = Candidate("pairs", 2, one.held_out + 0.1 * rows.codes[:, 2], lambda: tuple(second))
    second = [tables.plus(Tables(SIZES, 0.0, {2: 0.1 * np.arange(5)})) for tables in one.folds()]
    _, first, other = stack_weights(np.column_stack([one.held_out, two.held_out]), rows.counts, rows.exposure)
    for own, a, b in zip(stacked(rows, one, two).folds(), one.folds(), second, strict=True):
        said = first * a.log_rate(rows.codes) + other * b.log_rate(rows.codes)
        assert own.log_rate(rows.codes) == pytest.approx(said, abs=1e-9)
