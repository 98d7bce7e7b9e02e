"""What if the month had other kilometres: premiums of one worker over the merged distance, with today's shares."""

from __future__ import annotations

import numpy as np

from pricing.coding import Rows
from pricing.edition import Edition
from pricing.kernel import price
from pricing.merge import Merged
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import IntArray, to_fen

DISTANCE = "distance_m"
KILOMETRE = 1000


def premiums_at(priced: Priced, edition: Edition, scheme: Scheme, distances: IntArray) -> IntArray:
    """Premium at each merged distance, rows and shares as they are. [millifen]

    priced: of one worker, n rows; distances: shape (k,). [m]
    """
    assert priced.levies is not None
    count, times = len(priced.rows), len(distances)
    rows = Rows(
        {name: np.tile(column, times) for name, column in priced.rows.codes.items()},
        {name: np.tile(column, times) for name, column in priced.rows.numbers.items()},
        np.repeat(np.arange(times), count),
        np.arange(times) * count,
        priced.rows.unsure,
    )
    merged = Merged(rows).with_total(DISTANCE, np.repeat(distances, count))
    prices = price(rows, merged, edition, scheme).millifen.astype(object).reshape(times, count)
    q, total = priced.levies.q.astype(object), int(priced.levies.q.sum())
    weighted = (prices * q).sum(axis=1)
    exact: IntArray = ((2 * weighted + total) // (2 * total)).astype(np.int64)
    return exact


def next_kilometre(priced: Priced, edition: Edition, scheme: Scheme) -> int:
    """What one kilometre more would add to the worker's premium. [millifen]"""
    today = int(priced.merged.total(DISTANCE)[0])
    now, then = premiums_at(priced, edition, scheme, np.array([today, today + KILOMETRE])).tolist()
    return int(then - now)


def curve(priced: Priced, edition: Edition, scheme: Scheme, points: int = 41) -> list[tuple[int, int]]:
    """(merged distance, premium) from zero to twice today's distance, or to 1,000 km where it is zero. [m, fen]"""
    today = int(priced.merged.total(DISTANCE)[0]) or 500 * KILOMETRE
    distances = np.unique(np.append(np.linspace(0, 2 * today, points).astype(np.int64), today))
    premiums = to_fen(premiums_at(priced, edition, scheme, distances))
    return list(zip(distances.tolist(), premiums.tolist(), strict=True))
