"""Covers on the terminal: premiums side by side, then each cover's steps, options and conditions in plain words."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pricing.spoken import joined, level_words, named, payers_words, yuan_of_fen
from pricing.words import say
from service.terminal.prices import STATUS_STYLE, marks, message_of, panel, price_parts
from service.terminal.text import Sentence, points


def show_covers(out: Console, answer: dict[str, Any], lang: str) -> None:
    """The covers of a quote."""
    out.print(_side_by_side(answer, lang))
    if any(len(cover["payers"]) > 1 for cover in answer["covers"] if cover["premium_fen"] is not None):
        out.print(Sentence(say("page_payers_rule", lang), "dim"))
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
            table.add_row(cover["title"][lang], "—", Sentence(message_of(cover["refusal"], lang)), "")
        else:
            shown = Text(marks(cover, lang), STATUS_STYLE[cover["status"]])
            payers = Sentence(payers_words(cover["payers"], lang))
            table.add_row(Sentence(cover["title"][lang]), yuan_of_fen(cover["premium_fen"]), payers, shown)
    for package in answer["packages"]:
        total = "—" if package["premium_fen"] is None else yuan_of_fen(package["premium_fen"])
        table.add_row(
            Text(package["title"][lang], "bold"), Text(total, "bold"), Sentence(_of_package(package, answer, lang)), ""
        )
    return table


def _of_package(package: dict[str, Any], answer: dict[str, Any], lang: str) -> str:
    """What the total of a package holds, and which of its covers it lacks."""
    titles = {cover["cover"]: cover["title"][lang] for cover in answer["covers"]}
    covers = joined((titles[name] for name in package["incomplete"]), lang)
    if package["premium_fen"] is None:
        return say("page_package_refused", lang, covers=covers)
    lacks = say("page_package_incomplete", lang, covers=covers) if covers else ""
    return say("page_package", lang) + lacks


def _panel(cover: dict[str, Any], lang: str) -> Panel:
    parts: list[RenderableType] = price_parts(cover, lang)
    standard = [
        f"{named('option', name, lang)} {level_words(name, option['level'], lang)}"
        for name, option in cover["options"].items()
        if option["standard"]
    ]
    if standard:
        parts.append(Sentence(say("page_standard", lang, options=joined(standard, lang)), "dim"))
    if cover["conditions"]:
        parts.append(Text("\n" + say("page_conditions", lang), "bold"))
        parts.append(points("•", [condition[lang] for condition in cover["conditions"]]))
    title = f"{cover['title'][lang]}: {yuan_of_fen(cover['premium_fen'])} {say('page_yuan', lang)}"
    return panel(parts, title, cover["status"])
