"""Few levels from many codes: what is equal merges first, and a rate that rises keeps rising."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from models.certificate import hold, hold_ppm, steps
from models.experience import Experience
from models.merging import Limits, publish
from models.tables import Tables, ppm
from models.ward import means, merged_axis, stages


def experience(rows: int = 3000, seed: int = 5, rising: int = 0) -> Experience:
    rng = np.random.default_rng(seed)
    sizes = (30, 8, 20)
    codes = np.column_stack([rng.integers(0, size, rows) for size in sizes])
    exposure = rng.uniform(0.5, 1, rows)
    counts = rng.poisson(exposure).astype(float)
    return Experience(codes, sizes, (True, False, True), (rising, 0, 0), exposure, counts, np.arange(rows) % 5)


def stepped(noise: float = 0.0) -> Tables:
    """Main effects of three and two true levels, one pair of 2 × 2 true levels, and noise on every code."""
    rng = np.random.default_rng(1)
    first = np.repeat([0.0, 0.5, 1.0], 10) + noise * rng.normal(size=30)
    second = np.tile([0.0, 0.8], 4) + noise * rng.normal(size=8)
    pair = np.multiply.outer(np.repeat([-0.3, 0.3], 15), np.tile([-1.0, 1.0], 4)) + noise * rng.normal(size=(30, 8))
    return Tables((30, 8, 20), 0.0, {0: first, 1: second, 2: np.zeros(20)}, {(0, 1): pair})


def test_ward_joins_equal_neighbours_first() -> None:
    values = np.array([1.0, 1.0, 5.0, 5.0, 1.0])[:, None]
    assert merged_axis(values, np.ones((5, 1)), 5, 3).tolist() == [0, 0, 1, 1, 2]
    assert merged_axis(values, np.ones((5, 1)), 0, 2).tolist() == [0, 0, 1, 1, 0]


def test_ward_minds_the_weight() -> None:
    """The light end joins: 1·100/101 · 1 against 100·100/200 · 2.25, then 100·1/101 · 2.25 against 100·100/200 · 1."""
    values, weight = np.array([[0.0], [1.0], [2.5]]), np.array([[1.0], [100.0], [100.0]])
    assert merged_axis(values, weight, 3, 2).tolist() == [0, 0, 1]
    assert merged_axis(values, weight[::-1], 3, 2).tolist() == [0, 1, 1]


@pytest.mark.parametrize("ordered", [True, False])
def test_the_cost_of_a_stage_is_the_square_it_loses(ordered: bool) -> None:
    rng = np.random.default_rng(2)
    values, weight = rng.normal(size=(9, 7)), rng.uniform(0, 2, size=(9, 7))
    found = list(stages(values, weight, (9, 7) if ordered else (0, 0), (6, 6)))
    assert [stage.cells for stage in found] == sorted((stage.cells for stage in found), reverse=True)
    assert found[-1].cells == 1
    for stage in found:
        mean, _ = means(values, weight, stage.levels)
        lost = (weight * (values - mean[np.ix_(*stage.levels)]) ** 2).sum()
        assert stage.cost == pytest.approx(lost, abs=1e-9)


def test_a_cell_without_weight_is_neutral() -> None:
    mean, mass = means(np.full((2, 2), 3.0), np.array([[1.0, 0.0], [1.0, 1.0]]), (np.arange(2), np.arange(2)))
    assert mean.tolist() == [[3.0, 0.0], [3.0, 3.0]]
    assert mass.tolist() == [[1.0, 0.0], [1.0, 1.0]]


def test_true_levels_are_found_and_the_flat_factor_is_not_published() -> None:
    """With equal exposure everywhere, where a pair is pure as it stands."""
    codes = np.indices((30, 8, 20)).reshape(3, -1).T
    ones = np.ones(len(codes))
    rows = replace(experience(len(codes)), codes=codes, exposure=ones, counts=ones)
    tables = stepped()
    merged = publish(tables, rows, Limits()).tables
    shapes = {key: values.shape for key, values in merged.all().items()}
    assert set(shapes) == {(0,), (1,), (0, 1)}
    assert shapes[0, 1] == (2, 2)
    relative = merged.log_rate(rows.codes) - tables.log_rate(rows.codes)
    assert np.ptp(relative) < 0.05


def test_cells_keep_the_bound_and_every_step_says_its_cost() -> None:
    rows, tables = experience(), stepped(noise=0.3)
    free = publish(tables, rows, Limits(cells=10_000))
    bound = publish(tables, rows, Limits(cells=25))
    assert free.tables.cells > 25 >= bound.tables.cells
    cells = [step.cells for step in bound.steps]
    assert cells == sorted(cells, reverse=True)
    assert bound.steps[0].price == 0
    assert cells[0] == tables.cells
    assert cells[-1] == bound.tables.cells


def test_published_tables_are_whole_ppm_and_balanced() -> None:
    rows = experience()
    merged = publish(stepped(noise=0.1), rows, Limits(cells=60), bases=(4, 2, 0)).tables
    assert merged.expected(rows).sum() == pytest.approx(rows.counts.sum(), rel=1e-9)
    for values in merged.all().values():
        assert np.abs(np.exp(values) * 1e6 - ppm(values)).max() < 1e-4
    assert merged.by_code((0,))[4] == 0
    assert merged.by_code((1,))[2] == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_monotone_factor_stays_monotone_in_whole_ppm(sign: int) -> None:
    """Checked with exact fractions over every combination of the other factors."""
    rows = experience(rising=sign)
    rng = np.random.default_rng(8)
    pair = rng.normal(scale=0.2, size=(30, 8))
    other = rng.normal(scale=0.2, size=(30, 20))
    rough = Tables(
        rows.sizes, 0.0, {i: rng.normal(size=n) for i, n in enumerate(rows.sizes)}, {(0, 1): pair, (0, 2): other}
    )
    start = hold(rough, 0, sign, np.ones(30))
    assert steps(start, 0, sign).min() > -1e-12
    tables = publish(start, rows, Limits(cells=400)).tables
    whole = {key: ppm(tables.by_code(key)) for key in tables.all() if 0 in key}
    assert len(whole) == 3
    for second, third in product(range(8), range(20)):
        of_code = [int(whole[(0,)][a]) * int(whole[0, 1][a, second]) * int(whole[0, 2][a, third]) for a in range(30)]
        assert of_code == sorted(of_code, reverse=sign < 0)


def test_merging_a_monotone_factor_keeps_the_certificate_without_repair() -> None:
    """One shared partition with marginal weights: means of columns that rise are columns that rise."""
    rows = experience(rising=1)
    slope = np.multiply.outer(np.linspace(-1, 1, 30), np.linspace(-0.4, 0.4, 8))
    tables = Tables(rows.sizes, 0.0, {0: np.linspace(0, 1, 30)}, {(0, 1): slope})
    merged = publish(tables, rows, Limits(cells=80)).tables
    levels = {tuple(merged.levels_of(key)[key.index(0)]) for key in merged.all() if 0 in key}
    assert len(levels) == 1
    assert steps(merged, 0, 1).min() >= -1e-12


def test_rounding_that_steps_back_is_repaired_by_one_ppm() -> None:
    tables = Tables((2, 2), 0.0, {0: np.log([1.0, 1.0])}, {(0, 1): np.log([[1.000001, 1.0], [1.0, 1.0]])})
    assert steps(tables, 0, 1)[0] < 0
    repaired = hold_ppm(tables, 0, 1)
    assert ppm(repaired.mains[0]).tolist() == [1_000_000, 1_000_001]
    assert steps(repaired, 0, 1)[0] > -1e-12


def test_a_bound_that_a_monotone_factor_cannot_keep_is_refused() -> None:
    rows = replace(experience(), monotone=(1, 0, 0))
    with pytest.raises(ValueError, match="cells at least"):
        publish(Tables(rows.sizes, 0.0, {0: np.linspace(0, 1, 30)}), rows, Limits(cells=5))
