"""The command `licheng benefit`: flags and files ask the same, pages are printed in both languages."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pricing.errors import InputError
from service.cli.main import app

FLAGS = ["--kind", "disability", "--grade", "7", "--month", "2025-10", "--region", "110000", "--wage-fen", "650000"]
QUESTION = {"benefit": "disability", "grade": 7, "month": "2025-10", "region": "110000", "wage_fen": 650000}


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(app, ["benefit", *arguments], input=text)


def test_flags_file_and_standard_input_ask_the_same(tmp_path: Path) -> None:
    path = tmp_path / "question.json"
    path.write_text(json.dumps(QUESTION), encoding="utf-8")
    by_flags, by_file = run(*FLAGS, "--json"), run(str(path), "--json")
    by_input = run("-", "--json", text=json.dumps(QUESTION))
    assert by_flags.exit_code == 0
    assert json.loads(by_flags.stdout)["lump_sum_fen"] == 13 * 716220
    assert json.loads(by_flags.stdout) == json.loads(by_file.stdout) == json.loads(by_input.stdout)


def test_dependants_by_flag() -> None:
    death = ["--kind", "death", "--month", "2025-10", "--region", "310000", "--wage-fen", "900000", "--json"]
    answer = json.loads(run(*death, "--dependant", "spouse", "--dependant", "child:lone").stdout)
    assert [(part["kind"], part["lone"]) for part in answer["pensions"]] == [("spouse", False), ("child", True)]
    assert run(*death, "--dependant", "child:tall").exit_code == 2


@pytest.mark.parametrize(("lang", "words"), [("en", "Lump sum of grade 7"), ("zh", "7 级一次性伤残补助金")])
def test_the_page(lang: str, words: str) -> None:
    page = run(*FLAGS, "--lang", lang)
    assert page.exit_code == 0
    assert words in page.stdout
    assert "93,108.60" in page.stdout


@pytest.mark.parametrize(("lang", "words"), [("en", "average wage of region 370000"), ("zh", "平均工资未知")])
def test_a_refusal_is_an_answer(lang: str, words: str) -> None:
    flags = ["370000" if flag == "110000" else flag for flag in FLAGS]
    page, strict = run(*flags, "--lang", lang), run(*flags, "--strict")
    assert (page.exit_code, strict.exit_code) == (0, 1)
    assert words in page.stdout
    assert "average_wage_not_known" in page.stdout


def test_a_malformed_question_is_an_error() -> None:
    found = run("--kind", "disability", "--month", "2025-10")
    assert isinstance(found.exception, InputError)
    assert found.exception.code == "missing_field"


@pytest.mark.parametrize("arguments", [[], ["question.json", "--grade", "7"], ["--grade", "7"]])
def test_a_wrong_call(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "question",
    [
        ["--kind", "death", "--region", "370000", "--wage-fen", "9", "--dependant", "spouse"],
        ["--kind", "death", "--region", "110000", "--wage-fen", "9", "--dependant", "spouse", "--dependant", "sibling"],
        ["--kind", "unemployment", "--region", "110000", "--contribution-years", "30"],
        ["--kind", "care", "--region", "110000", "--care", "part", "--scheme", "pilot_per_order"],
        ["--kind", "stop_work"],
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_has_its_page(question: list[str], lang: str) -> None:
    page = run(*question, "--month", "2025-10", "--lang", lang)
    assert page.exit_code == 0
    assert "benefits/" in page.stdout
