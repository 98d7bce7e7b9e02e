"""Tables of three factors: exact, on few codes, and only where rows held out want them."""

from dataclasses import replace

import numpy as np
import pytest

from models.candidates import Candidate, of_tables
from models.certificate import hold, steps
from models.experience import Experience
from models.interactions import boost, fold_tables
from models.merging import Limits, publish
from models.names import NAMES
from models.selection import Wishes, fit, select
from models.tables import Tables, average
from models.trees import Settings
from models.triples import CODES, coarser, fit_triples, joined

SIZES = (40, 4, 5)
QUICK = Settings(learning_rate=0.1, rows_per_leaf=40, most_trees=100, at_a_time=50, patience=20)


def made(effect: float, rows: int = 6000, seed: int = 5) -> Experience:
    """Only all three factors together say which rows are high: no pair shows it alone, but a weak one of each."""
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.integers(0, size, rows) for size in SIZES])
    exposure = rng.uniform(0.5, 1, rows)
    first, second, third = codes[:, 0] > 19, codes[:, 1] % 2 == 0, codes[:, 2] > 1
    both = 0.4 * (first == second) + 0.4 * (second == third)
    log_rate = -1 + both + effect * np.where(first ^ second ^ third, 1.0, -1.0)
    counts = rng.poisson(exposure * np.exp(log_rate)).astype(float)
    return Experience(codes, SIZES, (True, False, True), (0, 0, 0), exposure, counts, np.arange(rows) % 3)


def flat(rows: Experience) -> list[Tables]:
    """For each fold the mean rate of its other rows."""
    folds = []
    for part in rows.parts:
        seen = rows.where(rows.folds != part)
        folds.append(Tables(SIZES, float(np.log(seen.counts.sum() / seen.exposure.sum()))))
    return folds


def test_triples_are_made_of_pairs_that_share_a_factor() -> None:
    assert joined([(0, 1), (2, 3)]) == []
    assert joined([(0, 1), (1, 2)]) == [(0, 1, 2)]
    pairs = [(0, 1), (1, 2), (3, 4), (1, 3), (0, 2)]
    assert joined(pairs)[0] == (0, 1, 2)
    assert set(joined(pairs)) == {(0, 1, 2), (0, 1, 3), (1, 2, 3), (1, 3, 4)}


def test_a_monotone_factor_is_in_no_triple() -> None:
    """Its certificate is a sum over tables of smallest steps, and pairs that leave a triple make that sum smaller."""
    rows = replace(made(0.5, rows=300), monotone=(1, 0, 0))
    assert fit_triples(rows, flat(rows), [(0, 1), (1, 2)], 3, QUICK) is None


def test_coarser_codes_are_few_and_keep_what_is_missing_apart() -> None:
    rows = replace(made(0.0), outside=(1, 0, 0))
    coarse, maps = coarser(rows)
    assert coarse.sizes == (CODES, 4, 5)
    assert maps[0][39] == CODES - 1 > maps[0][38]
    assert (np.diff(maps[0]) >= 0).all()
    assert coarse.ranked == (CODES - 1, 0, 5)
    for place, own in enumerate(maps):
        assert (coarse.codes[:, place] == own[rows.codes[:, place]]).all()


@pytest.mark.slow
def test_the_tables_equal_the_trees_before_any_merging() -> None:
    rows = made(0.5)
    before = flat(rows)
    grown = fit_triples(rows, before, [(0, 1), (1, 2)], 3, QUICK)
    assert grown is not None
    assert grown.bag.keys == ((0, 1, 2),)
    coarse = np.column_stack([own[rows.codes[:, place]] for place, own in enumerate(grown.maps)])
    for tables, model in zip(grown.folds(), grown.bag.log_rates, strict=True):
        assert tables.triples[0, 1, 2].shape == (CODES, 4, 5)
        assert np.abs(tables.log_rate(rows.codes) - model(coarse)).max() < 1e-9
    part = rows.folds == 1
    said = before[1].log_rate(rows.codes[part]) + grown.folds()[1].log_rate(rows.codes[part])
    assert grown.bag.held_out[part] == pytest.approx(said, abs=1e-9)


@pytest.mark.slow
def test_merging_finds_the_two_halves_of_each_factor() -> None:
    rows = made(0.7)
    grown = fit_triples(rows, flat(rows), [(0, 1), (1, 2)], 1, QUICK)
    assert grown is not None
    fitted = average([own.plus(more) for own, more in zip(flat(rows), grown.folds(), strict=True)]).rebalanced(rows)
    tables = publish(fitted, rows, Limits(cells=200, price=10.0)).tables
    assert tables.triples[0, 1, 2].shape == (2, 2, 2)
    split = tables.levels_of((0, 1, 2))[0]
    assert abs(int((split == 0).sum()) - 20) <= 3  # the coarse codes of like exposure do not start at code 20
    assert tables.expected(rows).sum() == pytest.approx(rows.counts.sum())


@pytest.mark.parametrize("sign", [0, 1])
def test_publishing_without_a_price_changes_nothing_but_what_the_certificate_asks(sign: int) -> None:
    """Tables of three factors merge at their few levels; where a factor is monotone, at the one partition of all."""
    rng = np.random.default_rng(6)
    sizes = (200, 4, 30)
    few = (np.arange(200) // 20, np.arange(4), np.arange(30) // 5)
    rows = coded(sizes, (sign, 0, 0))
    values = {
        0: np.sort(rng.normal(size=10)).repeat(20),
        1: rng.normal(size=4),
        2: rng.normal(size=6).repeat(5),
    }
    three = {(0, 1, 2): 0.02 * rng.normal(size=(10, 4, 6))}
    tables = Tables(sizes, -1.0, values, {}, three, {(0, 1, 2): few})
    certain = hold(tables, 0, 1, np.ones(200)) if sign else tables
    published = publish(certain, rows, Limits(cells=10_000, price=1e-9)).tables
    gap = np.ptp(published.log_rate(rows.codes) - certain.log_rate(rows.codes))
    assert published.triples[0, 1, 2].shape[1:] == (4, 6)
    if sign:
        assert steps(published, 0, 1).min() > -1e-12
    else:
        assert gap < 5e-5


def coded(sizes: tuple[int, ...], monotone: tuple[int, ...], rows: int = 20_000) -> Experience:
    rng = np.random.default_rng(2)
    codes = np.column_stack([rng.integers(0, size, rows) for size in sizes])
    ones = np.ones(rows)
    return Experience(codes, sizes, (True, False, True), monotone, ones, ones, np.arange(rows) % 3)


@pytest.mark.slow
@pytest.mark.parametrize(("effect", "wanted"), [(0.4, True), (0.0, False)])
def test_more_trees_of_the_pairs_are_no_reason_for_triples(effect: float, wanted: bool) -> None:
    rows = made(effect)
    pairs = boost(rows, QUICK, [(0, 1), (1, 2), (0, 2)])
    grown = fit_triples(rows, fold_tables(pairs, rows.sizes), pairs.keys or (), 2, QUICK)
    assert grown is not None
    assert grown.wanted is wanted


@pytest.mark.slow
def test_three_factors_are_published_where_held_out_rows_want_them() -> None:
    rows = made(0.6)
    found = fit(rows, flat(rows), Limits(cells=300), Wishes(pairs=3, triples=2))
    assert [score.name for score in found.scores] == list(NAMES)
    assert found.winner == "triples"
    assert found.tables.triples
    assert found.tables.cells <= 300


def test_a_candidate_that_is_not_wanted_is_shown_and_never_chosen() -> None:
    rows = made(0.0, rows=500)
    simple = of_tables("glm", flat(rows), rows)
    truth = Candidate("triples", 3, np.log((rows.counts + 0.5) / rows.exposure), simple.folds, wanted=False)
    found = select([simple, truth], rows, Limits())
    assert found.winner == "glm"
    assert [score.name for score in found.scores] == ["glm", "triples"]
