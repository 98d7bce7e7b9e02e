"""Commands on a month: check, levy, explain."""

from __future__ import annotations

import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.words import say
from service.cli.exits import EXIT_INTERRUPTED, EXIT_REFUSED
from service.cli.options import AsJson, Lang, Strict, asked_as, print_json
from service.clock import today
from service.fields import read_date, read_month
from service.settings import language, tariff_folder

Sources = Annotated[
    list[Path], typer.Argument(metavar="USAGE…", help="Files or folders: CSV (UTF-8, GB18030) or Parquet.")
]
Month = Annotated[str, typer.Option("--month", help="The month to settle, YYYY-MM.")]
Register = Annotated[str, typer.Option("--platforms", help="CSV of the dated register: see licheng schema platforms.")]
Known = Annotated[str, typer.Option("--known-on", help="Use only what was published by this date. Default: today.")]
Schemes = Annotated[str, typer.Option("--schemes", help="Comma-separated. Default: every scheme that is law.")]
Covers = Annotated[str, typer.Option("--covers", help="Covers or packages, comma-separated, or all. Default: none.")]
Enrolments = Annotated[str, typer.Option("--enrolments", help="Who has which cover: see licheng schema enrolments.")]
History = Annotated[str, typer.Option("--history", help="Revenue of earlier months: see licheng schema history.")]
Demonstration = Annotated[bool, typer.Option("--demonstration", help="Also settle on draft and demonstration figures.")]


def levy(
    sources: Sources,
    month: Month,
    out: Annotated[Path, typer.Option("--out", help="The folder to publish; it must not exist yet.")],
    platforms: Register = "",
    known_on: Known = "",
    schemes: Schemes = "",
    previous: Annotated[str, typer.Option("--previous", help="Correct this published folder: differences only.")] = "",
    demonstration: Demonstration = False,
    covers: Covers = "",
    enrolments: Enrolments = "",
    history: History = "",
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Settle a platform's or a province's month: lines, declarations, refusals and totals that prove themselves.

    With --previous, USAGE replaces the whole month of every platform it names, in all regions; the others stay.

    [bold]Examples[/bold]

      licheng levy usage.parquet --month 2025-08 --platforms register.csv --out 2025-08

      licheng levy usage/ --month 2025-08 --platforms register.csv --schemes pilot_per_order,mileage_linked
      --demonstration --out 2025-08-compared

      licheng levy usage.csv --month 2025-08 --covers all --enrolments enrolments.csv --history history.csv
      --demonstration --out 2025-08-covers

      licheng levy late.csv --month 2025-08 --previous 2025-08 --known-on 2025-10-15 --out 2025-08-corrected
    """
    settled = {"schemes": _names(schemes), "covers": _names(covers), "demonstration": demonstration}
    sides = {"previous": _path(previous), "enrolments": _path(enrolments), "history": _path(history)}
    totals, titles = _settled(sources, month, platforms, known_on, {"out": out, **settled, **sides})
    if as_json:
        print_json(totals)
    else:
        from service.engines.flagged import implausible
        from service.terminal.levy import show_flagged, show_totals

        show_totals(totals, titles, str(out), language(lang), sides["previous"])
        show_flagged(implausible(out), language(lang))
    if strict and refused_rows(totals):
        raise SystemExit(EXIT_REFUSED)


def check(
    sources: Sources,
    month: Month,
    platforms: Register = "",
    known_on: Known = "",
    schemes: Schemes = "",
    demonstration: Demonstration = False,
    covers: Covers = "",
    enrolments: Enrolments = "",
    history: History = "",
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Read a month as a levy would and say what would be refused, by code. Nothing is published.

    [bold]Example[/bold]

      licheng check usage.csv --month 2025-08 --platforms register.csv
    """
    with tempfile.TemporaryDirectory(prefix=".licheng-check-") as name:
        out = Path(name) / "month"
        settled = {"schemes": _names(schemes), "covers": _names(covers), "demonstration": demonstration}
        sides = {"enrolments": _path(enrolments), "history": _path(history)}
        totals, _ = _settled(sources, month, platforms, known_on, {"out": out, **settled, **sides})
        from service.engines import folder as files
        from service.engines.flagged import implausible

        flagged = implausible(out)
        kept = [path for path in (out / files.REFUSALS, out / files.SIDE_REFUSALS) if path.is_file()]
        codes = Counter(row["code"] for path in kept for row in files.read_csv(path))
    if as_json:
        print_json({**totals, "refusals": codes})
    else:
        from service.terminal.levy import show_check, show_flagged

        show_check(totals, codes, language(lang))
        show_flagged(flagged, language(lang))
    if strict and refused_rows(totals):
        raise SystemExit(EXIT_REFUSED)


def refused_rows(totals: dict[str, Any]) -> int:
    """Rows that a month should have priced or used, and did not."""
    schemes = sum(scheme["refused"] - scheme["out_of_scope"] for scheme in totals["schemes"].values())
    covers = sum(cover["refused"] for cover in totals["covers"].values())
    return int(schemes + covers + sum(side["refused"] for side in totals["side"].values()))


def _names(named: str) -> tuple[str, ...]:
    return tuple(name for name in named.split(",") if name)


def _path(named: str) -> Path | None:
    return Path(named) if named else None


def _settled(
    sources: list[Path], month: str, platforms: str, known_on: str, asked: dict[str, Any]
) -> tuple[dict[str, Any], Mapping[str, Mapping[str, str]]]:
    """Totals of a settled month, and what its schemes are called. asked: the rest of its order, by name."""
    from service.engines.levy import levy as run
    from service.engines.order import Order, is_unfinished
    from service.engines.previous import sent_register
    from service.terminal.levy import watched

    tariff = Tariff.load(tariff_folder())
    for name in asked["schemes"]:
        if name not in tariff.work_injury:
            known = ", ".join(tariff.work_injury)
            raise InputError("request_value", "--schemes", key="schemes", value=name, known=known)
    number = read_month(month, "--month")
    order = Order(
        sources=tuple(sources),
        month=number,
        register=sent_register(platforms) if platforms else (),
        known_on=read_date(known_on, "--known-on") or today(),
        unfinished=is_unfinished(number, today()),
        **asked,
    )
    asked_here = asked_as({"month": "--month", "known_on": "--known-on"})
    with _interruptible(), watched() as progress, asked_here:
        return run(order, tariff, progress), tariff.titles


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and kill end a run alike: what was made is taken away, and it is said."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"licheng: {say('interrupted', language())} [interrupted]", err=True)
        raise SystemExit(EXIT_INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def explain(
    folder: Annotated[Path, typer.Argument(help="A published folder.")],
    line: Annotated[int, typer.Argument(help="Number of a line in lines.parquet, from 1.")],
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Print a line's worksheet again, to the fen, from the folder alone.

    [bold]Example[/bold]

      licheng explain 2025-08 17
    """
    from service.engines.explained import explain_line

    with tempfile.TemporaryDirectory(prefix=".licheng-explain-") as work:
        found = explain_line(folder, line, Path(work), language(lang))
    if as_json:
        print_json(found)
    else:
        from service.terminal.levy import show_explained

        show_explained(found, language(lang))
