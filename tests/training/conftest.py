"""One record of training for all tests of it: its database takes seconds to make."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Recorded(NamedTuple):
    """A run folder, the data folder of its record, and where it was logged."""

    folder: Path
    home: Path
    logged: Any


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A small run that was trained and logged once."""
    from tests.training.registry_folders import run_folder
    from training.registry import log_run

    home = tmp_path_factory.mktemp("record")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LICHENG_HOME", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        folder = run_folder(home)
        return Recorded(folder, home, log_run(folder))


@pytest.fixture
def recorded(first_run: Recorded, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """The same, its data folder the one in use."""
    monkeypatch.setenv("LICHENG_HOME", str(first_run.home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return first_run


@pytest.fixture
def mlflow(recorded: Recorded) -> Iterator[Any]:
    """MLflow at the record, silent; loading a model leaves no trace in the path."""
    from training.registry_quiet import no_lines, no_warnings

    path = list(sys.path)
    with no_warnings():
        import mlflow

        with no_lines():
            mlflow.set_tracking_uri(recorded.logged.uri)
            yield mlflow
            mlflow.set_tracking_uri(None)
    sys.path[:] = path
