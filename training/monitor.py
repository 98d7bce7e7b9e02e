"""Monitor: how the tables in force hold on new months, with a verdict for each peril and the evidence for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pricing.errors import InputError
from pricing.folder_hash import folder_hash
from training.monitor_bounds import Bounds
from training.monitor_data import NewMonths, read_new
from training.monitor_expected import pricing_of
from training.monitor_figures import figures, late_times
from training.monitor_notices import notices
from training.monitor_reference import FILE, Reference, in_order, learn, read_reference
from training.monitor_verdict import verdict, worst
from training.plan import Plan, read_plan
from training.run_facts import program
from training.run_files import write_json
from training.score import Pricing

Progress = Callable[[str, int], None]
BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Watched:
    """What is held against the data. tables: folder of tables; run: folder with plan and reference, or None; plan: a
    plan whose own data teach the reference where no run keeps it, or None.
    """

    tables: Path
    run: Path | None
    plan: Path | None

    @classmethod
    def of(cls, given: Path, run: Path | None = None, plan: Path | None = None) -> Watched:
        """From a run folder or a folder of tables; InputError where no plan says what the columns are."""
        if not given.is_dir():
            raise InputError("file_not_found", "", path=given)
        if (given / "tables").is_dir() and (given / "plan.yaml").is_file():
            tables, own = given / "tables", given
        else:
            tables, own = given, given.parent
        if run is None and plan is None and (own / "plan.yaml").is_file():
            run = own
        if run is None and plan is None:
            raise InputError("monitor_no_plan", str(given), tables=given)
        return cls(tables, run, plan)

    def reference(self, plan: Plan, pricing: Pricing) -> Reference:
        """As the run keeps it, else from the plan's own data."""
        if self.run is None or (self.plan is not None and not (self.run / FILE).is_file()):
            return learn(plan, pricing)
        return read_reference(self.run)

    def read_plan(self) -> Plan:
        """The plan that was named, else the run's."""
        if self.plan is not None or self.run is None:
            return read_plan(self.plan or self.tables)
        return read_plan(self.run / "plan.yaml")


def monitor(watched: Watched, data: Sequence[Path], progress: Progress, bounds: Bounds = BOUNDS) -> dict[str, Any]:
    """Content of `monitor.json`; InputError names what is missing in tables, plan, reference or data."""
    pricing, plan = pricing_of(watched.tables), watched.read_plan()
    _check_tables(plan, pricing, watched.tables)
    known = watched.reference(plan, pricing)
    _check_reference(plan, known)
    new = read_new(plan, pricing, data)
    progress("data", new.rows)
    _check_times(new, known)
    late = late_times(new.order, bounds.late)
    perils = {}
    for peril in new.perils:
        own = figures(peril, known.perils[peril.name], new, late, bounds)
        perils[peril.name] = verdict(own, bounds) | own
        progress("judge", int(peril.used.sum()))
    whole = worst([one["verdict"] for one in perils.values()])
    told = notices(plan, pricing, known, new, late)
    return {"format": 1, "plan": plan.name, "verdict": whole, **_facts(watched, known, new)} | {
        "late": list(late),
        "bounds": asdict(bounds),
        "notices": [{"code": n.code, "message": n.message("en"), "message_zh": n.message("zh")} for n in told],
        "perils": perils,
    }


def write(found: dict[str, Any], out: Path, page: str) -> None:
    """`monitor.json` and `monitor.html` in a folder that must not exist yet: both or none."""
    if out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        write_json(part / "monitor.json", found)
        (part / "monitor.html").write_text(page, encoding="utf-8")
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _facts(watched: Watched, known: Reference, new: NewMonths) -> dict[str, Any]:
    months = {"first": new.order[0], "last": new.order[-1]} if new.order else None
    return {
        "program": program(),
        "tables": watched.tables.name,
        "tables_sha256": folder_hash(watched.tables),
        "trained_on": {"time": known.time, "first": known.first, "last": known.last},
        "data": list(new.files),
        "rows": new.rows,
        "time": new.time,
        "months": months,
        "grouped": new.grouped,
    }


def _check_tables(plan: Plan, pricing: Pricing, tables: Path) -> None:
    """Every peril of the plan has tables, per the same exposure."""
    for peril in plan.perils:
        if peril.name not in pricing.perils:
            known = ", ".join(pricing.perils)
            raise InputError("monitor_peril_without_tables", str(tables), peril=peril.name, known=known)
        per = pricing.perils[peril.name].exposure
        if set(per) != set(peril.exposure):
            shown = {"plan": " × ".join(peril.exposure), "tables": " × ".join(per)}
            raise InputError("monitor_other_exposure", str(tables), peril=peril.name, **shown)


def _check_reference(plan: Plan, known: Reference) -> None:
    """The reference has every peril and factor of the plan."""
    for peril in plan.perils:
        own = known.perils.get(peril.name)
        lacking = [] if own is None else [one.name for one in plan.factors if one.name not in own.factors]
        if own is None or lacking:
            named = peril.name if own is None else ", ".join(lacking)
            raise InputError("monitor_other_reference", known.plan, plan=plan.name, named=named)


def _check_times(new: NewMonths, known: Reference) -> None:
    """All months come after those that trained."""
    if new.time is None or new.time != known.time or known.last is None:
        return
    order = in_order(np.array([*new.order, known.last]))
    early = order[: order.index(known.last) + 1]
    found = [time for time in new.order if time in early]
    if found:
        shown = ", ".join(found[:6]) + (" …" if len(found) > 6 else "")
        raise InputError("monitor_not_later", str(new.time), months=shown, first=known.first, last=known.last)
