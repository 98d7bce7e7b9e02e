"""History: a worker's settled revenue of the twelve months before a cover starts, and what it says of the risk.

Volatility = mean absolute deviation ÷ mean. A history that is short, broken or falling is refused, never rated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.coding import first_that_holds, refusal
from pricing.errors import CODE
from pricing.side import Table
from pricing.units import LARGEST, PPM, IntArray, parts_of

MONTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Per worker, shapes (workers, 12): revenue of the months before the start, oldest first, and rows that gave it;
    refusals: of a worker's own rows, shape (workers,).
    """

    revenue_fen: IntArray
    given: IntArray
    earliest: IntArray
    refusals: IntArray


def refused(table: Table) -> IntArray:
    """Refusal of each row of a history: a month or an amount that is none, a month that does not follow."""
    months, revenue = table.months("month"), table.number("revenue_fen")
    before, after = _same_platform(table, months)
    late, twice = (np.zeros(table.rows, dtype=bool) for _ in range(2))
    late[after[months[after] < months[before]]] = True
    again = months[after] == months[before]
    twice[before[again]] = twice[after[again]] = True
    refusals = [
        (table.code("worker") < 0, refusal("value_missing", "worker")),
        (months < 0, refusal("history_month", "month")),
        (revenue < 0, refusal("history_amount", "revenue_fen")),
        (twice, refusal("history_twice", "month")),
        (late, refusal("history_out_of_order", "month")),
    ]
    return first_that_holds(refusals, table.rows)


def _same_platform(table: Table, months: IntArray) -> tuple[IntArray, IntArray]:
    """Places of rows that follow one another, as written, in the history of a worker on a platform."""
    order = np.lexsort((table.code("platform"), table.code("worker")))
    before, after = order[:-1], order[1:]
    same = (months[before] >= 0) & (months[after] >= 0)
    for name in ("worker", "platform"):
        same &= table.code(name)[before] == table.code(name)[after]
    return before[same], after[same]


def histories(table: Table, worker: IntArray, starts: IntArray) -> Histories:
    """The twelve months before each worker's start, platforms added.

    worker: number of each row's worker, -1 where it is none of them; starts: month per worker, shape (workers,).
    """
    refusals = refused(table)
    known = worker >= 0
    by_worker = np.zeros(len(starts), dtype=np.int64)
    bad = known & (refusals > 0)
    by_worker[worker[bad][::-1]] = refusals[bad][::-1]
    months = table.months("month")
    back = np.append(starts, 0).take(worker, mode="wrap") - months
    good = known & (refusals == 0) & (back >= 1)
    earliest = np.full(len(starts), LARGEST, dtype=np.int64)
    np.minimum.at(earliest, worker[good], months[good])
    within = good & (back <= MONTHS)
    revenue, given = (np.zeros((len(starts), MONTHS), dtype=np.int64) for _ in range(2))
    place = (worker[within], MONTHS - back[within])
    np.add.at(revenue, place, table.number("revenue_fen")[within])
    np.add.at(given, place, 1)
    return Histories(revenue, given, earliest, by_worker)


def underwritten(found: Histories, starts: IntArray, least_trend_ppm: int) -> tuple[IntArray, IntArray]:
    """Volatility [ppm] and refusal of each worker. least_trend_ppm: last six months against the first six."""
    complete = (found.given > 0).all(axis=1)
    total = found.revenue_fen.sum(axis=1)
    first, last = found.revenue_fen[:, : MONTHS // 2].sum(axis=1), found.revenue_fen[:, MONTHS // 2 :].sum(axis=1)
    falling = last.astype(object) * PPM < first.astype(object) * least_trend_ppm
    refusals = [
        (found.earliest == LARGEST, CODE["history_missing"]),
        (found.earliest > starts - MONTHS, CODE["history_too_short"]),
        (~complete, CODE["history_gap"]),
        (total == 0, CODE["history_mean_zero"]),
        (falling.astype(bool), CODE["revenue_falling"]),
    ]
    refused = first_that_holds(refusals, len(starts))
    return volatility(found.revenue_fen), np.where(found.refusals > 0, found.refusals, refused)


def volatility(revenue_fen: IntArray) -> IntArray:
    """Mean absolute deviation ÷ mean of each row of months, half up; 0 where the mean is zero. [ppm]"""
    exact = revenue_fen.astype(object)
    total = exact.sum(axis=1)
    spread = abs(exact * revenue_fen.shape[1] - total[:, None]).sum(axis=1)
    ratio: IntArray = parts_of(spread, PPM, np.maximum(total * revenue_fen.shape[1], 1)).astype(np.int64)
    return np.where(total.astype(bool), ratio, 0)
