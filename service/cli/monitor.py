"""The command that holds tables in force against new months. Training is called by name: doors do not import it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from service.cli.options import AsJson, Lang, print_json
from service.clock import today
from service.settings import language
from service.terminal.levy import watched

EXIT_NOT_KEPT = 1


def monitor(
    tables: Annotated[Path, typer.Argument(metavar="TABLES", help="A run folder, or a folder of tables.")],
    data: Annotated[list[Path], typer.Argument(metavar="DATA…", help="Later months: CSV or Parquet, one or many.")],
    reference: Annotated[
        Path | None, typer.Option("--reference", metavar="RUN", help="Run whose training rows are held against.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Instead of a run: the plan, its own data beside it.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for monitor.json and monitor.html.")] = None,
    mature_months: Annotated[
        int, typer.Option("--mature-months", min=0, help="Last months shown, not judged: claims still come in.")
    ] = 3,
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="Of every interval; 0.95 is a convention.")
    ] = 0.95,
    psi_watch: Annotated[
        float, typer.Option("--psi-watch", min=0.001, help="PSI from which a mix is watched: a convention.")
    ] = 0.1,
    psi_refit: Annotated[
        float, typer.Option("--psi-refit", min=0.001, help="PSI over which a refit is due: a convention.")
    ] = 0.25,
    level_margin: Annotated[
        float, typer.Option("--level-margin", min=0, max=1, help="How far the level may lie from 1 beyond chance.")
    ] = 0.0,
    slope_margin: Annotated[
        float, typer.Option("--slope-margin", min=0, max=1, help="The same of the slope: a convention.")
    ] = 0.05,
    unpriced: Annotated[
        float, typer.Option(min=0, max=1, help="Greatest share of exposure without a level: a convention.")
    ] = 0.05,
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 unless all perils are kept.")] = False,
) -> None:
    """How the tables in force hold on new months: keep, rebalance or refit, per peril, with the evidence.

    Keep: actual ÷ expected holds 1, the slope of the ranking holds 1 (to 0.05), no factor's claims differ beyond
    chance, PSI is under 0.1. Rebalance: only the level is off; the factor that mends it is told. Refit: the slope or
    a factor is off, or a PSI is over 0.25. In between: watch. The bounds of PSI are the rule of thumb of banks
    (Yurdakul and Naranjo 2020); the other bounds marked so below are conventions of this program.

    [bold]Examples[/bold]

      licheng monitor run later.parquet --out monitored

      licheng monitor tables may.csv june.csv july.csv --reference run --mature-months 2

      licheng monitor tables new.parquet --plan plan.yaml --json --strict
    """
    if psi_refit < psi_watch:
        raise InputError("monitor_psi_order", "--psi-refit", watch=psi_watch, refit=psi_refit)
    if out is not None and out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    bounds = (mature_months, confidence, psi_watch, psi_refit, level_margin, slope_margin, unpriced)
    found = _found((tables, reference, plan), data, bounds)
    shown = language(lang)
    if out is not None:
        page = importlib.import_module("training.monitor_page").page(found, today().isoformat(), shown)
        importlib.import_module("training.monitor").write(found, out, page)
    if as_json:
        print_json(found)
    else:
        from service.terminal.monitor import show_monitor

        show_monitor(found, out, shown)
    if strict and found["verdict"] != "keep":
        raise SystemExit(EXIT_NOT_KEPT)


def _found(given: tuple[Path, Path | None, Path | None], data: list[Path], bounds: tuple[float, ...]) -> dict[str, Any]:
    """What training says. given: tables, run of the reference, plan; bounds: in the order of its `Bounds`."""
    module = importlib.import_module("training.monitor")
    with watched() as progress:
        found: dict[str, Any] = module.monitor(module.Watched.of(*given), data, progress, module.Bounds(*bounds))
    return found
