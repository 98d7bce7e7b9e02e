"""MLflow as the record of training: one run per run folder, one registered model per product. Only this file knows it.

Two aliases: `candidate` is the version logged last, `approved` the one approved last. What is *active* is never an
alias: it follows from the releases and the month that is priced, and an alias moves without leaving a trace.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pricing.errors import InputError
from pricing.tariff import Tariff
from training.registry_place import home, is_server, shown, told, where
from training.registry_quiet import no_lines, no_warnings
from training.registry_run import Record, data_digest, key
from training.score import Pricing

CANDIDATE, APPROVED = "candidate", "approved"
_ROOMS = ("pricing", "models", "training")  # code that a model takes along, so that it answers where we are not
_NEEDS = ("mlflow", "numpy", "pandas", "pyarrow", "pyyaml", "scipy")
_BATCH = 100  # parameters and tags that a server takes at once
# A server that is down is told at once; whoever has a slow one sets these.
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


@dataclass(frozen=True, slots=True)
class Logged:
    """Where a run folder was logged. model: the registered name; already: it had been logged before, unchanged."""

    run_id: str
    model_version: int
    uri: str
    model: str
    already: bool = False


def log_run(folder: Path, uri: str | None = None, new_factors: bool = False) -> Logged:
    """Log a finished run folder with its tables as a model, the product's next `candidate`.

    A folder that was logged before and has not changed is not logged again; the folder is never touched. new_factors:
    the product's perils or factors have changed. InputError names a folder that is no run, a name that another product
    has, or what the tracking server answered.
    """
    run = Record.read(folder)
    tariff = Tariff.load(folder / "tables")
    if not tariff.perils:
        raise InputError("no_perils", str(folder / "tables"))
    pricing = Pricing.of(tariff, relativities=False)
    address = where(uri)
    with _at(address, f"licheng registry log {shlex.quote(str(folder))}") as mlflow:
        client = mlflow.MlflowClient()
        _claim_name(client, run, new_factors)
        experiment = _experiment(mlflow, client, run.name, address)
        done = _logged_before(client, experiment, run)
        if done:
            return Logged(*done, shown(address), run.name, already=True)
        started = client.create_run(experiment, run_name=folder.resolve().name, tags=_run_tags(run))
        with mlflow.start_run(run_id=started.info.run_id, nested=True):
            _log_facts(mlflow, client, run, started.info.run_id)
            model = _log_model(mlflow, run, pricing, _example(tariff, pricing))
            made = client.create_model_version(
                run.name,
                f"models:/{model.model_id}",
                started.info.run_id,
                tags={**run.of_model, "product": run.product, "plan": run.plan},
                model_id=model.model_id,
            )
            client.set_registered_model_alias(run.name, CANDIDATE, made.version)
        return Logged(started.info.run_id, int(made.version), shown(address), run.name)


def approve_version(product: str, number: int, facts: Mapping[str, str], uri: str | None = None) -> None:
    """Set `approved` on a version of a product's model. facts: who, when, why, which release; kept with the version.

    This records an approval that was given elsewhere; it makes nothing active. InputError where there is no such
    version.
    """
    with _at(where(uri), "") as mlflow:
        client, name = mlflow.MlflowClient(), key(product)
        if not any(int(one.version) == number for one in client.search_model_versions(f"name='{name}'")):
            raise InputError("registry_no_version", name, product=product, number=number)
        for fact, value in facts.items():
            client.set_model_version_tag(name, str(number), f"approved_{fact}", value)
        client.set_registered_model_alias(name, APPROVED, str(number))


def versions(uri: str | None = None) -> list[dict[str, Any]]:
    """Every registered version, the newest of each product first: product, version, aliases, run, facts."""
    with _at(where(uri), "") as mlflow:
        client = mlflow.MlflowClient()
        models = {one.name: one for one in client.search_registered_models() if "product" in one.tags}
        return [
            {
                "product": models[one.name].tags["product"],
                "model": one.name,
                "version": int(one.version),
                "aliases": sorted(a for a, held in models[one.name].aliases.items() if str(held) == str(one.version)),
                "run_id": one.run_id,
                "facts": dict(sorted(one.tags.items())),
            }
            for name in sorted(models)
            for one in sorted(client.search_model_versions(f"name='{name}'"), key=lambda one: -int(one.version))
        ]


@contextmanager
def _at(address: str, again: str) -> Iterator[Any]:
    """MLflow at this address, silent, and as it was before afterwards. again: the command that repeats the work.

    InputError with what MLflow or the network said.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    with no_warnings():
        import mlflow

        module: Any = mlflow
        before, path = os.environ.get("MLFLOW_TRACKING_URI"), list(sys.path)
        try:
            with no_lines():
                if not is_server(address):
                    home().mkdir(parents=True, exist_ok=True)
                module.set_tracking_uri(address)
                yield module
        except Exception as error:
            if not _theirs(error):
                raise
            code = "registry_not_logged" if again else "registry_no_answer"
            raise InputError(code, shown(address), reason=told(error, address), again=again) from error
        finally:
            module.set_tracking_uri(before)
            sys.path[:] = path  # loading a model puts its code there


def _theirs(error: Exception) -> bool:
    """Whether an error comes from the server, its database or the way to it, rather than from this program."""
    rooms = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    return isinstance(error, OSError) or bool(rooms & {"mlflow", "sqlalchemy", "alembic"})


def _claim_name(client: Any, run: Record, new_factors: bool) -> None:
    """Make the product's model, or refuse its name where a model of another product or of other factors has it."""
    held = {one.name: one.tags for one in client.search_registered_models(f"name='{run.name}'")}
    if run.name not in held:
        client.create_registered_model(run.name, tags={"product": run.product, "factors": run.factors})
        return
    owner, known = (held[run.name].get(tag, "?") for tag in ("product", "factors"))
    if owner != run.product:
        raise InputError("registry_name_taken", run.name, product=run.product, name=run.name, owner=owner)
    if known != run.factors and not new_factors:
        raise InputError("registry_other_factors", run.name, product=run.product, known=known, found=run.factors)
    if known != run.factors:
        client.set_registered_model_tag(run.name, "factors", run.factors)


def _experiment(mlflow: Any, client: Any, name: str, address: str) -> str:
    """The product's experiment; without a server its files lie in the data folder."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    files = None if is_server(address) else (home() / "mlruns" / name).as_uri()
    return str(client.create_experiment(name, artifact_location=files))


def _logged_before(client: Any, experiment: str, run: Record) -> tuple[str, int] | None:
    """Run and version of this very folder, if they were finished."""
    wanted = f"tags.folder_sha256 = '{run.sha256}' and attributes.status = 'FINISHED'"
    for one in client.search_runs([experiment], filter_string=wanted):
        for made in client.search_model_versions(f"run_id='{one.info.run_id}'"):
            return one.info.run_id, int(made.version)
    return None


def _run_tags(run: Record) -> dict[str, str]:
    """Tags of the run; MLflow's own pages show the commit, and the run that started this one, by names of theirs."""
    tags = {"product": run.product, "plan": run.plan, "folder_sha256": run.sha256, **run.tags}
    tags["mlflow.source.name"] = "licheng train"
    if "commit" in tags:
        tags["mlflow.source.git.commit"] = tags["commit"]
    if os.environ.get("MLFLOW_RUN_ID"):
        tags["mlflow.parentRunId"] = os.environ["MLFLOW_RUN_ID"]
    return tags


def _log_facts(mlflow: Any, client: Any, run: Record, run_id: str) -> None:
    """Parameters, figures, the data's hash, every file."""
    entities, params = mlflow.entities, list(run.params.items())
    for start in range(0, len(params), _BATCH):
        client.log_batch(run_id, params=[entities.Param(*one) for one in params[start : start + _BATCH]])
    for start in range(0, len(run.metrics), _BATCH):
        some = list(run.metrics.items())[start : start + _BATCH]
        client.log_batch(run_id, metrics=[entities.Metric(name, value, 0, 0) for name, value in some])
    if data_digest(run.tags):
        source = mlflow.data.code_dataset_source.CodeDatasetSource(tags={})
        data = mlflow.data.meta_dataset.MetaDataset(source, name=run.plan, digest=data_digest(run.tags))
        mlflow.log_input(data, context="training")
    for name in run.files:
        above = str(Path(name).parent)
        client.log_artifact(run_id, str(run.folder / name), None if above == "." else above)


def _log_model(mlflow: Any, run: Record, pricing: Pricing, example: pd.DataFrame) -> Any:
    """The tables with the code that reads them; numbers are doubles, so that an empty one can be said."""
    column, columns = mlflow.types.ColSpec, mlflow.types.Schema
    asked = [column("double", name) for name in pricing.numbers] + [column("string", name) for name in pricing.words]
    here = Path(__file__).parent
    said = mlflow.models.ModelSignature(columns(asked), columns([column("double", n) for n in pricing.names]))
    with tempfile.TemporaryDirectory(prefix="licheng-") as code:
        for room in _ROOMS:  # without what Python has compiled
            shutil.copytree(here.parent / room, Path(code) / room, ignore=shutil.ignore_patterns("__pycache__"))
        return mlflow.pyfunc.log_model(
            name="tables",
            python_model=str(here / "tables_model.py"),
            artifacts={"tables": str(run.folder / "tables")},
            code_paths=[str(Path(code) / room) for room in _ROOMS],
            signature=said,
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in _NEEDS],
        )


def _example(tariff: Tariff, pricing: Pricing) -> pd.DataFrame:
    """One row that the tables price: the first level of everything, one unit of every exposure."""
    first: dict[str, Any] = dict.fromkeys(pricing.numbers, 1.0)
    for factor in tariff.factors.values():
        if factor.banding is not None:
            starts, groups = factor.banding.starts, factor.banding.groups
            first[factor.banding.column] = starts[0] if starts else next(iter(groups))
    return pd.DataFrame([first])[[*pricing.numbers, *pricing.words]]
