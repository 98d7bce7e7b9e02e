"""Commands of an actuary: fit tables by a plan, and score a portfolio with them. Training is called by name."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from pricing.errors import InputError
from pricing.words import say
from service.cli.options import AsJson, Lang, print_json
from service.clock import today
from service.settings import language, tariff_folder


def train(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan as YAML; with --init a data file.")],
    out: Annotated[str, typer.Option("--out", help="Folder of the run; it must not exist yet but with --resume.")] = "",
    init: Annotated[
        bool, typer.Option("--init", help="Print a first plan for a data file instead, with comments.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in OUT from where it stands.")] = False,
    first: Annotated[str, typer.Option("--from", metavar="STEP", help="Do this step of the run in OUT anew.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="STEP", help="Stop after this step.")] = "",
    log: Annotated[bool, typer.Option("--log/--no-log", help="Log the finished run to MLflow.")] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Fit frequency and severity per peril on any portfolio, and write them as tables with the report of their fit.

    The steps: data, split, fit, tabulate, judge, candidate, impact, report. Each leaves its files in OUT: tables/ (what
    licheng score prices with), metrics.json, candidates.csv, relativities.csv, set_aside.csv, gates.json, report.html,
    and where the plan asks for a candidate, tariff/ and impact.json.

    [bold]Examples[/bold]

      licheng train --init claims.parquet > plan.yaml

      licheng train plan.yaml --out run

      licheng train plan.yaml --out run --from tabulate

      licheng train plan.yaml --out run --resume --log
    """
    if init:
        typer.echo(importlib.import_module("training.plan_init").first_plan(plan), nl=False)
        return
    if not out:
        raise typer.BadParameter("give --out DIR for the run, or --init for a first plan")
    module = importlib.import_module("training.pipeline")
    steps = importlib.import_module("training.run_folder").STEPS
    for name, step in (("--from", first), ("--until", until)):
        if step and step not in steps:
            raise InputError("request_value", name, key=name, value=step, known=", ".join(steps))
    part = module.Part(resume or bool(first), first, until or steps[-1])
    from service.terminal.levy import watched

    with watched() as progress:
        metrics = module.train(plan, Path(out), today(), progress, tariff_folder, part)
    if as_json:
        print_json(metrics)
    elif metrics:
        from service.terminal.train import show_gates, show_run

        show_run(metrics, Path(out), language(lang))
        show_gates(Path(out) / "gates.json", language(lang))
    else:
        typer.echo(say("page_train_stopped", language(lang), step=part.last, folder=out))
    if log:
        logged = importlib.import_module("training.registry").log_run(Path(out))
        code = "page_registry_already" if logged.already else "page_registry_logged"
        facts = {"version": logged.model_version, "model": logged.model, "run": logged.run_id, "uri": logged.uri}
        typer.echo(say(code, language(lang), **facts), err=as_json)


def score(
    tables: Annotated[Path, typer.Argument(metavar="TABLES", help="A run folder, or its tables/ folder.")],
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
    tables = tables / "tables" if (tables / "tables" / "perils.yaml").is_file() else tables
    module = importlib.import_module("training.score")
    from service.terminal.levy import watched

    with watched() as progress:
        done = module.score(tables, data, out, progress, relativities)
    if as_json:
        sums = {"expected_counts": done.counts, "expected_amounts": done.amounts, "rows_without_figures": done.without}
        print_json({"rows": done.rows, **sums, "out": str(out)})
        return
    from service.terminal.train import show_scored

    per_peril = {"counts": done.counts, "amounts": done.amounts, "without": done.without}
    show_scored(done.rows, out, per_peril, language(lang))
