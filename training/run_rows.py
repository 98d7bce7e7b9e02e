"""The rows of a plan: which of them train a peril and which judge it, in folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from models.experience import BoolArray, IntArray
from models.factor_spec import Column, FactorSpec
from training.fit import Rows
from training.plan import Plan
from training.portfolio_data import PerilRows, Portfolio
from training.split import Parts, folds


@dataclass(frozen=True, slots=True, eq=False)
class PerilParts:
    """Rows of a peril. train, test: as they are fitted and judged; train_rows, test_rows: their numbers in the data;
    not_judged: test rows with a level that training never saw.
    """

    train: Rows
    test: Rows
    train_rows: IntArray
    test_rows: IntArray
    not_judged: int


def specs_of(plan: Plan) -> tuple[FactorSpec, ...]:
    """The factors as they are fitted: categorical ones first, which is the trees' own order."""
    return tuple(sorted(plan.specs(), key=lambda spec: spec.kind))


def parts_of(plan: Plan, portfolio: Portfolio, parts: Parts, rows: PerilRows) -> PerilParts:
    """The rows of one peril that are used, apart."""
    specs = specs_of(plan)
    train, test = (side[rows.used[side]] for side in (parts.train, parts.test))
    columns = {spec.name: portfolio.columns[spec.name] for spec in specs}
    judged, known = _known(plan, specs, columns, (train, test))
    fitted = _rows(portfolio, rows, columns, train)
    groups, time = (None if name is None else portfolio.columns[name][train] for name in (plan.groups, plan.split.by))
    held = folds(plan, [fitted.columns[spec.name] for spec in specs], groups, time)
    placed = replace(fitted, folds=held, groups=groups if plan.groups else None)
    tested = test[known]
    return PerilParts(placed, _rows(portfolio, rows, judged, tested), train, tested, len(test) - len(tested))


def _known(
    plan: Plan, specs: tuple[FactorSpec, ...], columns: Mapping[str, Column], parts: tuple[IntArray, IntArray]
) -> tuple[dict[str, Column], BoolArray]:
    """Columns as the test reads them, and which test rows have only levels that training saw.

    A level that training never saw is read as the plan's `unseen` where the factor has that level; else its row cannot
    be judged, like one without a number where all training rows have one.
    """
    train, test = parts
    judged, known = dict(columns), np.ones(len(test), dtype=bool)
    for column in (columns[spec.name] for spec in specs if spec.kind == "numeric"):
        if not np.isnan(column[train]).any():
            known &= ~np.isnan(column[test])
    for spec in (spec for spec in specs if spec.kind == "categorical"):
        column = columns[spec.name]
        levels = np.unique(column[train].astype(str))
        strange = ~np.isin(column, levels)
        if plan.unseen in levels:
            judged[spec.name] = np.where(strange, plan.unseen, column)
        else:
            known &= ~strange[test]
    return judged, known


def _rows(portfolio: Portfolio, rows: PerilRows, columns: Mapping[str, Column], places: IntArray) -> Rows:
    weights = portfolio.weights[places]
    amounts = None if rows.amounts is None else np.where(rows.costed, rows.amounts, 0.0)[places] * weights
    return Rows(
        {name: column[places] for name, column in columns.items()},
        rows.exposure[places] * weights,
        rows.counts[places] * weights,
        amounts,
        np.zeros(len(places), dtype=np.int64),
    )
