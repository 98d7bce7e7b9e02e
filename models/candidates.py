"""Models that may become the tables, each with what it says of the rows that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, reduce

import numpy as np
from scipy.optimize import minimize

from models.experience import Experience, FloatArray, deviance_of_rows
from models.interactions import Bag, boost, fold_tables, within_one_error
from models.names import GLM_PAIRS, PAIRS, STACK, TRIPLES
from models.tables import Tables
from models.trees import Settings
from models.triples import Triples


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model judged by rows it has not seen.

    held_out: log rate of each row by the model of the fold that holds it out, shape (n,); folds: makes the exact
    tables of each fold's model; factors: most factors of one table, which is what makes a tariff harder to read;
    wanted: False where a simpler model that is made in the same way does as well, so that this one is only shown.
    """

    name: str
    factors: int
    held_out: FloatArray
    folds: Callable[[], tuple[Tables, ...]]
    wanted: bool = True


def of_tables(name: str, folds: Sequence[Tables], experience: Experience) -> Candidate:
    """A candidate from the tables of its fold models; ValueError where their number is not that of the folds."""
    if len(folds) != len(experience.parts):
        raise ValueError(f"{len(folds)} fold models for {len(experience.parts)} folds")
    held = np.empty(len(experience.counts))
    for part, tables in zip(experience.parts, folds, strict=True):
        out = experience.folds == part
        held[out] = tables.log_rate(experience.codes[out])
    most = max((len(key) for each in folds for key in each.all()), default=0)
    return Candidate(name, most, held, lambda: tuple(folds))


def of_bag(bag: Bag, experience: Experience) -> Candidate:
    """Pairs by trees alone. The tables are made once: other candidates ask for them again."""
    return Candidate(PAIRS, 2, bag.held_out, cache(lambda: fold_tables(bag, experience.sizes)))


def on_top(experience: Experience, glm: Sequence[Tables], bag: Bag, settings: Settings) -> Candidate:
    """The pairs of a bag grown on each fold's own GLM."""
    rest = boost(experience, settings, bag.keys, before=glm)

    def folds() -> tuple[Tables, ...]:
        more = fold_tables(rest, experience.sizes)
        return tuple(base.plus(own) for base, own in zip(glm, more, strict=True))

    return Candidate(GLM_PAIRS, 2, rest.held_out, cache(folds))


def of_triples(before: Candidate, triples: Triples) -> Candidate:
    """Tables of three factors on top of another candidate."""

    def folds() -> tuple[Tables, ...]:
        return tuple(base.plus(own) for base, own in zip(before.folds(), triples.folds(), strict=True))

    return Candidate(TRIPLES, 3, triples.bag.held_out, cache(folds), triples.wanted)


def best_stack(experience: Experience, several: Sequence[Candidate]) -> Candidate:
    """The first two with weights; all of them where rows held out are better for that by more than a standard error."""
    two, all_of_them = stacked(experience, *several[:2]), stacked(experience, *several)
    rows = [
        deviance_of_rows(experience.counts, experience.exposure * np.exp(each.held_out)) for each in (two, all_of_them)
    ]
    return two if within_one_error(rows[0], rows[1]) else all_of_them


def stacked(experience: Experience, *several: Candidate) -> Candidate:
    """The candidates' log rates, each times a weight of at least zero.

    The weights that judge a fold come from the other folds; those that are published from all.
    """
    logs = np.column_stack([each.held_out for each in several])
    held = np.empty(len(logs))
    for part in experience.parts:
        out = experience.folds == part
        constant, *weights = stack_weights(logs[~out], experience.counts[~out], experience.exposure[~out])
        held[out] = constant + logs[out] @ weights
    _, *whole = stack_weights(logs, experience.counts, experience.exposure)
    used = [(each, weight) for each, weight in zip(several, whole, strict=True) if weight > 0] or [(several[0], 0.0)]

    def folds() -> tuple[Tables, ...]:
        scaled = [[tables.scaled(weight) for tables in each.folds()] for each, weight in used]
        return tuple(reduce(Tables.plus, own) for own in zip(*scaled, strict=True))

    return Candidate(STACK, max(each.factors for each in several), held, folds)


def stack_weights(logs: FloatArray, counts: FloatArray, exposure: FloatArray) -> tuple[float, ...]:
    """Constant and weights of at least zero of log rates, one per column, with the least Poisson deviance."""
    middle, columns = logs.mean(axis=0), logs.shape[1]
    design = np.column_stack([np.ones(len(logs)), logs - middle])

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        linear = design @ weights
        expected = exposure * np.exp(linear)
        value = (expected - counts * linear).sum() / counts.sum()
        return float(value), design.T @ (expected - counts) / counts.sum()

    start = np.append(np.log(counts.sum() / exposure.sum()), np.full(columns, 1 / columns))
    bounds = [(None, None), *[(0, None)] * columns]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    if not found.success:
        raise ValueError(f"no weights found to stack with: {found.message}")
    constant, weights = float(found.x[0]), found.x[1:]
    return constant - float(weights @ middle), *weights.tolist()
