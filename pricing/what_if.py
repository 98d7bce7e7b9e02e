"""What if the month had other kilometres: premiums of each worker over the merged distance, with today's shares."""

from __future__ import annotations

import numpy as np

from pricing.edition import Edition
from pricing.kernel import price_again
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import LARGEST, IntArray, to_fen

DISTANCE = "distance_m"
KILOMETRE = 1000


def _prices_at(priced: Priced, edition: Edition, scheme: Scheme, distances: IntArray) -> IntArray:
    """Price of each row at merged distances of its worker, rows as they are. [millifen]

    distances: [m]; shape (workers,) or (k, workers).
    """
    given = priced.merged.with_total(DISTANCE, distances.take(priced.rows.worker, axis=-1))
    return price_again(priced.sheet, priced.rows, given, edition, scheme)


def _premiums(prices: IntArray, priced: Priced) -> IntArray:
    """Each worker's premium from the prices of its rows: their mean by weight, half up. Prices (k, rows). [millifen]"""
    assert priced.levies is not None
    q, starts = priced.levies.q, priced.rows.starts
    total = np.add.reduceat(q, starts)
    if (2 * int(prices.max()) + 1) * int(total.max()) > LARGEST:
        prices, q, total = (array.astype(object) for array in (prices, q, total))
    weighted = np.add.reduceat(prices * q, starts, axis=1)
    exact: IntArray = ((2 * weighted + total) // (2 * total)).astype(np.int64)
    return exact


def next_kilometre(priced: Priced, edition: Edition, scheme: Scheme) -> IntArray:
    """What one kilometre more would add to each worker's premium. Shape (workers,). [millifen]"""
    distance = priced.merged.total(DISTANCE).take(priced.rows.starts)
    then = _prices_at(priced, edition, scheme, distance + KILOMETRE)
    before, after = _premiums(np.array([priced.sheet.millifen, then]), priced)
    more: IntArray = after - before
    return more


def curve(priced: Priced, edition: Edition, scheme: Scheme, points: int = 41) -> list[list[tuple[int, int]]]:
    """Of each worker (merged distance, premium) from zero to twice today's distance, or to 1,000 km where it is zero.

    [m, fen]
    """
    today = priced.merged.total(DISTANCE).take(priced.rows.starts)
    today = np.where(today == 0, 500 * KILOMETRE, today)
    spaced = np.linspace(0, 2 * today, points).astype(np.int64)
    distances = np.sort(np.append(spaced, today[None, :], axis=0), axis=0)
    prices = np.broadcast_to(_prices_at(priced, edition, scheme, distances), (len(distances), len(priced.rows)))
    premiums = to_fen(_premiums(prices, priced))
    of_workers = zip(distances.T.tolist(), premiums.T.tolist(), strict=True)
    return [list(dict(zip(*one, strict=True)).items()) for one in of_workers]
