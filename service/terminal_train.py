"""A run of training on the terminal: per peril what was fitted, how the candidates compare, what to look at."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.words import say
from service.terminal import console


def show_run(report: dict[str, Any], folder: str, lang: str) -> None:
    """The figures of a run."""
    out = console()
    out.print(Text(say("page_train", lang, plan=report["plan"], folder=folder), "bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    names = ("peril", "rows", "aside", "claims", "chosen", "cells", "deviance", "homogeneous", "explained", "fidelity")
    for name in names:
        table.add_column(say(f"page_train_{name}", lang), justify="left" if name in ("peril", "chosen") else "right")
    for name, one in report["perils"].items():
        table.add_row(
            name,
            f"{one['rows']:,}",
            f"{one['set_aside']:,}",
            f"{one['claims']:,.0f}",
            one["candidate"],
            f"{one['cells']:,}",
            f"{one['test_deviance']:.3f}",
            f"{one['homogeneous_deviance']:.3f}",
            f"{100 * one['explained']:.2f} %",
            f"{100 * one['fidelity']['mean']:.2f} %",
        )
    out.print(table)
    for name, one in report["perils"].items():
        for factor, elasticity in one["elasticity"].items():
            said = say("page_train_elasticity", lang, peril=name, factor=factor, elasticity=f"{elasticity:.3f}")
            out.print(Text(said))
        if one["dispersion"] > 1:
            out.print(Text(say("page_train_dispersion", lang, peril=name, dispersion=f"{one['dispersion']:.3f}")))
    for notice in report["notices"]:
        out.print(Text(f"! {notice['message_zh' if lang == 'zh' else 'message']}", "yellow"))
