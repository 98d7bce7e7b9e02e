"""The command that draws a synthetic month; training is called by name, because doors do not import it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from pricing.errors import InputError
from pricing.units import month_text
from pricing.words import say
from service.cli_options import AsJson, Lang, print_json
from service.fields import read_month
from service.settings import language


def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder for usage.parquet, platforms.csv and SYNTHETIC.md.")],
    month: Annotated[str, typer.Option("--month", help="YYYY-MM.")],
    rows: Annotated[int, typer.Option("--rows", min=1, help="Usage rows.")] = 100_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same month.")] = 2026,
    usage_only: Annotated[bool, typer.Option("--usage-only", help="Usage and register, without claims.")] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Draw a believable synthetic month of riders, couriers, drivers, hosts and sellers over several platforms.

    [bold]Example[/bold]

      licheng simulate --usage-only --rows 100000 --month 2025-08 --seed 7 --out synthetic
    """
    if not usage_only:
        raise InputError("simulate_usage_only", "--usage-only")
    text = month_text(read_month(month, "month"))
    module = importlib.import_module("training.simulate")
    try:
        made = module.simulate(rows, seed, text, out)
    except FileExistsError:
        raise InputError("folder_exists", str(out), folder=out) from None
    if as_json:
        print_json({"rows": made.rows, "workers": made.workers, "seed": seed, "month": text, "synthetic": True})
        return
    shown = {"rows": f"{made.rows:,}", "workers": f"{made.workers:,}", "folder": out, "seed": seed}
    typer.echo(say("page_simulated", language(lang), **shown))
    typer.echo(say("page_synthetic", language(lang)))
