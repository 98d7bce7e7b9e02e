"""Pages on how a tariff moves: what changed between two sides, and the history of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pricing.spoken import source_words, yuan_of_fen
from pricing.words import say
from service.tariff.change_words import signed_percent, signed_yuan
from service.terminal.prices import STATUS_STYLE, console, marks
from service.terminal.text import Sentence


def show_diff(shown: Mapping[str, Any], lang: str) -> None:
    """Each change with its figures, the months and schemes it touches, and reference prices before and after."""
    out = console()
    before, after = shown["from"], shown["to"]
    later = {f"{name}_after": after[name] for name in ("month", "known_on", "folder")}
    sides = {name: before[name] for name in ("month", "known_on", "folder")}
    out.print(Text(say("change_page_head", lang, **sides, **later), "bold"))
    for part in shown["parts"]:
        out.print(Text(say(f"change_page_part_{part['kind']}", lang, part=part["part"], name=part["name"])))
    for change in shown["changes"]:
        _show_change(out, change, lang)
    for other in shown["other_months"]:
        facts = {"table": other["table"], "region": other["region"], "months": _spans(other["months"], lang)}
        out.print(Text(say("change_page_elsewhere", lang, **facts), "dim"))
    if not (shown["changes"] or shown["parts"] or shown["other_months"]):
        hashes = {"before": before["edition"][:19], "after": after["edition"][:19]}
        alike = hashes["before"] == hashes["after"] or before["month"] != after["month"]
        out.print(Text(say("change_page_nothing" if alike else "change_page_unlike", lang, **hashes)))
        return
    out.print(Text(say("change_page_months", lang, months=_spans(shown["months"], lang)), "bold"))
    if shown["prices"]:
        _show_prices(out, shown["prices"], lang)


def _show_change(out: Console, change: Mapping[str, Any], lang: str) -> None:
    place = f"{change['region']} {change['region_name'].get(lang, '')}".strip()
    out.print(Text(f"\n{change['table']} · {place}", "bold").append(f"  {change['title'][lang]}", "default"))
    style = STATUS_STYLE[(change["after"] or change["before"])["status"]]
    first, *lines = _message(change, lang).split("\n")
    out.print(Text(f"  {first}", style))
    for line in lines:
        out.print(Text(f"  {line}"))
    schemes = ", ".join(change["schemes"]) or say("change_page_none", lang)
    touched = say("change_page_touches", lang, months=_spans(change["months"], lang), schemes=schemes)
    out.print(Text(f"  {touched}", "dim"))


def _show_prices(out: Console, prices: Sequence[Mapping[str, Any]], lang: str) -> None:
    """Prices that moved or came or went; the rest is counted."""
    moved = [price for price in prices if price["by_fen"] != 0]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=say("change_page_prices", lang), title_justify="left")
    for code in ("page_scheme", "change_page_region", "change_page_occupation"):
        table.add_column(say(code, lang), no_wrap=code != "page_scheme")
    for code in ("change_page_price_before", "change_page_price_after", "change_page_by"):
        table.add_column(say(code, lang), justify="right")
    for price in moved:
        by = "" if price["by_fen"] is None else signed_yuan(price["by_fen"])
        share = "" if price["by_ppm"] is None else f" ({signed_percent(price['by_ppm'])})"
        amounts = [_amount(price, side) for side in ("before", "after")]
        table.add_row(price["scheme"], price["region"], price["occupation"], *amounts, by + share)
    if moved:
        out.print(table)
    if len(moved) < len(prices):
        out.print(Text(say("change_page_prices_same", lang, count=len(prices) - len(moved)), "dim"))


def _amount(price: Mapping[str, Any], side: str) -> str:
    fen = price[f"{side}_fen"]
    return f"— {price[f'{side}_refusal']}" if fen is None else yuan_of_fen(fen)


def show_history(shown: Mapping[str, Any], lang: str) -> None:
    """Entries region by region in order, each with dates, value, change, marks and source."""
    out = console()
    facts = {"table": shown["table"], "title": shown["title"][lang], "unit": shown["unit"]}
    out.print(Text(say("change_page_history", lang, **facts, carry=shown["carry_forward_months"]), "bold"))
    for level in shown["levels"]:
        out.print(Text(f"\n{level['region']} {level['region_name'].get(lang, '')}".rstrip(), "bold"))
        for entry in level["entries"]:
            span = _spans([{"from": entry["effective_from"], "to": entry["ends"]}], lang)
            code = "change_page_dates" + ("_assumed" if entry["known_from_assumed"] else "")
            head = Text(f"  {say(code, lang, span=span, known_from=entry['known_from'])}")
            out.print(head.append(f"  {marks(entry, lang)}", STATUS_STYLE[entry["status"]]))
            for line in _message(entry, lang).split("\n"):
                out.print(Text(f"    {line}"))
            out.print(Sentence(f"    {source_words(entry['source'], lang)}", "dim"))
            if "note" in entry:
                out.print(Sentence(f"    {entry['note'][lang]}", "dim italic"))
    if not shown["levels"]:
        out.print(Text(say("change_page_no_entries", lang)))


def _spans(months: Sequence[Mapping[str, str | None]], lang: str) -> str:
    """Months in words: 2025-07 to 2026-06, 2025-08, 2026-07 on."""
    shown = []
    for span in months:
        first, last = span["from"], span["to"]
        code = "change_page_span" if last else "change_page_span_open"
        shown.append(str(first) if first == last else say(code, lang, first=first, last=last))
    return ", ".join(shown) or say("change_page_none", lang)


def _message(spoken: Mapping[str, Any], lang: str) -> str:
    found: str = spoken["message_zh" if lang == "zh" else "message"]
    return found
