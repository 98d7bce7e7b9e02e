"""A small peril of known law, tables that were trained on it once, and later months that follow the law or break it."""

import atexit
import datetime as dt
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from training.pipeline import Part, train

WORKERS, TRAINED = 1500, 6000
AREAS = {"north": 1.0, "south": 1.5, "west": 0.8}
PLAN = """\
name: quick
data: [data.parquet]
perils:
  fire: {exposure: months, counts: claims}
factors:
  area: {kind: categorical, base: north}
  km: {kind: numeric, shape: curve, monotone: up, knots: 5}
  age: {kind: numeric, levels: 8}
  calendar: {kind: categorical}
split: {kind: group, by: worker, test: 0.2}
groups: worker
tables: {cells: 200, pairs: 0, fidelity_mean: 0.9}
candidates: [glm]
"""


@dataclass(frozen=True)
class Law:
    """Claims a month = level × area × (km ÷ 20,000) ** elasticity × the worker's own frailty."""

    level: float = 0.25
    elasticity: float = 0.5
    shares: tuple[float, ...] = (0.4, 0.35, 0.25)


TRUE = Law()


def months_of(seed: int, months: list[str], law: Law = TRUE, workers: int = WORKERS) -> pd.DataFrame:
    """A row per worker and month."""
    draw = np.random.default_rng(seed)
    worker = np.repeat(np.arange(workers), len(months))
    frailty = draw.gamma(4.0, 0.25, workers)[worker]
    area = draw.choice(list(AREAS), workers, p=law.shares)[worker]
    km = draw.integers(1, 40, len(worker)) * 1000.0
    rate = law.level * np.array([AREAS[name] for name in area]) * (km / 20_000) ** law.elasticity * frailty
    columns = {"worker": [f"w{seed}_{number}" for number in worker], "month": np.tile(months, workers), "area": area}
    numbers = {"km": km, "age": draw.integers(18, 80, workers)[worker].astype(float), "months": 1.0}
    found = pd.DataFrame({**columns, **numbers, "claims": draw.poisson(rate)})
    return found.assign(calendar=found["month"].str[-2:])


def later(seed: int, law: Law = TRUE) -> pd.DataFrame:
    """Three months of the year after the training."""
    return months_of(seed, ["2026-01", "2026-02", "2026-03"], law)


@cache
def trained() -> Path:
    """A folder with plan, data and the run until its tables, made once."""
    folder = Path(tempfile.mkdtemp(prefix="monitored"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    year = [f"2025-{month:02d}" for month in range(1, 13)]
    months_of(1, year, workers=TRAINED).to_parquet(folder / "data.parquet")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    train(
        folder / "plan.yaml", folder / "run", dt.date(2026, 1, 1), lambda step, rows: None, part=Part(last="tabulate")
    )
    return folder


def changed(**what: object) -> Law:
    """The law with something changed."""
    return replace(TRUE, **what)  # type: ignore[arg-type]
