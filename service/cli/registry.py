"""Commands on the record of training: log a run, list what is registered, how to open it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from pricing.words import say
from service.cli.options import AsJson, Lang, print_json
from service.settings import language

_OF_VERSION = ("effective_from", "gates_passed", "approved_by", "data_sha256", "tables_sha256")

Uri = Annotated[
    str, typer.Option("--uri", help="Tracking address. Default: MLFLOW_TRACKING_URI, else LICHENG_HOME/mlflow.db.")
]

registry_app = typer.Typer(help="The record of training: runs, and versions of each product.", no_args_is_help=True)


@registry_app.command("log")
def registry_log(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `licheng train` wrote.")],
    uri: Uri = "",
    new_factors: Annotated[
        bool, typer.Option("--new-factors", help="The product's perils or factors have changed.")
    ] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Log a run: plan, data hash, figures, every file, and its tables as a model that answers by itself.

    [bold]Example[/bold]

      licheng registry log run
    """
    logged = importlib.import_module("training.registry").log_run(folder, uri or None, new_factors)
    if as_json:
        found = {"model": logged.model, "version": logged.model_version, "run_id": logged.run_id, "uri": logged.uri}
        print_json({"format": 1, **found, "already": logged.already})
        return
    code = "page_registry_already" if logged.already else "page_registry_logged"
    words = {"version": logged.model_version, "model": logged.model, "run": logged.run_id, "uri": logged.uri}
    typer.echo(say(code, language(lang), **words))


@registry_app.command("list")
def registry_list(uri: Uri = "", lang: Lang = "", as_json: AsJson = False) -> None:
    """List every registered version, the newest of each product first.

    [bold]Example[/bold]

      licheng registry list --json
    """
    found = importlib.import_module("training.registry").versions(uri or None)
    if as_json:
        print_json(found)
        return
    if not found:
        place = importlib.import_module("training.registry_place")
        typer.echo(say("page_registry_empty", language(lang), uri=place.shown(place.where(uri or None))))
    for one in found:
        facts = [f"{name} {one['facts'][name]}" for name in _OF_VERSION if name in one["facts"]]
        said = [f"{one['product']} {one['version']}", *one["aliases"], f"run {one['run_id']}", *facts]
        typer.echo("  ".join(said))


@registry_app.command("ui")
def registry_ui(uri: Uri = "") -> None:
    """Print the one command that opens the record in a browser."""
    typer.echo(importlib.import_module("training.registry_place").ui_command(uri or None))
