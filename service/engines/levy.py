"""The levy of a month: files in, a folder out, with sums that prove themselves before anything is published."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from pricing.errors import InputError, TariffError
from pricing.month import Declared
from pricing.rate_table import PROVISIONAL, STATUSES
from pricing.register import COLUMNS as REGISTER_COLUMNS
from pricing.review import overdue
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import say
from service.engines import folder as files
from service.engines import store
from service.engines.charged import charged, write_sums
from service.engines.declared import declaration_row
from service.engines.intake import Intake, is_synthetic, usage_files
from service.engines.local import Progress, State, Terms, settle_state, write_intake
from service.engines.normalise import file_names
from service.engines.previous import BEFORE, Previous, previous_of, terms_of
from service.engines.refusals_file import refusals_file
from service.engines.tariff_bundle import bundle
from service.engines.totals import prove

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What to settle: sources of usage, the month, the register's rows, what is known, which schemes, where to."""

    sources: tuple[Path, ...]
    month: int
    register: tuple[Mapping[str, Any], ...]
    known_on: dt.date
    schemes: tuple[str, ...]
    out: Path
    previous: Path | None = None
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A state of the month on the way from what was charged to what is right, and how its differences are called."""

    state: State
    reason: str


@dataclass(slots=True)
class Run:
    """One run: under what it settles, what it corrects, where it works, what it publishes."""

    terms: Terms
    register: tuple[Mapping[str, Any], ...]
    before: Previous | None
    work: Path
    made: Path
    connection: Any
    progress: Progress
    synthetic: bool = False
    steps: list[Step] = field(default_factory=list)


def levy(order: Order, tariff: Tariff, progress: Progress) -> dict[str, Any]:
    """Settle a month into `order.out`, all files or none; the totals that it published."""
    if month_text(order.month) > order.known_on.isoformat()[:7]:
        raise InputError("month_not_over", "known_on", month=month_text(order.month), known_on=order.known_on)
    found = usage_files(order.sources)
    before = None if order.previous is None else previous_of(order.previous, order.month, order.known_on)
    register = order.register or (before.register if before else ())
    terms = _terms(order, tariff, register, before)
    with (
        files.published(order.out) as made,
        tempfile.TemporaryDirectory(dir=order.out.parent, prefix=".work-") as name,
        store.opened(Path(name)) as connection,
    ):
        synthetic = is_synthetic(found) or bool(before and before.receipt["synthetic"])
        run = Run(terms, register, before, Path(name), made, connection, progress, synthetic)
        _usage(run, Intake(found))
        _register(made / files.REGISTER, register)
        files.write_json(made / files.EDITION, bundle(tariff, terms.edition))
        _keep_before(run)
        totals = finish(run)
        _receipt(order, run, found)
    return totals


def _terms(order: Order, tariff: Tariff, register: tuple[Mapping[str, Any], ...], before: Previous | None) -> Terms:
    """Under what to settle. A correction settles what was settled, demonstrations included."""
    demonstration = order.demonstration or bool(before and before.receipt["demonstration"])
    terms = terms_of(tariff, register, order.month, order.known_on, (), demonstration)
    if before is not None:
        if order.schemes and set(order.schemes) != set(before.terms.schemes):
            raise InputError("schemes_differ", "schemes", other=", ".join(before.terms.schemes))
        return replace(terms, schemes=before.terms.schemes)
    left_out = {name: why for name in terms.edition.schemes if (why := _why_not(terms, name, demonstration))}
    for name in order.schemes:
        if name in left_out:
            code, facts = left_out[name]
            raise TariffError(code, name, **facts)
    if not order.schemes:
        left_out |= {s.name: ("levy_voluntary", {}) for s in terms.edition.schemes.values() if s.voluntary}
    asked = order.schemes or tuple(terms.edition.schemes)
    schemes = tuple(name for name in asked if name not in left_out)
    return replace(terms, schemes=schemes, left_out={name: code for name, (code, _) in left_out.items()})


def _why_not(terms: Terms, name: str, demonstration: bool) -> tuple[str, dict[str, object]] | None:
    """Why a scheme is not levied: a proposal without leave, or a table that is overdue for review."""
    scheme = terms.edition.schemes[name]
    if scheme.scope == "proposal" and not demonstration:
        return "levy_demonstration", {"scheme": name}
    late = overdue(terms.edition, scheme)
    return ("levy_overdue", {"table": ", ".join(late), "month": month_text(terms.edition.month)}) if late else None


def finish(run: Run) -> dict[str, Any]:
    """From usage, register and tables to lines, declarations, refusals and totals: what `verify` does again."""
    with refusals_file(run.made / files.REFUSALS) as refuse:
        now = settle_state(run.made / files.USAGE, run.terms, run.work / "now.parquet", run.progress, refuse)
    run.steps = _steps(run, now)
    _lines(run)
    _declarations(run)
    write_sums(now, run.made / files.CHARGED_SUMS)
    totals = prove(run.connection, run.made, run.terms.schemes, now, run.steps[0].state if run.before else None)
    totals = {"format": FORMAT, "month": month_text(run.terms.edition.month), "synthetic": run.synthetic, **totals}
    totals |= {"known_on": run.terms.edition.known.isoformat(), "edition": run.terms.edition.hash}
    totals["demonstration"] = run.terms.weakest > PROVISIONAL
    totals["left_out"] = dict(run.terms.left_out)
    files.write_json(run.made / files.TOTALS, totals)
    return totals


def _steps(run: Run, now: State) -> list[Step]:
    """From what was charged to what is right: first usage (under yesterday's knowledge), then knowledge."""
    if run.before is None:
        return [Step(now, "")]
    was = Step(charged(run.made / BEFORE), "")
    if run.before.terms.edition.hash == run.terms.edition.hash and run.before.register == run.register:
        return [was, Step(now, "usage")]
    between = settle_state(run.made / files.USAGE, run.before.terms, run.work / "between.parquet", run.progress)
    return [was, Step(between, "usage"), Step(now, "knowledge")]


def _usage(run: Run, intake: Intake) -> None:
    """Usage in key order: what was read, and of a previous month the platforms that it does not name."""
    read = run.work / "read.parquet"
    write_intake(intake, read, run.progress)
    sources = [f"SELECT * FROM read_parquet({store.quoted(read)})"]
    if run.before is not None:
        named = store.platforms_of(run.connection, sources[0])
        kept = ", ".join(map(store.quoted, named)) or "''"
        old = run.before.folder / files.USAGE
        others = f"platform IS NULL OR platform NOT IN ({kept})"
        sources.append(f"SELECT * FROM read_parquet({store.quoted(old)}) WHERE {others}")
    store.sort_usage(run.connection, sources, run.made / files.USAGE)


def _keep_before(run: Run) -> None:
    """What is corrected stays beside the correction, so that the folder alone proves its differences."""
    if run.before is None:
        return
    kept, old = run.made / BEFORE, run.before.folder
    kept.mkdir()
    lines = files.CHARGED if (old / files.CHARGED).is_file() else files.LINES
    for name in (files.USAGE, files.REGISTER, files.EDITION, files.RECEIPT, files.CHARGED_SUMS, lines):
        try:
            os.link(old / name, kept / name)
        except OSError:
            shutil.copy2(old / name, kept / name)


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


def _register(path: Path, register: tuple[Mapping[str, Any], ...]) -> None:
    out = files.CsvFile(path, REGISTER_COLUMNS)
    with closing(out):
        for row in register:
            out.write(row)


def _receipt(order: Order, run: Run, found: list[Path]) -> None:
    kept = sorted(path.relative_to(run.made).as_posix() for path in run.made.rglob("*") if path.is_file())
    receipt: dict[str, Any] = {
        "format": FORMAT,
        "program": f"licheng {version('licheng')}",
        "month": month_text(order.month),
        "known_on": order.known_on.isoformat(),
        "edition": run.terms.edition.hash,
        "schemes": list(run.terms.schemes),
        "demonstration": run.terms.weakest > PROVISIONAL,
        "synthetic": run.synthetic,
        "left_out": dict(run.terms.left_out),
        "inputs": [{"file": name, "hash": files.sha256(path)} for path, name in file_names(found).items()],
        "previous": run.before.receipt["run"] if run.before else None,
        "files": {name: files.sha256(run.made / name) for name in kept},
    }
    if run.terms.weakest == len(STATUSES) - 1:
        receipt["notice"] = {lang: say("levy_notice", lang) for lang in ("en", "zh")}
    receipt["run"] = "run:" + files.text_hash(receipt)
    files.write_json(run.made / files.RECEIPT, receipt)
