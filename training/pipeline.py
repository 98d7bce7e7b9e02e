"""Train: a plan in, a folder out: tables, figures, candidates, fidelity, relativities, every row set aside."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.experience import IntArray
from models.factor_spec import Column, FactorSpec
from pricing.errors import InputError
from training.fit import Bounds, Fitted, Rows, fit_peril
from training.judged import candidates, fidelity, metrics, relativities
from training.plan import Plan, PlannedPeril, read_plan
from training.portfolio_checks import Notice, notices
from training.portfolio_data import PerilRows, Portfolio, read_portfolio
from training.published import Frame, Published, write_tables
from training.split import Parts, folds, split

Progress = Callable[[str, int], None]


def train(path: Path, out: Path, today: dt.date, progress: Progress) -> dict[str, Any]:
    """Fit a plan's perils and write `out`, all files or none; the figures that were written.

    InputError names what is wrong with plan or data, and tables that are further from the model than the plan allows.
    """
    if out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    plan = read_plan(path)
    portfolio = read_portfolio(plan)
    progress("data", portfolio.rows)
    parts = split(plan.split, portfolio.rows, portfolio.columns.get(plan.split.by or ""))
    told = [*notices(plan, portfolio, parts), *_left_to_selection(plan)]
    run = Run(plan, portfolio, parts, progress)
    fitted = {peril.name: run.fit(peril, rows) for peril, rows in zip(plan.perils, portfolio.perils, strict=True)}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".train-") as name:
        made = Path(name) / "run"
        made.mkdir()
        report = _write(run, fitted, made, _frame(plan, path, today), told)
        made.rename(out)
    return report


def _left_to_selection(plan: Plan) -> Iterable[Notice]:
    """Wishes of a plan that the fit does not follow are said, never dropped in silence."""
    if plan.tables.triples:
        yield Notice("triples_not_fitted", {"triples": plan.tables.triples})
    if plan.interactions:
        shown = "; ".join(" × ".join(pair) for pair in plan.interactions)
        yield Notice("interactions_left_to_selection", {"pairs": shown})


class Run:
    """One plan on its data."""

    def __init__(self, plan: Plan, portfolio: Portfolio, parts: Parts, progress: Progress) -> None:
        self.plan, self.portfolio, self.parts, self.progress = plan, portfolio, parts, progress
        # categorical columns first: the trees' own order, see MODELS
        self.specs: tuple[FactorSpec, ...] = tuple(sorted(plan.specs(), key=lambda spec: spec.kind))
        self.rows: dict[str, tuple[Rows, Rows]] = {}
        self.unseen: dict[str, int] = {}

    def fit(self, peril: PlannedPeril, rows: PerilRows) -> Fitted:
        """Fit a peril on its training rows."""
        train = self.parts.train[rows.used[self.parts.train]]
        test = self.parts.test[rows.used[self.parts.test]]
        columns = {spec.name: self.portfolio.columns[spec.name] for spec in self.specs}
        judged, known = self._known(columns, train, test)
        self.unseen[peril.name] = len(test) - int(known.sum())
        fitted_on = self._folded(self._rows(rows, columns, train), train)
        self.rows[peril.name] = (fitted_on, self._rows(rows, judged, test[known]))
        limits = self.plan.tables
        pairs = 0 if self.plan.candidates == ("glm",) else limits.pairs
        bounds = Bounds(limits.cells, pairs, peril.cap, self.plan.seed)
        return fit_peril(self.rows[peril.name][0], self.specs, bounds, lambda step: self.progress(step, len(train)))

    def _known(
        self, columns: Mapping[str, Column], train: IntArray, test: IntArray
    ) -> tuple[dict[str, Column], np.ndarray[Any, Any]]:
        """Columns as the test reads them, and which test rows have only levels that training saw.

        A level that training never saw is read as the plan's `unseen`, or its row cannot be judged.
        """
        judged, known = dict(columns), np.ones(len(test), dtype=bool)
        for spec in (spec for spec in self.specs if spec.kind == "categorical"):
            column = columns[spec.name]
            strange = ~np.isin(column, np.unique(column[train].astype(str)))
            if self.plan.unseen != "refuse":
                judged[spec.name] = np.where(strange, self.plan.unseen, column)
            else:
                known &= ~strange[test]
        return judged, known

    def _rows(self, rows: PerilRows, columns: Mapping[str, Column], places: IntArray) -> Rows:
        own = {name: column[places] for name, column in columns.items()}
        weights = self.portfolio.weights[places]
        amounts = None if rows.amounts is None else np.where(rows.costed, rows.amounts, 0.0)[places] * weights
        return Rows(
            own,
            rows.exposure[places] * weights,
            rows.counts[places] * weights,
            amounts,
            np.zeros(len(places), dtype=np.int64),
        )

    def _folded(self, rows: Rows, places: IntArray) -> Rows:
        """Training rows with the folds that the plan's groups, times or equal features make."""
        groups, time = (
            None if name is None else self.portfolio.columns[name][places]
            for name in (self.plan.groups, self.plan.split.by)
        )
        return replace(rows, folds=folds(self.plan, [rows.columns[spec.name] for spec in self.specs], groups, time))


def _frame(plan: Plan, path: Path, today: dt.date) -> Frame:
    hashed = hashlib.sha256(path.read_bytes())
    for data in plan.data:
        hashed.update(data.read_bytes())
    clause = f"plan {path.name} on {', '.join(data.name for data in plan.data)}, sha256:{hashed.hexdigest()[:16]}"
    unseen = "" if plan.unseen == "refuse" else plan.unseen
    return Frame(f"{today:%Y-%m}", f"{today:%Y-%m}-01", plan.name, clause, unseen)


def _write(run: Run, fitted: Mapping[str, Fitted], made: Path, frame: Frame, told: Iterable[Notice]) -> dict[str, Any]:
    """All files of the run; InputError where the tables are too far from the model."""
    gaps = {name: fidelity(one, run.rows[name][1]) for name, one in fitted.items()}
    for name, gap in gaps.items():
        if gap.mean > run.plan.tables.fidelity_mean:
            shown = {"mean": f"{gap.mean:.4f}", "bound": run.plan.tables.fidelity_mean}
            raise InputError("fidelity_over_bound", name, peril=name, cells=fitted[name].cells, **shown)
    report: dict[str, Any] = {"format": 1, "plan": run.plan.name, "perils": {}}
    by_name = {peril.name: peril for peril in run.portfolio.perils}
    for name, one in fitted.items():
        report["perils"][name] = metrics(one, *run.rows[name], by_name[name].aside("frequency"))
        report["perils"][name] |= {"not_judged": run.unseen[name], "fidelity": asdict(gaps[name])}
    report["notices"] = [{"code": n.code, **{k: n.message(v) for k, v in _LANGUAGES.items()}} for n in told]
    write_tables(made / "tables", [_published(run.plan, name, one) for name, one in fitted.items()], frame)
    (made / "metrics.json").write_text(_json(report), encoding="utf-8")
    steps = {name: [asdict(step) for step in one.selection.merged.steps] for name, one in fitted.items()}
    shown = {name: {**asdict(gaps[name]), "coarsening": steps[name]} for name in fitted}
    (made / "fidelity.json").write_text(_json(shown), encoding="utf-8")
    _csv(made / "candidates.csv", [line for name, one in fitted.items() for line in candidates(name, one)])
    _csv(made / "relativities.csv", [line for name, one in fitted.items() for line in relativities(name, one)])
    _csv(made / "set_aside.csv", run.portfolio.aside_rows(), _ASIDE)
    return report


_LANGUAGES = {"message": "en", "message_zh": "zh"}
_ASIDE = ("row", "file", "file_row", "peril", "part", "code", "message", "message_zh")


def _published(plan: Plan, name: str, fitted: Fitted) -> Published:
    [peril] = [peril for peril in plan.perils if peril.name == name]
    severity = None if fitted.severity is None else (fitted.severity[0], fitted.severity[1].tables)
    return Published(name, peril.exposure, fitted.coding, fitted.tables, fitted.curves, severity)


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _csv(path: Path, lines: list[dict[str, object]], columns: tuple[str, ...] = ()) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns or tuple(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
