"""The record through its doors: commands, `mlflow run`, `mlflow models serve`, Spark."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pandas as pd
import pytest

from tests.training.conftest import Recorded
from tests.training.test_registry import FIGURES, renamed, rows, scored
from training.registry import log_run, versions

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(sys.executable).parent
pytestmark = pytest.mark.slow


def settings(home: Path) -> dict[str, str]:
    """The environment of a person with the venv first on PATH and a data folder."""
    named = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "LICHENG"))}
    path = f"{VENV}{os.pathsep}{os.environ['PATH']}"
    return {**named, "PATH": path, "LICHENG_HOME": str(home), "MLFLOW_DISABLE_TELEMETRY": "true"}


def command(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = settings(home) | more
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def licheng(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return command(home, sys.executable, "-m", "service.cli", "registry", *words, **more)


def test_a_run_is_logged_and_listed_from_the_command_line(recorded: Recorded, tmp_path: Path) -> None:
    folder, home = recorded.folder, recorded.home
    done = licheng(home, "log", str(folder), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["run_id"], said["version"], said["already"]) == (recorded.logged.run_id, 1, True)
    listed = licheng(home, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert f"trial 1  candidate  run {recorded.logged.run_id}" in listed.stdout
    down = licheng(home, "log", str(folder), "--lang", "zh", MLFLOW_TRACKING_URI="http://127.0.0.1:1")
    assert down.returncode == 3
    assert "训练结果完整" in down.stderr
    assert down.stderr.count("\n") == 1


def test_the_address_of_the_pages_is_told_without_loading_anything(tmp_path: Path) -> None:
    done = licheng(tmp_path, "ui")
    assert done.stdout.split()[-1] == f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert not (tmp_path / "mlflow.db").exists()


def project(recorded: Recorded, entry: str, **values: object) -> subprocess.CompletedProcess[str]:
    """An entry point of the project, run by MLflow."""
    words = [word for name, value in values.items() for word in ("-P", f"{name}={value}")]
    run = ("mlflow", "run", ".", "-e", entry, "--env-manager", "local", *words)
    return command(recorded.home, *run, MLFLOW_TRACKING_URI=recorded.logged.uri)


def test_a_plan_is_trained_and_rows_are_scored_by_mlflow_run(mlflow: Any, recorded: Recorded, tmp_path: Path) -> None:
    plan = recorded.home / "by_mlflow.yaml"
    plan.write_text((recorded.home / "plan.yaml").read_text("utf-8").replace("trial", "by_mlflow"), encoding="utf-8")
    trained = project(recorded, "train", plan=plan, out=tmp_path / "run")
    assert trained.returncode == 0, trained.stderr
    [one] = [one for one in versions() if one["product"] == "by_mlflow"]
    assert "mlflow.parentRunId" in mlflow.MlflowClient().get_run(one["run_id"]).data.tags
    data = recorded.home / "rows.parquet"
    done = project(recorded, "score", tables=tmp_path / "run" / "tables", data=data, out=tmp_path / "out.parquet")
    assert done.returncode == 0, done.stderr
    expected = scored(recorded.folder / "tables", pd.read_parquet(data), tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out.parquet")[FIGURES], expected, check_exact=True)


@contextmanager
def served(recorded: Recorded, place: Path, *words: str) -> Iterator[str]:
    """The address of an MLflow server, of models or of the record; its whole group of processes ends with it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = settings(recorded.home) | {"MLFLOW_TRACKING_URI": recorded.logged.uri}
    with (place / "server.log").open("wb") as told:
        process = subprocess.Popen(
            ("mlflow", *words, "-h", "127.0.0.1", "-p", str(port)),
            cwd=place,
            env=environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        address, until = f"http://127.0.0.1:{port}", time.monotonic() + 240
        while not _up(address):
            assert process.poll() is None, (place / "server.log").read_text("utf-8")
            assert time.monotonic() < until, "the server does not come up"
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _up(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def asked(address: str, body: bytes, kind: str = "application/json") -> list[dict[str, Any]]:
    request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: list[dict[str, Any]] = json.load(answer)["predictions"]
        return found


def test_a_served_model_answers_what_score_writes(recorded: Recorded, tmp_path: Path) -> None:
    frame = rows()
    expected = scored(recorded.folder / "tables", frame, tmp_path)
    plain = frame.astype(object).where(frame.notna(), None).to_dict("split")
    body = json.dumps({"dataframe_split": {"columns": plain["columns"], "data": plain["data"]}})
    model = ("-m", f"models:/trial/{recorded.logged.model_version}", "--env-manager", "local")
    with served(recorded, tmp_path, "models", "serve", *model) as address:
        by_json = pd.DataFrame(asked(address, body.encode()))[FIGURES].astype(float)
        by_csv = pd.DataFrame(asked(address, frame.to_csv(index=False).encode(), "text/csv"))[FIGURES].astype(float)
    pd.testing.assert_frame_equal(by_json, expected, check_exact=True)
    pd.testing.assert_frame_equal(by_csv, expected, check_exact=True)


def test_a_run_is_logged_at_a_server(
    mlflow: Any, recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
    run = renamed(recorded.folder, tmp_path, "remote")
    words = ("--backend-store-uri", recorded.logged.uri, "--artifacts-destination", str(tmp_path / "files"))
    with served(recorded, tmp_path, "server", "--workers", "1", *words) as address:
        logged = log_run(run, address)
        mlflow.set_tracking_uri(address)
        kept = Path(mlflow.artifacts.download_artifacts(run_id=logged.run_id, dst_path=str(tmp_path)))
        answered = mlflow.pyfunc.load_model("models:/remote@candidate").predict(rows())
    assert (logged.uri, logged.model_version) == (address, 1)
    assert (kept / "metrics.json").read_bytes() == (run / "metrics.json").read_bytes()
    assert list((tmp_path / "files").rglob("MLmodel"))
    pd.testing.assert_frame_equal(answered, scored(run / "tables", rows(), tmp_path), check_exact=True)


_ELSEWHERE = """
import sys, warnings
warnings.simplefilter("ignore")
import mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
import training.score
print(training.score.__file__, len(model.predict(model.input_example)))
"""


def test_a_model_takes_the_code_along_that_reads_its_tables(recorded: Recorded, tmp_path: Path) -> None:
    model = f"models:/trial/{recorded.logged.model_version}"
    environment = settings(recorded.home) | {"MLFLOW_TRACKING_URI": recorded.logged.uri}
    words = (sys.executable, "-c", _ELSEWHERE, model)
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=True)
    place, rows_answered = done.stdout.split()
    assert Path(place).is_relative_to(recorded.home / "mlruns" / "trial" / "models")
    assert rows_answered == "1"


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_spark_answers_what_score_writes(
    mlflow: Any, recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed; it is no dependency of this project")
    frame = rows()
    expected = scored(recorded.folder / "tables", frame, tmp_path)
    settings = {"spark.ui.enabled": "false", "spark.driver.memory": "1g", "spark.driver.bindAddress": "127.0.0.1"}
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        model = mlflow.pyfunc.spark_udf(session, f"models:/trial/{recorded.logged.model_version}", env_manager="local")
        named = frame.assign(row=range(len(frame)))
        answered = session.createDataFrame(named).withColumn("found", model(*frame.columns))
        answers = {one["row"]: one["found"].asDict() for one in answered.select("row", "found").collect()}
        found = pd.DataFrame([answers[row] for row in range(len(frame))])[FIGURES].astype(float)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    finally:
        session.stop()
