"""The levy of a month: files in, a folder out, with sums that prove themselves before anything is published."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from pricing.declaration import Group
from pricing.edition import Edition
from pricing.errors import InputError, LichengError
from pricing.month import Declared
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.register import COLUMNS as REGISTER_COLUMNS
from pricing.register import read_register
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import say
from service.engines import folder as files
from service.engines import store
from service.engines.intake import Intake, usage_files
from service.engines.local import Progress, State, settle_state, write_intake
from service.engines.tariff_bundle import bundle, unbundle
from service.refusals import both

FORMAT = 1


class TotalsDisagree(LichengError):
    """The second aggregation came to other sums: nothing is published."""


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


def levy(order: Order, tariff: Tariff, progress: Progress) -> dict[str, Any]:
    """Settle a month into `order.out`, all files or none; the totals that it published."""
    if month_text(order.month) > order.known_on.isoformat()[:7]:
        raise InputError("month_not_over", "known_on", month=month_text(order.month), known_on=order.known_on)
    found = usage_files(order.sources)
    before = _previous(order)
    register = order.register or (before.register if before else ())
    terms = read_register(register, tariff.factors["pilot_tier"].levels, tariff.regions)
    edition = tariff.on(order.month, order.known_on, terms)
    names = levied(order, edition)
    with files.published(order.out) as made, tempfile.TemporaryDirectory(dir=order.out.parent, prefix=".work-") as name:
        work = Path(name)
        with store.opened(work) as connection:
            month = _Month(order, tariff, edition, names, Intake(found), work, made, connection, progress)
            totals = month.run(before, register)
    return totals


@dataclass(frozen=True, slots=True)
class Previous:
    """A folder that is corrected: its receipt, tariff, register, edition and usage."""

    folder: Path
    receipt: dict[str, Any]
    edition: Edition
    register: tuple[Mapping[str, Any], ...]
    schemes: tuple[str, ...]


def _previous(order: Order) -> Previous | None:
    if order.previous is None:
        return None
    receipt = files.read_receipt(order.previous)
    if receipt["month"] != month_text(order.month):
        raise InputError("previous_month", str(order.previous), month=month_text(order.month), other=receipt["month"])
    known = dt.date.fromisoformat(receipt["known_on"])
    if order.known_on < known:
        raise InputError("known_on_goes_back", "known_on", known_on=order.known_on, other=known)
    tariff = unbundle(order.previous / files.EDITION)
    register = tuple(register_rows(order.previous / files.REGISTER))
    terms = read_register(register, tariff.factors["pilot_tier"].levels, tariff.regions)
    edition = tariff.on(order.month, known, terms)
    if edition.hash != receipt["edition"]:
        raise InputError("folder_changed", str(order.previous), file=files.EDITION)
    return Previous(order.previous, receipt, edition, register, tuple(receipt["schemes"]))


def levied(order: Order, edition: Edition) -> tuple[str, ...]:
    """Schemes to levy: those named, else all that are law; demonstrations only when they are allowed."""
    allowed = []
    for name in order.schemes or tuple(edition.schemes):
        scheme = edition.schemes[name]
        if scheme.scope != "proposal" or order.demonstration:
            allowed.append(name)
        elif order.schemes:
            raise DemonstrationRefused("levy_demonstration", name, scheme=name)
    return tuple(allowed)


class DemonstrationRefused(LichengError):
    """A demonstration or draft scheme was named without leave."""


def register_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a register file, whole numbers as numbers; unknown columns are found when the rows are read."""
    rows: list[dict[str, Any]] = []
    for row in files.read_csv(path):
        rows.append(
            {name: int(cell) if cell.isdigit() and name in _WHOLE else cell for name, cell in row.items() if cell != ""}
        )
    return rows


_WHOLE = ("pilot_float_pct", "class_float_pct", "risk_class")


@dataclass(slots=True)
class _Month:
    """One run: what it works on, step by step."""

    order: Order
    tariff: Tariff
    edition: Edition
    names: Sequence[str]
    intake: Intake
    work: Path
    made: Path
    connection: Any
    progress: Progress

    def run(self, before: Previous | None, register: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Read, sort, settle, compare with what was before, prove, write."""
        self._usage(before)
        refusals = files.CsvFile(self.made / files.REFUSALS, files.REFUSAL_COLUMNS)
        with closing(refusals):
            for aside in self.intake.set_aside:
                for name in self.names:
                    words = both(aside.code, text=aside.text)
                    refusals.write({"file": aside.file, "row": aside.row, "scheme": name, **words})
            state = settle_state(
                self.made / files.USAGE,
                self.edition,
                self.names,
                self.work / "after.parquet",
                self.progress,
                refusals.write,
            )
        steps = [_Step(state, "", "")] if before is None else self._corrections(before, state)
        self._write_lines(steps, before)
        self._write_declarations(steps, before)
        self._write_register(register)
        files.write_json(self.made / files.EDITION, bundle(self.tariff, self.edition))
        totals = self._totals(state, steps)
        files.write_json(self.made / files.TOTALS, totals)
        self._write_receipt(before, register)
        return totals

    def _usage(self, before: Previous | None) -> None:
        """Usage in key order: what was read, and of a previous month the platforms that it does not name."""
        read = self.work / "read.parquet"
        write_intake(self.intake, read, self.progress)
        sources = [f"SELECT * FROM read_parquet('{read}')"]
        if before is not None:
            named = store.platforms_of(self.connection, sources[0])
            kept = ", ".join("'" + name.replace("'", "''") + "'" for name in named) or "''"
            old = before.folder / files.USAGE
            sources.append(
                f"SELECT * REPLACE (file + {len(self.intake.files)} AS file) FROM read_parquet('{old}') "
                f"WHERE platform IS NULL OR platform NOT IN ({kept})"
            )
        store.sort_usage(self.connection, sources, self.made / files.USAGE)

    def _corrections(self, before: Previous, after: State) -> list[_Step]:
        """First usage (new usage, old knowledge), then knowledge (new knowledge)."""
        settles = before.receipt["run"]
        old = settle_state(
            before.folder / files.USAGE, before.edition, self.names, self.work / "before.parquet", self.progress
        )
        steps = [_Step(old, settles, "before")]
        if before.edition.hash != self.edition.hash or before.register != tuple(self.order.register or before.register):
            between = settle_state(
                self.made / files.USAGE, before.edition, self.names, self.work / "between.parquet", self.progress
            )
            steps.append(_Step(between, settles, "usage"))
        return [*steps, _Step(after, settles, "knowledge" if len(steps) > 1 else "usage")]

    def _write_lines(self, steps: Sequence[_Step], before: Previous | None) -> None:
        out = self.made / files.LINES
        if before is None:
            shutil.move(steps[0].state.lines, out)
            return
        parts = [
            store.differences(one.state.lines, two.state.lines, two.settles, two.reason) for one, two in pairwise(steps)
        ]
        store.write_lines(self.connection, parts, out)

    def _write_declarations(self, steps: Sequence[_Step], before: Previous | None) -> None:
        out = files.CsvFile(self.made / files.DECLARATIONS, files.DECLARATION_COLUMNS)
        with closing(out):
            if before is None:
                for group, declared in sorted(steps[0].state.declared.items()):
                    out.write(self._declaration(group, declared, Declared(), "", ""))
            for one, two in pairwise(steps):
                for group in sorted({*one.state.declared, *two.state.declared}):
                    was, now = (step.state.declared.get(group, Declared()) for step in (one, two))
                    if (was.levy_fen, was.orders, was.heads, was.millifen) != (
                        now.levy_fen,
                        now.orders,
                        now.heads,
                        now.millifen,
                    ):
                        out.write(self._declaration(group, now, was, two.settles, two.reason))

    def _declaration(self, group: Group, now: Declared, was: Declared, settles: str, reason: str) -> dict[str, Any]:
        scheme, platform, region, by, entity = group
        known = self.edition.schemes[scheme].declared
        return {
            "month": month_text(self.order.month),
            "declared_month": month_text(self.order.month + 1),
            "scheme": scheme,
            "platform": platform,
            "region": region,
            "pilot_industry": by if known else "",
            "risk_class": "" if known else by,
            "entity": entity,
            "lines": now.lines - was.lines,
            "orders": now.orders - was.orders,
            "heads": now.heads - was.heads,
            "amount_millifen": next(iter(now.amounts)) if len(now.amounts) == 1 else "",
            "float_ppm": next(iter(now.floats)) if len(now.floats) == 1 else "",
            "levy_fen": now.levy_fen - was.levy_fen,
            "status": STATUSES[max(now.status, was.status)],
            "evidence": EVIDENCE[max(now.evidence, was.evidence)],
            "settles": settles,
            "reason": reason,
        }

    def _write_register(self, register: Sequence[Mapping[str, Any]]) -> None:
        out = files.CsvFile(self.made / files.REGISTER, REGISTER_COLUMNS)
        with closing(out):
            for row in register:
                out.write(row)

    def _totals(self, state: State, steps: Sequence[_Step]) -> dict[str, Any]:
        """First and second aggregation side by side; TotalsDisagree where they differ."""
        second = store.second_totals(self.connection, self.made)
        rows = store.rows_read(self.connection, self.made / files.USAGE) + len(self.intake.set_aside)
        first = steps[0].state.declared if len(steps) > 1 else {}
        schemes: dict[str, Any] = {}
        for name in self.names:
            found = {key: second.get(name, {}).get(key, 0) for key in _SUMS}
            levied_fen = sum(d.levy_fen for g, d in state.declared.items() if g[0] == name)
            levied_fen -= sum(d.levy_fen for g, d in first.items() if g[0] == name)
            priced = sum(d.lines for g, d in state.declared.items() if g[0] == name)
            refused = state.refused.get(name, 0) + len(self.intake.set_aside)
            schemes[name] = {
                "priced": priced,
                "refused": refused,
                "duplicate": state.duplicates,
                "levy_fen": levied_fen,
                **found,
            }
            sums = {found[key] for key in ("workers_fen", "platforms_fen", "payers_fen", "declarations_fen")} | {
                levied_fen
            }
            counted = priced + refused + state.duplicates
            if len(sums) > 1 or counted != rows or found["refused_rows"] != refused:
                raise TotalsDisagree("totals_disagree", name, sums=sorted(sums), rows=rows, counted=counted)
        return {"format": FORMAT, "month": month_text(self.order.month), "rows": rows, "schemes": schemes}

    def _write_receipt(self, before: Previous | None, register: Sequence[Mapping[str, Any]]) -> None:
        hashes = {name: files.sha256(self.made / name) for name in files.FILES}
        receipt: dict[str, Any] = {
            "format": FORMAT,
            "program": f"licheng {version('licheng')}",
            "month": month_text(self.order.month),
            "known_on": self.order.known_on.isoformat(),
            "edition": self.edition.hash,
            "schemes": list(self.names),
            "demonstration": self.order.demonstration,
            "inputs": [{"file": path.name, "hash": files.sha256(path)} for path in self.intake.files],
            "previous": None if before is None else before.receipt["run"],
            "files": hashes,
            "notice": {lang: say("levy_notice", lang) for lang in ("en", "zh")} if self.order.demonstration else None,
        }
        receipt["run"] = "run:" + files.text_hash(receipt)
        files.write_json(self.made / files.RECEIPT, receipt)


_SUMS = ("workers_fen", "platforms_fen", "payers_fen", "declarations_fen", "lines", "refused_rows")


@dataclass(frozen=True, slots=True)
class _Step:
    """A state of the month on the way from what was charged to what is right, and how its differences are called."""

    state: State
    settles: str
    reason: str
