"""What if the month had other kilometres: premiums of each worker over the merged distance, with today's shares."""

from __future__ import annotations

import numpy as np

from pricing.coding import Rows
from pricing.edition import Edition
from pricing.kernel import price
from pricing.merge import Merged
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import LARGEST, IntArray, to_fen

DISTANCE = "distance_m"
KILOMETRE = 1000


def premiums_at(priced: Priced, edition: Edition, scheme: Scheme, distances: IntArray) -> IntArray:
    """Premium of each worker at each of its merged distances, rows and shares as they are. [millifen]

    distances: [m]; both shapes (k, workers).
    """
    times = len(distances)
    rows = priced.rows if times == 1 else _repeated(priced.rows, times)
    merged = priced.merged if times == 1 else Merged(rows)
    given = merged.with_total(DISTANCE, distances.take(priced.rows.worker, axis=1).reshape(-1))
    return _premiums(price(rows, given, edition, scheme).millifen.reshape(times, -1), priced)


def _repeated(rows: Rows, times: int) -> Rows:
    """The same rows so many times, each time of other workers."""
    count, workers, each = len(rows), len(rows.starts), np.arange(times)[:, None]
    return Rows(
        {name: np.tile(column, times) for name, column in rows.codes.items()},
        {name: np.tile(column, times) for name, column in rows.numbers.items()},
        (each * workers + rows.worker).reshape(-1),
        (each * count + rows.starts).reshape(-1),
        rows.unsure,
    )


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
    today = priced.merged.total(DISTANCE).take(priced.rows.starts)
    then = premiums_at(priced, edition, scheme, (today + KILOMETRE)[None, :])
    more: IntArray = (then - _premiums(priced.sheet.millifen[None, :], priced))[0]
    return more


def curve(priced: Priced, edition: Edition, scheme: Scheme, points: int = 41) -> list[list[tuple[int, int]]]:
    """Of each worker (merged distance, premium) from zero to twice today's distance, or to 1,000 km where it is zero.

    [m, fen]
    """
    today = priced.merged.total(DISTANCE).take(priced.rows.starts)
    today = np.where(today == 0, 500 * KILOMETRE, today)
    spaced = np.linspace(0, 2 * today, points).astype(np.int64)
    distances = np.sort(np.append(spaced, today[None, :], axis=0), axis=0)
    premiums = to_fen(premiums_at(priced, edition, scheme, distances))
    of_workers = zip(distances.T.tolist(), premiums.T.tolist(), strict=True)
    return [list(dict(zip(*one, strict=True)).items()) for one in of_workers]
