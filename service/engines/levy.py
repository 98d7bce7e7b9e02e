"""The levy of a month: files in, a folder out, with sums that prove themselves before anything is published."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.month import Declared
from pricing.rate_table import PROVISIONAL, STATUSES
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import say
from service.engines import folder as files
from service.engines import store
from service.engines.charged import charged, write_sums
from service.engines.declared import declaration_row
from service.engines.intake import Intake, is_synthetic
from service.engines.kept import intakes, keep_before, keep_register, keep_sides, keep_usage
from service.engines.levied import levied
from service.engines.local import Progress, State, Terms, settle_state
from service.engines.month_files import MonthFiles
from service.engines.normalise import file_names
from service.engines.order import Order as Order
from service.engines.previous import BEFORE, Previous, previous_of
from service.engines.refusing import refusing
from service.engines.tariff_bundle import bundle
from service.engines.totals import prove

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Step:
    """A state of the month on the way from what was charged to what is right, and how its differences are called."""

    state: State
    reason: str


@dataclass(slots=True)
class Run:
    """One run: under what it settles, what it corrects, where it works, what it publishes.

    whole: whether its totals tell payers, covers and side files, which those of old folders do not; unfinished:
    whether the month was not over when it was ordered, None of an old folder, which does not tell.
    """

    terms: Terms
    register: tuple[Mapping[str, Any], ...]
    before: Previous | None
    work: Path
    made: Path
    connection: Any
    progress: Progress
    synthetic: bool = False
    whole: bool = True
    unfinished: bool | None = False
    steps: list[Step] = field(default_factory=list)


def levy(order: Order, tariff: Tariff, progress: Progress) -> dict[str, Any]:
    """Settle a month into `order.out`, all files or none; the totals that it published."""
    if month_text(order.month) > order.known_on.isoformat()[:7]:
        raise InputError("month_not_over", "known_on", month=month_text(order.month), known_on=order.known_on)
    usage, sides = intakes(order, tariff)
    before = None if order.previous is None else previous_of(order.previous, order.month, order.known_on)
    register = order.register or (before.register if before else ())
    terms = levied(order, tariff, register, before)
    with (
        files.published(order.out) as made,
        tempfile.TemporaryDirectory(dir=order.out.parent, prefix=".work-") as name,
        store.opened(Path(name)) as connection,
    ):
        synthetic = is_synthetic(usage.files) or bool(before and before.receipt["synthetic"])
        run = Run(terms, register, before, Path(name), made, connection, progress, synthetic)
        run.unfinished = order.unfinished
        keep_usage(connection, usage, before, run.work, made, progress)
        keep_sides(connection, sides, before, run.work, made)
        keep_register(made / files.REGISTER, register)
        files.write_json(made / files.EDITION, bundle(tariff, terms.edition))
        keep_before(before, made)
        totals = finish(run)
        _receipt(order, run, _inputs([usage, *sides.values()]))
    return totals


def finish(run: Run) -> dict[str, Any]:
    """From usage, register and tables to lines, declarations, refusals and totals: what `verify` does again."""
    month = MonthFiles.of(run.made)
    with refusing(run.made, month, run.terms.edition, run.work) as refuse:
        now = settle_state(month, run.terms, run.work / "now.parquet", run.progress, refuse)
    run.steps = _steps(run, now)
    _lines(run)
    _declarations(run)
    write_sums(now, run.made / files.CHARGED_SUMS)
    totals = prove(run.connection, run.made, run.terms, now, run.steps[0].state if run.before else None)
    totals = {"format": FORMAT, "month": month_text(run.terms.edition.month), "synthetic": run.synthetic, **totals}
    totals |= {"known_on": run.terms.edition.known.isoformat(), "edition": run.terms.edition.hash}
    totals["demonstration"] = run.terms.weakest > PROVISIONAL
    totals["left_out"] = dict(run.terms.left_out)
    if run.unfinished is not None:
        totals["unfinished"] = run.unfinished
    files.write_json(run.made / files.TOTALS, totals if run.whole else _as_first_published(totals))
    return totals


def _as_first_published(totals: dict[str, Any]) -> dict[str, Any]:
    """Totals of a folder from before there were covers: without payers and side files."""
    kept = {name: value for name, value in totals.items() if name not in ("covers", "side")}
    schemes = totals["schemes"].items()
    return kept | {"schemes": {n: {k: v for k, v in one.items() if k != "payers"} for n, one in schemes}}


def _steps(run: Run, now: State) -> list[Step]:
    """From what was charged to what is right: first usage (under yesterday's knowledge), then knowledge."""
    if run.before is None:
        return [Step(now, "")]
    was = Step(charged(run.made / BEFORE), "")
    reason = _reason(MonthFiles.of(run.made / BEFORE), MonthFiles.of(run.made))
    if run.before.terms.edition.hash == run.terms.edition.hash and run.before.register == run.register:
        return [was, Step(now, reason)]
    between = settle_state(MonthFiles.of(run.made), run.before.terms, run.work / "between.parquet", run.progress)
    return [was, Step(between, reason), Step(now, "knowledge")]


def _reason(was: MonthFiles, now: MonthFiles) -> str:
    """What the first differences are called: `enrolment` where only the side files are others."""
    if was.sides.keys() == now.sides.keys() and all(
        store.alike(was.sides[side], now.sides[side]) for side in now.sides
    ):
        return "usage"
    return "enrolment" if store.alike(was.usage, now.usage, ("file", "row")) else "usage"


def _lines(run: Run) -> None:
    out = run.made / files.LINES
    if run.before is None:
        shutil.move(run.steps[0].state.lines, out)
        return
    parts = [
        store.differences(one.state.lines, two.state.lines, run.before.receipt["run"], two.reason)
        for one, two in pairwise(run.steps)
    ]
    store.write_lines(run.connection, parts, out)
    shutil.move(run.steps[-1].state.lines, run.made / files.CHARGED)


def _declarations(run: Run) -> None:
    out = files.CsvFile(run.made / files.DECLARATIONS, files.DECLARATION_COLUMNS)
    settles = run.before.receipt["run"] if run.before else ""
    first = [Step(State(run.work, {}), "")] if run.before is None else []
    with closing(out):
        for one, two in pairwise([*first, *run.steps]):
            for group in sorted({*one.state.declared, *two.state.declared}):
                was, now = (step.state.declared.get(group, Declared()) for step in (one, two))
                if was != now:
                    row = declaration_row(group, now, was, run.terms.edition)
                    out.write({**row, "settles": settles, "reason": two.reason if run.before else ""})


def _inputs(read: Sequence[Intake]) -> list[dict[str, str]]:
    """Names and hashes of what was read."""
    if all(intake.upload is None for intake in read):
        names = file_names([path for intake in read for path in intake.files])
    else:
        names = {path: name for intake in read for path, name in intake.names.items()}
    return [{"file": name, "hash": files.sha256(path)} for path, name in names.items()]


def _receipt(order: Order, run: Run, inputs: list[dict[str, str]]) -> None:
    kept = sorted(path.relative_to(run.made).as_posix() for path in run.made.rglob("*") if path.is_file())
    receipt: dict[str, Any] = {
        "format": FORMAT,
        "program": f"licheng {version('licheng')}",
        "month": month_text(order.month),
        "known_on": order.known_on.isoformat(),
        "edition": run.terms.edition.hash,
        "schemes": [name for name in run.terms.schemes if run.terms.edition.schemes[name].product is None],
        "covers": [name for name in run.terms.schemes if run.terms.edition.schemes[name].product is not None],
        "demonstration": run.terms.weakest > PROVISIONAL,
        "synthetic": run.synthetic,
        "unfinished": order.unfinished,
        "left_out": dict(run.terms.left_out),
        "inputs": inputs,
        "previous": run.before.receipt["run"] if run.before else None,
        "files": {name: files.sha256(run.made / name) for name in kept},
    }
    if run.terms.weakest == len(STATUSES) - 1:
        receipt["notice"] = {lang: say("levy_notice", lang) for lang in ("en", "zh")}
    receipt["run"] = "run:" + files.text_hash(receipt)
    files.write_json(run.made / files.RECEIPT, receipt)
