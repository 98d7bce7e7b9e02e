"""Edits applied to fitted tables: what each changed is kept, and the claims of the training stay balanced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.bands import Bands
from models.curve import Curve
from models.experience import FloatArray, IntArray
from models.tables import Tables
from pricing.errors import InputError
from training.edits import CAP, CREDIBILITY, OVERRIDE, ROUND, SMOOTH, Edit
from training.fit import Fitted, Rows
from training.published import Bandings

_LEAST = 1e-6  # a relativity whose log is taken
# Mean relativity in force of the training rows at each level: of a peril's factor, by the level of each row.
InForce = Callable[[str], FloatArray]


def edited(
    fitted: Fitted, train: Rows, edits: Sequence[Edit], in_force: InForce | None = None
) -> tuple[Fitted, list[dict[str, Any]]]:
    """A peril with its edits in their order, and one record per level that changed.

    in_force: relativity of each training row by the tables in force, for a factor's name. InputError names a level that
    is not there, or a factor whose main effect is not published.
    """
    records: list[dict[str, Any]] = []
    for edit in edits:
        place = next(i for i, factor in enumerate(fitted.coding.factors) if factor.spec.name == edit.factor)
        before = _Effect.of(fitted, place, train)
        after = before.changed(edit, in_force)
        records += _records(edit, before, after)
        fitted = before.put(fitted, after)
    return _balanced(fitted, train), records


class _Effect:
    """A factor's main effect while it is edited: relativity by level, or at the knots of a curve."""

    def __init__(
        self, fitted: Fitted, place: int, named: tuple[Sequence[str], FloatArray], rows: IntArray, of_rows: FloatArray
    ) -> None:
        self.fitted, self.place, self.labels, self.values = fitted, place, list(named[0]), named[1]
        self.of_rows = of_rows  # own relativity of each training row
        self.rows = rows.astype(np.int64)  # level (or nearest knot) of each training row

    @classmethod
    def of(cls, fitted: Fitted, place: int, train: Rows) -> _Effect:
        name = fitted.coding.factors[place].spec.name
        if place in fitted.curves:
            curve = fitted.curves[place]
            values = np.nan_to_num(np.asarray(train.columns[name], dtype=np.float64), nan=float(curve.x[0]))
            near = np.searchsorted((curve.x[1:] + curve.x[:-1]) / 2, values)
            return cls(fitted, place, ([str(x) for x in curve.x.tolist()], curve.y), near, curve.at(values))
        if place not in fitted.tables.mains:
            raise InputError("edit_no_table", name, factor=name)
        (level,) = fitted.tables.levels_of((place,))
        _, labels = Bandings("").name(fitted.coding.factors[place], level)
        codes = fitted.coding.factors[place].codes(train.columns[name])
        own = np.exp(fitted.tables.mains[place])
        return cls(fitted, place, (labels, own), level.take(codes), own.take(level.take(codes)))

    def changed(self, edit: Edit, in_force: InForce | None) -> FloatArray:
        """The relativities after an edit."""
        if edit.kind == OVERRIDE:
            if edit.level not in self.labels:
                known = ", ".join(self.labels[:30])
                raise InputError("edit_level", edit.factor, level=edit.level, factor=edit.factor, known=known)
            return np.where(np.array(self.labels) == edit.level, edit.relativity, self.values)
        if edit.kind == CAP:
            return np.clip(self.values, edit.least, edit.most)
        if edit.kind == ROUND:
            return np.maximum(np.rint(self.values / edit.to), 1) * edit.to
        if edit.kind == SMOOTH:
            return self._smoothed(edit)
        assert edit.kind == CREDIBILITY
        logs = np.log(self.values)
        rest = np.zeros(len(logs)) if edit.towards == "base" else logs + self._apart(edit, in_force)
        return np.asarray(np.exp(edit.z * logs + (1 - edit.z) * rest))

    def _smoothed(self, edit: Edit) -> FloatArray:
        """Moving average of the logs over ordered levels, weighted by their rows; a level of the missing stays."""
        factor = self.fitted.coding.factors[self.place]
        if self.place not in self.fitted.curves and not isinstance(factor, Bands):
            raise InputError("edit_not_ordered", edit.factor, factor=edit.factor)
        many = len(self.labels) - (self.labels[-1] == "missing")
        weight = np.bincount(self.rows, minlength=len(self.labels)).astype(np.float64) + 1.0
        logs, reach = np.log(self.values), edit.levels // 2
        smooth = logs.copy()
        for k in range(many):
            near = slice(max(k - reach, 0), min(k + reach + 1, many))
            smooth[k] = np.average(logs[near], weights=weight[near])
        return np.exp(smooth)

    def _apart(self, edit: Edit, in_force: InForce | None) -> FloatArray:
        """Mean log of in force ÷ own over the rows of each level, or nearest to each knot; 0 where there are none."""
        assert in_force is not None, "the edits were read with the tables in force at hand"
        many = np.bincount(self.rows, minlength=len(self.labels))
        apart = np.log(np.maximum(in_force(edit.factor), _LEAST)) - np.log(np.maximum(self.of_rows, _LEAST))
        return np.asarray(np.bincount(self.rows, apart, len(self.labels)) / np.maximum(many, 1))

    def put(self, fitted: Fitted, values: FloatArray) -> Fitted:
        """The peril with these relativities."""
        if self.place in fitted.curves:
            curves: dict[int, Curve] = {**fitted.curves, self.place: replace(fitted.curves[self.place], y=values)}
            return replace(fitted, curves=curves)
        mains: Mapping[int, FloatArray] = {**fitted.tables.mains, self.place: np.log(values)}
        return replace(fitted, tables=replace(fitted.tables, mains=mains))


def _records(edit: Edit, before: _Effect, after: FloatArray) -> list[dict[str, Any]]:
    frame = {"edit": edit.place, "kind": edit.kind, "peril": edit.peril, "factor": edit.factor}
    changes = zip(before.labels, before.values.tolist(), after.tolist(), strict=True)
    return [
        {**frame, "level": label, "fitted": old, "edited": new, "by": edit.by, "reason": edit.reason}
        for label, old, new in changes
        if new != old
    ]


def _balanced(fitted: Fitted, train: Rows) -> Fitted:
    """The base that expects as many claims of the training as there were."""
    expected = float((fitted.rate(train.columns) * train.exposure).sum())
    tables: Tables = replace(fitted.tables, base=fitted.tables.base + float(np.log(train.counts.sum() / expected)))
    return replace(fitted, tables=tables)
