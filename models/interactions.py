"""Boosted trees of at most two (or three) factors each: the interactions that tables can hold exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor

from models.experience import Experience, FloatArray, IntArray, deviance_of_rows
from models.purify import joint, purify, spread
from models.tables import Key, Tables, average
from models.tabulate import LogRate, every_pair, tabulate, thinned
from models.trees import MOST_CODES, Settings, Trees, begin

LARGE = 100_000
CLAIMS_PER_LEAF = 40
RANKED_CODES = 48


@dataclass(frozen=True, slots=True, eq=False)
class Bag:
    """One model per fold, all of as many trees: `log_rates` by fold; held_out: log rate of each row by the model that
    did not see it, shape (n,); keys: the interactions allowed, None where all pairs were. What was fitted before
    (an offset) is not in `log_rates`, but in `held_out`.
    """

    log_rates: tuple[LogRate, ...]
    trees: int
    held_out: FloatArray
    keys: tuple[Key, ...] | None


def settings_for(experience: Experience, seed: int = 2026) -> Settings:
    """Learning rate by the number of rows; leaves of about as many rows as hold 40 claims."""
    rows, claims = len(experience.counts), float(experience.counts.sum())
    per_leaf = rows if claims == 0 else round(CLAIMS_PER_LEAF * rows / claims)
    rate = 0.1 if rows > LARGE else 0.05
    return Settings(learning_rate=rate, rows_per_leaf=int(np.clip(per_leaf, 1, max(rows // 10, 1))), seed=seed)


def boost(
    experience: Experience,
    settings: Settings,
    keys: Iterable[Key] | None = None,
    before: Sequence[Tables] | None = None,
) -> Bag:
    """Grow one model per fold in step, until the rows held out gain nothing more: one number of trees for all.

    keys: the interactions allowed (None: every pair). before: what is already fitted, one for each fold. It has to be
    the fold's own model: the mean of all folds has seen the rows held out, which hides the gain of this stage.
    ValueError where an ordered factor has more codes than a tree can split, or a fold no claim to learn from.
    """
    offsets = None if before is None else [tables.log_rate(experience.codes) for tables in before]
    return boost_on(experience, settings, keys, offsets)


def boost_on(
    experience: Experience, settings: Settings, keys: Iterable[Key] | None, offsets: Sequence[FloatArray] | None
) -> Bag:
    """The same on log rates of all rows, one array for each fold's model, shape (n,)."""
    chosen = None if keys is None else tuple(tuple(sorted(key)) for key in keys)
    folds = _folds(experience, settings, chosen, offsets)
    trees = _number_of_trees(folds, settings)
    models = [fold.constant() if trees == 0 else fold.fresh(trees) for fold in folds]
    held = np.empty(len(experience.counts))
    for fold, model in zip(folds, models, strict=True):
        held[fold.out] = fold.offset[fold.out] + model(experience.codes[fold.out])
    return Bag(tuple(models), trees, held, chosen)


def _number_of_trees(folds: Sequence[_Fold], settings: Settings) -> int:
    """The number of trees with the least held-out deviance of all folds together; 0 where no tree helps."""
    best = 0
    for number in range(settings.at_a_time, settings.most_trees + 1, settings.at_a_time):
        for fold in folds:
            fold.grow(number)
        path = np.array([fold.path(settings.every) for fold in folds]).sum(axis=0)
        best = settings.every * int(path.argmin())
        if best <= number - settings.patience:
            break
    return best


def best_pairs(
    experience: Experience,
    settings: Settings,
    numbers: Sequence[int] = (20, 10, 5),
    declared: Sequence[Key] = (),
    alone: Sequence[int] = (),
) -> Bag:
    """The fewest pairs, of `numbers`, whose held-out deviance lies within one standard error of the best.

    declared: pairs that stand before all others; alone: factors that no pair may hold.
    """
    allowed = [key for key in every_pair(len(experience.sizes)) if not set(key) & set(alone)]
    others = rank(experience, boost(experience, settings, allowed if alone else None))
    ranked = [*declared, *(key for key in others if key not in declared)]
    tried = sorted({min(max(number, len(declared)), len(ranked)) for number in numbers}, reverse=True)
    return fewest([boost(experience, settings, ranked[:number]) for number in tried], experience)


def fewest(bags: Sequence[Bag], experience: Experience) -> Bag:
    """The last of the bags, ordered from many interactions to few, that lies within one standard error of the best."""
    rows = [held_out(bag, experience) for bag in bags]
    best = min(rows, key=lambda row: float(row.mean()))
    return [bag for bag, row in zip(bags, rows, strict=True) if within_one_error(row, best)][-1]


def held_out(bag: Bag, experience: Experience) -> FloatArray:
    """Deviance of each row by the model that has not seen it, shape (n,)."""
    return deviance_of_rows(experience.counts, experience.exposure * np.exp(bag.held_out))


def within_one_error(row: FloatArray, best: FloatArray) -> bool:
    """Whether deviances by row are in the mean above the best ones by at most one standard error of the difference.

    The last digits of sums are no difference.
    """
    worse = row - best
    return bool(worse.mean() <= worse.std() / np.sqrt(len(worse)) + 1e-9 * abs(best.mean()))


def rank(experience: Experience, bag: Bag) -> list[Key]:
    """The allowed pairs by the exposure-weighted standard deviation of their purified tables, largest first.

    Looked at on at most 48 codes per factor, which is enough to rank.
    """
    factors = range(len(experience.sizes))
    weights = [
        np.bincount(experience.codes[:, i], experience.exposure, experience.sizes[i]).astype(np.float64)
        for i in factors
    ]
    chosen = thinned(experience.sizes, weights, RANKED_CODES)
    nearest = np.column_stack([_nearest(chosen[i], experience.sizes[i])[experience.codes[:, i]] for i in factors])
    coarse = replace(experience, codes=nearest, sizes=tuple(len(codes) for codes in chosen), outside=())
    keys = every_pair(len(factors)) if bag.keys is None else bag.keys

    def seen(log_rate: LogRate) -> LogRate:
        return lambda rows: log_rate(np.column_stack([chosen[i][rows[:, i]] for i in factors]))

    tables = purify(average([tabulate(seen(each), coarse.sizes, keys) for each in bag.log_rates]), coarse)
    size = {key: spread(values, joint(tables, key, coarse)) for key, values in tables.all().items() if len(key) > 1}
    return sorted(size, key=lambda key: (-size[key], key))


def fold_tables(bag: Bag, sizes: tuple[int, ...]) -> tuple[Tables, ...]:
    """The exact tables of each fold's model."""
    keys = every_pair(len(sizes)) if bag.keys is None else bag.keys
    return tuple(tabulate(log_rate, sizes, keys) for log_rate in bag.log_rates)


def _nearest(chosen: IntArray, size: int) -> IntArray:
    """Place among the chosen codes that stands for each code, shape (size,)."""
    return np.searchsorted((chosen[1:] + chosen[:-1]) / 2, np.arange(size))


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    """What one fold learns from, and the rows it holds out."""

    experience: Experience
    trained: Experience
    out: IntArray
    offset: FloatArray
    trees: Trees

    def constant(self) -> LogRate:
        """The model of no tree."""
        mean = float(np.log(self.trained.counts.sum() / self.weight().sum()))
        return lambda codes: np.full(len(codes), mean)

    def grow(self, number: int) -> None:
        """Add trees until there are so many."""
        self._fit(self.trees.model.set_params(max_iter=number))

    def fresh(self, number: int) -> LogRate:
        """The model of so many trees, from the start."""
        return Trees(self._fit(clone(self.trees.model).set_params(max_iter=number)), self.trees.columns)

    def path(self, every: int) -> FloatArray:
        """Held-out deviance in sum after 0, `every`, 2·`every`, … trees."""
        counts = self.experience.counts[self.out]
        exposure = self.experience.exposure[self.out] * np.exp(self.offset[self.out])
        rates = [np.exp(self.constant()(self.experience.codes[self.out]))]
        stages = self.trees.model.staged_predict(self.trees.columns(self.experience.codes[self.out]))
        rates += list(islice(stages, every - 1, None, every))
        return np.array([deviance_of_rows(counts, exposure * rate).sum() for rate in rates])

    def _fit(self, model: HistGradientBoostingRegressor) -> HistGradientBoostingRegressor:
        weight = self.weight()
        return model.fit(self.trees.columns(self.trained.codes), self.trained.counts / weight, sample_weight=weight)

    def weight(self) -> FloatArray:
        """Exposure × the rate fitted before; what is fitted now is the ratio to it."""
        return self.trained.exposure * np.exp(np.delete(self.offset, self.out))


def _folds(
    experience: Experience, settings: Settings, keys: tuple[Key, ...] | None, offsets: Sequence[FloatArray] | None
) -> list[_Fold]:
    if max(experience.ranked) > MOST_CODES:
        raise ValueError(f"an ordered factor has {max(experience.ranked)} codes; trees split at most {MOST_CODES}")
    found = []
    for place, part in enumerate(experience.parts):
        inside = experience.folds != part
        trained = experience.where(inside)
        if trained.counts.sum() == 0:
            raise ValueError("the rows outside a fold hold no claim to learn from")
        offset = np.zeros(len(inside)) if offsets is None else offsets[place]
        expected = trained.exposure * np.exp(offset[inside])
        trees = begin(trained, expected, settings, keys)
        found.append(_Fold(experience, trained, np.flatnonzero(~inside), offset, trees))
    return found
