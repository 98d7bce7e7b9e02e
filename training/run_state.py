"""What a run has at hand: plan, data, their parts, what was fitted and edited; of this run, or read back from files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pricing.errors import InputError
from pricing.folder_hash import folder_hash
from training.compared import in_force_relativity
from training.edited import edited
from training.edits import Edit, read_edits
from training.fit import Fitted
from training.kept import kept
from training.outcome import check_folds
from training.plan import Plan
from training.portfolio_data import Portfolio, read_portfolio
from training.run_facts import Facts
from training.run_rows import PerilParts, parts_of
from training.split import Parts, split

Progress = Callable[[str, int], None]


class RunState:
    """One plan, its data and its run folder, each read or made when it is first asked for."""

    def __init__(
        self, plan: Plan, path: Path, run: Path, today: dt.date, progress: Progress, find_tariff: Callable[[], Path]
    ) -> None:
        self.plan, self.path, self.run, self.today, self.progress = plan, path, run, today, progress
        self.find_tariff = find_tariff

    @cached_property
    def tariff(self) -> Path:
        """Folder of the tariff in force, which is looked for only where a candidate grows from it."""
        return self.find_tariff()

    @cached_property
    def facts(self) -> Facts:
        """Hashes of plan and data, program and commit."""
        return Facts.of(self.plan, self.path)

    @cached_property
    def portfolio(self) -> Portfolio:
        """The data as read."""
        portfolio = read_portfolio(self.plan)
        self.progress("data", portfolio.rows)
        return portfolio

    @cached_property
    def split(self) -> Parts:
        """Train and test."""
        return split(self.plan.split, self.portfolio.rows, self.portfolio.columns.get(self.plan.split.by or ""))

    @cached_property
    def parts(self) -> dict[str, PerilParts]:
        """Rows of each peril, apart."""
        found = {rows.name: parts_of(self.plan, self.portfolio, self.split, rows) for rows in self.portfolio.perils}
        for name, one in found.items():
            check_folds(name, one.train)
            if not len(one.test.counts):
                raise InputError("no_row_to_judge", name, peril=name, rows=one.not_judged)
        return found

    @cached_property
    def fitted(self) -> dict[str, Fitted]:
        """Each peril as fitted: of this run, or read back."""
        return kept(self.run / "fitted.skops")

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        """Edits by hand, in their order."""
        if self.plan.desk.edits is None:
            return ()
        names = tuple(factor.name for factor in self.plan.factors)
        perils = {peril.name: names for peril in self.plan.perils}
        return read_edits(self.plan.desk.edits, perils, self.plan.desk.in_force is not None)

    @cached_property
    def published(self) -> dict[str, tuple[Fitted, list[dict[str, Any]]]]:
        """Each peril with its edits, and what they changed."""
        found = {}
        for name, one in self.fitted.items():
            own = [edit for edit in self.edits if edit.peril == name]
            rows = self.parts[name]

            def in_force(factor: str, name: str = name, rows: PerilParts = rows) -> np.ndarray[Any, Any]:
                assert self.plan.desk.in_force is not None
                return in_force_relativity(self.plan, self.plan.desk.in_force, name, factor)[rows.train_rows]

            found[name] = edited(one, rows.train, own, in_force) if own else (one, [])
        return found

    @cached_property
    def tariff_hash(self) -> str:
        """Hash of the tariff in force."""
        return folder_hash(self.tariff)
