"""What a person is told after a run, in both languages: rows left out with reasons, intervals, warnings in words."""

import contextlib
import io
from pathlib import Path

import pytest

from service.terminal.train import show_run, show_scored
from tests.training.test_train_score import PLAN, TODAY, portfolio, silent
from training.pipeline import train
from training.plan import read_plan
from training.portfolio_data import read_portfolio


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The page by language, spaces and breaks as one space."""
    folder = tmp_path_factory.mktemp("page")
    frame = portfolio(8_000, 7)
    frame.loc[:2, "years"] = -1.0
    frame.to_parquet(folder / "rows.parquet")
    (folder / "plan.yaml").write_text(PLAN.replace("UNSEEN", "north"), encoding="utf-8")
    report = train(folder / "plan.yaml", folder / "run", TODAY, silent)
    [peril] = read_portfolio(read_plan(folder / "plan.yaml")).perils
    report["perils"]["accident"]["set_aside_reasons"] = peril.reasons()
    pages = {}
    for lang in ("en", "zh"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLUMNS", "200")
            pages[lang] = page(report, folder / "run", lang)
    return pages


def page(report: dict[str, object], folder: Path, lang: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        show_run(report, folder, lang)
    return " ".join(out.getvalue().split())


def test_rows_left_out_are_said_with_the_reason(shown: dict[str, str]) -> None:
    assert "3 rows have a negative exposure" in shown["en"]
    assert "3 行风险暴露为负" in shown["zh"]


def test_the_strongest_factors_are_shown_with_their_intervals(shown: dict[str, str]) -> None:
    """South was drawn at 1.5 times north, kilometres by their root: both stand before age, which does nothing."""
    for text in shown.values():
        places = [text.index(f" {factor} ") for factor in ("area south", "age 18")]
        assert places[0] < places[1]
    assert "95 % interval" in shown["en"]
    assert "95 % 区间" in shown["zh"]


def test_a_gain_that_chance_may_have_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "relativities.csv").write_text("peril,factor,level,exposure,claims,relativity,low,high\n")
    one = {"rows": 10, "test_rows": 5, "set_aside": 0, "exposure": 1.0, "claims": 2.0, "candidate": "glm", "cells": 3}
    one |= {"test_deviance": 1.0, "homogeneous_deviance": 1.1, "gain": 0.1, "gain_error": 0.2, "explained": 0.01}
    one |= {"fidelity": {"mean": 0.0}, "elasticity": {}, "dispersion": 1.0}
    report = {"plan": "p", "perils": {"a": one}, "notices": []}
    assert "chance may have made it" in page(report, tmp_path, "en")
    report["perils"] = {"a": {**one, "gain": 0.5}}
    assert "chance may have made it" not in page(report, tmp_path, "en")


def test_a_score_says_sums_and_rows_without_figures(capsys: pytest.CaptureFixture[str]) -> None:
    show_scored(7, "out.csv", {"counts": {"a": 1.25}, "amounts": {"a": 10.0}, "without": {"a": 2}}, "en")
    said = " ".join(capsys.readouterr().out.split())
    assert "7 rows scored into out.csv" in said
    assert "a: 2 rows have no exposure" in said
