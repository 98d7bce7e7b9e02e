"""Commands on how the tariff moves: what changed between two months, dates or folders, and the history of a table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pricing.errors import InputError
from pricing.tariff import Tariff
from service.cli.options import AsJson, Lang, WrongCall, asked_as, print_json
from service.clock import today
from service.fields import read_date, read_month
from service.settings import language, tariff_folder
from service.tariff.sides import Side, month_of

Region = Annotated[str, typer.Option(help="Only what answers for this region, for example 110000.")]


def tariff_diff(
    folder: Annotated[str, typer.Argument(metavar="FOLDER_A", help="A tariff folder; alone, the later side.")] = "",
    other: Annotated[str, typer.Argument(metavar="FOLDER_B", help="The later side. Default: FOLDER_A.")] = "",
    month: Annotated[str, typer.Option(help="Month of both sides, YYYY-MM. Default: that of the knowledge date.")] = "",
    from_month: Annotated[str, typer.Option(help="Month of the earlier side.")] = "",
    to_month: Annotated[str, typer.Option(help="Month of the later side. Default: this month.")] = "",
    known_on: Annotated[str, typer.Option(help="Both sides as known on this date. Default: today.")] = "",
    from_known: Annotated[str, typer.Option(help="The earlier side as known on this date.")] = "",
    to_known: Annotated[str, typer.Option(help="The later side as known on this date. Default: today.")] = "",
    region: Region = "",
    table: Annotated[str, typer.Option(help="Only this table, for example contribution_base.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Show what changed between two months, two dates of knowledge or two folders, and what it costs.

    [bold]Examples[/bold]

      licheng tariff diff --from-month 2025-06 --to-month 2025-07

      licheng tariff diff --month 2025-08 --from-known 2025-09-01 --to-known 2025-09-30 --region 110000

      licheng tariff diff old_tariff new_tariff --month 2025-08
    """
    from service.tariff.changes import diff
    from service.tariff.touch import REGISTER

    if not (folder or from_month or to_month or from_known or to_known):
        raise WrongCall("change_nothing_given")
    dates = _dates(known_on, from_known, to_known)
    months = _months(month, from_month, to_month, dates[1])
    folders = (Path(folder) if other else tariff_folder()), Path(other or folder or tariff_folder())
    first = Tariff.load(folders[0])
    second = first if folders[0] == folders[1] else Tariff.load(folders[1])
    sides = Side(first, months[0], dates[0], REGISTER), Side(second, months[1], dates[1], REGISTER)
    with asked_as({"region": "--region", "table": "--table"}):
        shown = diff(*sides, region, table)
    if as_json:
        print_json(shown)
    else:
        from service.terminal.tariff import show_diff

        show_diff(shown, language(lang))


def tariff_history(
    table: Annotated[str, typer.Argument(help="A table, for example contribution_base or work_injury/pilot_amount.")],
    region: Region = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Show all entries of a table in order: months, publication, value, change, marks and source.

    [bold]Examples[/bold]

      licheng tariff history contribution_base --region 110000

      licheng tariff history work_injury/pilot_amount --lang zh
    """
    from service.tariff.history import history

    with asked_as({"region": "--region", "table": "TABLE"}):
        shown = history(Tariff.load(tariff_folder()), table, region)
    if as_json:
        print_json(shown)
    else:
        from service.terminal.tariff import show_history

        show_history(shown, language(lang))


def _dates(both: str, first: str, last: str) -> tuple[dt.date, dt.date]:
    """Knowledge dates of both sides: today by default; an earlier one is needed beside a later one."""
    _one_way(both, first, last, "known-on", "known")
    later = read_date(last or both, "--to-known" if last else "--known-on") or today()
    return read_date(first, "--from-known") or later, later


def _months(both: str, first: str, last: str, known: dt.date) -> tuple[int, int]:
    """Months of both sides: by default that of the later knowledge date."""
    _one_way(both, first, last, "month", "month")
    text = last or both
    later = read_month(text, "--to-month" if last else "--month") if text else month_of(known)
    return (read_month(first, "--from-month") if first else later), later


def _one_way(both: str, first: str, last: str, name_of_both: str, name: str) -> None:
    """InputError where one value for both sides stands beside one for each, or a later one without an earlier one."""
    if both and (first or last):
        raise InputError("change_both", f"--from-{name}", both=name_of_both, name=name)
    if last and not first:
        raise InputError("missing_field", f"--from-{name}", key=f"--from-{name}")
