"""What the tables in force say of a plan's data: the rates that a new fit is compared with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from models.experience import FloatArray
from pricing.errors import InputError
from pricing.units import PPM
from training.plan import Plan
from training.score import score


def in_force_rates(plan: Plan, tables: Path, peril: str, exposure: FloatArray) -> FloatArray:
    """Expected claims per unit of exposure of every row of the data, NaN where there is no exposure.

    InputError where the tables do not know the peril, or cannot price a row.
    """
    expected = _column(plan, tables, f"expected_counts_{peril}", relativities=False)
    return np.where(exposure > 0, expected / np.where(exposure > 0, exposure, 1.0), np.nan)


def in_force_relativity(plan: Plan, tables: Path, peril: str, factor: str) -> FloatArray:
    """Relativity of every row of the data by the main effect of a factor."""
    return _column(plan, tables, f"{peril}/{factor}", relativities=True) / PPM


def _column(plan: Plan, tables: Path, name: str, *, relativities: bool) -> FloatArray:
    with tempfile.TemporaryDirectory(prefix="licheng-") as folder:
        out = Path(folder) / "scored.parquet"
        score(tables, plan.data, out, lambda step, rows: None, relativities)
        names = pq.read_schema(out).names
        if name not in names:
            raise InputError("in_force_without", str(tables), column=name, known=", ".join(names[1:]))
        found = pq.read_table(out, columns=[name])[name].to_numpy()
    return np.asarray(found, dtype=np.float64)
