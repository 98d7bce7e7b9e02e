"""The page of a benefit: its amounts, who pays them, the steps, and what is not known."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.spoken import source_words, yuan_of_fen
from pricing.words import say
from service.terminal.prices import STATUS_STYLE, console, marks, message_of, panel
from service.terminal.text import Sentence, points


def show_benefit(answer: dict[str, Any], lang: str) -> None:
    """An answer of `service.claims.benefit` as a person likes to read it."""
    out = console()
    facts = {"name": say(f"benefit_name_{answer['benefit']}", lang), **{k: answer[k] for k in ("month", "known_on")}}
    if "region" in answer:
        head = say("benefit_page_title", lang, region=answer["region"], **facts)
    else:
        head = say("benefit_page_title_nation", lang, **facts)
    if "refusal" in answer:
        out.print(Text(head, "bold"))
        refusal = answer["refusal"]
        out.print(Sentence(f"{say('page_refused', lang)}: {message_of(refusal, lang)} [{refusal['code']}]", "red"))
        return
    parts: list[Any] = [_amounts(answer, lang)] if answer["amounts"] else []
    if answer["months"] is not None:
        parts.append(Text(say("benefit_page_months", lang, months=answer["months"]) + "\n"))
    parts += [_worksheet(answer["worksheet"]), *_sources(answer["worksheet"], lang)]
    notes = [*filter(None, [answer["assumption"]]), *answer["warnings"]]
    parts += [points("!", [message_of(note, lang) for note in notes], "yellow")] if notes else []
    out.print(panel(parts, head, answer["status"], marks(answer, lang)))
    out.print(Text(say("page_edition", lang, edition=answer["edition"][:19]), "dim"))


def _amounts(answer: dict[str, Any], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("benefit_page_amount", lang))
    table.add_column(say("benefit_page_yuan", lang), justify="right", no_wrap=True)
    table.add_column(say("benefit_page_when", lang))
    table.add_column(say("benefit_page_payer", lang))
    for amount in answer["amounts"]:
        payer = say(f"benefit_payer_{amount['payer']}", lang)
        name = say(f"benefit_amount_{amount['name']}", lang)
        table.add_row(name, Text(yuan_of_fen(amount["fen"]), "bold"), _when(amount, lang), payer)
    for place, part in enumerate(answer["pensions"], 1):
        kind = say(f"benefit_dependant_{part['kind']}", lang)
        table.add_row(Text(f"  {place}. {kind}", "dim"), Text(yuan_of_fen(part["monthly_fen"]), "dim"))
    return table


def _when(amount: dict[str, Any], lang: str) -> str:
    if amount["paid"] == "once":
        return say("benefit_page_once", lang)
    if amount["to_month"] is None:
        return say("benefit_page_monthly", lang)
    return say("benefit_page_span", lang, first=amount["from_month"], last=amount["to_month"])


def _worksheet(lines: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("text", ratio=3, overflow="fold")
    table.add_column("entry", style="dim", ratio=1, overflow="fold")
    for line in lines:
        table.add_row(Sentence(line["text"]), line.get("entry", ""))
    return table


def _sources(lines: list[dict[str, Any]], lang: str) -> list[Text]:
    """Each entry once, with its marks, its source, its note."""
    found = {line["entry"]: line for line in lines if "entry" in line}
    return [
        Sentence(f"  {entry} ", "dim")
        .append(marks(line, lang), STATUS_STYLE[line["status"]])
        .append(f"  {source_words(line['source'], lang)}", "dim")
        .append(f"  {line['note']}" if "note" in line else "", "dim italic")
        for entry, line in found.items()
    ]
