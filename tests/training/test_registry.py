"""A run in MLflow: what is recorded, what the model answers, which names are refused, servers that do not answer."""

import json
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pricing.errors import InputError
from pricing.tariff import SHIPPED
from tests.training.conftest import Recorded
from tests.training.registry_folders import run_folder
from tests.training.test_train_score import portfolio, silent
from training.registry import APPROVED, CANDIDATE, approve_version, log_run, versions
from training.score import score

WORDS, NUMBERS = ["area"], ["years", "km", "age"]
FIGURES = ["expected_counts_accident", "expected_amounts_accident"]


def rows(many: int = 300) -> pd.DataFrame:
    """Rows with everything that tables put up with: no age, no exposure, areas that training never saw."""
    frame = portfolio(many, 11).astype(dict.fromkeys(NUMBERS, float))[[*NUMBERS, *WORDS]]
    frame.loc[::7, "age"] = np.nan
    frame.loc[1:2, "years"] = [np.nan, -1.0]
    frame.loc[3:4, "area"] = ["moon", "01"]
    return frame


def scored(tables: Path, frame: pd.DataFrame, place: Path) -> pd.DataFrame:
    """What `licheng score` writes."""
    frame.to_parquet(place / "rows.parquet")
    score(tables, [place / "rows.parquet"], place / "scored.parquet", silent)
    return pd.read_parquet(place / "scored.parquet")[FIGURES]


def renamed(folder: Path, place: Path, product: str) -> Path:
    """The same run as another product's."""
    run = run_folder(place, folder)
    (run / "candidate.json").write_text(json.dumps({"product": product}), encoding="utf-8")
    return run


def test_a_run_is_recorded_with_all_that_stands_in_its_folder(mlflow: Any, recorded: Recorded) -> None:
    folder, logged = recorded.folder, recorded.logged
    client = mlflow.MlflowClient()
    run = client.get_run(logged.run_id)
    assert run.info.status == "FINISHED"
    report = json.loads((folder / "metrics.json").read_text("utf-8"))["perils"]["accident"]
    assert run.data.metrics["accident/test_deviance"] == report["test_deviance"]
    assert "multiplies=years" in run.data.params["factors/km"]
    data = json.loads((folder / "data.json").read_text("utf-8"))
    assert run.data.tags["data_sha256"] == data["data_sha256"]
    [used] = run.inputs.dataset_inputs
    assert used.dataset.digest == data["data_sha256"].removeprefix("sha256:")[:12]
    kept = Path(mlflow.artifacts.download_artifacts(run_id=logged.run_id))
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        assert (kept / path.relative_to(folder)).read_bytes() == path.read_bytes()
    made_version = client.get_model_version_by_alias("trial", CANDIDATE)
    assert (made_version.run_id, int(made_version.version)) == (logged.run_id, logged.model_version)


def test_the_model_answers_to_the_last_digit_what_score_writes(mlflow: Any, recorded: Recorded, tmp_path: Path) -> None:
    folder, logged = recorded.folder, recorded.logged
    model = mlflow.pyfunc.load_model(f"models:/trial/{logged.model_version}")
    frame = rows()
    found, expected = model.predict(frame), scored(folder / "tables", frame, tmp_path)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert found[FIGURES[0]].isna().sum() == 2
    assert found[FIGURES[1]].nunique() > 100
    some = frame.iloc[[200, 7]]
    pd.testing.assert_frame_equal(model.predict(some), expected.loc[[200, 7]], check_exact=True)
    assert model.predict(frame.head(0)).shape == (0, 2)


def test_rows_that_the_tables_do_not_price_are_refused_as_in_a_file(
    mlflow: Any, recorded: Recorded, tmp_path: Path
) -> None:
    frame = rows()
    frame.loc[[41, 60], "km"] = np.nan
    with pytest.raises(InputError) as caught:
        scored(recorded.folder / "tables", frame, tmp_path)
    assert (caught.value.code, caught.value.place) == ("level_without_table", "row 41")
    model = mlflow.pyfunc.load_model(f"models:/trial/{recorded.logged.model_version}")
    with pytest.raises(mlflow.exceptions.MlflowException, match=r"2 rows .* row 41: .*km = nan"):
        model.predict(frame)


def test_the_model_is_code_and_tables_without_a_pickle(mlflow: Any, recorded: Recorded) -> None:
    kept = Path(mlflow.artifacts.download_artifacts(f"models:/trial/{recorded.logged.model_version}"))
    # MLflow runs the code once on the example, and Python leaves what it compiled
    files = [path for path in kept.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    endings = {path.suffix for path in files}
    assert not endings & {".pkl", ".pickle", ".joblib", ".skops", ".pyc", ".so"}
    assert ".py" in endings
    assert (kept / "artifacts" / "tables" / "perils.yaml").is_file()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"area": 3.5}, "area"),
        ({"age": "old"}, "age"),
        ({"km": None}, "km"),
    ],
)
def test_rows_of_another_form_are_refused_by_name(
    mlflow: Any, recorded: Recorded, change: dict[str, Any], said: str
) -> None:
    model = mlflow.pyfunc.load_model(f"models:/trial/{recorded.logged.model_version}")
    frame = rows(5).drop(columns="km") if change == {"km": None} else rows(5).assign(**change)
    with pytest.raises(mlflow.exceptions.MlflowException, match=said):
        model.predict(frame)


def test_a_folder_is_logged_once_and_again_when_it_has_changed(recorded: Recorded, tmp_path: Path) -> None:
    folder, logged = recorded.folder, recorded.logged
    again = log_run(folder)
    assert again.already
    assert (again.run_id, again.model_version) == (logged.run_id, logged.model_version)
    run = renamed(folder, tmp_path, "changing")
    first = log_run(run)
    (run / "report.html").write_text("<p>judged</p>", encoding="utf-8")
    second = log_run(run)
    assert (first.model_version, second.model_version, second.already) == (1, 2, False)
    assert [(one["version"], one["aliases"]) for one in versions() if one["product"] == "changing"] == [
        (2, [CANDIDATE]),
        (1, []),
    ]


def test_an_approval_moves_one_alias_and_keeps_who_gave_it(recorded: Recorded, tmp_path: Path) -> None:
    log_run(renamed(recorded.folder, tmp_path, "approved one"))
    approve_version("approved one", 1, {"by": "li", "on": "2026-11-26", "release": "0003"})
    [one] = [one for one in versions() if one["product"] == "approved one"]
    assert one["aliases"] == [APPROVED, CANDIDATE]
    assert {"approved_by": "li", "approved_release": "0003"}.items() <= one["facts"].items()
    with pytest.raises(InputError) as caught:
        approve_version("approved one", 2, {"by": "li"})
    assert caught.value.code == "registry_no_version"


def test_a_name_of_another_product_is_refused_before_anything_is_logged(
    mlflow: Any, recorded: Recorded, tmp_path: Path
) -> None:
    client = mlflow.MlflowClient()
    client.create_registered_model("strange", tags={"team": "elsewhere"})
    with pytest.raises(InputError) as caught:
        log_run(renamed(recorded.folder, tmp_path, "strange"))
    assert (caught.value.code, caught.value.place) == ("registry_name_taken", "strange")
    assert client.search_model_versions("name='strange'") == []
    assert client.get_experiment_by_name("strange") is None


def test_other_factors_are_another_product_unless_said_otherwise(recorded: Recorded, tmp_path: Path) -> None:
    run = renamed(recorded.folder, tmp_path, "growing")
    log_run(run)
    lines = (run / "relativities.csv").read_text("utf-8-sig").replace(",age,", ",tenure,")
    (run / "relativities.csv").write_text(lines, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        log_run(run)
    assert caught.value.code == "registry_other_factors"
    assert "area, km, tenure" in caught.value.message("en")
    assert log_run(run, new_factors=True).model_version == 2
    assert log_run(run).already


def test_a_run_started_by_mlflow_run_is_its_child(
    mlflow: Any, recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = mlflow.MlflowClient()
    parent = client.create_run("0").info
    monkeypatch.setenv("MLFLOW_RUN_ID", parent.run_id)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", parent.experiment_id)
    logged = log_run(renamed(recorded.folder, tmp_path, "child"))
    assert client.get_run(logged.run_id).data.tags["mlflow.parentRunId"] == parent.run_id
    assert client.get_run(parent.run_id).data.params == {}


def test_nothing_is_said_and_nothing_of_mlflow_stays_behind(
    recorded: Recorded, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, address = list(sys.path), os.environ.get("MLFLOW_TRACKING_URI")
    log_run(renamed(recorded.folder, tmp_path, "silent"))
    versions()
    assert capfd.readouterr() == ("", "")
    assert (sys.path, os.environ.get("MLFLOW_TRACKING_URI")) == (path, address)
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
def port() -> Iterator[socket.socket]:
    """A listening port whose owner never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def refused(folder: Path, uri: str) -> InputError:
    before = sorted(folder.rglob("*"))
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        log_run(folder, uri)
    assert time.monotonic() - started < 15
    assert sorted(folder.rglob("*")) == before
    return caught.value


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_down_or_silent_costs_no_run(recorded: Recorded, port: socket.socket) -> None:
    folder, (_, number) = recorded.folder, port.getsockname()
    silence = refused(folder, f"http://me:secret@127.0.0.1:{number}")
    assert silence.code == "registry_not_logged"
    assert f"licheng registry log {folder}" in silence.message("en")
    assert "secret" not in f"{silence.place} {silence.message('en')}"
    port.close()
    assert refused(folder, f"http://127.0.0.1:{number}").code == "registry_not_logged"


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_not_mlflow_is_told(recorded: Recorded, port: socket.socket) -> None:
    def answer() -> None:
        while True:
            try:
                asked, _ = port.accept()
            except OSError:
                return
            with asked:
                asked.recv(65_536)
                asked.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")

    threading.Thread(target=answer, daemon=True).start()
    error = refused(recorded.folder, f"http://127.0.0.1:{port.getsockname()[1]}")
    assert error.code == "registry_not_logged"


def test_a_database_that_cannot_be_used_is_told(recorded: Recorded, tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("this is no database" * 100, encoding="utf-8")
    for uri in (
        f"sqlite:///{tmp_path / 'broken.db'}",
        f"sqlite:///{tmp_path / 'broken.db' / 'x.db'}",
        "gopher://x",
    ):
        assert refused(recorded.folder, uri).code == "registry_not_logged"


def test_tables_without_perils_are_refused(recorded: Recorded, tmp_path: Path) -> None:
    run = run_folder(tmp_path, recorded.folder)
    shutil.rmtree(run / "tables")
    shutil.copytree(SHIPPED, run / "tables")
    with pytest.raises(InputError) as caught:
        log_run(run)
    assert caught.value.code == "no_perils"
