"""What a record takes from a run folder, without any tracking server."""

import json
import shlex
from pathlib import Path

import pytest

from pricing.errors import InputError
from tests.training.registry_folders import run_folder
from training.registry_place import shown, told, ui_command, where
from training.registry_run import Record, key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_folder(tmp_path_factory.mktemp("registry_run"))


def write(folder: Path, name: str, content: object) -> None:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_a_plan_is_logged_with_its_defaults_and_figures_per_peril(folder: Path) -> None:
    run = Record.read(folder)
    assert (run.product, run.plan, run.name) == ("trial", "trial", "trial")
    assert "base=north" in run.params["factors/area"]
    assert run.params["split"] == "kind=random, by=none, test=0.2, seed=2026"
    report = json.loads((folder / "metrics.json").read_text("utf-8"))["perils"]["accident"]
    assert run.metrics["accident/test_deviance"] == report["test_deviance"]
    assert run.metrics["accident/elasticity/km"] == report["elasticity"]["km"]
    assert run.factors == "accident: age, area, km"
    assert {"metrics.json", "set_aside.csv", "tables/perils.yaml"} <= set(run.files)


def test_what_later_steps_write_is_logged_too_but_for_prices_of_workers(folder: Path, tmp_path: Path) -> None:
    folder = run_folder(tmp_path, folder)
    write(
        folder, "candidate.json", {"product": "couriers", "data_sha256": "sha256:ab", "gates_passed": True, "seed": 7}
    )
    monotone = {"gate": "monotone", "peril": "accident", "subject": "km", "measured": 0.5}
    gates = [{"gate": "deviance", "peril": "accident", "measured": 1.5}, monotone, {"gate": "lint", "measured": 2}]
    write(folder, "gates.json", {"passed": False, "gates": gates})
    segments = {"area": [{"label": "south", "ratio": 1.25}, {"label": "west", "ratio": None}]}
    write(folder, "judged.json", {"perils": {"accident": {"gini": float("nan"), "by_factor": segments}}})
    write(folder, "steps.json", {"fit": {"inputs": "sha256:cd", "outputs": {}, "seconds": 2.5}})
    write(folder, "impact.parquet", "one line per worker")
    run = Record.read(folder)
    assert (run.product, run.plan) == ("couriers", "trial")
    measured = {
        "gates/deviance/accident": 1.5,
        "gates/monotone/accident/km": 0.5,
        "gates/lint": 2.0,
        "steps/fit/seconds": 2.5,
    }
    assert measured.items() <= run.metrics.items()
    assert {name: v for name, v in run.metrics.items() if "by_factor" in name} == {
        "accident/by_factor/area/south": 1.25
    }
    assert "accident/gini" not in run.metrics
    assert (run.tags["gates_passed"], run.tags["seed"]) == ("false", "7")
    assert run.tags["data_sha256"] == json.loads((folder / "data.json").read_text("utf-8"))["data_sha256"]
    assert "km: int" in run.tags["data_columns"]
    assert not [name for name in run.of_model if name.startswith("steps/")]
    assert run.tags["steps/fit"] == "sha256:cd"
    assert "judged.json" in run.files
    assert "impact.parquet" not in run.files


def test_names_that_a_server_refuses_are_replaced_and_stay_apart() -> None:
    assert key("accident", "里程", "km_2") == "accident/里程/km_2"
    assert key("age", "29 – 35") == "age/29 - 35"
    odd = [key("a/b"), key("a:b"), key("a(b"), key(".."), key("x" * 80), key("x" * 81)]
    assert len(set(odd)) == len(odd)
    assert all(len(name) < 80 and not set(name) & set("/:()") and name.strip(".") for name in odd)


@pytest.mark.parametrize("missing", ["metrics.json", "relativities.csv"])
def test_a_folder_that_is_no_run_is_refused(folder: Path, tmp_path: Path, missing: str) -> None:
    broken = run_folder(tmp_path, folder)
    (broken / missing).unlink()
    with pytest.raises(InputError) as caught:
        Record.read(broken)
    assert caught.value.code == "registry_not_a_run"


def test_a_file_that_is_not_json_is_named(folder: Path, tmp_path: Path) -> None:
    broken = run_folder(tmp_path, folder)
    (broken / "gates.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Record.read(broken)
    assert (caught.value.code, caught.value.place) == ("registry_unreadable", str(broken / "gates.json"))


def test_the_address_is_given_or_set_or_lies_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "my data"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert where() == f"sqlite:///{tmp_path / 'my data' / 'mlflow.db'}"
    assert shlex.split(ui_command())[-2:] == ["--backend-store-uri", where()]
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "50 %25?"))
    assert where() == f"sqlite:///{tmp_path}/50 %2525%3F/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://actuary:secret@record.example:5000/base")
    assert where("sqlite:///other.db") == "sqlite:///other.db"
    assert where().startswith("https")
    assert ui_command() == shown(where()) == "https://actuary@record.example:5000/base"


def test_a_password_is_never_shown() -> None:
    address = "postgresql://actuary:a%40b@record.example/runs"
    assert shown(address) == "postgresql://actuary@record.example/runs"
    assert told(OSError(f"{address}/x refused\nmore"), address) == "postgresql://actuary@record.example/runs/x refused"
    assert told(TimeoutError(), address) == "TimeoutError"
    assert ui_command(address).endswith(' --backend-store-uri "$MLFLOW_TRACKING_URI"')
    assert shown("sqlite:///a:b@c.db") == "sqlite:///a:b@c.db"
