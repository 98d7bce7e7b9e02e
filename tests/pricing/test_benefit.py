"""The functions of statutory benefits on an edition, and on tariffs whose tables say something else."""

import ast
import datetime as dt
import shutil
from pathlib import Path

import pytest
import yaml

from pricing.benefit import death, death_grant, disability, unemployment, unemployment_amount
from pricing.benefit_tables import Known, Unanswered, overdue
from pricing.dependants import Dependant, proportional
from pricing.edition import Edition
from pricing.errors import TariffError
from pricing.lint import lint
from pricing.tariff import SHIPPED, Tariff
from pricing.units import parse_month
from pricing.words import sentences

ROOT = Path(__file__).resolve().parents[2]
TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()


def edition(month: str, known: dt.date = TODAY, tariff: Tariff = TARIFF) -> Edition:
    number = parse_month(month)
    assert number is not None
    return tariff.on(number, known)


def changed(folder: Path, table: str, old: str, new: str) -> Tariff:
    """The shipped tariff with one text replaced."""
    copy = folder / "tariff"
    shutil.copytree(SHIPPED, copy)
    path = copy / f"{table}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Tariff.load(copy)


def test_unemployment_amount_is_an_amount_with_its_entry() -> None:
    found = unemployment_amount(edition("2025-10"), "110101", 7)
    assert isinstance(found, Known)
    assert (found.value, found.unit) == (215600, "fen per month")
    assert found.found.entry.id == "benefits/unemployment_amount@2025-09/110000"


@pytest.mark.parametrize(
    ("month", "known", "region", "years", "reason"),
    [
        ("2025-10", TODAY, "310000", 7, "before"),
        ("2023-08", TODAY, "110000", 7, "before"),
        ("2026-09", dt.date(2025, 7, 27), "110000", 7, "ended"),
        ("2025-10", TODAY, "110000", 0, "no_level"),
    ],
)
def test_unemployment_amount_or_why_not(month: str, known: dt.date, region: str, years: int, reason: str) -> None:
    assert unemployment_amount(edition(month, known), region, years) == reason


def test_the_earlier_series_is_carried_twelve_months_where_the_later_is_not_known() -> None:
    found = unemployment_amount(edition("2026-08", dt.date(2025, 7, 27)), "110000", 1)
    assert isinstance(found, Known)
    assert (found.value, found.found.carried) == (212400, True)


def test_an_allowance_is_raised_to_the_minimum_wage(tmp_path: Path) -> None:
    tariff = changed(tmp_path, "benefits/minimum_wage", "value: 233000", "value: 500000")
    found = disability(edition("2025-10", tariff=tariff), "500000", 600_000, 6)
    assert found.monthly_fen == 500_000
    assert [step.running_fen for step in found.steps[-2:]] == [360_000, 500_000]
    assert "benefit_minimum_wage_class" in [warning.code for warning in found.warnings]
    assert disability(edition("2025-10"), "500000", 600_000, 6).monthly_fen == 360_000


def test_a_table_that_another_tariff_lacks_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "tariff"
    shutil.copytree(SHIPPED, copy)
    (copy / "benefits" / "urban_income.yaml").unlink()
    with pytest.raises(TariffError) as caught:
        death_grant(edition("2025-10", tariff=Tariff.load(copy)))
    assert (caught.value.code, caught.value.place) == ("table_missing", "benefits/urban_income")


def test_a_payer_that_has_ended_is_not_guessed(tmp_path: Path) -> None:
    tariff = changed(tmp_path, "benefits/payer", "    known_from:", "    ends: 2024-12\n    known_from:")
    with pytest.raises(Unanswered) as caught:
        death_grant(edition("2025-10", tariff=tariff))
    assert caught.value.code == "benefit_not_known"


def test_a_year_of_death_without_an_income_is_refused() -> None:
    with pytest.raises(Unanswered) as caught:
        death_grant(edition("2027-01"))
    assert caught.value.code == "benefit_income_not_known"
    assert "2027-01" in caught.value.message("en")


def test_what_a_death_lacks_leaves_its_sum_open() -> None:
    found = death(edition("2025-10"), "370000", 600_000, (Dependant("spouse"),))
    assert (found.lump_sum_fen, found.monthly_fen) == (None, None)
    assert [(lack.monthly, lack.reason.code) for lack in found.lacking] == [
        (False, "average_wage_not_known"),
        (True, "average_wage_not_known"),
    ]
    assert [(amount.name, amount.fen) for amount in found.amounts] == [("death_grant", 108_376_000)]


def test_pensions_that_are_not_known_leave_the_lump_sums() -> None:
    found = death(edition("2025-10"), "310000", 600_000)
    assert found.lump_sum_fen == 6 * 1_243_400 + 20 * 5_418_800
    assert found.monthly_fen is None


def test_the_largest_remainders_take_what_is_left() -> None:
    assert proportional(10, [1, 1, 1]) == [4, 3, 3]
    assert proportional(100, [400, 300, 400]) == [37, 27, 36]
    assert proportional(7, [5]) == [7]
    assert proportional(11, [400, 300, 400]) == [4, 3, 4]


def test_spans_of_unemployment_fill_its_months() -> None:
    amounts = unemployment(edition("2025-10"), "110000", 12).amounts
    assert [(amount.from_month, amount.to_month) for amount in amounts] == [(1, 12), (13, 24)]


def test_an_overdue_table_is_said() -> None:
    found = death_grant(edition("2026-12"))
    assert overdue(edition("2026-12"), found.steps) == ()
    late = overdue(edition("2027-07"), found.steps)
    assert [said.values["table"] for said in late] == ["benefits/urban_income", "benefits/death_multiple"]


def test_the_tables_pass_lint() -> None:
    found = [finding for finding in lint(TARIFF, TODAY) if finding.place.startswith("benefits/")]
    assert [finding.place for finding in found if finding.severity == "error"] == []
    assert any(finding.place == "benefits/minimum_wage/370000" for finding in found)


def test_every_refusal_of_a_benefit_has_a_case() -> None:
    files = [ROOT / name for name in ("pricing/benefit.py", "pricing/benefit_tables.py", "service/claims/benefit.py")]
    texts = {
        node.value
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    said = {text for text in texts if text in sentences("en")}
    cases = [
        case
        for path in sorted((ROOT / "tests" / "cases_benefit").glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    seen = {case["expect"].get("refusal") for case in cases} | {case["expect"].get("assumption") for case in cases}
    seen |= {code for case in cases for code in case.get("warns", [])}
    here = {"benefit_income_not_known", "benefit_review_overdue", "benefit_minimum_wage_class", "benefit_not_used"}
    benefit_codes = {code for code in said if code.startswith("benefit_")}
    assert len(benefit_codes) >= 18
    assert sorted(benefit_codes - seen - here) == []
