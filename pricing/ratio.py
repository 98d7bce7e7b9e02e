"""The ratio of a price: relativities in their order, with the off-balance and the limits that belong to them. [ppm]"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pricing.coding import Rows
from pricing.edition import NO_ENTRY, Edition
from pricing.merge import Merged
from pricing.scheme import Relativity, Scheme
from pricing.units import PPM, IntArray, parts_of, times_ppm
from pricing.worksheet import Read, Step


def relativities(
    rows: Rows,
    merged: Merged,
    edition: Edition,
    scheme: Scheme,
    money: IntArray | None = None,
    stands: Mapping[int, Step] = MappingProxyType({}),
) -> list[Step]:
    """The relativities in the scheme's order, each with the running product. [ppm]

    One is left out (factor 1, no entry) for a worker whose rows lack its quantity. money: running millifen, kept;
    stands: steps whose factor is known already, by place in the order.
    """
    steps: list[Step] = []
    money = np.zeros(len(rows), dtype=np.int64) if money is None else money
    for place, relativity in enumerate(scheme.relativities):
        known = stands.get(place)
        factor, entries, facts = _factor(rows, merged, edition, relativity) if known is None else known.read
        ratio = times_ppm(steps[-1].ratio, factor) if steps else factor
        steps.append(Step(relativity.name, "ppm", factor, entries, money, ratio, facts))
    return steps


def _factor(rows: Rows, merged: Merged, edition: Edition, relativity: Relativity) -> Read:
    if relativity.by_curve:
        factor, entries, quantity = _curve(merged, edition, relativity)
        return factor, entries, {"quantity": quantity}
    grid = edition.grid(relativity.table)
    place = grid.places(rows.codes, len(rows))
    return grid.values.take(place), grid.entry_at(place), {name: rows.codes[name] for name in relativity.of}


def _curve(merged: Merged, edition: Edition, relativity: Relativity) -> tuple[IntArray, IntArray | int, IntArray]:
    quantity, lacks = merged.sum_of(relativity.of)
    if relativity.per:
        whole, lacks_whole = merged.sum_of(relativity.per)
        quotient = parts_of(quantity, PPM if relativity.share else 1, np.maximum(whole, 1))
        quantity = np.minimum(quotient, PPM) if relativity.share else quotient
        absent = whole == 0
        for lacking in (lacks, lacks_whole):
            absent = absent if lacking is None else absent | lacking
        lacks = absent
    curve = edition.curve(relativity.table)
    if curve is None:
        return np.full(quantity.shape, PPM, dtype=np.int64), NO_ENTRY, quantity
    factor = curve.at(quantity)
    if lacks is None or not np.count_nonzero(lacks):
        return factor, curve.entry, quantity
    return np.where(lacks, PPM, factor), np.where(lacks, NO_ENTRY, curve.entry), quantity


def off_balance(edition: Edition, scheme: Scheme) -> tuple[int, int]:
    """ω of the scheme's relativities, with the number of the entry it stands in. [ppm]"""
    return edition.keep("off balance", scheme.name, lambda: _off_balance(edition, scheme))


def _off_balance(edition: Edition, scheme: Scheme) -> tuple[int, int]:
    for relativity in scheme.relativities:
        curve = edition.curve(relativity.table) if relativity.by_curve else None
        if curve is not None and curve.off_balance_ppm != PPM:
            return curve.off_balance_ppm, curve.entry
    return PPM, NO_ENTRY


def limits(edition: Edition, scheme: Scheme) -> tuple[int, int]:
    """Least and greatest ratio of a scheme. [ppm]"""
    return edition.keep("limits", scheme.name, lambda: _limits(edition, scheme))


def _limits(edition: Edition, scheme: Scheme) -> tuple[int, int]:
    grid, levels = edition.grid(scheme.limits), edition.levels["limit"]
    return int(grid.values[levels["least"]]), int(grid.values[levels["greatest"]])
