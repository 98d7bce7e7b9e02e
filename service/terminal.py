"""Pages for the terminal: what a person likes to read of an answer, in English or Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pricing.finding import Finding
from pricing.spoken import factor, quantity_words, yuan, yuan_of_fen
from pricing.words import say
from service.settings import page_width
from service.terminal_chart import chart

STATUS_STYLE = {"enacted": "green", "provisional": "yellow", "draft": "yellow", "demonstration": "magenta"}
_SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "dim"}


def console() -> Console:
    """A console that is wide enough for a worksheet where output is not a terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=page_width())


def show_quote(answer: dict[str, Any], lang: str) -> None:
    """Schemes side by side, the steps of each price, who bears what, and premium by kilometres."""
    out = console()
    merged = answer["merged"]
    out.print(
        Text(
            say("page_quote", lang, month=answer["month"], worker=answer["worker"], known_on=answer["known_on"]), "bold"
        )
    )
    if merged:
        shown = [quantity_words(name, value, lang) for name, value in merged.items()]
        out.print(Text(" · ".join(shown)))
    if answer["schemes"]:
        out.print(_side_by_side(answer["schemes"], lang))
    for scheme in answer["schemes"]:
        if scheme.get("premium_fen") is not None:
            out.print(_panel(scheme, lang))
    if answer["covers"]:
        from service.terminal_covers import show_covers

        show_covers(out, answer, lang)
    out.print(Text(say("page_edition", lang, edition=answer["edition"][:19]), "dim"))


def _side_by_side(schemes: Sequence[dict[str, Any]], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("page_scheme", lang), max_width=30, overflow="fold")
    table.add_column(say("page_premium", lang), justify="right", no_wrap=True)
    table.add_column(say("page_due", lang), no_wrap=True)
    table.add_column(say("page_marks", lang), no_wrap=True)
    table.add_column(say("page_why", lang), overflow="fold")
    for scheme in schemes:
        premium = scheme.get("premium_fen")
        marks = "" if premium is None else f"{scheme['status']} · {scheme['evidence']}"
        why = message_of(scheme["why"] if premium is not None else scheme["refusal"], lang)
        table.add_row(
            scheme["title"][lang],
            "—" if premium is None else yuan_of_fen(premium),
            Text(say("page_yes" if scheme["due"] else "page_no", lang), "green" if scheme["due"] else "dim"),
            Text(marks, STATUS_STYLE.get(marks.split(" ")[0], "")),
            Text(why),
        )
    return table


def _panel(scheme: dict[str, Any], lang: str) -> Panel:
    title = f"{scheme['title'][lang]}: {yuan_of_fen(scheme['premium_fen'])} {say('page_yuan', lang)}"
    parts = price_parts(scheme, lang)
    return Panel(Group(*parts), title=title, title_align="left", border_style=STATUS_STYLE[scheme["status"]])


def price_parts(scheme: dict[str, Any], lang: str) -> list[RenderableType]:
    """What a priced scheme or cover shows: its worksheet, shares, payers, next kilometre, warnings and refused rows."""
    parts: list[RenderableType] = [worksheet(scheme["worksheet"], lang)]
    if len(scheme["shares"]) > 1:
        shares = ", ".join(f"{share['platform']} {yuan_of_fen(share['levy_fen'])}" for share in scheme["shares"])
        parts.append(Text(say("page_shares", lang, shares=shares)))
    borne = ", ".join(f"{say('payer_' + payer, lang)} {yuan_of_fen(fen)}" for payer, fen in scheme["payers"].items())
    parts.append(Text(say("page_payers", lang, payers=borne)))
    if "next_km_millifen" in scheme:
        ratio = "—" if scheme.get("ratio_ppm") is None else factor(scheme["ratio_ppm"])
        parts.append(Text(say("page_next_km", lang, price=yuan(scheme["next_km_millifen"]), ratio=ratio)))
    if scheme.get("technical"):
        parts += technical_words(scheme["technical"], lang)
    if scheme.get("curve"):
        parts.append(chart(scheme["curve"], lang))
    parts += [Text(f"! {message_of(warning, lang)}", "yellow") for warning in scheme["warnings"]]
    parts += [
        Text(f"✗ {say('page_row', lang, row=refusal['row'] + 1)}: {message_of(refusal, lang)}", "red")
        for refusal in scheme["refusals"]
    ]
    return parts


def technical_words(technical: dict[str, Any], lang: str) -> list[RenderableType]:
    """Expected cost beside the premium, and the observed cost of as many orders."""
    if technical["cost_millifen"] is None:
        return [Text(message_of(technical["refusal"], lang), "dim")]
    perils = ", ".join(f"{one['peril']} {yuan(one['cost_millifen'])}" for one in technical["perils"])
    adequacy = "—" if technical["adequacy_ppm"] is None else factor(technical["adequacy_ppm"])
    said = say("page_technical", lang, cost=yuan(technical["cost_millifen"]), perils=perils, adequacy=adequacy)
    parts: list[RenderableType] = [Text(said)]
    if technical["observed_millifen"] is not None:
        parts.append(Text(say("page_observed", lang, observed=yuan(technical["observed_millifen"]))))
    return parts


def worksheet(lines: Sequence[dict[str, Any]], lang: str) -> Group:
    """Rows of steps; one whose steps are those of the row before shows only how it is rounded. Sources stand below."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("row", style="dim", no_wrap=True)
    table.add_column("text", ratio=3, overflow="fold")
    table.add_column("running", justify="right", no_wrap=True)
    table.add_column("entry", style="dim", ratio=2, overflow="fold")
    shown: list[str] = []
    for row in sorted({line.get("row", 0) for line in lines}):
        own = [line for line in lines if line.get("row", 0) == row]
        steps = [line["text"] for line in own[:-1]]
        if shown == steps:
            table.add_row(say("page_row", lang, row=row + 1), Text(say("page_as_above", lang), "dim"))
            own = own[-1:]
        for place, line in enumerate(own):
            label = say("page_row", lang, row=row + 1) if place == 0 and len(own) > 1 else ""
            table.add_row(label, Text(line["text"]), yuan(line["running_millifen"]), Text(line.get("entry", "")))
        shown = steps
    return Group(table, *_sources(lines))


def _sources(lines: Sequence[dict[str, Any]]) -> list[Text]:
    sources = {line["entry"]: line for line in lines if "entry" in line}
    return [
        Text(f"  {entry} ", "dim")
        .append(f"{line['status']} · {line['evidence']}", STATUS_STYLE[line["status"]])
        .append(f"  {line['source']}", "dim")
        for entry, line in sources.items()
    ]


def message_of(spoken: dict[str, str], lang: str) -> str:
    """The sentence of a refusal or warning in a language."""
    return spoken["message_zh" if lang == "zh" else "message"]


def show_declarations(answers: Sequence[dict[str, Any]], lang: str) -> None:
    """Each declaration with its steps."""
    out = console()
    for answer in answers:
        if "refusal" in answer:
            row = f"{say('page_row', lang, row=answer['row'] + 1)}: " if "row" in answer else ""
            refusal = answer["refusal"]
            said = f"{row}{say('page_refused', lang)}: {message_of(refusal, lang)} [{refusal['code']}]"
            out.print(Text(said, "red"))
            continue
        who = answer.get("pilot_industry") or answer.get("occupation", "")
        head = say("page_declared", lang, month=answer["month"], declared=answer["declared_month"])
        levy = f"{yuan_of_fen(answer['levy_fen'])} {say('page_yuan', lang)}"
        title = f"{answer['platform']} · {answer['region']} · {who} · {head}: {levy}"
        parts: list[RenderableType] = [worksheet(answer["worksheet"], lang)]
        parts += [Text(f"! {message_of(warning, lang)}", "yellow") for warning in answer["warnings"]]
        out.print(Panel(Group(*parts), title=title, title_align="left", border_style=STATUS_STYLE[answer["status"]]))


def show_schema(tables: dict[str, Any], lang: str) -> None:
    """The contract's tables."""
    out = console()
    for name, rows in tables.items():
        out.print(Text(name, "bold"))
        if isinstance(rows, dict):
            for code, levels in rows.items():
                out.print(Text(f"  {code}: ", "cyan").append(", ".join(levels), "default"))
            continue
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in rows[0]:
            table.add_column(column, overflow="fold", no_wrap=column in ("column", "code"))
        for row in rows:
            table.add_row(*(_cell(value) for value in row.values()))
        out.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else ""
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def show_findings(found: Sequence[Finding], lang: str) -> None:
    """Findings of lint, errors first."""
    out = console()
    for finding in found:
        style = _SEVERITY_STYLE[finding.severity]
        out.print(
            Text(f"{finding.severity:8}", style)
            .append(f"{finding.place}: ", "bold")
            .append(finding.texts[lang], "default")
        )
    counts = {severity: sum(f.severity == severity for f in found) for severity in _SEVERITY_STYLE}
    out.print(
        Text(say("page_findings", lang, errors=counts["error"], warnings=counts["warning"], notes=counts["note"]))
    )


def show_tariff(shown: dict[str, Any], lang: str) -> None:
    """Entries in force with values, marks and sources."""
    out = console()
    out.print(Text(say("page_tariff", lang, month=shown["month"], known_on=shown["known_on"]), "bold"))
    for entry in shown["entries"]:
        style = STATUS_STYLE[entry["status"]]
        out.print(Text(entry["entry"], "bold").append(f"  {entry['title'][lang]}", "default"))
        out.print(Text(f"  {entry['status']} · {entry['evidence']}", style).append(f"  [{entry['unit']}]", "dim"))
        out.print(Text(f"  {_value(entry['value'])}"))
        out.print(Text(f"  {entry['source']}", "dim"))
        if "note" in entry:
            out.print(Text(f"  {entry['note'][lang]}", "dim italic"))
    out.print(Text(say("page_edition", lang, edition=shown["edition"][:19]), "dim"))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key}: {'{' + _value(inner) + '}' if isinstance(inner, dict) else inner}" for key, inner in value.items()
        )
    return str(value)
