"""Held-out rows say how much a published cell has to save."""

import numpy as np
import pytest

from models.coarsening import PRICES, chosen_limits, held_out
from models.experience import Experience, FloatArray, deviance_of_rows
from models.merging import Limits, publish
from models.tables import Tables, average


def made(truth: FloatArray, rows: int) -> tuple[Experience, list[Tables]]:
    """Claims of a factor of forty codes, with each fold's observed rate of every code as its model: nothing is held."""
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 40, (rows, 1))
    counts = rng.poisson(np.exp(truth[codes[:, 0]])).astype(float)
    experience = Experience(codes, (40,), (True,), (0,), np.ones(rows), counts, np.arange(rows) % 4)
    folds = []
    for part in range(4):
        seen = experience.where(experience.folds != part)
        claims, many = (np.bincount(seen.codes[:, 0], weight, 40) for weight in (seen.counts, seen.exposure))
        folds.append(Tables((40,), 0.0, {0: np.log((claims + 0.5) / (many + 0.5))}))
    return experience, folds


TWO = np.repeat([-1.0, 0.0], 20)
FORTY = np.random.default_rng(1).normal(scale=0.5, size=40)


def test_where_many_levels_are_chance_few_are_published() -> None:
    experience, folds = made(TWO, 3000)
    limits = chosen_limits(folds, experience, Limits())
    assert limits.price >= 1
    few, many = (publish(folds[0], experience, each).tables for each in (limits, Limits()))
    assert few.cells < 0.7 * many.cells
    aim = np.exp(TWO[experience.codes[:, 0]])
    off = [float(np.abs(tables.expected(experience) - aim).mean()) for tables in (few, many)]
    assert off[0] < off[1]


def test_where_many_levels_are_true_they_stay() -> None:
    experience, folds = made(FORTY, 4000)
    limits = chosen_limits(folds, experience, Limits())
    assert limits.price == PRICES[0]
    assert publish(folds[0], experience, limits).tables.cells > 30


@pytest.mark.parametrize("truth", [TWO, FORTY], ids=["two", "forty"])
def test_rows_are_judged_by_tables_merged_without_them(truth: FloatArray) -> None:
    """Tried by hand: each fold's tables merged with the other rows; of the prices near the best the lowest."""
    experience, folds = made(truth, 1200)
    prices = (0.01, 0.3, 3.0)
    rows = held_out(folds, experience, Limits(), prices)
    for place, price in enumerate(prices):
        for part, tables in enumerate(folds):
            out = experience.folds == part
            inside, outside = experience.where(~out), experience.where(out)
            expected = publish(tables, inside, Limits(price=price)).tables.expected(outside)
            assert rows[place, out] == pytest.approx(deviance_of_rows(outside.counts, expected), abs=1e-9)
    best = rows[rows.mean(axis=1).argmin()]
    near = [(row - best).mean() <= (row - best).std() / np.sqrt(len(best)) + 1e-9 for row in rows]
    assert chosen_limits(folds, experience, Limits(), prices).price == prices[near.index(True)]


def test_the_bound_of_cells_holds_at_every_price() -> None:
    experience, folds = made(FORTY, 4000)
    limits = chosen_limits(folds, experience, Limits(cells=7))
    assert publish(folds[0], experience, limits).tables.cells <= 7 == limits.cells


@pytest.mark.parametrize("fidelity", [0.05, 0.01, 0.002])
def test_few_levels_are_not_bought_by_leaving_the_model(fidelity: float) -> None:
    experience, folds = made(TWO, 3000)
    fitted = average(folds).rebalanced(experience)
    gap = {}
    for bound in (np.inf, fidelity):
        limits = chosen_limits(folds, experience, Limits(fidelity=bound))
        ratio = publish(fitted, experience, limits).tables.expected(experience) / fitted.expected(experience)
        gap[bound] = np.abs(ratio - 1).mean()
    assert gap[fidelity] <= fidelity < gap[np.inf]


@pytest.mark.parametrize("bound", [3, 5])
def test_a_factor_has_no_more_levels_than_the_plan_allows(bound: int) -> None:
    experience, folds = made(FORTY, 4000)
    free, tables = (publish(folds[0], experience, Limits(levels=each)).tables for each in ((), (bound,)))
    assert len(free.mains[0]) > bound == len(tables.mains[0])
