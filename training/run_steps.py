"""The work of each step of a run. What a step needs of an earlier one is at hand, or read back from its files."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.merging import CellsError
from pricing.errors import InputError
from training.candidate import make_candidate
from training.candidate_spec import CandidateFrame, Experience
from training.compared import in_force_rates
from training.extremes import check_extremes
from training.falling import bends
from training.fit import Bounds, Fitted, fit_peril
from training.gates import changes, gates
from training.impact import impact
from training.judged import candidates, fidelity, metrics, relativities
from training.judgement import Seen, judge
from training.kept import keep
from training.monitor_expected import pricing_of
from training.monitor_reference import reference
from training.notice import Notice
from training.outcome import declared, outcome
from training.plan import PlannedPeril
from training.portfolio_checks import notices
from training.portfolio_sides import check_sides
from training.published import Frame, Published, write_tables
from training.run_documents import write_documents
from training.run_facts import months_of, schema_of
from training.run_files import read_json, write_csv, write_json
from training.run_rows import PerilParts, specs_of
from training.run_state import RunState

_ASIDE = ("row", "file", "file_row", "peril", "part", "code", "message", "message_zh")
_MESSAGES = {"message": "en", "message_zh": "zh"}


class Steps(RunState):
    """The steps, each of which writes its files into the folder that it is given."""

    def data(self, folder: Path) -> None:
        """What was read, and every row set aside."""
        starts = [*(start for _, start in self.portfolio.files), self.portfolio.rows]
        counted = [after - start for start, after in pairwise(starts)]
        files = [
            {"name": name, "sha256": hashed, "rows": rows}
            for (name, hashed), rows in zip(self.facts.files, counted, strict=True)
        ]
        months = months_of(self.portfolio)
        found = {"format": 1, "files": files, "data_sha256": self.facts.data_hash, "rows": self.portfolio.rows}
        found |= {"columns": schema_of(self.portfolio), "synthetic": self.facts.synthetic}
        found |= {"commit": self.facts.commit, "program": self.facts.program}
        write_json(folder / "data.json", {**found, "months": None if months is None else list(months)})
        write_csv(folder / "set_aside.csv", self.portfolio.aside_rows(), _ASIDE)

    def split_rows(self, folder: Path) -> None:
        """Part of each row, and of each peril's training rows the fold that holds it out."""
        check_sides(self.plan, self.portfolio, self.split)
        part = np.full(self.portfolio.rows, "", dtype=object)
        part[self.split.train], part[self.split.test] = "train", "test"
        columns = {"row": pa.array(np.arange(self.portfolio.rows)), "part": pa.array(part.tolist(), pa.string())}
        for name, rows in self.parts.items():
            fold = np.full(self.portfolio.rows, -1, dtype=np.int64)
            fold[rows.train_rows] = rows.train.folds
            columns[f"fold_{name}"] = pa.array(fold, mask=fold < 0)
        pq.write_table(pa.table(columns), folder / "split.parquet")

    def fit(self, folder: Path) -> None:
        """Fit every peril."""
        fitted = {peril.name: self._fit(peril) for peril in self.plan.perils}
        self.__dict__["fitted"] = fitted
        keep(fitted, folder / "fitted.skops")
        write_csv(folder / "candidates.csv", [line for name, one in fitted.items() for line in candidates(name, one)])

    def _fit(self, peril: PlannedPeril) -> Fitted:
        plan, limits, rows = self.plan, self.plan.tables, self.parts[peril.name].train
        levels = {factor.name: factor.levels for factor in plan.factors}
        wished = (plan.candidates, plan.interactions, levels, limits.fidelity_mean)
        bounds = Bounds(limits.cells, limits.pairs, peril.cap, plan.seed, limits.triples, *wished)
        try:
            return fit_peril(rows, specs_of(plan), bounds, lambda step: self.progress(step, len(rows.counts)))
        except CellsError as error:
            shown = {"cells": error.allowed, "least": error.least}
            raise InputError("cells_below_monotone", peril.name, peril=peril.name, **shown) from None

    def tabulate(self, folder: Path) -> None:
        """Tables with their edits; InputError where they are further from the fit than the plan allows."""
        self.progress("tabulate", len(self.fitted))
        for name, (one, _) in self.published.items():
            check_extremes(name, one)
        shown = {}
        for name, one in self.fitted.items():
            gap = fidelity(one, self.parts[name].test)
            if gap.mean > self.plan.tables.fidelity_mean:
                figures = {"mean": f"{gap.mean:.4f}", "bound": self.plan.tables.fidelity_mean, "cells": one.cells}
                raise InputError("fidelity_over_bound", name, peril=name, **figures)
            shown[name] = {**asdict(gap), "coarsening": [asdict(step) for step in one.selection.merged.steps]}
        write_tables(
            folder / "tables", [self._published(name, one) for name, (one, _) in self.published.items()], self._frame()
        )
        write_json(folder / "fidelity.json", shown)
        write_json(
            folder / "edits.json", {"format": 1, "edits": [r for _, own in self.published.values() for r in own]}
        )

    def _published(self, name: str, fitted: Fitted) -> Published:
        [peril] = [peril for peril in self.plan.perils if peril.name == name]
        severity = None if fitted.severity is None else (fitted.severity[0], fitted.severity[1].tables)
        return Published(name, peril.exposure, fitted.coding, fitted.tables, fitted.curves, severity)

    def _frame(self) -> Frame:
        names = ", ".join(name for name, _ in self.facts.files)
        clause = f"plan {self.path.name} {_short(self.facts.plan_hash)} on {names} {_short(self.facts.data_hash)}"
        unseen = "" if self.plan.unseen == "refuse" else self.plan.unseen
        return Frame(f"{self.today:%Y-%m}", f"{self.today:%Y-%m}-01", self.plan.name, clause, unseen)

    def judge(self, folder: Path) -> None:
        """Figures on the test rows, relativities, and everything that is drawn."""
        self.progress("judge", len(self.fitted))
        gaps = {name: asdict(fidelity(one, self.parts[name].test)) for name, (one, _) in self.published.items()}
        figures: dict[str, Any] = {"format": 1, "plan": self.plan.name, "perils": {}}
        told = list(notices(self.plan, self.portfolio, self.split))
        if self.plan.weights:
            told.append(Notice("notice_weighted", {"column": self.plan.weights}))
        drawn = {}
        of_data = {rows.name: rows for rows in self.portfolio.perils}
        for name, (one, _) in self.published.items():
            rows = self.parts[name]
            own = metrics(one, rows.train, rows.test, of_data[name].aside("frequency"))
            own["set_aside_reasons"] = of_data[name].reasons()
            own |= {"not_judged": rows.not_judged, "fidelity": gaps[name], "interactions": list(declared(one))}
            figures["perils"][name] = own
            told += [*outcome(self.plan, name, one), *bends(name, one, rows.train)]
            drawn[name] = judge(one, rows.train, rows.test, self._seen(name, rows), self.plan.seed)
        figures["notices"] = [{"code": n.code, **{k: n.message(v) for k, v in _MESSAGES.items()}} for n in told]
        write_json(folder / "metrics.json", figures)
        write_json(folder / "judged.json", {"format": 1, "perils": drawn})
        known = reference(self.plan, self.portfolio, self.parts, pricing_of(self.run / "tables"))
        write_json(folder / "reference.json", known)
        lines = [line for name, (one, _) in self.published.items() for line in relativities(name, one)]
        write_csv(folder / "relativities.csv", lines)

    def _seen(self, name: str, rows: PerilParts) -> Seen:
        """What a peril is looked at beside its factors."""
        desk, frame = self.plan.desk, self.portfolio.frame
        by = self.plan.split.by if self.plan.split.kind == "time" else "month" if "month" in frame.columns else None
        times = None
        if by:
            column = frame[by].astype(str).to_numpy()
            times = (column[rows.train_rows], column[rows.test_rows])
        for column_name in desk.fairness:
            if column_name not in frame.columns:
                known = ", ".join(map(str, frame.columns))
                raise InputError("columns_missing", f"{self.path}, fairness", columns=column_name, known=known)
        groups = {one: frame[one].astype(str).to_numpy()[rows.test_rows] for one in desk.fairness}
        if desk.in_force is None:
            return Seen(times, groups)
        [exposure] = [own.exposure for own in self.portfolio.perils if own.name == name]
        return Seen(times, groups, in_force_rates(self.plan, desk.in_force, name, exposure)[rows.test_rows])

    def candidate(self, folder: Path) -> None:
        """The tariff in force with the entries that the plan asks for; nothing where it asks for none."""
        spec = self.plan.desk.candidate
        if spec is None:
            return
        self.progress("candidate", len(spec.publish))
        found = make_candidate(self.run / "tables", self.tariff, spec, folder / "tariff", self._candidate_frame())
        write_json(folder / "candidate.json", found)

    def _candidate_frame(self) -> CandidateFrame:
        experience = {}
        for peril in self.plan.perils:
            rows = self.parts[peril.name].train
            fen = rows.amounts is not None and (peril.amounts or "").endswith("_fen")
            amounts = round(float(rows.amounts.sum())) if fen and rows.amounts is not None else None
            sums = (round(float(rows.counts.sum())), round(float(rows.exposure.sum())))
            experience[peril.name] = Experience(*sums, amounts)
        return CandidateFrame(
            plan=self.plan.name,
            run=self.run.name,
            known_from=self.today,
            data_sha256=self.facts.data_hash,
            plan_sha256=self.facts.plan_hash,
            program=self.facts.program,
            seed=self.plan.seed,
            gates_passed=bool(self._gates()["passed"]),
            commit=self.facts.commit,
            months=months_of(self.portfolio),
            experience=experience,
            factors=tuple(factor.name for factor in self.plan.factors),
        )

    def impact(self, folder: Path) -> None:
        """A real month under the tariff in force and the candidate; nothing where the plan names none."""
        desk = self.plan.desk
        if desk.candidate is not None and desk.month is not None:
            impact(desk.month, self.tariff, self.run / "tariff", folder, self.progress, desk.earlier)

    def _gates(self) -> dict[str, Any]:
        """All gates that can be judged by now."""
        found = read_json(self.run / "candidate.json")
        moved = read_json(self.run / "impact.json")
        errors = [one["place"] for one in found.get("findings", ()) if one["severity"] == "error"]
        candidate = {"lint": errors, "changes": changes(moved)} if found else None
        metrics_, judged = (read_json(self.run / f"{name}.json") for name in ("metrics", "judged"))
        return gates(metrics_, judged, self.plan.desk.gates, candidate)

    def report(self, folder: Path) -> None:
        """Gates, report, model cards, and the plan that they were made by."""
        self.progress("report", len(self.fitted))
        data, found = read_json(self.run / "data.json"), self._gates()
        write_json(folder / "gates.json", found)
        facts: dict[str, Any] = {"plan": self.plan.name, "date": self.today.isoformat(), "program": self.facts.program}
        facts |= {"plan_hash": _short(self.facts.plan_hash), "data_hash": _short(self.facts.data_hash)}
        facts |= {"commit": self.facts.commit, "synthetic": data["synthetic"]}
        shown = {**facts, "files": [[one["name"], one["rows"]] for one in data["files"]]}
        write_documents(self.run, folder, self.plan, shown, found)
        (folder / "plan.yaml").write_bytes(self.path.read_bytes())


def _short(hashed: str) -> str:
    return hashed[:19]
