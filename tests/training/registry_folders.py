"""A small run folder for the tests of the record, trained once and copied."""

import datetime as dt
import shutil
from pathlib import Path

from tests.training.test_train_score import PLAN, portfolio, silent
from training.pipeline import train

TODAY = dt.date(2026, 11, 24)


def run_folder(place: Path, made: Path | None = None) -> Path:
    """A finished run in `place`, with its plan: trained, or a copy of one."""
    if made is not None:
        return Path(shutil.copytree(made, place / "run"))
    frame = portfolio(4_000, 7)
    frame["age"] = frame["age"].where(frame["age"] % 9 > 0)  # some ages are not known
    frame.to_parquet(place / "rows.parquet")
    (place / "plan.yaml").write_text(PLAN.replace("UNSEEN", "north"), encoding="utf-8")
    train(place / "plan.yaml", place / "run", TODAY, silent)
    return place / "run"
