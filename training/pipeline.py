"""Train: a plan in, a run folder out, by named steps that are each done once and can be gone on with."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.folder_hash import file_hash, folder_hash
from pricing.strict_yaml import read_yaml
from pricing.tariff import SHIPPED, Tariff
from training import plan_desk
from training.candidate_spec import TECHNICAL
from training.plan import read_plan
from training.run_facts import program
from training.run_files import read_json
from training.run_folder import STEPS, RunFolder, text_hash
from training.run_state import Progress
from training.run_steps import Steps

Work = Callable[[Path], None]
Tariffs = Callable[[], Path]
_DEAR = "fit"  # the step that is too dear to be thrown away


@dataclass(frozen=True, slots=True)
class Part:
    """Which steps to do. resume: go on with a run that is there; first: step that is done anew, "" where the run goes
    on from where it stands; last: step to stop after.
    """

    resume: bool = False
    first: str = ""
    last: str = STEPS[-1]


WHOLE = Part()


def shipped() -> Path:
    """The tariff that is shipped with the program."""
    return SHIPPED


def check_desk(steps: Steps) -> None:
    """InputError where a candidate or an impact could not be made whatever the fit, before anything is fitted."""
    desk, plan = steps.plan.desk, steps.plan
    if desk.candidate is not None:
        factors = [factor.name for factor in plan.factors]
        known = sorted(Tariff.load(steps.tariff).tables)
        for peril, tables in desk.candidate.publish.items():
            one_of(peril, "publish", [each.name for each in plan.perils])
            for name, table in tables.items():
                one_of(name, f"publish, {peril}", [*factors, *TECHNICAL])
                one_of(table, f"publish, {peril}, {name}", known)
    for folder in (desk.month, desk.earlier):
        if folder is not None and not (folder / "receipt.json").is_file():
            raise InputError("impact_no_month", str(folder), folder=folder)
    if desk.month is not None and desk.candidate is None:
        raise InputError("impact_without_candidate", str(steps.path))


def one_of(word: str, place: str, known: Sequence[str]) -> None:
    """InputError where a name of the plan is none of those there are."""
    if word not in known:
        raise InputError("plan_word_not_known", place, key=place, word=word, known=", ".join(known))


def train(
    path: Path, out: Path, today: dt.date, progress: Progress, tariff: Tariffs = shipped, part: Part = WHOLE
) -> dict[str, Any]:
    """Do the steps of a plan in the folder `out`; the figures that were judged, empty where no step judged.

    tariff: finds the folder of the tariff in force, which a candidate grows from. InputError names what is wrong with
    plan or data, or tables further from the fit than the plan allows. A new run that stops before it is fitted leaves
    nothing; what was done later stays, and can be gone on with.
    """
    if not part.resume and out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    wanted = STEPS[: STEPS.index(part.last) + 1]
    if part.first and part.first not in wanted:
        raise InputError("steps_backwards", "--from", first=part.first, last=part.last)
    plan = read_plan(path)
    steps = Steps(plan, path, out, today, progress, tariff)
    check_desk(steps)
    work = dict(zip(STEPS, _work(steps), strict=True))
    new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    run = RunFolder(out)
    try:
        _go_through(run, wanted, work, steps, part)
    except BaseException:
        if new and _DEAR not in run.records():
            shutil.rmtree(out)
        raise
    return read_json(out / "metrics.json")


def _go_through(run: RunFolder, wanted: Sequence[str], work: Mapping[str, Work], steps: Steps, part: Part) -> None:
    """Do each wanted step that is not done."""
    for name in wanted:
        inputs = run.inputs_of(name, _given(name, steps))
        if name == part.first or not run.is_done(name, inputs):
            if part.first and STEPS.index(name) < STEPS.index(part.first):
                raise InputError("step_not_done", str(run.path), step=name, first=part.first)
            with run.writing(name, inputs) as folder:
                work[name](folder)


def _work(steps: Steps) -> tuple[Work, ...]:
    """What each of `STEPS` does."""
    until_judged = (steps.data, steps.split_rows, steps.fit, steps.tabulate, steps.judge)
    return (*until_judged, steps.candidate, steps.impact, steps.report)


# Of what follows the fit, the keys of the plan that each step reads. A change of others does not make it be done anew.
_READ: Mapping[str, tuple[str, ...]] = {
    "tabulate": ("edits", "in_force"),
    "judge": ("edits", "in_force", "fairness"),
    "candidate": ("edits", "in_force", "fairness", "candidate", "gates"),
    "impact": ("edits", "in_force", "fairness", "candidate", "gates", "impact"),
    "report": plan_desk.KEYS,
}


def _given(step: str, steps: Steps) -> Mapping[str, str]:
    """Hashes of what a step takes from outside the run; where one changes, the step and all after it are done anew."""
    raw = read_yaml(steps.path)
    read = {key: value for key, value in raw.items() if key not in plan_desk.KEYS or key in _READ.get(step, ())}
    given = {"plan": text_hash(json.dumps(read)), "data": steps.facts.data_hash, "program": program()}
    desk = steps.plan.desk
    if step == "tabulate" and desk.edits is not None and desk.edits.is_file():
        given["edits"] = file_hash(desk.edits)
    if step in ("tabulate", "judge") and desk.in_force is not None and desk.in_force.is_dir():
        given["in_force"] = folder_hash(desk.in_force)
    if step == "candidate" and desk.candidate is not None:
        given["tariff"] = steps.tariff_hash
    if step == "impact" and desk.month is not None:
        receipts = [folder / "receipt.json" for folder in (desk.month, desk.earlier) if folder is not None]
        given |= {str(place): file_hash(one) for place, one in enumerate(receipts) if one.is_file()}
    return given
