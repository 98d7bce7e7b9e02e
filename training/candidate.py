"""A candidate: the tariff in force with new dated entries that a fit made, balanced anew and linted."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.off_balance import solve
from pricing.edition import Edition
from pricing.errors import InputError
from pricing.finding import Finding
from pricing.folder_hash import folder_hash
from pricing.lint import lint
from pricing.portfolio import Portfolio, gap, raw_ratios
from pricing.rate_table import NATION, Curve, Entry
from pricing.ratio import limits
from pricing.scheme import Scheme
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import LANGUAGES
from training.candidate_entry import append_entry
from training.candidate_spec import TECHNICAL, CandidateFrame, CandidateSpec
from training.candidate_technical import technical
from training.candidate_values import NewEntry, has_table, last_entry, relativity
from training.notice import Notice

_MESSAGES = {"en": "message", "zh": "message_zh"}


def make_candidate(tables: Path, base: Path, spec: CandidateSpec, out: Path, frame: CandidateFrame) -> dict[str, Any]:
    """Write the tariff folder `out`, whole or not at all; what stands in `candidate.json`.

    tables: folder of the fitted tables; base: the tariff in force. InputError names what cannot be published, no
    off-balance that keeps the premium, and the first error that lint finds.
    """
    if out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    tariff, fitted = Tariff.load(base), Tariff.load(tables)
    new, not_kept = _published(fitted, tariff, spec, frame)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".candidate-") as name:
        made = Path(name) / "tariff"
        placed = [*new, *_carriers(tariff, new)]
        _write(base, made, placed, spec, frame)
        balanced, steps, notices = _balanced(Tariff.load(made), placed, _when(spec, frame))
        entries = _write(base, made, balanced, spec, frame)
        findings = _linted(Tariff.load(made), _when(spec, frame)[1])
        made.rename(out)
    told = [*not_kept, *notices, *(notice for one in balanced for notice in one.notices)]
    return {
        "format": 1,
        "plan": frame.plan,
        "product": spec.product,
        "tariff_sha256": folder_hash(out),
        "base_sha256": folder_hash(base),
        "effective_from": month_text(spec.effective_from),
        "tables": [
            {"table": one.table, "entry": entry.id, "peril": one.peril, "factor": one.factor}
            for one, entry in zip(balanced, entries, strict=True)
        ],
        "off_balance": steps,
        "gates_passed": frame.gates_passed,
        "data_sha256": frame.data_sha256,
        "plan_sha256": frame.plan_sha256,
        "commit": frame.commit,
        "program": frame.program,
        "seed": frame.seed,
        "notices": [{"code": n.code, **{_MESSAGES[lang]: n.message(lang) for lang in LANGUAGES}} for n in told],
        "findings": [finding.plain() for finding in findings],
    }


def _published(
    fitted: Tariff, tariff: Tariff, spec: CandidateSpec, frame: CandidateFrame
) -> tuple[list[NewEntry], list[Notice]]:
    """The new values in the plan's order, those of the expected cost last; factors whose table the fit did not keep."""
    new, notices = [], []
    for peril, tables in spec.publish.items():
        for factor, table in tables.items():
            if factor in TECHNICAL:
                continue
            old = last_entry(tariff, table, f"{peril}, {factor}")
            if factor in frame.factors and peril in fitted.perils and not has_table(fitted, peril, factor):
                notices.append(Notice("candidate_not_kept", {"peril": peril, "factor": factor, "table": table}))
            else:
                new.append(relativity(fitted, peril, factor, old, tariff))
    new += technical(fitted, tariff, spec, frame)
    if not new:
        raise InputError("candidate_nothing", frame.plan)
    return new, notices


def _when(spec: CandidateSpec, frame: CandidateFrame) -> tuple[int, dt.date]:
    """Month and date at which the new entries hold and are known."""
    first = dt.date(spec.effective_from // 12, spec.effective_from % 12 + 1, 1)
    return spec.effective_from, max(first, frame.known_from)


def _carriers(tariff: Tariff, new: Sequence[NewEntry]) -> Iterator[NewEntry]:
    """Curves that only carry the off-balance of a scheme whose other relativities change: the same knots again."""
    named = {one.table for one in new}
    for scheme in _touched(tariff, named):
        table = _carrier(tariff, scheme)
        if table is not None and table not in named:
            old = tariff.tables[table].entries[NATION][-1]
            named.add(table)
            assert isinstance(old.value, Curve)
            yield NewEntry(table, None, "off_balance", old.value, f"knots of {old.id}, off-balance solved anew")


def _touched(tariff: Tariff, tables: set[str]) -> list[Scheme]:
    """Schemes with a relativity among these tables."""
    return [scheme for scheme in tariff.schemes.values() if any(r.table in tables for r in scheme.relativities)]


def _carrier(tariff: Tariff, scheme: Scheme) -> str | None:
    """The curve whose latest entry holds the scheme's off-balance."""
    for one in scheme.relativities:
        entries = tariff.tables[one.table].entries.get(NATION, ())
        value = entries[-1].value if entries else None
        if isinstance(value, Curve) and value.off_balance_ppm is not None:
            return one.table
    return None


def _balanced(
    tariff: Tariff, new: Sequence[NewEntry], when: tuple[int, dt.date]
) -> tuple[list[NewEntry], list[dict[str, Any]], list[Notice]]:
    """The entries with the off-balance of each scheme solved on its reference portfolio; what was solved, and said."""
    by_table = {one.table: one for one in new}
    edition, steps, notices = tariff.on(*when), [], []
    for scheme in _touched(tariff, set(by_table)):
        table = _carrier(tariff, scheme)
        if table is None:
            notices.append(Notice("candidate_no_portfolio", {"scheme": scheme.name}))
            continue
        curve = by_table[table].value
        assert isinstance(curve, Curve)
        portfolio = tariff.portfolios.get(curve.reference_portfolio)
        if portfolio is None:
            raise InputError("lint_no_portfolio", table, portfolio=curve.reference_portfolio or "-")
        omega = _solved(portfolio, edition, scheme)
        by_table[table] = replace(by_table[table], value=replace(curve, off_balance_ppm=omega))
        step = {"scheme": scheme.name, "table": table, "portfolio": portfolio.name}
        steps.append({**step, "before_ppm": curve.off_balance_ppm, "after_ppm": omega})
    return list(by_table.values()), steps, notices


def _solved(portfolio: Portfolio, edition: Edition, scheme: Scheme) -> int:
    """The off-balance that keeps a portfolio's premium, exactly and with the limits in place. [ppm]"""
    ratios, weights = raw_ratios(portfolio, edition, scheme)
    bounds = limits(edition, scheme)
    try:
        return solve(lambda omega: gap(ratios, weights, omega, bounds))
    except ValueError:
        raise InputError("candidate_not_balanced", scheme.name, portfolio=portfolio.name) from None


def _write(base: Path, made: Path, new: Sequence[NewEntry], spec: CandidateSpec, frame: CandidateFrame) -> list[Entry]:
    """The base's own files, with the entries added; the entries as they are read again."""
    shutil.rmtree(made, ignore_errors=True)
    for path in sorted(base.rglob("*")):
        relative = path.relative_to(base)
        if path.suffix == ".yaml" or relative.as_posix() == "README.md":
            (made / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, made / relative)
    return [append_entry(made / f"{one.table}.yaml", one, spec.effective_from, frame) for one in new]


def _linted(tariff: Tariff, today: dt.date) -> list[Finding]:
    """What lint finds when the entries hold; InputError with the first error."""
    findings = lint(tariff, today)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        first = errors[0]
        facts = dict(zip(("message", "message_zh"), (first.texts[lang] for lang in LANGUAGES), strict=True))
        raise InputError("candidate_lint", first.place, errors=len(errors), **facts)
    return findings
