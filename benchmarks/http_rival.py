"""`mlflow models serve` of a scikit-learn pipeline that predicts a rider's cost from eight columns: the usual way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.http_served import Server

_ROWS = 5_000
_UP_S = 120


def body() -> bytes:
    """One row to predict."""
    return json.dumps({"dataframe_records": _drawn(1).to_dict("records")}).encode()


def save(folder: Path) -> None:
    """Fit the pipeline on made-up months and save it as MLflow's own format for scikit-learn says."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow.sklearn
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import PoissonRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = _drawn(_ROWS)
    words = ["platform", "region", "occupation", "vehicle"]
    numbers = [name for name in rows.columns if name not in words]
    design = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), words), (StandardScaler(), numbers))
    fitted = make_pipeline(design, PoissonRegressor()).fit(rows, rows["distance_m"] / 1e5)
    mlflow.sklearn.save_model(fitted, str(folder), pip_requirements=["scikit-learn"])


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The model's server, when it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-m", str(folder), "-p", str(port), "-h", "127.0.0.1", "--env-manager", "local"]
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "models", "serve", *options],
        env={**os.environ, "PATH": beside, "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    server = Server(process, port, 0.0)
    try:
        _wait(port, process)
        yield Server(process, port, time.perf_counter() - begin)
    finally:
        server.kill()


def _wait(port: int, process: subprocess.Popen[str]) -> None:
    end = time.perf_counter() + _UP_S
    while time.perf_counter() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError("mlflow models serve did not answer")


def _drawn(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(2026)
    return pd.DataFrame(
        {
            "platform": rng.choice(["meituan", "eleme", "sf_intracity"], rows),
            "region": rng.choice(["500000", "110000", "310000"], rows),
            "occupation": rng.choice(["food_rider", "instant_rider"], rows),
            "vehicle": rng.choice(["e_bike", "motorcycle"], rows),
            "orders": rng.uniform(10, 900, rows),
            "distance_m": rng.uniform(1e4, 4e6, rows),
            "worked_min": rng.uniform(600, 15_000, rows),
            "night_min": rng.uniform(0, 3_000, rows),
        }
    )
