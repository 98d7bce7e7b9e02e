import numpy as np
import pytest

from models.experience import Experience
from models.purify import joint, purify
from models.tables import Tables, average, of

SIZES = (4, 3, 5)


def random_tables(seed: int, triples: bool = False) -> Tables:
    rng = np.random.default_rng(seed)
    mains = {i: rng.normal(size=size) for i, size in enumerate(SIZES)}
    pairs = {(0, 1): rng.normal(size=(4, 3)), (1, 2): rng.normal(size=(3, 5))}
    return Tables(SIZES, -1.0, mains, pairs, {(0, 1, 2): rng.normal(size=SIZES)} if triples else {})


def experience(rows: int = 400, seed: int = 7) -> Experience:
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.integers(0, size, rows) for size in SIZES])
    exposure = rng.uniform(0.1, 2, rows)
    counts = rng.poisson(exposure * np.exp(0.3 * codes[:, 0])).astype(float)
    return Experience(codes, SIZES, (True, False, True), (0, 0, 0), exposure, counts, np.arange(rows) % 5)


def test_the_log_rate_is_the_sum_of_the_looked_up_values() -> None:
    tables = Tables((2, 2), 0.5, {0: np.array([0.0, 1.0])}, {(0, 1): np.array([[0.0, 10.0], [20.0, 30.0]])})
    assert tables.log_rate(np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).tolist() == [0.5, 10.5, 21.5, 31.5]


def test_a_merged_table_prices_codes_by_their_levels() -> None:
    level = np.array([0, 1, 1, 0])
    merged = Tables((4,), 0.0, {0: np.array([0.0, 2.0])}, levels={(0,): (level,)})
    assert merged.log_rate(np.arange(4)[:, None]).tolist() == [0.0, 2.0, 2.0, 0.0]
    assert merged.by_code((0,)).tolist() == [0.0, 2.0, 2.0, 0.0]
    assert merged.cells == 2


def test_the_average_and_the_scaled_are_those_of_the_log_rates() -> None:
    rows = experience()
    one, other = random_tables(1), random_tables(2, triples=True)
    mean = (one.log_rate(rows.codes) + other.log_rate(rows.codes)) / 2
    assert average([one, other]).log_rate(rows.codes) == pytest.approx(mean, abs=1e-12)
    assert one.scaled(0.3).log_rate(rows.codes) == pytest.approx(0.3 * one.log_rate(rows.codes), abs=1e-12)


def test_tables_of_other_levels_add_by_code() -> None:
    codes = np.arange(4)[:, None]
    one = Tables((4,), 0.0, {0: np.array([0.0, 2.0])}, levels={(0,): (np.array([0, 0, 1, 1]),)})
    other = Tables((4,), 1.0, {0: np.array([0.0, 5.0])}, levels={(0,): (np.array([0, 1, 1, 1]),)})
    assert one.plus(other).log_rate(codes).tolist() == [1.0, 6.0, 8.0, 8.0]


def test_tables_of_a_coarser_coding_have_an_exact_finer_form() -> None:
    coarse = Tables((2, 2), 0.0, {0: np.array([1.0, 2.0])}, {(0, 1): np.array([[0.0, 3.0], [4.0, 5.0]])})
    maps = (np.array([0, 0, 1]), np.array([0, 1, 1, 1]))
    codes = np.array([[0, 0], [1, 3], [2, 2], [2, 0]])
    at = np.column_stack([maps[0][codes[:, 0]], maps[1][codes[:, 1]]])
    assert coarse.finer(maps).log_rate(codes).tolist() == coarse.log_rate(at).tolist()


def test_anchoring_moves_the_base_and_no_rate() -> None:
    rows, tables = experience(), random_tables(3)
    anchored = tables.anchored([3, 0, 2])
    assert [anchored.mains[i][code] for i, code in enumerate([3, 0, 2])] == [0, 0, 0]
    assert anchored.log_rate(rows.codes) == pytest.approx(tables.log_rate(rows.codes), abs=1e-12)


def test_rebalancing_expects_as_many_claims_as_there_were() -> None:
    rows = experience()
    balanced = random_tables(4).rebalanced(rows)
    assert balanced.expected(rows).sum() == pytest.approx(rows.counts.sum(), rel=1e-12)


def test_rounded_relativities_are_whole_ppm() -> None:
    tables = random_tables(5).rounded()
    for key, values in tables.all().items():
        relativity = np.exp(values) * 1e6
        assert np.abs(relativity - np.rint(relativity)).max() < 1e-4, key
        assert values == pytest.approx(random_tables(5).all()[key], abs=1e-4)


@pytest.mark.parametrize("triples", [False, True])
def test_purifying_changes_no_rate_and_leaves_no_main_effect_in_a_pair(triples: bool) -> None:
    rows, tables = experience(), random_tables(6, triples)
    pure = purify(tables, rows)
    assert pure.log_rate(rows.codes) == pytest.approx(tables.log_rate(rows.codes), abs=1e-9)
    for key in pure.all():
        weight = joint(pure, key, rows)
        for axis in range(len(key)):
            assert np.abs((pure.all()[key] * weight).sum(axis=axis)).max() < 1e-6 * weight.sum(), key


def test_purifying_finds_the_main_effects_that_a_pair_hides() -> None:
    rows = experience()
    hidden = np.add.outer(np.arange(4.0), np.arange(3.0))
    pure = purify(of(SIZES, 0.0, {(0, 1): hidden}, {}), rows)
    assert np.abs(pure.pairs[0, 1]).max() < 1e-8
    assert np.diff(pure.mains[0]) == pytest.approx([1, 1, 1])


def test_an_experience_refuses_what_does_not_fit_together() -> None:
    codes, ones = np.zeros((3, 1), dtype=int), np.ones(3)
    folds = np.arange(3)
    with pytest.raises(ValueError, match="exposure above 0"):
        Experience(codes, (2,), (True,), (0,), np.zeros(3), ones, folds)
    with pytest.raises(ValueError, match="outside its factor's size"):
        Experience(codes + 2, (2,), (True,), (0,), ones, ones, folds)
    with pytest.raises(ValueError, match="only an ordered factor"):
        Experience(codes, (2,), (False,), (1,), ones, ones, folds)
