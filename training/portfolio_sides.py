"""What a split leaves on its two sides: enough to learn from, rows that can be judged, nothing seen twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.experience import BoolArray, IntArray
from models.factor_spec import Column
from pricing.errors import InputError
from training.notice import Notice
from training.plan import Plan, PlannedFactor
from training.portfolio_data import PerilRows, Portfolio
from training.split import FOLDS, Parts, alike, on_both_sides

_LEAST = 2 * FOLDS  # training rows with claims: two for each fold of the cross-validation


def check_sides(plan: Plan, portfolio: Portfolio, parts: Parts) -> None:
    """InputError where a peril has too few claims to learn from, a factor no value, or no test row can be judged."""
    for peril in portfolio.perils:
        train, test = parts.train[peril.used[parts.train]], parts.test[peril.used[parts.test]]
        _check_claims(peril, train)
        for factor in plan.factors:
            _check_factor(factor, portfolio.columns[factor.name][train], peril.name)
        strange = _strange(plan, portfolio, peril, parts)
        lost = {name: own for name, own in strange.items() if not _read(plan, portfolio.columns[name][train])}
        if np.any([own[test] for own in lost.values()] or np.zeros((1, len(test)), dtype=bool), axis=0).all():
            shown = {"rows": len(test), "factors": ", ".join(lost)}
            raise InputError("no_row_to_judge", peril.name, peril=peril.name, **shown)


def _check_claims(peril: PerilRows, train: IntArray) -> None:
    """Enough training rows with claims, and with amounts where the plan has them."""
    rows = {"peril_too_few_claims": int((peril.counts[train] > 0).sum())}
    if peril.amounts is not None:
        rows["peril_too_few_amounts"] = int(peril.costed[train].sum())
    for code, many in rows.items():
        if many < _LEAST:
            raise InputError(code, peril.name, peril=peril.name, claims=many, rows=len(train), least=_LEAST)


def _check_factor(factor: PlannedFactor, train: Column, peril: str) -> None:
    """A value among the training rows, and the base of the plan."""
    empty = np.isnan(train) if factor.kind == "numeric" else train == ""
    if empty.all():
        raise InputError("factor_without_values", factor.name, factor=factor.name, peril=peril)
    if factor.kind == "categorical" and factor.base is not None and not (train == factor.base).any():
        raise InputError("base_not_in_training", factor.name, factor=factor.name, level=factor.base, peril=peril)


def sides(plan: Plan, portfolio: Portfolio, parts: Parts) -> Iterator[Notice]:
    """Levels that only the test has; equal feature vectors, groups or whole rows on both sides of the split."""
    for peril in portfolio.perils:
        yield from _unseen(plan, portfolio, peril, parts)
    used = np.any([peril.used for peril in portfolio.perils], axis=0)
    own = Parts(parts.train[used[parts.train]], parts.test[used[parts.test]])
    for code, place in _places(plan, portfolio).items():
        rows = on_both_sides(own, place)
        if rows:
            yield Notice(code, {"rows": rows, "share": f"{100 * rows / len(own.test):.1f}"})


def _places(plan: Plan, portfolio: Portfolio) -> dict[str, IntArray]:
    """By the notice of what stands on both sides, the number of what each row is alike in."""
    places = {"notice_features_on_both_sides": alike([portfolio.columns[factor.name] for factor in plan.factors])}
    if plan.groups:
        places["notice_groups_on_both_sides"] = alike([portfolio.columns[plan.groups]])
    every = portfolio.frame.groupby(list(portfolio.frame.columns), dropna=False, observed=True, sort=False)
    places["notice_rows_on_both_sides"] = every.ngroup().to_numpy()
    return places


def _unseen(plan: Plan, portfolio: Portfolio, peril: PerilRows, parts: Parts) -> Iterator[Notice]:
    numeric = {factor.name for factor in plan.factors if factor.kind == "numeric"}
    for name, strange in _strange(plan, portfolio, peril, parts).items():
        values: dict[str, object] = {"peril": peril.name, "factor": name, "rows": int(strange.sum())}
        if name in numeric:
            yield Notice("notice_values_not_judged", values)
            continue
        levels = np.unique(portfolio.columns[name][strange]).tolist()
        values["levels"] = ", ".join([*map(repr, levels[:10]), *["…"] * (len(levels) > 10)])
        read = _read(plan, portfolio.columns[name][parts.train[peril.used[parts.train]]])
        yield Notice("notice_levels_read_as" if read else "notice_levels_not_judged", {**values, "unseen": plan.unseen})


def _read(plan: Plan, train: Column) -> bool:
    """Whether the plan names a level that prices what training never saw of a factor with these training rows."""
    return plan.unseen != "refuse" and train.dtype == object and bool((train == plan.unseen).any())


def _strange(plan: Plan, portfolio: Portfolio, peril: PerilRows, parts: Parts) -> dict[str, BoolArray]:
    """By factor, the used test rows with a level that no used training row has, an empty number among them; shapes of
    all rows.
    """
    found = {}
    train, test = parts.train[peril.used[parts.train]], parts.test[peril.used[parts.test]]
    for factor in plan.factors:
        column = portfolio.columns[factor.name]
        strange = np.zeros(portfolio.rows, dtype=bool)
        if factor.kind == "categorical":
            strange[test] = ~np.isin(column[test].astype(str), np.unique(column[train].astype(str)))
        elif not np.isnan(column[train]).any():
            strange[test] = np.isnan(column[test])
        if strange.any():
            found[factor.name] = strange
    return found
