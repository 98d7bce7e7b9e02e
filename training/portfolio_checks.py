"""What a person should look at before believing a fit: columns that know the claims, levels that teach nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from models.experience import BoolArray, FloatArray, IntArray, deviance_of_rows
from training.notice import Notice
from training.plan import Plan, PlannedFactor
from training.portfolio_data import PerilRows, Portfolio
from training.portfolio_sides import check_sides, sides
from training.selected import ClaimFree
from training.split import Parts

__all__ = ["DISTANCE", "Notice", "carried", "notices"]

_BLOCKS = 20
_LEAST_SHARE = 0.01  # of the deviance: the whole of a good model explains a few hundredths
_SURPRISE = 8.0  # standard deviations above what chance explains
_SHOULD_HAVE = 10.0  # expected claims at which a level without any is no chance
_OF_A_FACTOR = 0.3  # of the deviance: no risk explains so much, what numbers the claims does
_SHORT = 0.01  # of the median exposure
_BY_CHANCE = 1e-6  # what no chance explains
_HARDLY = 20.0  # times the expected claims
DISTANCE = re.compile(r"distance|kilomet|mileage|(^|_)km($|_)|里程|公里", re.IGNORECASE)


def notices(plan: Plan, portfolio: Portfolio, parts: Parts | None = None) -> tuple[Notice, ...]:
    """Everything found, in the plan's order; with the parts of a split also what stands on both sides of it.

    InputError where one side of the split leaves nothing to learn from or to judge.
    """
    if parts is not None:
        check_sides(plan, portfolio, parts)
    found = [*_rows_alike(portfolio), *_factors(plan, portfolio)]
    for peril in portfolio.perils:
        found += [*_exposure(peril), *_carriers(plan, portfolio, peril), *_levels(plan, portfolio, peril)]
    return tuple(found) if parts is None else (*found, *sides(plan, portfolio, parts))


def _rows_alike(portfolio: Portfolio) -> Iterator[Notice]:
    twice = {
        int(row) for p in portfolio.perils for each in p.set_aside if each.code == "aside_twice" for row in each.rows
    }
    same = int(portfolio.frame.duplicated().sum()) - len(twice)
    if same:
        yield Notice("notice_rows_alike", {"rows": same})


def _factors(plan: Plan, portfolio: Portfolio) -> Iterator[Notice]:
    for factor in plan.factors:
        column = portfolio.columns[factor.name]
        known = column[~np.isnan(column)] if factor.kind == "numeric" else column
        distinct = len(np.unique(known))
        values: dict[str, object] = {"factor": factor.name, "values": distinct}
        if distinct < 2:
            yield Notice("notice_factor_constant", values)
        elif factor.shape == "curve" and distinct < factor.knots:
            yield Notice("notice_fewer_values_than_knots", {**values, "knots": factor.knots})
        if factor.shape == "curve" and len(np.unique(np.rint(known))) < min(distinct, 2 * factor.knots):
            yield Notice("notice_curve_of_fractions", {**values, "whole": len(np.unique(np.rint(known)))})
        if distinct > max(0.5 * portfolio.rows, 20) and (factor.kind == "categorical" or _counted(np.unique(known))):
            yield Notice("notice_factor_identifies", {**values, "rows": portfolio.rows})
        if factor.shape == "curve" and not factor.multiplies and DISTANCE.search(factor.name):
            yield Notice("notice_multiplies_not_said", {"factor": factor.name})


def _counted(values: FloatArray) -> bool:
    """Whether ascending distinct numbers are those of a count: whole, with few left out."""
    return bool((values == np.floor(values)).all() and values[-1] - values[0] < 2 * len(values))


def _exposure(peril: PerilRows) -> Iterator[Notice]:
    """Rows without a claim that ought to be there; claims that fall on hardly any exposure."""
    counts, exposure = peril.counts[peril.used], peril.exposure[peril.used]
    free = ClaimFree.of(counts, exposure)
    if free.lacking:
        shown = {"peril": peril.name, "rows": f"{free.rows:,}", "seen": f"{free.seen:,}"}
        yield Notice("notice_claim_free_missing", {**shown, "expected": f"{free.expected:,.0f}"})
    bound = _SHORT * float(np.median(exposure))
    short = exposure < bound
    claims, due = counts[short].sum(), counts.sum() * exposure[short].sum() / exposure.sum()
    if claims > _SHOULD_HAVE * max(due, 1.0):
        values = {"peril": peril.name, "rows": int(short.sum()), "bound": f"{bound:.3g}", "claims": f"{claims:,.0f}"}
        yield Notice("notice_short_exposures", {**values, "due": f"{due:.2g}"})


def _carriers(plan: Plan, portfolio: Portfolio, peril: PerilRows) -> Iterator[Notice]:
    """The order of rows, with every column that nearly numbers them, where it explains claims.

    A factor may explain some; one that explains what no risk can has learnt it from the claims.
    """
    used, factors = peril.used, {factor.name for factor in plan.factors}
    orders = {"": np.arange(int(used.sum()))}
    for name in portfolio.frame.columns:
        column = portfolio.frame[name][used]
        if (name not in plan.columns() or name == plan.groups or name in factors) and 2 * column.nunique() > len(
            column
        ):
            orders[str(name)] = np.argsort(column.rank(method="first").to_numpy(), kind="stable")
    for name, order in orders.items():
        share = carried(order, peril.counts[used], peril.exposure[used])
        if share > (_OF_A_FACTOR if name in factors else _LEAST_SHARE):
            values: dict[str, object] = {"peril": peril.name, "share": f"{100 * share:.1f}", "column": name}
            other = "notice_column_carries" if name else "notice_order_carries"
            yield Notice("notice_factor_carries" if name in factors else other, values)


def carried(order: IntArray, counts: FloatArray, exposure: FloatArray) -> float:
    """Share of the deviance that twenty runs of like exposure along an order explain; 0 where chance may do it."""
    along, time = counts[order], exposure[order]
    place = np.minimum((np.cumsum(time) - time / 2) / time.sum() * _BLOCKS, _BLOCKS - 1).astype(np.int64)
    rate = counts.sum() / exposure.sum()
    claims, expected = np.bincount(place, along, _BLOCKS), rate * np.bincount(place, time, _BLOCKS)
    spread = max(float(((along - rate * time) ** 2).sum() / (rate * time).sum()), 1.0)
    seen = expected > 0
    square = float(((claims - expected)[seen] ** 2 / expected[seen]).sum()) / spread
    freedom = max(int(seen.sum()) - 1, 1)
    if square < freedom + _SURPRISE * np.sqrt(2 * freedom):
        return 0.0
    own = time * (claims / np.maximum(np.bincount(place, time, _BLOCKS), 1e-300))[place]
    whole = deviance_of_rows(along, rate * time).sum()
    return float(1 - deviance_of_rows(along, np.maximum(own, 1e-300)).sum() / whole)


def _levels(plan: Plan, portfolio: Portfolio, peril: PerilRows) -> Iterator[Notice]:
    """Factors that tell exactly which rows have claims; levels with none, or with more than their exposure bears."""
    used, rate = peril.used, peril.counts[peril.used].sum() / peril.exposure[peril.used].sum()
    for factor in plan.factors:
        distinct, place = np.unique(portfolio.columns[factor.name][used], return_inverse=True)
        claims = np.bincount(place, weights=peril.counts[used]).astype(np.float64)
        with_claims = np.bincount(place, peril.counts[used] > 0)
        rows = np.bincount(place)
        values: dict[str, object] = {"factor": factor.name, "peril": peril.name}
        pure = bool(((with_claims == 0) | (with_claims == rows)).all())
        if pure and 1 < len(distinct) <= 0.5 * len(place) and 0 < with_claims.sum() < len(place):
            yield Notice("notice_factor_separates", values)
            continue
        share = with_claims.sum() / len(place)
        due = rate * np.bincount(place, weights=peril.exposure[used]).astype(np.float64)
        marks = {
            "notice_level_only_claims": (with_claims == rows) & (share**rows * len(distinct) < _BY_CHANCE),
            "notice_level_hardly_exposed": (factor.kind == "categorical") & _beyond_chance(claims, due, len(distinct)),
            "notice_level_without_claims": (claims == 0) & (due > _SHOULD_HAVE),
        }
        for code, hit in marks.items():
            if hit.any():
                yield Notice(code, {**values, "levels": _shown(factor, distinct[hit].tolist())})


def _beyond_chance(claims: FloatArray, due: FloatArray, many: int) -> BoolArray:
    """Levels with twenty times the claims to expect, and so more than chance brings to one of so many."""
    above = np.maximum(claims, 1) / np.maximum(due, 1e-300)
    bound = claims - due - claims * np.log(above)  # of the log of the chance of as many claims
    return np.asarray((above > _HARDLY) & (claims > 1) & (bound + np.log(many) < np.log(_BY_CHANCE)), dtype=bool)


def _shown(factor: PlannedFactor, levels: list[object]) -> str:
    texts = [f"{level:.12g}" if factor.kind == "numeric" else repr(level) for level in levels[:10]]
    return ", ".join([*texts, *["…"] * (len(levels) > 10)])
