"""The page of a claim: the decision, its steps, what is still to be proved, and the sources."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pricing.spoken import yuan_of_fen
from pricing.words import say
from service.terminal import STATUS_STYLE, console

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
_STYLES = {"paid": "bold green", "refused": "bold red", "open": "bold yellow"}


def show_claim(answer: dict[str, Any], lang: str) -> None:
    """An answer of `service.claim` as a person likes to read it."""
    out = console()
    facts = {key: answer[key] for key in ("month", "region", "known_on")}
    decided = Text(say(f"claim_decision_{answer['decision']}", lang), _STYLES[answer["decision"]])
    if answer["decision"] != "refused":
        decided.append(f"  {yuan_of_fen(answer['benefit_fen'])}", "bold")
    parts: list[Any] = [decided, Text(), _steps(answer["steps"], lang)]
    if answer["refusal"] is not None and answer["refusal"]["step"] is None:
        parts.append(Text(_message(answer["refusal"], lang), "red"))
    if answer["to_prove"]:
        parts += [Text(), Text(say("claim_page_to_prove", lang), "bold")]
        parts += [Text(f"  ? {_message(one, lang)}", "yellow") for one in answer["to_prove"]]
    parts += [Text(f"! {_message(one, lang)}", "yellow") for one in answer["warnings"]]
    parts += [Text(), *_sources(answer["steps"])]
    out.print(
        Panel(
            Group(*parts),
            title=say("claim_page_title", lang, title=answer["title"][lang], **facts),
            subtitle=f"{answer['status']} · {answer['evidence']}",
            title_align="left",
            subtitle_align="left",
            border_style=STATUS_STYLE[answer["status"]],
        )
    )
    out.print(Text(say("page_edition", lang, edition=answer["edition"][:19]), "dim"))


def _steps(lines: list[dict[str, Any]], lang: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("holds", no_wrap=True)
    table.add_column("text", ratio=3, overflow="fold")
    table.add_column("entry", style="dim", ratio=1, overflow="fold")
    for line in lines:
        mark, style = _MARKS[line["holds"]]
        text = Text(line["text_zh" if lang == "zh" else "text"], "red" if line["holds"] is False else "")
        table.add_row(Text(mark, style), text, line["entry"] or "")
    return table


def _sources(lines: list[dict[str, Any]]) -> list[Text]:
    found = {line["entry"]: line for line in lines if line["entry"]}
    return [
        Text(f"  {entry} ", "dim")
        .append(f"{line['status']} · {line['evidence']}", STATUS_STYLE[line["status"]])
        .append(f"  {line['source']}", "dim")
        for entry, line in found.items()
    ]


def _message(spoken: dict[str, Any], lang: str) -> str:
    found: str = spoken["message_zh" if lang == "zh" else "message"]
    return found
