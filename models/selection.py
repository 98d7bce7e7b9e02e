"""Which model becomes the tables: the simplest whose held-out deviance lies within one standard error of the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.optimize import minimize

from models.experience import Experience, FloatArray, deviance, deviance_of_rows
from models.interactions import (
    CLAIMS_PER_LEAF,
    LARGE,
    Bag,
    best_pairs,
    boost,
    fold_tables,
    settings_for,
    within_one_error,
)
from models.merging import Limits, Merged, publish
from models.tables import Tables, average

NUMBERS = (1.0, 0.5, 0.25)  # of the most pairs allowed, tried as numbers of pairs


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model judged by rows it has not seen.

    held_out: log rate of each row by the model of the fold that holds it out, shape (n,); folds: makes the exact
    tables of each fold's model; factors: most factors of one table, which is what makes a tariff harder to read.
    """

    name: str
    factors: int
    held_out: FloatArray
    folds: Callable[[], tuple[Tables, ...]]


@dataclass(frozen=True, slots=True)
class Score:
    """deviance: held out, mean per record × 100; difference: to the best candidate, with its standard error (both
    × 100); cells: published cells.
    """

    name: str
    deviance: float
    difference: float
    error: float
    cells: int


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The candidates from simple to flexible, the winner's name, its tables as fitted, and as published."""

    scores: tuple[Score, ...]
    winner: str
    fitted: Tables
    merged: Merged

    @property
    def tables(self) -> Tables:
        """The winner's published tables."""
        return self.merged.tables


def fit(
    experience: Experience,
    glm: Sequence[Tables],
    limits: Limits,
    pairs: int = 20,
    bases: Sequence[int] | None = None,
    seed: int = 2026,
) -> Selection:
    """Fit the interactions, then select, merge and round.

    glm: the main-effect model of each fold of the experience, in the folds' order, with one size per factor as the
    experience. pairs: most tables of two factors; 0 leaves the GLM alone.
    """
    simple = of_tables("glm", glm, experience)
    if pairs == 0 or len(experience.sizes) < 2 or _fewest_claims(experience) < 2 * CLAIMS_PER_LEAF:
        return select([simple], experience, limits, bases)
    bag = fit_pairs(experience, pairs, seed)
    exact = cache(lambda: fold_tables(bag, experience.sizes))  # the stack asks for them again
    trees = Candidate("pairs", 2, bag.held_out, exact)
    rest = _on_top(experience, glm, bag, seed)
    return select([simple, rest, trees, stacked(experience, simple, trees)], experience, limits, bases)


def select(
    candidates: Sequence[Candidate], experience: Experience, limits: Limits, bases: Sequence[int] | None = None
) -> Selection:
    """Of the candidates of fewest factors per table within one standard error of the best: the best of them."""
    rows = [deviance_of_rows(experience.counts, _expected(experience, each.held_out)) for each in candidates]
    best = min(rows, key=lambda row: float(row.mean()))
    near = [place for place, row in enumerate(rows) if within_one_error(row, best)]
    chosen = min(near, key=lambda place: (candidates[place].factors, float(rows[place].mean()), place))
    fitted = [average(each.folds()).rebalanced(experience) for each in candidates]
    merged = [publish(tables, experience, limits, bases) for tables in fitted]
    scores = [
        Score(each.name, *_compared(row, best), cells=own.tables.cells)
        for each, row, own in zip(candidates, rows, merged, strict=True)
    ]
    return Selection(tuple(scores), candidates[chosen].name, fitted[chosen], merged[chosen])


def of_tables(name: str, folds: Sequence[Tables], experience: Experience) -> Candidate:
    """A candidate from the tables of its fold models; ValueError where their number is not that of the folds."""
    if len(folds) != len(experience.parts):
        raise ValueError(f"{len(folds)} fold models for {len(experience.parts)} folds")
    held = np.empty(len(experience.counts))
    for part, tables in zip(experience.parts, folds, strict=True):
        out = experience.folds == part
        held[out] = tables.log_rate(experience.codes[out])
    return Candidate(
        name, max((len(key) for each in folds for key in each.all()), default=0), held, lambda: tuple(folds)
    )


def fit_pairs(experience: Experience, pairs: int, seed: int) -> Bag:
    """The best pairs by boosting; with few rows also with half of the factors at each split, if that is better."""
    settings = settings_for(experience, seed)
    numbers = sorted({max(1, int(pairs * share)) for share in NUMBERS}, reverse=True)
    bag = best_pairs(experience, settings, numbers)
    if len(experience.counts) > LARGE:
        return bag
    other = boost(experience, replace(settings, share=0.5), bag.keys)
    return min(bag, other, key=lambda each: deviance(experience.counts, _expected(experience, each.held_out)))


def stacked(experience: Experience, first: Candidate, second: Candidate) -> Candidate:
    """Both candidates' log rates, each times a weight of at least zero.

    The weights that judge a fold come from the other folds; those that are published from all.
    """
    logs = np.column_stack([first.held_out, second.held_out])
    held = np.empty(len(logs))
    for part in experience.parts:
        out = experience.folds == part
        constant, *weights = stack_weights(logs[~out], experience.counts[~out], experience.exposure[~out])
        held[out] = constant + logs[out] @ weights
    _, *whole = stack_weights(logs, experience.counts, experience.exposure)

    def folds() -> tuple[Tables, ...]:
        pairs = zip(first.folds(), second.folds(), strict=True)
        return tuple(one.scaled(whole[0]).plus(other.scaled(whole[1])) for one, other in pairs)

    return Candidate("stack", max(first.factors, second.factors), held, folds)


def stack_weights(logs: FloatArray, counts: FloatArray, exposure: FloatArray) -> tuple[float, float, float]:
    """Constant and weights of at least zero of two log rates with the least Poisson deviance."""
    middle = logs.mean(axis=0)
    design = np.column_stack([np.ones(len(logs)), logs - middle])

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        linear = design @ weights
        expected = exposure * np.exp(linear)
        value = (expected - counts * linear).sum() / counts.sum()
        return float(value), design.T @ (expected - counts) / counts.sum()

    start = np.array([np.log(counts.sum() / exposure.sum()), 0.5, 0.5])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None), (0, None)])
    if not found.success:
        raise ValueError(f"no weights found to stack with: {found.message}")
    constant, one, other = (float(value) for value in found.x)
    return constant - one * float(middle[0]) - other * float(middle[1]), one, other


def _on_top(experience: Experience, glm: Sequence[Tables], bag: Bag, seed: int) -> Candidate:
    """The same pairs grown on each fold's own GLM."""
    rest = boost(experience, settings_for(experience, seed), bag.keys, before=glm)
    return Candidate(
        "glm_pairs",
        2,
        rest.held_out,
        lambda: tuple(base.plus(more) for base, more in zip(glm, fold_tables(rest, experience.sizes), strict=True)),
    )


def _fewest_claims(experience: Experience) -> float:
    """Claims of the poorest fold's training rows."""
    return min(float(experience.counts[experience.folds != part].sum()) for part in experience.parts)


def _expected(experience: Experience, log_rate: FloatArray) -> FloatArray:
    return np.asarray(experience.exposure * np.exp(log_rate))


def _compared(row: FloatArray, best: FloatArray) -> tuple[float, float, float]:
    worse = row - best
    return float(100 * row.mean()), float(100 * worse.mean()), float(100 * worse.std() / np.sqrt(len(row)))
