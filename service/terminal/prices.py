"""Pages for the terminal: what a person likes to read of an answer, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pricing.finding import Finding
from pricing.spoken import factor, joined, named, payers_words, quantity_words, source_words, yuan, yuan_of_fen
from pricing.words import COLON, say
from service.settings import page_width
from service.terminal.chart import chart
from service.terminal.text import Sentence, points

STATUS_STYLE = {"enacted": "green", "provisional": "yellow", "draft": "yellow", "demonstration": "magenta"}
_FRAME = 8  # cells of a frame that a title cannot have
_SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "dim"}


def console() -> Console:
    """A console that is wide enough for a worksheet where output is not a terminal, and shows every text as it is."""
    found = Console(markup=False, emoji=False)
    return found if found.is_terminal else Console(markup=False, emoji=False, width=page_width())


def panel(parts: Sequence[RenderableType], title: str, status: str = "", subtitle: str = "") -> Panel:
    """Parts in a frame, coloured by status; the title is no markup."""
    style = STATUS_STYLE[status] if status else "none"
    if cell_len(title) > console().width - _FRAME:  # a title of a frame is cut, a sentence within it wraps
        parts, title = [Sentence(title, "bold"), Text(), *parts], ""
    below = Text(subtitle) if subtitle else None
    lefts: dict[str, Any] = {"title_align": "left", "subtitle_align": "left", "border_style": style}
    return Panel(Group(*parts), title=Text(title) if title else None, subtitle=below, **lefts)


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
        from service.terminal.covers import show_covers

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
        why = message_of(scheme["why"] if premium is not None else scheme["refusal"], lang)
        table.add_row(
            scheme["title"][lang],
            "—" if premium is None else yuan_of_fen(premium),
            Text(say("page_yes" if scheme["due"] else "page_no", lang), "green" if scheme["due"] else "dim"),
            Text("") if premium is None else Text(marks(scheme, lang), STATUS_STYLE[scheme["status"]]),
            Sentence(why),
        )
    return table


def _panel(scheme: dict[str, Any], lang: str) -> Panel:
    title = f"{scheme['title'][lang]}: {yuan_of_fen(scheme['premium_fen'])} {say('page_yuan', lang)}"
    return panel(price_parts(scheme, lang), title, scheme["status"])


def marks(marked: dict[str, Any], lang: str) -> str:
    """The two marks of what an answer rests on, in words."""
    return f"{named('mark', marked['status'], lang)} · {named('mark', marked['evidence'], lang)}"


def price_parts(scheme: dict[str, Any], lang: str) -> list[RenderableType]:
    """What a priced scheme or cover shows: its worksheet, shares, payers, next kilometre, warnings and refused rows."""
    parts: list[RenderableType] = [worksheet(scheme["worksheet"], lang)]
    if len(scheme["shares"]) > 1:
        shares = joined((f"{share['platform']} {yuan_of_fen(share['levy_fen'])}" for share in scheme["shares"]), lang)
        parts.append(Sentence(say("page_shares", lang, shares=shares)))
    parts.append(Sentence(say("page_payers", lang, payers=payers_words(scheme["payers"], lang))))
    if "next_km_millifen" in scheme:
        ratio = "—" if scheme.get("ratio_ppm") is None else factor(scheme["ratio_ppm"])
        parts.append(Sentence(say("page_next_km", lang, price=yuan(scheme["next_km_millifen"]), ratio=ratio)))
    if scheme.get("technical"):
        parts += technical_words(scheme["technical"], lang)
    if scheme.get("curve"):
        parts.append(chart(scheme["curve"], lang))
    said = [f"{_of_rows(warning, scheme, lang)}{message_of(warning, lang)}" for warning in scheme["warnings"]]
    parts += [points("!", said, "yellow")] if said else []
    parts += [
        Sentence(f"✗ {say('page_row', lang, row=refusal['row'] + 1)}: {message_of(refusal, lang)}", "red")
        for refusal in scheme["refusals"]
    ]
    return parts


def _of_rows(warning: dict[str, Any], scheme: dict[str, Any], lang: str) -> str:
    """Which rows a warning is about, where it is not about all rows that have a price."""
    priced = {share["row"] for share in scheme["shares"]}
    rows = warning.get("rows", [])
    if not set(rows) < priced:
        return ""
    return joined((say("page_row", lang, row=row + 1) for row in rows), lang) + COLON[lang]


def technical_words(technical: dict[str, Any], lang: str) -> list[RenderableType]:
    """Expected cost beside the premium, and the observed cost of as many orders."""
    if technical["cost_millifen"] is None:
        return [Sentence(message_of(technical["refusal"], lang), "dim")]
    costs = (f"{named('peril', one['peril'], lang)} {yuan(one['cost_millifen'])}" for one in technical["perils"])
    perils = joined(costs, lang)
    adequacy = "—" if technical["adequacy_ppm"] is None else factor(technical["adequacy_ppm"])
    said = say("page_technical", lang, cost=yuan(technical["cost_millifen"]), perils=perils, adequacy=adequacy)
    parts: list[RenderableType] = [Sentence(said)]
    if technical["observed_millifen"] is not None:
        parts.append(Sentence(say("page_observed", lang, observed=yuan(technical["observed_millifen"]))))
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
            label = say("page_row", lang, row=row + 1) if place == 0 and len(own) > 1 and "row" in line else ""
            table.add_row(label, Sentence(line["text"]), yuan(line["running_millifen"]), Text(line.get("entry", "")))
        shown = steps
    return Group(table, *_sources(lines, lang))


def _sources(lines: Sequence[dict[str, Any]], lang: str) -> list[Text]:
    sources = {line["entry"]: line for line in lines if "entry" in line}
    return [
        Sentence(f"  {entry} ", "dim")
        .append(marks(line, lang), STATUS_STYLE[line["status"]])
        .append(f"  {source_words(line['source'], lang)}", "dim")
        for entry, line in sources.items()
    ]


def message_of(spoken: Mapping[str, Any], lang: str) -> str:
    """The sentence of a refusal or warning in a language."""
    said: str = spoken["message_zh" if lang == "zh" else "message"]
    return said


def show_declarations(answers: Sequence[dict[str, Any]], lang: str) -> None:
    """Each declaration with its steps."""
    out = console()
    for answer in answers:
        row = f"{say('page_row', lang, row=answer['row'] + 1)}: " if "row" in answer else ""
        if "refusal" in answer:
            refusal = answer["refusal"]
            said = f"{row}{say('page_refused', lang)}: {message_of(refusal, lang)} [{refusal['code']}]"
            out.print(Sentence(said, "red"))
            continue
        who = answer.get("pilot_industry") or answer.get("occupation", "")
        head = say("page_declared", lang, month=answer["month"], declared=answer["declared_month"])
        levy = f"{yuan_of_fen(answer['levy_fen'])} {say('page_yuan', lang)}"
        title = f"{row}{answer['platform']} · {answer['region']} · {who} · {head}: {levy}"
        parts: list[RenderableType] = [worksheet(answer["worksheet"], lang)]
        parts.append(points("!", [_warned(warning, lang) for warning in answer["warnings"]], "yellow"))
        out.print(panel(parts, title, answer["status"]))


def _warned(warning: Mapping[str, Any], lang: str) -> str:
    """A warning of a declaration, with the other rows of its list where it is of those."""
    said = message_of(warning, lang)
    if not warning["code"].startswith("declaration_"):
        return said
    rows = joined((say("page_row", lang, row=row + 1) for row in warning["rows"]), lang)
    return f"{said} ({rows})" if lang == "en" else f"{said}（{rows}）"


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
        out.print(Text(f"  {marks(entry, lang)}", style).append(f"  [{entry['unit']}]", "dim"))
        out.print(Text(f"  {_value(entry['value'])}"))
        out.print(Sentence(f"  {source_words(entry['source'], lang)}", "dim"))
        if "note" in entry:
            out.print(Sentence(f"  {entry['note'][lang]}", "dim italic"))
    out.print(Text(say("page_edition", lang, edition=shown["edition"][:19]), "dim"))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key}: {'{' + _value(inner) + '}' if isinstance(inner, dict) else inner}" for key, inner in value.items()
        )
    return str(value)
