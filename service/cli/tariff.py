"""Commands on the tariff: whether it holds together, what is in force, and how it moves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pricing.tariff import Tariff
from service.cli.exits import EXIT_TARIFF
from service.cli.export import tariff_export
from service.cli.options import AsJson, Lang, asked_as, print_json
from service.cli.release import tariff_which
from service.cli.tariff_changes import tariff_diff, tariff_history
from service.clock import today
from service.fields import read_date, read_month
from service.settings import language, tariff_folder

tariff_app = typer.Typer(help="What the tariff says, and whether it holds together.", no_args_is_help=True)
tariff_app.command("diff")(tariff_diff)
tariff_app.command("history")(tariff_history)
tariff_app.command("export")(tariff_export)
tariff_app.command("which")(tariff_which)


@tariff_app.command("lint")
def tariff_lint(
    folder: Annotated[str, typer.Argument(help="A tariff folder. Default: the one in force.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Look for gaps, overlaps, cliffs, falling curves, missing sources, overdue reviews, unreachable levels, overflow.

    [bold]Examples[/bold]

      licheng tariff lint

      licheng tariff lint my_tariff --json
    """
    from pricing.lint import lint

    found = lint(Tariff.load(Path(folder) if folder else tariff_folder()), today())
    if as_json:
        print_json([finding.plain() for finding in found])
    else:
        from service.terminal.prices import show_findings

        show_findings(found, language(lang))
    if any(finding.severity == "error" for finding in found):
        raise SystemExit(EXIT_TARIFF)


@tariff_app.command("show")
def tariff_show(
    month: Annotated[str, typer.Argument(help="YYYY-MM.")],
    known_on: Annotated[str, typer.Option(help="As known on this date. Default: today.")] = "",
    region: Annotated[str, typer.Option(help="Only what answers for this region.")] = "",
    table: Annotated[str, typer.Option(help="Only this table, for example work_injury/pilot_amount.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Show what is in force for a month as known on a date, with sources and marks.

    [bold]Examples[/bold]

      licheng tariff show 2025-08

      licheng tariff show 2025-08 --known-on 2025-09-01 --region 110000 --table contribution_base
    """
    from service.tariff.pages import in_force

    tariff = Tariff.load(tariff_folder())
    with asked_as({"month": "MONTH", "region": "--region", "table": "--table"}):
        asked = read_month(month, "month"), read_date(known_on, "--known-on") or today()
        shown = in_force(tariff, *asked, region, table)
    if as_json:
        print_json(shown)
    else:
        from service.terminal.prices import show_tariff

        show_tariff(shown, language(lang))
