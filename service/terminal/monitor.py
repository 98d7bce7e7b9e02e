"""How tables hold on new months, on the terminal: a verdict per peril, its evidence, its months, what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.words import say
from service.terminal.prices import console
from service.terminal.text import Sentence, points

_STYLES = {"keep": "green", "watch": "yellow", "unjudged": "yellow", "rebalance": "bold red", "refit": "bold red"}
_SUMS = ("exposure", "claims", "expected", "ratio", "interval")
_MOST = 24  # months that are shown, the latest
Line = Mapping[str, Any]


def show_monitor(found: Line, out: Path | None, lang: str) -> None:
    """Every peril in turn, then what limits the verdicts."""
    page = console()
    page.print(Sentence(say("monitor_page_title", lang, plan=found["plan"]), "bold"))
    page.print(Sentence(_data(found, lang)))
    for name, one in found["perils"].items():
        page.print()
        verdict = say(f"monitor_verdict_{one['verdict']}", lang)
        page.print(Text(f"{name}: {verdict}", _STYLES[one["verdict"]]))
        page.print(Sentence(_said(one, lang)))
        for line in one["evidence"]:
            page.print(points("✓" if line["asks"] == "keep" else "!", [_told(line, lang)], _STYLES[line["asks"]]))
        page.print(_months(one, lang))
        if one["factors"]:
            page.print(_factors(one["factors"], lang))
        page.print(points("-", [_told(line, lang) for line in one["set_aside"]], "yellow"))
    page.print(points("!", [_told(line, lang) for line in found["notices"]], "yellow"))
    if out is not None:
        page.print(Sentence(say("monitor_page_written", lang, folder=out)))


def _data(found: Line, lang: str) -> str:
    """Rows, their months, and those of the training."""
    trained = found["trained_on"]
    known = trained["last"] is not None
    seen = _between(found["months"], lang) if found["months"] else say("monitor_page_all_rows", lang)
    before = _between(trained, lang) if known else say("monitor_page_unknown", lang)
    return say("monitor_page_data", lang, rows=f"{found['rows']:,}", months=seen, trained=before)


def _between(times: Line, lang: str) -> str:
    return say("monitor_page_to", lang, first=times["first"], last=times["last"])


def _told(line: Line, lang: str) -> str:
    return str(line["message_zh" if lang == "zh" else "message"])


def _said(one: Line, lang: str) -> str:
    """What to do, with the factor that would rebalance."""
    factor = one["factor"] or {}
    return say(f"monitor_say_{one['verdict']}", lang, **{name: f"{value:.3f}" for name, value in factor.items()})


def _months(one: Line, lang: str) -> Table:
    """Each month's sums, and those of all that are judged."""
    table = _table(("month", *_SUMS, "mix", "judged"), ("month", "mix", "judged"), lang)
    for line in one["months"][-_MOST:]:
        mix = "" if line["psi_factor"] is None else f"{line['psi_factor']} {line['psi']:.3f}"
        judged = say("monitor_page_judged_yes" if line["judged"] else "monitor_page_judged_no", lang)
        cells = (line["label"] or say("monitor_page_all_rows", lang), *_sums(line), mix, judged)
        table.add_row(*(Text(cell) for cell in cells), style=None if line["judged"] else "dim")
    if one["whole"] is not None:
        cells = (say("monitor_page_whole", lang), *_sums(one["whole"]), "", "")
        table.add_row(*(Text(cell, "bold") for cell in cells))
    return table


def _sums(line: Line) -> list[str]:
    shown = [f"{line['exposure']:,.0f}", f"{line['claims']:,.0f}", f"{line['expected']:,.1f}"]
    if line["ratio"] is None:
        return [*shown, "–", "–"]
    return [*shown, f"{line['ratio']:.3f}", f"{line['low']:.3f} – {line['high']:.3f}"]


def _factors(factors: Line, lang: str) -> Table:
    """Each factor's mix and claims, the furthest moved first."""
    table = _table(("factor", "psi", "psi_chance", "p"), ("factor",), lang)
    for name, one in sorted(factors.items(), key=lambda item: (item[1]["of_time"], -item[1]["psi"])):
        psi = f"{one['psi']:.3f}" + (f" ({say('monitor_page_of_time', lang)})" if one["of_time"] else "")
        table.add_row(*(Text(cell) for cell in (name, psi, f"{one['psi_chance']:.3f}", f"{one['p']:.2g}")))
    return table


def _table(names: Sequence[str], left: Sequence[str], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(say(f"monitor_page_{name}", lang), justify="left" if name in left else "right")
    return table
