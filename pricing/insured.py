"""Insured: which rows of a month have a cover, on which options, and with what history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pricing.edition import Edition
from pricing.enrolment import enrolled, in_force, number_of
from pricing.errors import CODE
from pricing.history import histories, underwritten
from pricing.scheme import Scheme
from pricing.side import Side
from pricing.units import IntArray
from pricing.usage import Usage


@dataclass(frozen=True, slots=True, eq=False)
class Insured:
    """What a cover adds to each usage row, shapes (rows,): option levels, quantities, and why a row is not insured."""

    codes: Mapping[str, IntArray]
    numbers: Mapping[str, IntArray]
    refusal: IntArray | None

    def in_order(self, order: IntArray) -> Insured:
        """The same for rows in another order."""
        return Insured(
            {name: column.take(order) for name, column in self.codes.items()},
            {name: column.take(order) for name, column in self.numbers.items()},
            None if self.refusal is None else self.refusal.take(order),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """What stands beside a month, with the worker each row of it is about: of the usage's workers, -1 for others.

    whose: worker of each usage row; the place after the last is for rows that name none.
    """

    side: Side
    rows: int
    workers: int
    whose: IntArray
    enrolment_of: IntArray
    history_of: IntArray

    @classmethod
    def of(cls, usage: Usage, side: Side) -> Joined:
        """Look each worker up once for all covers; of workers kept apart but called the same, the last is meant."""
        texts = usage.texts.get("worker", ())
        workers = {text: number for number, text in enumerate(texts)}
        worker = usage.codes.get("worker", np.full(usage.rows, -1, dtype=np.int64))
        whose = np.where(worker < 0, len(texts), worker)
        of = [table.mapped("worker", workers) for table in (side.enrolments, side.history)]
        return cls(side, usage.rows, len(texts), whose, *of)


def insured(joined: Joined, edition: Edition, scheme: Scheme) -> Insured:
    """Join a cover's enrolments and histories to the rows of a month; the tables it reads must be in force."""
    product = scheme.product
    assert product is not None
    standard = {name: edition.levels[name].get(level or "", 0) for name, level in product.options.items()}
    if product.enrolling is None and scheme.name not in joined.side.enrolments.texts.get("cover", ()):
        return Insured({n: np.full(joined.rows, level, dtype=np.int64) for n, level in standard.items()}, {}, None)
    return _by_worker(joined, standard, edition, scheme).in_order(joined.whose)


def _by_worker(joined: Joined, standard: Mapping[str, int], edition: Edition, scheme: Scheme) -> Insured:
    """Per worker, with one more place for rows that name none."""
    product = scheme.product
    assert product is not None
    found = enrolled(joined.side.enrolments, edition, scheme)
    target = joined.enrolment_of.take(found.own)
    refusal = np.full(joined.workers + 1, 0 if product.enrolling is None else CODE["not_enrolled"], dtype=np.int64)
    contradicts = (found.ends < 0) | ((found.starts >= 0) & (found.ends < found.starts))
    meant = contradicts | (found.ends >= edition.month)
    bad = (target >= 0) & (found.refusals > 0) & (found.starts <= edition.month) & meant
    refusal[target[bad]] = found.refusals[bad]
    chosen = np.full(joined.workers + 1, -1, dtype=np.int64)
    good = ((target >= 0) & in_force(found, edition.month) & (found.refusals == 0)).nonzero()[0]
    chosen[target[good]] = good
    refusal[target[good]] = 0
    codes = {
        name: np.append(found.levels[name], standard[name]).take(chosen, mode="wrap").astype(np.int64)
        for name in product.options
    }
    if product.underwriting is None:
        return Insured(codes, {}, refusal)
    starts = np.append(found.starts, edition.month).take(chosen, mode="wrap")
    least = number_of(edition, product.underwriting.trend)
    volatility = _underwrite(joined, refusal, starts, least)
    return Insured(codes, {"volatility_ppm": volatility}, refusal)


def _underwrite(joined: Joined, refusal: IntArray, starts: IntArray, least_trend_ppm: int) -> IntArray:
    """Volatility of every worker with the cover, whose `refusal` is set where the history is refused. [ppm]"""
    covered = (refusal == 0).nonzero()[0]
    place = np.full(len(refusal) + 1, -1, dtype=np.int64)
    place[covered] = np.arange(len(covered))
    found = histories(joined.side.history, place.take(joined.history_of, mode="wrap"), starts.take(covered))
    volatility = np.zeros(len(refusal), dtype=np.int64)
    volatility[covered], refusal[covered] = underwritten(found, starts.take(covered), least_trend_ppm)
    return volatility
