"""Facts of a run that its documents name: program, commit, data with their hashes, months, whether it is synthetic."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pricing.folder_hash import file_hash
from pricing.units import parse_month
from training.plan import Plan
from training.portfolio_data import Portfolio
from training.run_folder import text_hash


@dataclass(frozen=True, slots=True)
class Facts:
    """files: name, sha256 of each data file; data_hash: of all of them; months: first and last of a column `month`."""

    program: str
    commit: str | None
    plan_hash: str
    files: tuple[tuple[str, str], ...]
    data_hash: str
    synthetic: bool

    @classmethod
    def of(cls, plan: Plan, path: Path) -> Facts:
        """From a plan's file and its data; the data are read once, for their hashes."""
        files = tuple((data.name, file_hash(data)) for data in plan.data)
        return cls(
            program=program(),
            commit=commit(),
            plan_hash=file_hash(path),
            files=files,
            data_hash=text_hash("\n".join(f"{name} {hashed}" for name, hashed in files)),
            synthetic=any(map(_synthetic, plan.data)),
        )


def program() -> str:
    """Version of this program."""
    try:
        return version("licheng")
    except PackageNotFoundError:
        return "0"


def months_of(portfolio: Portfolio) -> tuple[str, str] | None:
    """First and last month where the data have a column `month` of months."""
    if "month" not in portfolio.frame.columns:
        return None
    found = sorted({str(month) for month in portfolio.frame["month"].unique()})
    return (found[0], found[-1]) if found and all(parse_month(month) is not None for month in found) else None


def schema_of(portfolio: Portfolio) -> list[dict[str, Any]]:
    """Name and type of every column of the data."""
    return [{"name": str(name), "type": str(kind)} for name, kind in portfolio.frame.dtypes.items()]


def commit() -> str | None:
    """Commit of the code where it runs from a checkout."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None  # installed, perhaps inside the checkout of something else
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _synthetic(path: Path) -> bool:
    """Whether a file says so of itself, or the page beside it does."""
    if path.suffix.lower() == ".parquet":
        marks = pq.read_schema(path).metadata or {}
        if b'"synthetic": true' in marks.get(b"licheng", b""):
            return True
    return (path.parent / "SYNTHETIC.md").is_file()
