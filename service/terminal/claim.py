"""The page of a claim: the decision, its steps, what is still to be proved, and the sources."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from pricing.spoken import source_words, yuan_of_fen
from pricing.words import say
from service.terminal.prices import STATUS_STYLE, console, marks, message_of, panel
from service.terminal.text import Sentence, points

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
_STYLES = {"paid": "bold green", "refused": "bold red", "open": "bold yellow"}


def show_claim(answer: dict[str, Any], lang: str) -> None:
    """An answer of `service.claims.claim` as a person likes to read it."""
    out = console()
    facts = {key: answer[key] for key in ("month", "region", "known_on")}
    decided = Text(say(f"claim_decision_{answer['decision']}", lang), _STYLES[answer["decision"]])
    if answer["decision"] != "refused":
        decided.append(f"  {yuan_of_fen(answer['benefit_fen'])}", "bold")
    parts: list[Any] = [decided, Text(), _steps(answer["steps"], lang)]
    if answer["refusal"] is not None and answer["refusal"]["step"] is None:
        parts.append(Sentence(message_of(answer["refusal"], lang), "red"))
    if answer["to_prove"]:
        open_ = [message_of(one, lang) for one in answer["to_prove"]]
        parts += [Text(), Text(say("claim_page_to_prove", lang), "bold"), points("  ?", open_, "yellow")]
    if answer["warnings"]:
        parts.append(points("!", [message_of(one, lang) for one in answer["warnings"]], "yellow"))
    parts += [Text(), *_sources(answer["steps"], lang)]
    head = say("claim_page_title", lang, title=answer["title"][lang], **facts)
    out.print(panel(parts, head, answer["status"], marks(answer, lang)))
    out.print(Text(say("page_edition", lang, edition=answer["edition"][:19]), "dim"))


def _steps(lines: list[dict[str, Any]], lang: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("holds", no_wrap=True)
    table.add_column("text", ratio=3, overflow="fold")
    table.add_column("entry", style="dim", ratio=1, overflow="fold")
    for line in lines:
        mark, style = _MARKS[line["holds"]]
        text = Sentence(line["text_zh" if lang == "zh" else "text"], "red" if line["holds"] is False else "")
        table.add_row(Text(mark, style), text, line["entry"] or "")
    return table


def _sources(lines: list[dict[str, Any]], lang: str) -> list[Text]:
    """Each entry once, with its marks and its source."""
    found = {line["entry"]: line for line in lines if line["entry"]}
    return [
        Sentence(f"  {entry} ", "dim")
        .append(marks(line, lang), STATUS_STYLE[line["status"]])
        .append(f"  {source_words(line['source'], lang)}", "dim")
        for entry, line in found.items()
    ]
