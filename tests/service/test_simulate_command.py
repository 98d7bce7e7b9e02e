"""The command `licheng simulate`: a book of claims or a month of usage, and what does not go together."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pricing.errors import InputError
from service.cli.main import app
from service.cli.simulate import FIRST_MONTH, LONGEST
from training.book import MOST_MONTHS


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


def test_a_book_is_written_and_told(tmp_path: Path) -> None:
    found = run("--workers", 200, "--months", 3, "--seed", 5, "--out", tmp_path / "one", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert (told["rows"], told["workers"], told["first_month"], told["synthetic"]) == (600, 200, FIRST_MONTH, True)
    claims = pd.read_parquet(tmp_path / "one" / "claims.parquet")
    counted = claims["peril"].astype(str).value_counts()
    assert told["claims"] == {name: int(counted.get(name, 0)) for name in told["claims"]}


@pytest.mark.parametrize(("lang", "words"), [("en", "stands for nobody"), ("zh", "合成数据")])
def test_a_book_is_shown_in_both_languages(lang: str, words: str, tmp_path: Path) -> None:
    out = tmp_path / "book"
    found = run("--workers", 20, "--months", 2, "--month", "2024-11", "--out", out, "--lang", lang)
    assert found.exit_code == 0, found.output
    assert words in found.stdout
    assert f"licheng train {out}/plan.yaml" in found.stdout
    assert "cargo_damage" in found.stdout
    assert set(pd.read_parquet(out / "exposure.parquet")["month"]) == {"2024-11", "2024-12"}


def test_a_month_of_usage_as_before(tmp_path: Path) -> None:
    found = run("--usage-only", "--rows", 50, "--month", "2025-08", "--out", tmp_path / "month", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["rows"] == 50
    assert (tmp_path / "month" / "usage.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "place"),
    [
        ([], "simulate_usage_only", "--workers"),
        (["--rows", 5], "simulate_usage_only", "--workers"),
        (["--workers", 5], "simulate_needs", "--months"),
        (["--months", 5], "simulate_needs", "--workers"),
        (["--workers", 5, "--months", 2, "--rows", 9], "simulate_not_together", "--rows"),
        (["--usage-only", "--month", "2025-08", "--workers", 5], "simulate_not_together", "--workers"),
        (["--usage-only", "--month", "2025-08", "--months", 5], "simulate_not_together", "--months"),
        (["--usage-only", "--rows", 5], "simulate_needs", "--month"),
        (["--workers", 5, "--months", 2, "--month", "2025-13"], "request_month", "--month"),
    ],
)
def test_what_does_not_go_together_is_refused_by_code(
    arguments: list[object], code: str, place: str, tmp_path: Path
) -> None:
    found = run(*arguments, "--out", tmp_path / "out")
    assert isinstance(found.exception, InputError)
    assert (found.exception.code, found.exception.place) == (code, place)
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "TRUTH.json").write_text("{}", encoding="utf-8")
    found = run("--workers", 5, "--months", 2, "--out", tmp_path)
    assert isinstance(found.exception, InputError)
    assert found.exception.code == "folder_exists"
    assert [path.name for path in tmp_path.iterdir()] == ["TRUTH.json"]


def test_the_longest_book_is_the_one_that_training_draws() -> None:
    assert LONGEST == MOST_MONTHS
    assert run("--workers", 5, "--months", LONGEST + 1, "--out", "nowhere").exit_code == 2
    assert "--workers 20000 --months 24" in run("--help").stdout.replace("\n", " ")
