"""Tables trained on a synthetic book of known truth, held against later books of the same truth, and of another."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.book import simulate_book
from training.monitor import Bounds, Watched, monitor
from training.pipeline import Part, train

PLAN = """\
name: cargo
data: [exposure.parquet]
perils:
  cargo_damage: {exposure: insured_months, counts: cargo_damage_claims}
factors:
  distance_m: {kind: numeric, shape: curve, monotone: up, knots: 6, multiplies: [insured_months]}
  trade: {kind: categorical, base: rider}
  vehicle: {kind: categorical, base: e_bike}
  night_share: {kind: numeric, levels: 16}
  calendar_month: {kind: categorical}
split: {kind: group, by: worker, test: 0.2}
groups: worker
tables: {cells: 400, pairs: 0, fidelity_mean: 0.9}
candidates: [glm]
"""
SEEDS = range(500, 506)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of eight thousand workers with tables that were trained on it."""
    folder = tmp_path_factory.mktemp("book")
    simulate_book(8000, 12, 42, "2025-01", folder / "data")
    (folder / "data" / "cargo.yaml").write_text(PLAN, encoding="utf-8")
    until = Part(last="tabulate")
    train(folder / "data" / "cargo.yaml", folder / "run", dt.date(2026, 1, 1), lambda step, rows: None, part=until)
    return folder


def watched(book: Path, folder: Path, late: int, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, Any]:
    """What the monitor says of a later book, changed."""
    change(pd.read_parquet(folder / "exposure.parquet")).to_parquet(folder / "new.parquet")
    plan, tables = book / "data" / "cargo.yaml", book / "run" / "tables"
    given = Watched.of(tables, None, plan)
    found = monitor(given, [folder / "new.parquet"], lambda step, rows: None, Bounds(late=late))
    own: dict[str, Any] = found["perils"]["cargo_damage"]
    return own


def more(frame: pd.DataFrame) -> pd.DataFrame:
    """Claims 1.3 times, by drawing some more."""
    claims = frame["cargo_damage_claims"].to_numpy()
    return frame.assign(cargo_damage_claims=claims + np.random.default_rng(1).binomial(claims, 0.3))


def reported(frame: pd.DataFrame) -> pd.DataFrame:
    """The claims that were known at the end of the book."""
    return frame.assign(cargo_damage_claims=frame["cargo_damage_reported"])


def test_books_of_the_same_truth_are_kept_and_dearer_ones_rebalanced(book: Path, tmp_path: Path) -> None:
    same, dearer = [], []
    for seed in SEEDS:
        simulate_book(2500, 3, seed, "2026-01", tmp_path / str(seed))
        same.append(watched(book, tmp_path / str(seed), 0, lambda frame: frame))
        dearer.append(watched(book, tmp_path / str(seed), 0, more))
    assert sum(one["whole"]["low"] <= 1 <= one["whole"]["high"] for one in same) >= len(SEEDS) - 1
    assert sum(one["verdict"] == "keep" for one in same) >= len(SEEDS) - 2
    told = [one["factor"]["ratio"] for one in dearer if one["verdict"] == "rebalance"]
    assert len(told) >= len(SEEDS) - 2
    assert np.mean(told) == pytest.approx(1.3, abs=0.08)


def test_claims_that_are_still_to_come_are_not_held_against_the_tables(book: Path, tmp_path: Path) -> None:
    simulate_book(6000, 6, 77, "2026-01", tmp_path / "late")
    known = watched(book, tmp_path / "late", 2, reported)
    in_the_end = watched(book, tmp_path / "late", 2, lambda frame: frame)
    assert [one["judged"] for one in known["months"]] == [True] * 4 + [False] * 2
    assert known["months"][-1]["claims"] < 0.95 * in_the_end["months"][-1]["claims"]
    assert known["whole"]["claims"] >= 0.99 * in_the_end["whole"]["claims"]
    assert known["verdict"] == in_the_end["verdict"]
