"""Which model becomes the tables: the simplest whose held-out deviance lies within one standard error of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.candidates import Candidate, best_stack, of_bag, of_tables, of_triples, on_top
from models.coarsening import chosen_limits
from models.declared import Declared, judge
from models.experience import Experience, FloatArray, deviance, deviance_of_rows
from models.interactions import (
    CLAIMS_PER_LEAF,
    LARGE,
    Bag,
    best_pairs,
    boost,
    held_out,
    settings_for,
    within_one_error,
)
from models.merging import Limits, Merged, publish
from models.names import GLM, GLM_PAIRS, NAMES, PAIRS, STACK, TRIPLES
from models.tables import Key, Tables, average
from models.triples import fit_triples

NUMBERS = (1.0, 0.5, 0.25)  # of the most pairs allowed, tried as numbers of pairs


@dataclass(frozen=True, slots=True)
class Wishes:
    """What may be fitted. candidates: names of `NAMES` that are judged; pairs, triples: most tables of two and of three
    factors; declared: pairs that are always tried; alone: factors that act alone, as curves do.
    """

    candidates: tuple[str, ...] = NAMES
    pairs: int = 20
    triples: int = 0
    declared: tuple[Key, ...] = ()
    alone: tuple[int, ...] = ()
    seed: int = 2026


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
    """The candidates from simple to flexible, the winner's name, its tables as fitted, and as published.

    declared: what was found of each declared pair, none where no tree was grown.
    """

    scores: tuple[Score, ...]
    winner: str
    fitted: Tables
    merged: Merged
    declared: tuple[Declared, ...] = ()

    @property
    def tables(self) -> Tables:
        """The winner's published tables."""
        return self.merged.tables


def fit(
    experience: Experience,
    glm: Sequence[Tables],
    limits: Limits,
    wishes: Wishes | None = None,
    bases: Sequence[int] | None = None,
) -> Selection:
    """Fit the interactions, then select, merge and round.

    glm: the main-effect model of each fold of the experience, in the folds' order, with one size per factor as the
    experience. With too few claims for a tree in any fold, or no two factors that may act together, only the GLM is
    judged, whatever was wished.
    """
    wanted = wishes or Wishes()
    simple = of_tables(GLM, glm, experience)
    together = len(experience.sizes) - len(wanted.alone) > 1
    if not wanted.pairs or not together or _fewest_claims(experience) < 2 * CLAIMS_PER_LEAF:
        return select([simple], experience, limits, bases)
    if set(wanted.candidates) == {GLM}:
        return select([simple], experience, limits, bases)
    bag, declared = fit_pairs(experience, wanted)
    made = _made(experience, glm, bag, wanted)
    named = [made[name] for name in NAMES if name in made and name in wanted.candidates]
    return replace(select(named or [simple], experience, limits, bases), declared=declared)


def select(
    candidates: Sequence[Candidate], experience: Experience, limits: Limits, bases: Sequence[int] | None = None
) -> Selection:
    """Of the candidates of fewest factors per table within one standard error of the best: the best of them.

    Its fold models choose the price of a published cell; the cells of the others are counted at the same price.
    """
    rows = [deviance_of_rows(experience.counts, _expected(experience, each.held_out)) for each in candidates]
    wanted = [place for place, each in enumerate(candidates) if each.wanted] or list(range(len(rows)))
    best = min((rows[place] for place in wanted), key=lambda row: float(row.mean()))
    near = [place for place in wanted if within_one_error(rows[place], best)]
    chosen = min(near, key=lambda place: (candidates[place].factors, float(rows[place].mean()), place))
    priced = chosen_limits(candidates[chosen].folds(), experience, limits)
    fitted = [average(each.folds()).rebalanced(experience) for each in candidates]
    merged = [publish(tables, experience, priced, bases) for tables in fitted]
    scores = [
        Score(each.name, *_compared(row, best), cells=own.tables.cells)
        for each, row, own in zip(candidates, rows, merged, strict=True)
    ]
    return Selection(tuple(scores), candidates[chosen].name, fitted[chosen], merged[chosen])


def fit_pairs(experience: Experience, wishes: Wishes) -> tuple[Bag, tuple[Declared, ...]]:
    """The best pairs by boosting; with few rows also with half of the factors at each split, if that is better."""
    settings = settings_for(experience, wishes.seed)
    numbers = sorted({max(1, int(wishes.pairs * share)) for share in NUMBERS}, reverse=True)
    bag = best_pairs(experience, settings, numbers, wishes.declared, wishes.alone)
    if len(experience.counts) <= LARGE:
        halved = replace(settings, share=0.5)
        other = boost(experience, halved, bag.keys)
        if held_out(other, experience).sum() < held_out(bag, experience).sum():
            bag, settings = other, halved
    return judge(bag, experience, settings, wishes.declared)


def _made(experience: Experience, glm: Sequence[Tables], bag: Bag, wishes: Wishes) -> dict[str, Candidate]:
    """The candidates that are wished for, with what they are made of."""
    settings = settings_for(experience, wishes.seed)
    made = {GLM: of_tables(GLM, glm, experience), PAIRS: of_bag(bag, experience)}
    if GLM_PAIRS in wishes.candidates:
        made[GLM_PAIRS] = on_top(experience, glm, bag, settings)
    if STACK in wishes.candidates:
        made[STACK] = best_stack(experience, list(made.values()))
    if TRIPLES in wishes.candidates and wishes.triples:
        before = min(made.values(), key=lambda each: _deviance(experience, each))
        grown = fit_triples(experience, before.folds(), bag.keys or (), wishes.triples, settings)
        if grown is not None:
            made[TRIPLES] = of_triples(before, grown)
    return made


def _deviance(experience: Experience, candidate: Candidate) -> float:
    return deviance(experience.counts, _expected(experience, candidate.held_out))


def _fewest_claims(experience: Experience) -> float:
    """Claims of the poorest fold's training rows."""
    return min(float(experience.counts[experience.folds != part].sum()) for part in experience.parts)


def _expected(experience: Experience, log_rate: FloatArray) -> FloatArray:
    return np.asarray(experience.exposure * np.exp(log_rate))


def _compared(row: FloatArray, best: FloatArray) -> tuple[float, float, float]:
    worse = row - best
    return float(100 * row.mean()), float(100 * worse.mean()), float(100 * worse.std() / np.sqrt(len(row)))
