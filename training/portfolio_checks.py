"""What a person should look at before believing a fit: columns that know the claims, levels that teach nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from models.experience import FloatArray, IntArray, deviance_of_rows
from pricing.words import say
from training.plan import Plan, PlannedFactor
from training.portfolio_data import PerilRows, Portfolio
from training.split import Parts, alike, on_both_sides

_BLOCKS = 20
_LEAST_SHARE = 0.01  # of the deviance: the whole of a good model explains a few hundredths
_SURPRISE = 8.0  # standard deviations above what chance explains
_SHOULD_HAVE = 10.0  # expected claims at which a level without any is no chance
_DISTANCE = re.compile(r"distance|kilomet|mileage|(^|_)km($|_)|里程|公里", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something found in the data; no row is left out for it."""

    code: str
    values: Mapping[str, object]

    def message(self, lang: str) -> str:
        """What was found with what to do, in `en` or `zh`."""
        return say(self.code, lang, **self.values)


def notices(plan: Plan, portfolio: Portfolio, parts: Parts | None = None) -> tuple[Notice, ...]:
    """Everything found, in the plan's order; with the parts of a split also what stands on both sides of it."""
    found = [*_rows_alike(portfolio), *_factors(plan, portfolio)]
    for peril in portfolio.perils:
        found += [*_carriers(plan, portfolio, peril), *_levels(plan, portfolio, peril)]
    return tuple(found) if parts is None else (*found, *_sides(plan, portfolio, parts))


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
        if factor.kind == "categorical" and distinct > max(0.5 * portfolio.rows, 20):
            yield Notice("notice_factor_identifies", {**values, "rows": portfolio.rows})
        if factor.shape == "curve" and not factor.multiplies and _DISTANCE.search(factor.name):
            yield Notice("notice_multiplies_not_said", {"factor": factor.name})


def _carriers(plan: Plan, portfolio: Portfolio, peril: PerilRows) -> Iterator[Notice]:
    """The order of rows, with every column that nearly numbers them, where it explains claims."""
    used = peril.used
    orders = {"": np.arange(int(used.sum()))}
    for name in portfolio.frame.columns:
        column = portfolio.frame[name][used]
        if (name not in plan.columns() or name == plan.groups) and 2 * column.nunique() > len(column):
            orders[str(name)] = np.argsort(column.rank(method="first").to_numpy(), kind="stable")
    for name, order in orders.items():
        share = carried(order, peril.counts[used], peril.exposure[used])
        if share > _LEAST_SHARE:
            values: dict[str, object] = {"peril": peril.name, "share": f"{100 * share:.1f}", "column": name}
            yield Notice("notice_column_carries" if name else "notice_order_carries", values)


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
    """Factors that tell exactly which rows have claims; levels that ought to have claims and have none."""
    used, rate = peril.used, peril.counts[peril.used].sum() / peril.exposure[peril.used].sum()
    for factor in plan.factors:
        distinct, place = np.unique(portfolio.columns[factor.name][used], return_inverse=True)
        claims = np.bincount(place, peril.counts[used])
        with_claims = np.bincount(place, peril.counts[used] > 0)
        rows = np.bincount(place)
        values: dict[str, object] = {"factor": factor.name, "peril": peril.name}
        pure = bool(((with_claims == 0) | (with_claims == rows)).all())
        if pure and 1 < len(distinct) <= 0.5 * len(place) and 0 < with_claims.sum() < len(place):
            yield Notice("notice_factor_separates", values)
            continue
        lacking = (claims == 0) & (rate * np.bincount(place, peril.exposure[used]) > _SHOULD_HAVE)
        if lacking.any():
            yield Notice(
                "notice_level_without_claims", {**values, "levels": _shown(factor, distinct[lacking].tolist())}
            )


def _shown(factor: PlannedFactor, levels: list[object]) -> str:
    texts = [f"{level:.12g}" if factor.kind == "numeric" else repr(level) for level in levels[:10]]
    return ", ".join([*texts, *["…"] * (len(levels) > 10)])


def _sides(plan: Plan, portfolio: Portfolio, parts: Parts) -> Iterator[Notice]:
    """Equal feature vectors, groups or whole rows on both sides of the split: they flatter flexible models."""
    tested = len(parts.test)
    places = {"notice_features_on_both_sides": alike([portfolio.columns[factor.name] for factor in plan.factors])}
    if plan.groups:
        places["notice_groups_on_both_sides"] = alike([portfolio.columns[plan.groups]])
    places["notice_rows_on_both_sides"] = (
        portfolio.frame.groupby(list(portfolio.frame.columns), dropna=False, observed=True, sort=False)
        .ngroup()
        .to_numpy()
    )
    for code, place in places.items():
        rows = on_both_sides(parts, place)
        if rows:
            yield Notice(code, {"rows": rows, "share": f"{100 * rows / tested:.1f}"})
