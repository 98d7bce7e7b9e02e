"""A first look: a rider, a host and a station priced; a synthetic month settled, corrected, compared; then served."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from pricing.spoken import yuan_of_fen
from pricing.tariff import Tariff
from pricing.units import parse_month
from pricing.words import say
from service.cli.first_served import become
from service.clock import today
from service.documents.compare_page import page
from service.engines.compared_sides import sides_of
from service.engines.comparison import compare
from service.engines.levy import Order, levy
from service.engines.previous import register_rows
from service.engines.split import split_platform
from service.prices.declare import declare
from service.prices.quote import quote
from service.reading import read_json, read_text
from service.settings import home, language, tariff_folder
from service.terminal.levy import show_totals, watched
from service.terminal.prices import show_declarations, show_quote

EXAMPLES = Path(__file__).parents[1] / "examples"
MONTH, ROWS, SEED = "2025-08", 100_000, 2026
SCHEMES = ("pilot_per_order", "mileage_linked")
LATE_PLATFORM = "eleme"
FIRST_KNOWN, LATER_KNOWN = dt.date(2025, 9, 10), dt.date(2025, 10, 15)
_SERVED = "service"  # the data folder of the demonstration
NEXT = (
    ".venv/bin/licheng quote service/examples/rider.json --lang zh",
    ".venv/bin/licheng claim service/examples/claim.json",
    ".venv/bin/licheng benefit --kind disability --grade 7 --wage-fen 650000 --region 110000 --month 2025-10",
    ".venv/bin/licheng levy service/examples/hosts/usage.csv --month 2025-10 --covers all"
    " --enrolments service/examples/hosts/enrolments.csv --history service/examples/hosts/history.csv"
    " --demonstration --out {folder}/hosts",
    ".venv/bin/licheng tariff show 2025-08 --region 110000",
    ".venv/bin/licheng explain {folder}/corrected 1",
    ".venv/bin/licheng verify {folder}/corrected",
    ".venv/bin/licheng schema usage",
    "make test",
)


def main() -> None:
    """Price the examples, settle, correct and compare a synthetic month, then serve until Ctrl-C."""
    lang, tariff = language(), Tariff.load(tariff_folder())
    _quotes(tariff, lang)
    folder = home() / "first-run"
    _clear(folder)
    _month(folder, tariff, lang)
    print("\n" + say("first_next", lang))
    for command in NEXT:
        print(f"  {command.format(folder=folder)}")
    if os.environ.get("LICHENG_SERVE", "yes") != "no":
        become(folder / _SERVED)


def _clear(folder: Path) -> None:
    """Take away what an earlier first look settled; what its service stored stays, and may be served at this moment."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and path.name != _SERVED:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def _quotes(tariff: Tariff, lang: str) -> None:
    names = ("rider.json", "host.json", "courier_station.json")
    rider, host, station = (read_json(read_text(str(EXAMPLES / name)), name) for name in names)
    print(say("first_rider", lang) + "\n")
    show_quote(quote({**rider, "curve": True}, tariff, today(), lang), lang)
    print("\n" + say("first_host", lang) + "\n")
    show_quote(quote({**host, "technical": True}, tariff, today(), lang), lang)
    print("\n" + say("first_station", lang) + "\n")
    show_declarations([declare(row, tariff, today(), lang) for row in station], lang)


def _month(folder: Path, tariff: Tariff, lang: str) -> None:
    """Settle without the late platform; correct with it and with the base published since; settle all at once."""
    print("\n" + say("first_month", lang, rows=f"{ROWS:,}", month=MONTH, late=LATE_PLATFORM) + "\n")
    made = importlib.import_module("training.simulate").simulate(ROWS, SEED, MONTH, folder / "synthetic")
    early, late = split_platform(made.usage, LATE_PLATFORM, folder / "early.parquet", folder / "late.parquet")
    register = tuple(register_rows(made.platforms))

    def settle(source: Path, known: dt.date, name: str, previous: Path | None = None) -> dict[str, Any]:
        month = parse_month(MONTH) or 0
        order = Order((source,), month, register, known, SCHEMES, folder / name, previous, demonstration=True)
        with watched() as progress:
            totals = levy(order, tariff, progress)
        show_totals(totals, tariff.titles, str(folder / name), lang, previous)
        return totals

    first = settle(early, FIRST_KNOWN, "settled")
    correction = settle(late, LATER_KNOWN, "corrected", folder / "settled")
    at_once = settle(made.usage, LATER_KNOWN, "at-once")
    for scheme in SCHEMES:
        sums = [totals["schemes"][scheme]["levy_fen"] for totals in (first, correction, at_once)]
        code = "first_agree" if sums[0] + sums[1] == sums[2] else "first_disagree"
        facts = {name: yuan_of_fen(fen) for name, fen in zip(("first", "more", "all"), sums, strict=True)}
        print(say(code, lang, scheme=scheme, **facts))
    _comparison(folder, lang)


def _comparison(folder: Path, lang: str) -> None:
    """Today's law per order beside the mileage proposal: what moves, and a page to open."""
    sides = sides_of([folder / "at-once"], ",".join(SCHEMES))
    with tempfile.TemporaryDirectory(prefix=".licheng-compare-") as work:
        found = compare(*sides, Path(work))
    written = folder / "law-and-proposal.html"
    written.write_text(page(found, sides[0].tariff, lang), encoding="utf-8")
    print(
        "\n"
        + say(
            "first_compared",
            lang,
            more=f"{found.verdicts['more'].workers:,}",
            less=f"{found.verdicts['less'].workers:,}",
            page=written,
        )
    )


if __name__ == "__main__":
    main()
