"""A plan on a small portfolio: the folder it leaves, tables that price as the model does, rows that are refused."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pricing.errors import InputError
from pricing.lint import lint
from pricing.tariff import Tariff
from training.pipeline import Part, train
from training.score import score

TODAY = dt.date(2026, 11, 24)
AREAS = ("north", "south", "west")
PLAN = """
name: trial
data: [rows.parquet]
perils:
  accident: {exposure: years, counts: claims, amounts: paid}
factors:
  area: {kind: categorical, base: north}
  km: {kind: numeric, shape: curve, monotone: up, knots: 5, multiplies: years}
  age: {kind: numeric, levels: 64}
tables: {cells: 60, fidelity_mean: 0.2}
candidates: [glm]
unseen: UNSEEN
"""


def silent(step: str, rows: int) -> None:
    """No progress is shown."""


def portfolio(rows: int, seed: int) -> pd.DataFrame:
    """Claims of a known truth: 0.3 a year, south 1.5 times, rising with the root of the kilometres."""
    draw = np.random.default_rng(seed)
    area, km, age = draw.choice(AREAS, rows), draw.integers(1, 40, rows) * 1000, draw.integers(18, 80, rows)
    years = draw.uniform(0.2, 1.0, rows)
    rate = 0.3 * np.where(area == "south", 1.5, 1.0) * np.sqrt(km / 20_000)
    claims = draw.poisson(rate * years)
    paid = np.array([draw.gamma(2.0, 500.0, count).sum() for count in claims])
    return pd.DataFrame({"area": area, "km": km, "age": age, "years": years, "claims": claims, "paid": paid})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("train")
    frame = portfolio(20_000, 7)
    frame.loc[3, "years"] = 0.0
    frame.to_parquet(folder / "rows.parquet")
    (folder / "plan.yaml").write_text(PLAN.replace("UNSEEN", "north"), encoding="utf-8")
    return folder, train(folder / "plan.yaml", folder / "run", TODAY, silent)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_in_are_used_or_set_aside(made: tuple[Path, dict[str, Any]]) -> None:
    folder, report = made
    one = report["perils"]["accident"]
    assert one["rows"] + one["test_rows"] + one["set_aside"] + one["not_judged"] == 20_000
    [aside] = [line for line in read_csv(folder / "run" / "set_aside.csv") if line["part"] == "frequency"]
    assert (aside["row"], aside["file"]) == ("3", "rows.parquet")
    assert json.loads((folder / "run" / "metrics.json").read_text("utf-8")) == report


def test_the_truth_is_found(made: tuple[Path, dict[str, Any]]) -> None:
    folder, report = made
    lines = {(line["factor"], line["level"]): line for line in read_csv(folder / "run" / "relativities.csv")}
    south = lines["area", "south"]
    assert float(south["low"]) < 1.5 < float(south["high"])
    assert abs(report["perils"]["accident"]["elasticity"]["km"] - 0.5) < 0.1
    assert report["perils"]["accident"]["explained"] > 0.01


def test_tables_load_and_lint(made: tuple[Path, dict[str, Any]]) -> None:
    tariff = Tariff.load(made[0] / "run" / "tables")
    assert list(tariff.perils) == ["accident"]
    assert [finding for finding in lint(tariff, TODAY) if finding.severity == "error"] == []


def test_scores_are_what_the_tables_say(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """By hand from the YAML: base ÷ 10¹² × the area's relativity × the curve between its knots × the age's."""
    folder, _ = made
    fresh = portfolio(500, 8)
    fresh.loc[5, "area"] = "moon"
    fresh.to_csv(tmp_path / "fresh.csv", index=False)
    done = score(folder / "run" / "tables", [tmp_path / "fresh.csv"], tmp_path / "out.csv", silent, relativities=True)
    found = pd.read_csv(tmp_path / "out.csv")
    assert done.rows == len(found) == 500
    assert found["row"].tolist() == list(range(500))
    tariff = Tariff.load(folder / "run" / "tables")
    [area], [curve], [base] = (tariff.tables[f"accident/{name}"].entries["000000"] for name in ("area", "km", "base"))
    expected = np.full(500, base.value / 10**12) * fresh["years"].to_numpy()
    levels = {level: int(value) / 1e6 for level, value in area.value.nodes.items()}
    groups = tariff.factors["area"].banding.groups
    by_number = dict(enumerate(tariff.factors["area"].levels, 1))
    named = [by_number[groups.get(name, groups["north"])] for name in fresh["area"]]
    expected *= np.array([levels[level] for level in named])
    expected *= np.interp(fresh["km"], curve.value.x, np.array(curve.value.y) / 1e6)
    if "accident/age" in found.columns:
        expected *= found["accident/age"].to_numpy() / 1e6
    assert np.allclose(found["expected_counts_accident"], expected, rtol=1e-5)
    assert (found["expected_amounts_accident"] > 0).all()
    assert done.counts["accident"] == pytest.approx(found["expected_counts_accident"].sum())


def test_a_level_that_training_never_saw_is_refused_by_name(tmp_path: Path) -> None:
    portfolio(4_000, 7).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "plan.yaml").write_text(PLAN.replace("UNSEEN", "refuse"), encoding="utf-8")
    train(tmp_path / "plan.yaml", tmp_path / "run", TODAY, silent)
    fresh = portfolio(50, 8)
    fresh.loc[5, "area"] = "moon"
    fresh.to_parquet(tmp_path / "fresh.parquet")
    with pytest.raises(InputError) as caught:
        score(tmp_path / "run" / "tables", [tmp_path / "fresh.parquet"], tmp_path / "out.csv", silent)
    assert (caught.value.code, caught.value.place) == ("level_without_table", "row 5")


def test_nothing_is_written_twice_and_the_same_plan_gives_the_same_tables(tmp_path: Path) -> None:
    portfolio(4_000, 7).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "plan.yaml").write_text(PLAN.replace("UNSEEN", "refuse"), encoding="utf-8")
    for name in ("one", "two"):
        train(tmp_path / "plan.yaml", tmp_path / name, TODAY, silent)
    timed = ("steps.json", "fitted.skops")  # seconds; addresses and times that skops writes down
    written = [
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.*") if p.name not in timed}
        for n in ("one", "two")
    ]
    assert written[0] == written[1]
    assert len(written[0]) > 8
    with pytest.raises(InputError) as caught:
        train(tmp_path / "plan.yaml", tmp_path / "one", TODAY, silent)
    assert caught.value.code == "folder_exists"
    narrow = PLAN.replace("fidelity_mean: 0.2", "fidelity_mean: 0.000001").replace("UNSEEN", "refuse")
    (tmp_path / "narrow.yaml").write_text(narrow, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        train(tmp_path / "narrow.yaml", tmp_path / "three", TODAY, silent)
    assert caught.value.code == "fidelity_over_bound"
    wider = narrow.replace("0.000001", "0.2") + "purpose: the same fit, another bound\n"
    (tmp_path / "narrow.yaml").write_text(wider, encoding="utf-8")
    train(tmp_path / "narrow.yaml", tmp_path / "three", TODAY, silent, part=Part(resume=True))
    assert (tmp_path / "three" / "metrics.json").read_bytes() == (tmp_path / "one" / "metrics.json").read_bytes()
