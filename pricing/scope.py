"""Who is in a scheme: for each scheme a gate, compiled for the month, that refuses rows by their attributes.

The first refusal wins in the order in which a function below lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pricing.edition import MISSING, Edition
from pricing.errors import CODE, ROW_CODES
from pricing.gate import Gate, built, by_region, closed, first_of
from pricing.pilot import pilot_gate
from pricing.rate_table import NATION
from pricing.rules import AVERAGE_WAGE
from pricing.scheme import Scheme
from pricing.units import IntArray


def gate(edition: Edition, scheme: Scheme) -> Gate:
    """The gate of a scheme for the edition's month."""
    return edition.keep("gate", scheme.name, lambda: _GATES[scheme.scope](edition, scheme))


def _employed(edition: Edition, scheme: Scheme) -> Gate:
    levels = edition.levels["employment"]
    number = np.arange(len(levels) + 1)
    shut = closed(edition, scheme)
    refusal = first_of(
        number.shape,
        [
            (shut > 0, ROW_CODES[shut or CODE["rate_not_known"]]),
            (number == 0, "employment_missing"),
            (number == levels["none"], "no_employer"),
        ],
    )
    return built(("employment",), refusal, [], edition)


def _courier(edition: Edition, scheme: Scheme) -> Gate:
    shape = (len(edition.regions) + 1, len(edition.levels["occupation"]) + 1)
    rate, _ = by_region(edition, scheme.base_rate)
    wage, _ = by_region(edition, AVERAGE_WAGE)
    courier = np.arange(shape[1])[None, :] == edition.levels["occupation"]["parcel_courier"]
    shut = closed(edition, scheme)
    refusal = first_of(
        shape,
        [
            (shut > 0, ROW_CODES[shut or CODE["rate_not_known"]]),
            (~courier, "occupation_not_in_scope"),
            ((rate == MISSING)[:, None], "scope_not_established"),
            ((wage == MISSING)[:, None], "average_wage_not_known"),
        ],
    )
    return built(("region", "occupation"), refusal, [], edition)


def _proposal(edition: Edition, scheme: Scheme) -> Gate:
    return built((), np.array([closed(edition, scheme)]).reshape(()), [], edition)


def _product(edition: Edition, scheme: Scheme) -> Gate:
    """Occupations that can be insured, in regions where the rate and what limits the benefit are known."""
    product = scheme.product
    assert product is not None
    shape = (len(edition.regions) + 1, len(edition.levels["occupation"]) + 1)
    shut = closed(edition, scheme)
    offered = np.isin(
        np.arange(shape[1]), [edition.levels["occupation"][o] for o in edition.nodes(product.occupations)]
    )
    offered_entry = edition.number_of(product.occupations, NATION)
    rate = _over(edition, scheme.base_rate, shape)
    limited = product.underwriting is not None
    benefit = _any_by_region(edition, product.underwriting.benefit_limit) if product.underwriting else rate[:, 0]
    refusal = first_of(
        shape,
        [
            (shut > 0, ROW_CODES[shut or CODE["rate_not_known"]]),
            (~offered[None, :], "occupation_not_in_scope"),
            (rate == MISSING, "rate_not_known"),
            (limited & (benefit == MISSING)[:, None], "benefit_limit_not_known"),
        ],
    )
    marks = [np.full(shape, offered_entry if isinstance(offered_entry, int) else MISSING)]
    return built(("region", "occupation"), refusal, marks, edition)


def _over(edition: Edition, table: str, shape: tuple[int, int]) -> IntArray:
    """Values of a table over region and occupation."""
    grid = edition.grid(table)
    region, occupation = np.indices(shape)
    codes = {"region": region.reshape(-1), "occupation": occupation.reshape(-1)}
    place = grid.places(codes, region.size).reshape(shape)
    return grid.values.take(place)


def _any_by_region(edition: Edition, table: str) -> IntArray:
    """Whether a table has any value in a region: 1, else MISSING. Shape (regions,)."""
    known = [isinstance(edition.number_of(table, code), int) for code in edition.regions]
    return np.where([False, *known], 1, MISSING)


_GATES: Mapping[str, Callable[[Edition, Scheme], Gate]] = {
    "pilot": pilot_gate,
    "employed": _employed,
    "courier": _courier,
    "proposal": _proposal,
    "product": _product,
}
