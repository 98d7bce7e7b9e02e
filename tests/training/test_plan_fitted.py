"""Wishes of a plan as they come out: declared pairs, three factors, bounds of levels, very many levels, the missing."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.certificate import steps
from models.design import FactorSpec
from models.experience import FloatArray
from models.names import NAMES
from pricing.errors import InputError
from pricing.tariff import Tariff
from training.fit import Bounds, Fitted, Rows, fit_peril
from training.pipeline import train
from training.score import score

TODAY = dt.date(2026, 11, 24)


def silent(_step: str, _rows: int = 0) -> None:
    """No progress is shown."""


def together(rows: int = 6000) -> pd.DataFrame:
    """Claims that all three factors decide together, beside a fourth that does nothing with any."""
    draw = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "area": draw.choice(["a", "b", "c", "d"], rows),
            "age": draw.integers(18, 66, rows),
            "hours": draw.integers(1, 13, rows),
            "colour": draw.choice(["red", "blue"], rows),
            "years": draw.uniform(0.5, 1.0, rows),
        }
    )
    first, second, third = frame["area"].isin(["a", "b"]), frame["age"] > 40, frame["hours"] > 6
    sign = np.where(first ^ second ^ third, 0.5, -0.5) + 0.4 * (first == second) + 0.4 * (second == third)
    frame["claims"] = draw.poisson(0.4 * np.exp(sign) * frame["years"])
    return frame


PLAN = """
name: together
data: [rows.parquet]
perils:
  accident: {exposure: years, counts: claims}
factors:
  area: {kind: categorical}
  age: {kind: numeric, levels: 5}
  hours: {kind: numeric}
  colour: {kind: categorical}
interactions: [[age, area], [colour, hours]]
tables: {cells: 120, pairs: 3, triples: 1, fidelity_mean: 0.3}
"""


@pytest.fixture(scope="module")
def wished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("wished")
    together().to_parquet(folder / "rows.parquet")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return folder, train(folder / "plan.yaml", folder / "run", TODAY, silent)


@pytest.mark.slow
def test_a_declared_pair_is_tried_and_its_worth_is_said(wished: tuple[Path, dict[str, Any]]) -> None:
    one = wished[1]["perils"]["accident"]
    by_pair = {frozenset(each["factors"]): each for each in one["interactions"]}
    assert set(by_pair) == {frozenset(("age", "area")), frozenset(("colour", "hours"))}
    true, idle = by_pair[frozenset(("age", "area"))], by_pair[frozenset(("colour", "hours"))]
    assert true["kept"]
    assert true["saved"] > 2 * true["error"] > 0
    assert idle["saved"] < idle["error"]
    codes = [notice["code"] for notice in wished[1]["notices"]]
    assert sum(code.startswith("notice_interaction_") for code in codes) == 2
    assert "notice_interaction_kept" in codes
    [told] = [n for n in wished[1]["notices"] if n["code"].startswith("notice_interaction") and "age" in n["message"]]
    assert f"{true['saved']:.4f}" in told["message"]
    assert f"{true['saved']:.4f}" in told["message_zh"]


@pytest.mark.slow
def test_candidates_are_exactly_those_of_the_plan(wished: tuple[Path, dict[str, Any]]) -> None:
    with (wished[0] / "run" / "candidates.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["candidate"] for line in lines] == list(NAMES)
    assert [line["candidate"] for line in lines if line["chosen"] == "True"] == ["triples"]
    assert wished[1]["perils"]["accident"]["candidate"] == "triples"


@pytest.mark.slow
def test_a_table_of_three_factors_is_published_and_prices(wished: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, report = wished
    tariff = Tariff.load(folder / "run" / "tables")
    reads = tariff.perils["accident"].frequency.relativities
    [three] = [read for read in reads if len(read.of) == 3]
    assert [name.split("__")[0] for name in three.of] == ["area", "age", "hours"]
    for read in reads:
        for name in read.of:
            levels = tariff.factors[name].levels
            assert len(levels) <= (5 if name.startswith("age") else 64)
    done = score(folder / "run" / "tables", [folder / "rows.parquet"], tmp_path / "out.parquet", silent, True)
    out, rows = pd.read_parquet(tmp_path / "out.parquet"), together()
    relative = (out[[read.table for read in reads]] / 1e6).prod(axis=1)
    base = out["expected_counts_accident"] / rows["years"] / relative
    assert base.max() == pytest.approx(base.min(), rel=1e-4)
    assert done.counts["accident"] == pytest.approx(rows["claims"].sum(), rel=0.05)
    high = (rows["area"].isin(["a", "b"])) ^ (rows["age"] > 40) ^ (rows["hours"] > 6)
    rate = out["expected_counts_accident"] / rows["years"]
    assert rate[high].mean() > 1.8 * rate[~high].mean()
    assert report["perils"]["accident"]["cells"] <= 120


def fitted_on(rows: pd.DataFrame, specs: list[FactorSpec], bounds: Bounds) -> Fitted:
    columns = {spec.name: rows[spec.name].to_numpy() for spec in specs}
    counts, years = (rows[name].to_numpy(float) for name in ("claims", "years"))
    return fit_peril(Rows(columns, years, counts, None, np.arange(len(rows)) % 3), specs, bounds, silent)


def with_missing(rate: float, rows: int = 6000) -> pd.DataFrame:
    """Kilometres with rising rates; the tenth part that says none has a rate of its own."""
    draw = np.random.default_rng(3)
    km, zone = draw.integers(1, 41, rows).astype(float), draw.choice(["n", "s"], rows)
    km[draw.uniform(size=rows) < 0.1] = np.nan
    truth: FloatArray = np.where(np.isnan(km), rate, 0.2 + 0.02 * np.nan_to_num(km))
    years = draw.uniform(0.5, 1.0, rows)
    return pd.DataFrame({"km": km, "zone": zone, "years": years, "claims": draw.poisson(truth * years)})


@pytest.mark.slow
@pytest.mark.parametrize("candidate", ["glm", "pairs"])
@pytest.mark.parametrize("rate", [0.05, 0.5, 2.0])
def test_a_missing_value_that_tells_something_is_priced_by_itself(rate: float, candidate: str) -> None:
    rows = with_missing(rate)
    specs = [FactorSpec("zone", "categorical"), FactorSpec("km", monotone=1)]
    found = fitted_on(rows, specs, Bounds(60, 1, candidates=(candidate,)))
    assert found.selection.winner == candidate
    expected = found.rate({"zone": rows["zone"].to_numpy(), "km": rows["km"].to_numpy()})
    silent_rows = rows["km"].isna().to_numpy()
    assert expected[silent_rows].mean() == pytest.approx(rate, rel=0.15)
    assert expected[rows["km"].to_numpy() > 35].mean() == pytest.approx(0.2 + 0.02 * 38, rel=0.15)
    bands = found.coding.shapes[1].ordered
    assert bands == found.coding.sizes[1] - 1
    assert steps(found.tables, 1, 1, bands).min() > -1e-12


TOWNS = """
name: towns
data: [rows.parquet]
perils:
  accident: {exposure: years, counts: claims}
factors:
  town: {kind: categorical}
  age: {kind: numeric, levels: 6}
tables: {cells: 60, pairs: 1, fidelity_mean: 0.3}
candidates: [pairs, glm]
split: {kind: random, test: 0.2}
"""


@pytest.mark.slow
def test_a_factor_of_six_hundred_levels_is_trained_and_scored(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    place = np.concatenate([np.arange(600).repeat(5), draw.choice(600, 27_000, p=np.arange(600, 0, -1) / 180_300)])
    rate = np.where(np.arange(600) % 2 == 0, 0.15, 0.45)[place]
    years, age = draw.uniform(0.5, 1.0, len(place)), draw.integers(18, 70, len(place))
    towns = np.array([f"t{number:03d}" for number in range(600)])[place]
    claims = draw.poisson(rate * years)
    frame = pd.DataFrame({"town": towns, "age": age, "years": years, "claims": claims})
    frame.to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "plan.yaml").write_text(TOWNS, encoding="utf-8")
    one = train(tmp_path / "plan.yaml", tmp_path / "run", TODAY, silent)["perils"]["accident"]
    assert one["explained"] > 0.02
    assert one["cells"] <= 60
    structure = one["credibility"]["town"]
    assert structure["levels"] == 600
    assert structure["between"] == pytest.approx(0.25, rel=0.25)  # ratios of half and of one and a half to the mean
    assert structure["claims"] == pytest.approx(structure["within"] / structure["between"])
    assert 0 < structure["least"] < structure["median"] < 1
    with (tmp_path / "run" / "candidates.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [line["candidate"] for line in csv.DictReader(file)] == ["glm", "pairs"]
    assert json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))["notices"] is not None
    done = score(tmp_path / "run" / "tables", [tmp_path / "rows.parquet"], tmp_path / "out.parquet", silent)
    assert done.counts["accident"] == pytest.approx(claims.sum(), rel=0.02)
    expected = pd.read_parquet(tmp_path / "out.parquet")["expected_counts_accident"] / years
    by_town = expected.groupby(place).mean()
    assert by_town[1::2].mean() > 1.8 * by_town[::2].mean()


RISING = """
name: rising
data: [rows.parquet]
split: {column: set}
perils:
  accident: {exposure: years, counts: claims}
factors:
  km: {kind: numeric, monotone: up}
  zone: {kind: categorical}
candidates: [glm]
tables: {cells: 60, fidelity_mean: 0.3}
"""


def rising(folder: Path, frame: pd.DataFrame, plan: str = RISING) -> Path:
    """Every fifth row is a test row."""
    sides = np.where(np.arange(len(frame)) % 5 == 4, "test", "train")
    frame.assign(set=sides, policy=np.arange(len(frame)) % 3).to_parquet(folder / "rows.parquet")
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    return folder / "plan.yaml"


def test_a_lack_that_training_never_saw_is_not_judged(tmp_path: Path) -> None:
    frame = with_missing(0.5, rows=1000)
    lacking = frame["km"].isna() & (np.arange(1000) % 5 == 4)
    frame["km"] = frame["km"].where(frame["km"].notna() | lacking, 7.0)
    one = train(rising(tmp_path, frame), tmp_path / "run", TODAY, silent)["perils"]["accident"]
    assert one["not_judged"] == lacking.sum() > 0
    assert one["test_rows"] == 200 - lacking.sum()


def without_claims_but_one_policy(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(claims=np.where(np.arange(len(frame)) % 3 == 1, frame["claims"], 0))


REFUSED = {
    "cells_below_monotone": (lambda frame: frame, "cells: 60", "cells: 4"),
    "peril_claims_in_one_part": (without_claims_but_one_policy, "[glm]", "[glm]\ngroups: policy"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_rows_that_no_plan_can_be_fitted_on_are_refused_by_name(tmp_path: Path, code: str) -> None:
    changed, old, new = REFUSED[code]
    path = rising(tmp_path, changed(with_missing(0.5, 1000)), RISING.replace(old, new))
    with pytest.raises(InputError) as refused:
        train(path, tmp_path / "r", TODAY, silent)
    assert refused.value.code == code
    assert refused.value.message("zh")
    assert not (tmp_path / "r").exists()


def test_the_glm_alone_leaves_declared_pairs_untried_and_says_so(tmp_path: Path) -> None:
    plan = RISING + "interactions: [[zone, km]]\n"
    report = train(rising(tmp_path, with_missing(0.5, 1000), plan), tmp_path / "run", TODAY, silent)
    assert report["perils"]["accident"]["interactions"] == []
    [told] = [notice for notice in report["notices"] if notice["code"] == "notice_interactions_not_tried"]
    assert "zone × km" in told["message"]


def test_too_few_claims_for_trees_are_said(tmp_path: Path) -> None:
    plan = RISING.replace("[glm]", "[glm, pairs]")
    report = train(rising(tmp_path, with_missing(0.5, 200), plan), tmp_path / "run", TODAY, silent)
    assert report["perils"]["accident"]["candidate"] == "glm"
    [told] = [notice for notice in report["notices"] if notice["code"] == "notice_candidates_not_grown"]
    assert "pairs" in told["message"]
