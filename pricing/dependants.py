"""Pensions of dependants: each one's share of own wage, and the exact split where the shares reach the whole.

Below the greatest sum each part is rounded half up to fen. From it on the greatest sum itself is divided in proportion
to the shares: cut to fen, the fen left over go one each to the largest remainders, ties in the given order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pricing.benefit_tables import DEPENDANTS, Known, Part, Step, known
from pricing.edition import Edition
from pricing.rate_table import NATION
from pricing.spoken import percent, yuan_of_fen
from pricing.units import times_ppm
from pricing.words import say

SPOUSE = "spouse"
KINDS = (SPOUSE, "child", "parent", "grandparent", "grandchild", "sibling")


@dataclass(frozen=True, slots=True)
class Dependant:
    """Someone whom the dead person supported. lone: an elderly person left alone, or an orphan."""

    kind: str
    lone: bool = False


def kind_words(kind: str, lang: str) -> str:
    """A kind of dependant as people say it."""
    return say(f"benefit_dependant_{kind}", lang)


def pensions(edition: Edition, wage_fen: int, dependants: Sequence[Dependant]) -> tuple[tuple[Part, ...], list[Step]]:
    """Parts in the given order, with the steps; together at most the greatest sum of the table. [fen per month]"""
    shares, steps = [], []
    for place, one in enumerate(dependants, 1):
        share, own = _share(edition, wage_fen, one, place)
        shares.append(share)
        steps += own
    total = known(edition, DEPENDANTS, NATION, "total")
    parts = [times_ppm(wage_fen, share) for share in shares]
    if sum(shares) >= total.value:
        parts, more = _divided(wage_fen, total, shares, dependants)
        steps += more
    running = yuan_of_fen(sum(parts))
    steps.append(Step.of("dependants", (len(parts), "dependants"), sum(parts), count=len(parts), running=running))
    named = zip(dependants, shares, parts, strict=True)
    return tuple(Part(one.kind, one.lone, share, fen) for one, share, fen in named), steps


def proportional(whole: int, weights: Sequence[int]) -> list[int]:
    """A whole cut in proportion to weights, by largest remainder; the parts are the whole."""
    cut = [divmod(whole * weight, sum(weights)) for weight in weights]
    left = whole - sum(fen for fen, _ in cut)
    first = sorted(range(len(cut)), key=lambda place: -cut[place][1])[:left]
    return [fen + (place in first) for place, (fen, _) in enumerate(cut)]


def _share(edition: Edition, wage_fen: int, one: Dependant, place: int) -> tuple[int, list[Step]]:
    """One dependant's share of own wage with its steps. [ppm]"""
    share = known(edition, DEPENDANTS, NATION, SPOUSE if one.kind == SPOUSE else "other")
    fen = times_ppm(wage_fen, share.value)
    facts = {"place": place, "kind": partial(kind_words, one.kind), "base": yuan_of_fen(wage_fen)}
    said = {"percent": percent(share.value), "running": yuan_of_fen(fen)}
    steps = [Step.of("dependant", share, fen, **facts, **said)]
    if not one.lone:
        return share.value, steps
    addition = known(edition, DEPENDANTS, NATION, "lone_addition")
    ppm = share.value + addition.value
    fen = times_ppm(wage_fen, ppm)
    said = {"percent": percent(ppm), "addition": percent(addition.value), "running": yuan_of_fen(fen)}
    return ppm, [*steps, Step.of("dependant_lone", addition, fen, **facts, **said)]


def _divided(
    wage_fen: int, total: Known, shares: Sequence[int], dependants: Sequence[Dependant]
) -> tuple[list[int], list[Step]]:
    """The greatest sum in proportion to the shares, by largest remainder, with a step for each part. [fen]"""
    most = times_ppm(wage_fen, total.value)
    whole = sum(shares)
    parts = proportional(most, shares)
    facts = {"sum": percent(whole), "most": percent(total.value), "total": yuan_of_fen(most)}
    steps = [Step.of("dependants_total", total, most, base=yuan_of_fen(wage_fen), **facts)]
    for place, (one, share, fen) in enumerate(zip(dependants, shares, parts, strict=True), 1):
        said = {"place": place, "kind": partial(kind_words, one.kind), "percent": percent(share)}
        steps.append(Step.of("dependant_part", (share, "ppm"), fen, **facts, **said, running=yuan_of_fen(fen)))
    return parts, steps
