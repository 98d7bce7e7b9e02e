"""The command `licheng monitor`: verdicts in both languages, files whole or none, and what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pricing.errors import InputError
from service.cli.main import app
from tests.training.monitored import changed, later, trained


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["monitor", *map(str, arguments)])


def given(folder: Path, frame: pd.DataFrame, name: str = "new.parquet") -> tuple[object, ...]:
    """Tables, the rows as a file, and the plan that knows the training."""
    frame.to_parquet(folder / name)
    return trained() / "run" / "tables", folder / name, "--plan", trained() / "plan.yaml", "--mature-months", 0


def test_kept_tables_are_kept(tmp_path: Path) -> None:
    done = run(*given(tmp_path, later(31)), "--json", "--strict")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["format"], told["verdict"], told["rows"]) == (1, "keep", len(later(31)))


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("rebalance", "Multiply the base by", "calendar")), ("zh", ("调平", "请将基准费率乘以", "随日历变动"))],
)
def test_a_level_that_moved_is_told_in_both_languages(lang: str, words: tuple[str, ...], tmp_path: Path) -> None:
    rows = given(tmp_path, later(32, changed(level=0.25 * 1.3)))
    done = run(*rows, "--lang", lang)
    assert done.exit_code == 0, done.output
    assert all(word in done.stdout for word in words)
    assert run(*rows, "--strict").exit_code == 1


def test_a_folder_is_written_once_and_whole(tmp_path: Path) -> None:
    rows, out = given(tmp_path, later(33)), tmp_path / "deep" / "out"
    done = run(*rows, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads((out / "monitor.json").read_text(encoding="utf-8")) == json.loads(done.stdout)
    assert (out / "monitor.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    before = {child.name: child.read_bytes() for child in out.iterdir()}
    again = run(*rows, "--out", out)
    assert isinstance(again.exception, InputError)
    assert again.exception.code == "folder_exists"
    assert {child.name: child.read_bytes() for child in out.iterdir()} == before


def test_marks_in_names_are_shown_as_they_stand(tmp_path: Path) -> None:
    frame = later(34)
    frame.loc[:3, "area"] = "[red]moon[/red]"
    done = run(*given(tmp_path, frame))
    assert done.exit_code == 0, done.output
    assert "[red]moon[/red]" in done.stdout.replace("\n", "")


def test_several_files_are_one_portfolio(tmp_path: Path) -> None:
    frame = later(35)
    whole = json.loads(run(*given(tmp_path, frame), "--json").stdout)
    paths = []
    for month, own in frame.groupby("month"):
        paths.append(tmp_path / f"{month}.csv")
        own.to_csv(paths[-1], index=False)
    tables, plan = trained() / "run" / "tables", trained() / "plan.yaml"
    parts = json.loads(run(tables, *paths, "--plan", plan, "--mature-months", 0, "--json").stdout)
    assert parts["rows"] == whole["rows"]
    assert parts["perils"]["fire"]["evidence"] == whole["perils"]["fire"]["evidence"]


@pytest.mark.parametrize(
    ("frame", "more", "code"),
    [
        (later(36).drop(columns="claims"), (), "columns_missing"),
        (later(36).assign(months=0.0), (), "peril_without_rows"),
        (later(36).assign(area="moon"), (), "peril_without_rows"),
        (later(36).assign(month="2025-06"), (), "monitor_not_later"),
        (later(36), ("--psi-refit", 0.05), "monitor_psi_order"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    frame: pd.DataFrame, more: tuple[object, ...], code: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run(*given(tmp_path, frame), "--out", out, *more)
    assert isinstance(done.exception, InputError)
    assert done.exception.code == code
    assert done.exception.message("en") != done.exception.message("zh")
    assert [child.name for child in tmp_path.iterdir()] == ["new.parquet"], "no half of a folder stays"


def test_tables_alone_need_a_plan(tmp_path: Path) -> None:
    later(37).to_parquet(tmp_path / "new.parquet")
    (tmp_path / "tables").mkdir()
    for tables, code in (("tables", "monitor_no_plan"), ("nowhere", "file_not_found")):
        done = run(tmp_path / tables, tmp_path / "new.parquet")
        assert isinstance(done.exception, InputError)
        assert done.exception.code == code


def test_help_has_examples_and_bounds_with_their_source() -> None:
    done = CliRunner().invoke(app, ["monitor", "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert "licheng monitor run later.parquet" in done.stdout
    assert "convention" in done.stdout
    assert "Yurdakul" in done.stdout
