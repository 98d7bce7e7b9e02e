"""Rows of an hour with a claim, a rate of thousands a year each: no leaf and no level may believe them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pricing.tariff import Tariff
from tests.training.test_train_score import TODAY, portfolio, silent
from training.pipeline import train
from training.score import score

HOURS = 40
PLAN = """
name: hours
data: [rows.parquet]
perils: {accident: {exposure: years, counts: claims}}
factors:
  area: {kind: categorical, base: north}
  km: {kind: numeric}
  age: {kind: numeric}
tables: {cells: 900, fidelity_mean: 0.5}
candidates: [CANDIDATE]
"""


def with_hours() -> pd.DataFrame:
    """A known portfolio; forty of its rows last an hour, have a claim and lie in one corner of age and kilometres."""
    frame = portfolio(8_000, 7)
    draw = np.random.default_rng(9)
    hours = draw.choice(len(frame), HOURS, replace=False)
    frame.loc[hours, "years"] = draw.uniform(0.5, 2, HOURS) / 8760
    frame.loc[hours, "claims"], frame.loc[hours, "age"] = 1, 79
    frame.loc[hours, "km"] = draw.integers(30, 40, HOURS) * 1000
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("candidate", ["glm", "pairs"])
def test_hours_with_a_claim_break_no_leaf(tmp_path: Path, candidate: str) -> None:
    frame = with_hours()
    frame.to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "plan.yaml").write_text(PLAN.replace("CANDIDATE", candidate))
    report = train(tmp_path / "plan.yaml", tmp_path / "run", TODAY, silent)
    assert "notice_short_exposures" in {notice["code"] for notice in report["notices"]}
    assert list(Tariff.load(tmp_path / "run" / "tables").perils) == ["accident"]
    score(tmp_path / "run" / "tables", [tmp_path / "rows.parquet"], tmp_path / "out.parquet", silent)
    expected = pd.read_parquet(tmp_path / "out.parquet")["expected_counts_accident"]
    whole = frame["years"] > 0.1
    assert expected[~whole].sum() < 0.1  # of forty claims
    assert expected[whole].sum() == pytest.approx(frame["claims"][whole].sum(), rel=0.1)
    south, north = ((frame["area"] == area) & whole for area in ("south", "north"))
    ratio = (expected[south].sum() / frame["years"][south].sum()) / (
        expected[north].sum() / frame["years"][north].sum()
    )
    assert 1.3 < ratio < 1.7  # drawn at 1.5
