"""The command that compares: one month under two schemes or two editions."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pricing.errors import InputError
from service.cli.options import AsJson, Lang, asked_as, print_json
from service.settings import language


def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR [DIR_B]", help="A published folder, or two of the same month.")
    ],
    schemes: Annotated[
        str, typer.Option(help="One folder: the two schemes A,B. x+y adds schemes up, for example a+b,c.")
    ] = "",
    scheme: Annotated[str, typer.Option(help="Two folders: the scheme that both are compared under.")] = "",
    out: Annotated[str, typer.Option("--out", help="Also write a page to read on a phone or print (.html).")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Say who pays more and who less: a month under two schemes, or under two editions.

    [bold]Examples[/bold]

      licheng compare 2025-08 --schemes pilot_per_order,mileage_linked --out compared.html

      licheng compare 2025-08 2025-08-corrected --scheme class_rate --json
    """
    if len(folders) > 2:
        raise typer.BadParameter("one folder or two", param_hint="DIR")
    unused, meant = ("--scheme", "--schemes A,B") if len(folders) == 1 else ("--schemes", "--scheme")
    if scheme if len(folders) == 1 else schemes:
        raise typer.BadParameter(f"{unused} is not for {len(folders)} folder(s); give {meant}", param_hint=unused)
    if out and not out.endswith(".html"):
        raise InputError("compare_page_name", "--out")
    from service.engines.compared_sides import sides_of
    from service.engines.comparison import compare as run

    shown = language(lang)
    with asked_as({"schemes": meant.split()[0]}):
        a, b = sides_of(folders, schemes or scheme)
    with tempfile.TemporaryDirectory(prefix=".licheng-compare-") as work:
        found = run(a, b, Path(work))
    if out:
        from service.documents.compare_page import page

        Path(out).write_text(page(found, a.tariff, shown), encoding="utf-8")
    if as_json:
        print_json({"format": 1, **asdict(found), "compared": found.compared})
    else:
        from service.terminal.compare import show_comparison

        show_comparison(found, out, shown)
