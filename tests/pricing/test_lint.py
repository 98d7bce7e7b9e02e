"""Lint finds what loads but is wrong: one change to the shipped tariff each."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pricing.finding import Finding
from pricing.lint import lint
from pricing.tariff import SHIPPED, Tariff

TODAY = dt.date(2026, 11, 24)
BASE, DISTANCE, PAYERS = "contribution_base.yaml", "work_injury/distance.yaml", "payers.yaml"


def changed(folder: Path, file: str, old: str, new: str) -> list[Finding]:
    """Findings of a copy of the shipped tariff in which one text was replaced."""
    copy = folder / "tariff"
    shutil.copytree(SHIPPED, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return lint(Tariff.load(copy), TODAY)


def test_the_shipped_tariff_has_no_errors() -> None:
    found = lint(Tariff.load(), TODAY)
    assert [finding.place for finding in found if finding.severity == "error"] == []
    assert sum(finding.code == "lint_one_order" for finding in found) >= 2


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        (BASE, "    ends: 2025-06\n", "    ends: 2025-09\n", "lint_overlap"),
        (BASE, "    ends: 2025-06\n", "    ends: 2025-03\n", "lint_gap"),
        (DISTANCE, "[2917000, 1377000]", "[2917000, 1200000]", "lint_falling"),
        (DISTANCE, "- [833000, 1000000]", "- [832999, 900000]\n      - [833000, 1000000]", "lint_cliff"),
        (DISTANCE, "known_from: 2022-07-01", "known_from: 2022-09-01", "lint_known_later"),
        (DISTANCE, "off_balance_ppm: 1191072", "off_balance_ppm: 1191073", "lint_unbalanced"),
        (DISTANCE, "reference_portfolio: riders_2024", "reference_portfolio: riders_1977", "lint_no_portfolio"),
        (DISTANCE, "status: demonstration", "status: enacted", "lint_mark"),
        (
            PAYERS,
            "class_rate: {by_payer: {employer: 1000000}}",
            "class_rate: {by_payer: {employer: 999999, worker: 1}}",
            "lint_worker_pays",
        ),
        (BASE, "floor: 716200", "floor: 3716200", "lint_floor_above_cap"),
        (PAYERS, "review_by: 2027-06", "review_by: 2026-10", "lint_overdue"),
        ("work_injury/ratio_limits.yaml", "greatest: 1500000", "greatest: 900000", "lint_limits"),
        ("factors.yaml", "levels: [required, low]", "levels: [required, low, guessed]", "lint_unreachable"),
        ("platforms.yaml", "  meituan:", "  meituan_old:", "lint_unreachable"),
    ],
)
def test_finds(tmp_path: Path, file: str, old: str, new: str, code: str) -> None:
    before = {(finding.code, finding.place) for finding in lint(Tariff.load(), TODAY)}
    found = {(finding.code, finding.place) for finding in changed(tmp_path, file, old, new)} - before
    assert code in {found_code for found_code, _ in found}


def test_a_table_that_nothing_reads(tmp_path: Path) -> None:
    copy = tmp_path / "tariff"
    shutil.copytree(SHIPPED, copy)
    text = (copy / "work_injury" / "vehicle.yaml").read_text(encoding="utf-8").replace("name: vehicle", "name: wheels")
    (copy / "work_injury" / "wheels.yaml").write_text(text, encoding="utf-8")
    found = lint(Tariff.load(copy), TODAY)
    assert ("lint_unread", "work_injury/wheels") in {(finding.code, finding.place) for finding in found}


def test_findings_speak_both_languages() -> None:
    for finding in lint(Tariff.load(), TODAY):
        plain = finding.plain()
        assert plain["message"] != plain["message_zh"]
        assert plain["severity"] in ("error", "warning", "note")
