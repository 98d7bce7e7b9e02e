"""Tables of three factors, grown on top of a model of fewer: on few codes per factor, so that grids stay small."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from models.bands import quantile_bands
from models.design import recode
from models.experience import Experience, IntArray
from models.interactions import Bag, boost_on, fewest, fold_tables, rank
from models.tables import Key, Tables
from models.trees import Settings

CODES = 16  # of each factor: 4,096 cells of a table before any merging
CANDIDATES = 12  # triples that the first fit may use


@dataclass(frozen=True, slots=True, eq=False)
class Triples:
    """What three factors together add. bag: the trees of each fold on the coarser codes, `held_out` with what was
    fitted before; maps: coarser code of each code, by factor; wanted: whether rows held out are better for the triples
    than for more trees of their pairs, by more than one standard error.
    """

    bag: Bag
    maps: tuple[IntArray, ...]
    sizes: tuple[int, ...]
    wanted: bool

    def folds(self) -> tuple[Tables, ...]:
        """The exact tables of each fold's trees, for the finer codes."""
        return tuple(tables.finer(self.maps) for tables in fold_tables(self.bag, self.sizes))


def fit_triples(
    experience: Experience, before: Sequence[Tables], pairs: Iterable[Key], most: int, settings: Settings
) -> Triples | None:
    """At most so many triples on each fold's own model, the fewest within one error; None where there are none.

    pairs: the kept ones, of which triples are made: three factors that act together mostly show in two of their pairs.
    Pairs that share no factor make none. Monotone factors stay out: their certificate adds up smallest steps over
    tables, and what leaves a triple for its pairs makes that sum smaller than the triple's own.
    """
    free = [key for key in pairs if not any(experience.monotone[i] for i in key)]
    candidates = joined(free)[:CANDIDATES]
    if not candidates or most < 1:
        return None
    coarse, maps = coarser(experience)
    offsets = [tables.log_rate(experience.codes) for tables in before]
    first = boost_on(coarse, settings, candidates, offsets)
    ranked = [key for key in rank(coarse, first) if len(key) == 3]
    numbers = sorted({min(number, len(ranked)) for number in (most, (most + 1) // 2, 1)}, reverse=True)
    bags = [boost_on(coarse, settings, ranked[:number], offsets) for number in numbers]
    bag = fewest(bags, coarse)
    more = boost_on(coarse, settings, sorted(_pairs(bag.keys or ())), offsets)
    return Triples(bag, maps, coarse.sizes, fewest([bag, more], coarse) is bag)


def _pairs(keys: Iterable[Key]) -> set[Key]:
    """The pairs within triples."""
    return {pair for key in keys for pair in combinations(key, 2)}


def joined(pairs: Iterable[Key]) -> list[Key]:
    """Triples of factors of which at least two pairs are kept, those of the foremost pairs first."""
    listed = list(pairs)
    found: list[Key] = [tuple(sorted({*one, *other})) for one, other in combinations(listed, 2)]
    together = [key for key in found if len(key) == 3]
    within: dict[Key, list[int]] = {
        key: [place for place, pair in enumerate(listed) if set(pair) <= set(key)] for key in together
    }
    return sorted(within, key=lambda key: (-len(within[key]), sum(within[key]), key))


def coarser(experience: Experience) -> tuple[Experience, tuple[IntArray, ...]]:
    """At most `CODES` codes per factor, with the map from the old codes.

    Runs of codes of like exposure where they are in order, the rarest levels together where they are not: claims are
    not looked at, so that the rows held out stay unseen.
    """
    maps = tuple(_few(experience, i) for i in range(len(experience.sizes)))
    sizes = tuple(int(own.max()) + 1 for own in maps)
    return replace(experience, codes=recode(experience.codes, maps), sizes=sizes), maps


def _few(experience: Experience, factor: int) -> IntArray:
    """Coarser code of each code of a factor."""
    size, ranked = experience.sizes[factor], experience.ranked[factor]
    mass = np.bincount(experience.codes[:, factor], experience.exposure, size)
    if experience.ordered[factor]:
        bands = quantile_bands(np.maximum(mass[:ranked], 1e-12), CODES - (size - ranked))
        return np.concatenate([bands, bands[-1] + 1 + np.arange(size - ranked)])
    place = np.argsort(np.argsort(-mass, kind="stable"), kind="stable")
    return np.asarray(np.minimum(place, CODES - 1))
