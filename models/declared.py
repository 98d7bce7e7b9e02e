"""Pairs that a plan declares: always tried, kept where rows held out are better for them, with what each saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.experience import Experience
from models.interactions import Bag, boost, held_out
from models.tables import Key
from models.trees import Settings


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared pair. saved: held-out deviance that it saves beside all other pairs, mean per record × 100, with its
    standard error; kept: whether the trees keep it, which is where it saves anything.
    """

    key: Key
    saved: float
    error: float
    kept: bool


def judge(
    bag: Bag, experience: Experience, settings: Settings, declared: Sequence[Key]
) -> tuple[Bag, tuple[Declared, ...]]:
    """The bag without the declared pairs that save nothing, and what was found of each.

    A pair that somebody has a reason to declare needs no standard error in its favour, unlike one that was searched
    for among many.
    """
    if not declared:
        return bag, ()
    keys, whole = bag.keys or (), held_out(bag, experience)
    found = []
    for key in declared:
        without = boost(experience, settings, [other for other in keys if other != key])
        saved = held_out(without, experience) - whole
        error = float(saved.std() / np.sqrt(len(saved)))
        found.append(Declared(key, 100 * float(saved.mean()), 100 * error, bool(saved.mean() > 0)))
    dropped = {each.key for each in found if not each.kept}
    kept = boost(experience, settings, [key for key in keys if key not in dropped]) if dropped else bag
    return kept, tuple(found)
