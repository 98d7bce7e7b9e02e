"""Insured: which rows of a month have a cover, on which options, and with what history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pricing.edition import Edition
from pricing.enrolment import enrolled, number_of
from pricing.errors import CODE
from pricing.history import histories, underwritten
from pricing.product import Product
from pricing.scheme import Scheme
from pricing.side import Side, workers_of
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


def insured(usage: Usage, side: Side, edition: Edition, scheme: Scheme) -> Insured:
    """Join a cover's enrolments and histories to the rows of a month; the tables it reads must be in force."""
    product = scheme.product
    assert product is not None
    if product.enrolling is None and not _names_cover(side, scheme):
        standard = {name: edition.levels[name].get(level or "", 0) for name, level in product.options.items()}
        return Insured({n: np.full(usage.rows, level, dtype=np.int64) for n, level in standard.items()}, {}, None)
    workers = workers_of(usage)
    joined = _by_worker(workers, side, edition, scheme)
    worker = usage.codes.get("worker", np.full(usage.rows, -1, dtype=np.int64))
    whose = np.where(worker < 0, len(workers), worker)
    return joined.in_order(whose)


def _names_cover(side: Side, scheme: Scheme) -> bool:
    return scheme.name in side.enrolments.texts.get("cover", ())


def _by_worker(workers: Mapping[str, int], side: Side, edition: Edition, scheme: Scheme) -> Insured:
    """Per worker, with one more place for rows that name none."""
    product = scheme.product
    assert product is not None
    found = enrolled(side.enrolments, edition, scheme)
    target = side.enrolments.mapped("worker", workers).take(found.own)
    in_force = (target >= 0) & (found.starts <= edition.month) & (found.ends >= edition.month)
    refusal = np.full(len(workers) + 1, 0 if product.enrolling is None else CODE["not_enrolled"], dtype=np.int64)
    meant = (found.ends >= edition.month) | (found.ends < found.starts)
    bad = (target >= 0) & (found.refusals > 0) & (found.starts <= edition.month) & meant
    refusal[target[bad]] = found.refusals[bad]
    chosen = np.full(len(workers) + 1, -1, dtype=np.int64)
    good = (in_force & (found.refusals == 0)).nonzero()[0]
    chosen[target[good]] = good
    refusal[target[good]] = 0
    standard = {name: edition.levels[name].get(level or "", 0) for name, level in product.options.items()}
    codes = {
        name: np.append(found.levels[name], standard[name]).take(chosen, mode="wrap").astype(np.int64)
        for name in product.options
    }
    if product.underwriting is None:
        return Insured(codes, {}, refusal)
    starts = np.append(found.starts, edition.month).take(chosen, mode="wrap")
    return _with_history(Insured(codes, {}, refusal), workers, starts, side, edition, product)


def _with_history(
    base: Insured, workers: Mapping[str, int], starts: IntArray, side: Side, edition: Edition, product: Product
) -> Insured:
    assert product.underwriting is not None
    assert base.refusal is not None
    worker = side.history.mapped("worker", workers)
    volatility, refused = underwritten(
        histories(side.history, worker, starts), starts, number_of(edition, product.underwriting.trend)
    )
    return Insured(base.codes, {"volatility_ppm": volatility}, np.where(base.refusal > 0, base.refusal, refused))
