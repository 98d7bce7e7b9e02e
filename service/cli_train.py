"""Commands of an actuary: fit tables by a plan, and score a portfolio with them. Training is called by name."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from pricing.errors import InputError
from pricing.words import say
from service.cli_options import AsJson, Lang, print_json
from service.clock import today
from service.settings import language
from service.terminal_levy import watched


def train(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan as YAML; with --init a data file.")],
    out: Annotated[str, typer.Option("--out", help="Folder of the run; it must not exist yet.")] = "",
    init: Annotated[
        bool, typer.Option("--init", help="Print a first plan for a data file instead, with comments.")
    ] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Fit frequency and severity per peril on any portfolio, and write them as tables with the report of their fit.

    OUT holds tables/ (a tariff folder), metrics.json, candidates.csv, fidelity.json, relativities.csv, set_aside.csv.

    [bold]Examples[/bold]

      licheng train --init claims.parquet > plan.yaml

      licheng train plan.yaml --out run
    """
    if init:
        typer.echo(importlib.import_module("training.plan_init").first_plan(plan), nl=False)
        return
    if not out:
        raise typer.BadParameter("give --out DIR for the run, or --init for a first plan")
    module = importlib.import_module("training.pipeline")
    with watched() as progress:
        metrics = module.train(plan, Path(out), today(), progress)
    if as_json:
        print_json(metrics)
        return
    from service.terminal_train import show_run

    show_run(metrics, out, language(lang))


def score(
    tables: Annotated[Path, typer.Argument(metavar="TABLES", help="The tables/ folder of a run.")],
    data: Annotated[list[Path], typer.Argument(metavar="DATA…", help="CSV or Parquet, one file or many.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .csv or .parquet.")],
    relativities: Annotated[bool, typer.Option("--relativities", help="Also each row's relativities. [ppm]")] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Expected counts and amounts of every row, per peril, from the tables alone: no model is loaded.

    [bold]Example[/bold]

      licheng score run/tables portfolio.parquet --out scored.parquet
    """
    if out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    module = importlib.import_module("training.score")
    with watched() as progress:
        done = module.score(tables, data, out, progress, relativities)
    found = {"rows": done.rows, "expected_counts": done.counts, "expected_amounts": done.amounts, "out": str(out)}
    if as_json:
        print_json(found)
        return
    counts = ", ".join(f"{name} {total:,.1f}" for name, total in done.counts.items())
    typer.echo(say("page_scored", language(lang), rows=f"{done.rows:,}", counts=counts, out=out))
