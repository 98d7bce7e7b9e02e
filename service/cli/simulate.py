"""The command that draws synthetic data; training is called by name, because doors do not import it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from pricing.errors import InputError
from pricing.units import month_text
from pricing.words import say
from service.cli.options import AsJson, Lang, print_json
from service.fields import read_month
from service.settings import language

ROWS, FIRST_MONTH = 100_000, "2025-01"
LONGEST = 120  # months of a book


def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; no file in it is overwritten.")],
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Workers of a book of claims.")] = None,
    months: Annotated[
        int | None, typer.Option("--months", min=1, max=LONGEST, help="Months of the book; each worker works them all.")
    ] = None,
    usage_only: Annotated[
        bool, typer.Option("--usage-only", help="One month's usage with register, no claims.")
    ] = False,
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, help=f"With --usage-only: usage rows. Default: {ROWS:,}.")
    ] = None,
    month: Annotated[
        str, typer.Option("--month", help=f"YYYY-MM: the month of usage, or the first of a book ({FIRST_MONTH}).")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same data.")] = 2026,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Draw synthetic data: a book of claims with known truth, or one believable month of usage over several platforms.

    A book holds exposure.parquet, claims.parquet, TRUTH.json, SYNTHETIC.md with plans for `licheng train`; a month of
    usage usage.parquet, platforms.csv, SYNTHETIC.md.

    [bold]Examples[/bold]

      licheng simulate --workers 20000 --months 24 --seed 7 --out book

      licheng simulate --usage-only --rows 100000 --month 2025-08 --seed 7 --out synthetic
    """
    _check(usage_only, {"--workers": workers, "--months": months}, {"--rows": rows, "--month": month or None})
    text = month_text(read_month(month or FIRST_MONTH, "--month"))
    try:
        if workers is None or months is None:
            _usage(out, rows or ROWS, seed, text, (language(lang), as_json))
        else:
            _book(out, (workers, months, seed, text), (language(lang), as_json))
    except FileExistsError:
        raise InputError("folder_exists", str(out), folder=out) from None


def _check(usage_only: bool, of_book: dict[str, int | None], of_usage: dict[str, int | str | None]) -> None:
    """Refuse options that do not go together, or that are missing; afterwards a book has both its sizes."""
    book = [name for name, value in of_book.items() if value is not None]
    if not usage_only and not book:
        raise InputError("simulate_usage_only", "--workers")
    mode = "--usage-only" if usage_only else book[0]
    strangers = book if usage_only else [name for name in ("--rows",) if of_usage[name] is not None]
    if strangers:
        raise InputError("simulate_not_together", strangers[0], option=strangers[0], mode=mode)
    required = {"--month": of_usage["--month"]} if usage_only else of_book
    needed = [name for name, value in required.items() if value is None]
    if needed:
        raise InputError("simulate_needs", needed[0], option=needed[0], mode=mode)


def _usage(out: Path, rows: int, seed: int, month: str, shown_as: tuple[str, bool]) -> None:
    """A month of usage. shown_as: language, and whether the answer is for machines."""
    made = importlib.import_module("training.simulate").simulate(rows, seed, month, out)
    lang, as_json = shown_as
    if as_json:
        print_json({"rows": made.rows, "workers": made.workers, "seed": seed, "month": month, "synthetic": True})
        return
    shown = {"rows": f"{made.rows:,}", "workers": f"{made.workers:,}", "folder": out, "seed": seed}
    typer.echo(say("page_simulated", lang, **shown))
    typer.echo(say("page_synthetic", lang))


def _book(out: Path, size: tuple[int, int, int, str], shown_as: tuple[str, bool]) -> None:
    """A book of claims. size: workers, months, seed, first month."""
    workers, months, seed, first_month = size
    done = 0
    from service.terminal.levy import watched

    with watched() as advance:

        def told(rows: int) -> None:
            nonlocal done
            advance("simulate", rows - done)
            done = rows

        made = importlib.import_module("training.book").simulate_book(workers, months, seed, first_month, out, told)
    lang, as_json = shown_as
    if as_json:
        facts = {"workers": workers, "months": months, "first_month": first_month, "seed": seed}
        print_json({**facts, "rows": made.rows, "claims": dict(made.claims), "synthetic": True})
        return
    claims = ", ".join(f"{peril} {number:,}" for peril, number in made.claims.items())
    shown = {"rows": f"{made.rows:,}", "workers": f"{workers:,}", "folder": out, "seed": seed, "claims": claims}
    typer.echo(say("page_simulated_book", lang, **shown))
    typer.echo(say("page_simulated_next", lang, folder=out))
    typer.echo(say("page_synthetic_book", lang))
