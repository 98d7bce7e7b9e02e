"""Covers on the terminal: premiums side by side, then each cover's steps, options and conditions in plain words."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pricing.spoken import level_words, yuan_of_fen
from pricing.words import say
from service.terminal import STATUS_STYLE, message_of, price_parts


def show_covers(out: Console, answer: dict[str, Any], lang: str) -> None:
    """The covers of a quote."""
    out.print(_side_by_side(answer, lang))
    for cover in answer["covers"]:
        if cover["premium_fen"] is not None:
            out.print(_panel(cover, lang))


def _side_by_side(answer: dict[str, Any], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("page_cover", lang), max_width=30, overflow="fold")
    table.add_column(say("page_premium", lang), justify="right", no_wrap=True)
    table.add_column(say("page_who_pays", lang), overflow="fold")
    table.add_column(say("page_marks", lang), no_wrap=True)
    for cover in answer["covers"]:
        if cover["premium_fen"] is None:
            table.add_row(cover["title"][lang], "—", Text(message_of(cover["refusal"], lang)), "")
        else:
            marks = Text(f"{cover['status']} · {cover['evidence']}", STATUS_STYLE[cover["status"]])
            table.add_row(cover["title"][lang], yuan_of_fen(cover["premium_fen"]), _payers(cover, lang), marks)
    for package in answer["packages"]:
        total = "—" if package["premium_fen"] is None else yuan_of_fen(package["premium_fen"])
        table.add_row(Text(package["title"][lang], "bold"), Text(total, "bold"), say("page_package", lang), "")
    return table


def _payers(cover: dict[str, Any], lang: str) -> str:
    return ", ".join(f"{say('payer_' + payer, lang)} {yuan_of_fen(fen)}" for payer, fen in cover["payers"].items())


def _panel(cover: dict[str, Any], lang: str) -> Panel:
    parts: list[RenderableType] = price_parts(cover, lang)
    standard = [
        f"{name} {level_words(name, option['level'], lang)}"
        for name, option in cover["options"].items()
        if option["standard"]
    ]
    if standard:
        parts.append(Text(say("page_standard", lang, options=", ".join(standard)), "dim"))
    if cover["conditions"]:
        parts.append(Text("\n" + say("page_conditions", lang), "bold"))
        parts += [Text(f"•\u00a0{condition[lang]}") for condition in cover["conditions"]]
    title = f"{cover['title'][lang]}: {yuan_of_fen(cover['premium_fen'])} {say('page_yuan', lang)}"
    return Panel(Group(*parts), title=title, title_align="left", border_style=STATUS_STYLE[cover["status"]])
