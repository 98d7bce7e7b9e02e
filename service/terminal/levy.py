"""Pages for a month: progress while it runs, then what was read, priced and refused, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pricing.payers import PAYER_NAMES
from pricing.spoken import factor, joined, named, yuan, yuan_of_fen
from pricing.words import say
from service.terminal.prices import console, panel, worksheet
from service.terminal.text import Sentence


@contextmanager
def watched() -> Iterator[Callable[[str, int], None]]:
    """A progress line per stage on standard error, where that is a terminal."""
    err = Console(stderr=True)
    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def advance(stage: str, rows: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None)
            bars.advance(tasks[stage], rows)

        yield advance


Titles = Mapping[str, Mapping[str, str]]


def show_totals(totals: dict[str, Any], titles: Titles, folder: str, lang: str, previous: Path | None = None) -> None:
    """Counts and sums per scheme and cover, named by its title and its code. previous: the folder that was corrected,
    where sums are differences.
    """
    out = console()
    shown = say("page_levy", lang, month=totals["month"], rows=f"{totals['rows']:,}", folder=folder)
    out.print(Text(shown, "bold"))
    if previous is not None:
        out.print(Sentence(say("page_levy_corrects", lang, previous=previous)))
    counted = ("priced", "out_of_scope", "refused", "duplicate")
    summed = ("lines", "fen") if previous is None else ("difference_lines", "difference_fen")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("page_levy_scheme", lang), overflow="fold")
    table.add_column(say("page_levy_code", lang), style="dim", no_wrap=True)
    for name in (*counted, *summed):
        table.add_column(say(f"page_levy_{name}", lang), justify="right")
    for name, scheme in {**totals["schemes"], **totals["covers"]}.items():
        refused = scheme["refused"] - (scheme["out_of_scope"] if name in totals["schemes"] else 0)
        counts = (scheme["priced"], scheme["out_of_scope"], refused, scheme["duplicate"], scheme["second"]["lines"])
        title = Sentence(_title(name, titles, lang))
        table.add_row(title, name, *(f"{count:,}" for count in counts), signed(scheme["levy_fen"]))
    out.print(table)
    _say_payers(totals, titles, lang, previous is not None)
    _say_technical(totals, titles, lang, previous is not None)
    for side, counts in totals["side"].items():
        out.print(Text(say(f"page_side_{side}", lang, **{name: f"{count:,}" for name, count in counts.items()})))
    out.print(Text(say("page_levy_agree", lang), "green"))
    _say_unfinished(totals, lang)
    if totals["demonstration"]:
        out.print(Text(say("levy_notice", lang), "magenta"))
    if totals["left_out"]:
        shown = joined((f"{_title(name, titles, lang)} ({code})" for name, code in totals["left_out"].items()), lang)
        out.print(Sentence(say("page_left_out", lang, schemes=shown), "yellow"))
    _say_synthetic(totals, lang)


def _say_unfinished(totals: dict[str, Any], lang: str) -> None:
    if totals["unfinished"]:
        console().print(Sentence(say("page_unfinished", lang, month=totals["month"]), "yellow"))


def _title(name: str, titles: Titles, lang: str) -> str:
    return titles[name][lang] if name in titles else name


def _say_payers(totals: dict[str, Any], titles: Titles, lang: str, corrects: bool) -> None:
    """Who bears how much of each scheme and cover, or of the difference, and how a premium is split."""
    code = "page_levy_difference_payers" if corrects else "page_levy_payers"
    settled = {**totals["schemes"], **totals["covers"]}
    for name, one in settled.items():
        if one["payers"]:
            parts = joined((f"{say('payer_' + name, lang)} {signed(fen)}" for name, fen in one["payers"].items()), lang)
            console().print(Sentence(say(code, lang, scheme=_title(name, titles, lang), payers=parts)))
    if any(len(one["payers"]) > 1 for one in settled.values()):
        console().print(Sentence(say("page_payers_rule", lang), "dim"))


def _say_technical(totals: dict[str, Any], titles: Titles, lang: str, corrects: bool) -> None:
    """Expected cost of claims beside each levy, of a correction too of the whole month, where every line says its
    exposure.
    """
    code = "page_levy_now_technical" if corrects else "page_levy_technical"
    for name, one in {**totals["schemes"], **totals["covers"]}.items():
        technical = one.get("technical")
        if technical and technical["cost_millifen"]:
            facts = {"cost": yuan(technical["cost_millifen"]), "adequacy": factor(technical["adequacy_ppm"] or 0)}
            console().print(Sentence(say(code, lang, scheme=_title(name, titles, lang), **facts), "dim"))


def _say_synthetic(shown: dict[str, Any], lang: str) -> None:
    if shown["synthetic"]:
        console().print(Text(say("page_synthetic", lang), "yellow"))


def show_check(totals: dict[str, Any], codes: dict[str, int], lang: str) -> None:
    """Refusals of a month by code, most frequent first."""
    out = console()
    out.print(Text(say("page_check", lang, rows=f"{totals['rows']:,}"), "bold"))
    for code, count in sorted(codes.items(), key=lambda item: -item[1]):
        out.print(Text(f"{count:>10,}  {code}"))
    _say_unfinished(totals, lang)


def show_flagged(flagged: Mapping[str, int], lang: str) -> None:
    """What was charged as sent though it cannot be: each flag's sentence, with its lines."""
    for code, lines in flagged.items():
        facts = {"lines": f"{lines:,}", "flag": code, "said": say(code, lang)}
        console().print(Sentence(say("page_flagged", lang, **facts), "yellow"))


def show_explained(found: dict[str, Any], lang: str) -> None:
    """A line with its worksheet, and of a correction the worksheet of what was charged before."""
    out, line = console(), found["line"]
    worked = named("compare_occupation", line["occupation"], lang)
    facts = {**line, "scheme": found["title"][lang], "occupation": worked, "fen": signed(line["levy_fen"])}
    head = say("page_line", lang, **facts)
    parts: list[RenderableType] = []
    for name in ("before", "now"):
        if name in found:
            parts.append(Text(say(f"page_{name}", lang, fen=yuan_of_fen(found[name]["levy_fen"])), "bold"))
            parts.append(worksheet(found[name]["worksheet"], lang))
    if "allocated" in found:
        parts.append(Sentence(found["allocated"]))
    borne = {payer: fen for payer in PAYER_NAMES if (fen := line[f"{payer}_fen"])}
    shown = joined((f"{say('payer_' + payer, lang)} {signed(fen)}" for payer, fen in borne.items()), lang)
    parts += [Sentence(say("page_payers", lang, payers=shown))] if borne else []
    parts += [Sentence(say("page_payers_rule", lang), "dim")] if len(borne) > 1 else []
    out.print(panel(parts, head))
    _say_synthetic(found, lang)


def show_verified(found: dict[str, Any], lang: str) -> None:
    """Whether a folder is what its own usage and tables make of it."""
    if found["unlike"]:
        facts = {"run": found["run"], "unlike": ", ".join(found["unlike"])}
        console().print(Text(say("page_not_verified", lang, **facts), "bold red"))
    else:
        console().print(Text(say("page_verified", lang, run=found["run"], files=found["files"]), "green"))


def signed(fen: int) -> str:
    """Fen as yuan, with its sign where it is below zero."""
    return f"−{yuan_of_fen(-fen)}" if fen < 0 else yuan_of_fen(fen)
