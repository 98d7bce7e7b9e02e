"""Pages on approvals and releases: what was agreed to, what is in force, and which entries answer for a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pricing.words import say
from service.terminal.prices import STATUS_STYLE, console
from service.terminal.text import Sentence, points

_MOST = 6


def show_approval(shown: Mapping[str, Any], lang: str) -> None:
    """Who approved so far, gates, what the tariff changes, and how many people are missing."""
    out = console()
    head = {"candidate": shown["candidate"], "hash": shown["tariff_sha256"]}
    out.print(Sentence(say("release_page_approved", lang, **head), "bold"))
    _show_approvals(out, shown["approvals"], lang)
    for one in shown.get("not_counted", ()):
        out.print(Sentence("  " + say("release_page_not_counted", lang, by=one["by"], at=one["at"]), "yellow"))
    _show_gates(out, shown["gates"], shown["approvals"], lang)
    _show_changes(out, shown["changes"], shown["in_force"], lang)
    code = "release_page_missing" if shown["missing"] else "release_page_enough"
    out.print(Sentence(say(code, lang, missing=shown["missing"]), "bold"))


def show_release(shown: Mapping[str, Any], lang: str) -> None:
    """The number that is in force now, with its approvals, gates, changes and sources."""
    out = console()
    facts = {"number": f"{shown['number']:04d}", "previous": shown["previous"], "folder": shown["folder"]}
    out.print(Sentence(say("release_page_released", lang, **facts), "bold"))
    _show_approvals(out, shown["approvals"], lang)
    _show_gates(out, shown["gates"], shown["approvals"], lang)
    _show_changes(out, shown["changes"], shown["previous"], lang)
    for one in shown["sources"][:_MOST]:
        source = " · ".join(filter(None, (one["source"], one["clause"])))
        out.print(
            Sentence(f"  {one['entry']}  {one['status']} · {one['evidence']}  {source}", STATUS_STYLE[one["status"]])
        )
    if len(shown["sources"]) > _MOST:
        out.print(Sentence(say("release_page_more_sources", lang, count=len(shown["sources"]) - _MOST), "dim"))
    _show_rest(out, shown, lang)


def show_rollback(shown: Mapping[str, Any], lang: str) -> None:
    """The number that is in force again, and why."""
    out = console()
    facts = {"number": shown["number"], "previous": shown["previous"], "folder": shown["folder"]}
    out.print(Sentence(say("release_page_rolled_back", lang, **facts, reason=shown["event"]["reason"]), "bold"))
    _show_rest(out, shown, lang)


def show_recorded(shown: Mapping[str, Any], lang: str) -> None:
    """Which events the log holds now."""
    for event in shown["recorded"]:
        facts = {"number": event["number"], "at": event["at"], "by": event["by"]}
        console().print(Sentence(say("release_page_recorded", lang, **facts), "bold"))


def show_events(shown: Mapping[str, Any], lang: str) -> None:
    """The history of releases, an event to a line."""
    out = console()
    out.print(Sentence(say("release_page_events", lang, folder=shown["folder"], number=shown["in_force"]), "bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for code in ("release_page_event", "release_page_number", "release_page_at", "release_page_by"):
        table.add_column(say(code, lang), no_wrap=True)
    table.add_column(say("release_page_hash", lang), no_wrap=True)
    table.add_column(say("release_page_reason", lang), overflow="fold")
    for event in shown["events"]:
        said = say(f"release_page_event_{event['event']}", lang)
        cells = (said, str(event["number"]), event["at"], event["by"], event["tariff_sha256"][:19])
        table.add_row(*(Text(cell) for cell in cells), Sentence(event["reason"] or ""))
    if shown["events"]:
        out.print(table)
    _show_rest(out, shown, lang)


def show_which(shown: Mapping[str, Any], lang: str) -> None:
    """Release, models, law, approvals, and every entry that answers for the month."""
    out = console()
    number = "—" if shown["number"] is None else shown["number"]
    facts = {"month": shown["month"], "known_on": shown["known_on"], "folder": shown["folder"], "number": number}
    by = {"LICHENG_TARIFF": "release_page_by_setting", "history": "release_page_by_history"}
    out.print(Sentence(say(by.get(shown["by"], "release_page_by_shipped"), lang, **facts), "bold"))
    out.print(Text(shown["tariff_sha256"], "dim"))
    if shown["event"]:
        event = shown["event"]
        code = f"release_page_by_{event['event']}"
        out.print(Sentence(say(code, lang, at=event["at"], by=event["by"], reason=event["reason"] or "")))
    _show_approvals(out, shown["approvals"], lang)
    for model in shown["models"]:
        said = {"release": model["release"], "plan": model["plan"], "run": model["run"]}
        tables = ", ".join(one["entry"] for one in model["tables"])
        out.print(Sentence(say("release_page_model", lang, **said, data=model["data_sha256"], tables=tables)))
    if not shown["models"]:
        out.print(Sentence(say("release_page_no_model", lang)))
    counts = ", ".join(f"{say(f'mark_{status}', lang)} {count}" for status, count in shown["law"].items() if count)
    out.print(Sentence(say("release_page_law", lang, count=len(shown["entries"]), marks=counts or "0")))
    if shown["entries"]:
        out.print(_entries(shown["entries"], lang))
    _show_rest(out, shown, lang)


def _entries(entries: Iterable[Mapping[str, Any]], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for code in ("release_page_entry", "page_marks", "release_page_number", "release_page_source"):
        table.add_column(say(code, lang), overflow="fold")
    for one in entries:
        marks = f"{say('mark_' + one['status'], lang)} · {say('mark_' + one['evidence'], lang)}"
        number = "" if one["release"] is None else str(one["release"])
        table.add_row(Text(one["entry"]), Text(marks, STATUS_STYLE[one["status"]]), number, Sentence(one["source"]))
    return table


def _show_approvals(out: Console, approvals: Iterable[Mapping[str, Any]], lang: str) -> None:
    for one in approvals:
        facts = {"by": one["by"], "at": one["at"], "note": one["note"] or "—"}
        signed = say("release_page_signed", lang, key=one["key_id"], **facts) if "key_id" in one else ""
        out.print(Sentence("  " + (signed or say("release_page_approval", lang, **facts))))


def _show_gates(
    out: Console, gates: Iterable[Mapping[str, Any]], approvals: Iterable[Mapping[str, Any]], lang: str
) -> None:
    """Each gate that failed with who overrides it, why; the rest is counted."""
    overrides = [override for one in approvals for override in one["overrides"]]
    failed = [gate for gate in gates if not gate["passed"]]
    passed = sum(1 for gate in gates if gate["passed"])
    for gate in failed:
        names = (gate["gate"], f"{gate['gate']}/{gate['peril']}")
        message = gate["message_zh" if lang == "zh" else "message"]
        out.print(
            Sentence("  " + say("release_page_gate_failed", lang, gate=names[-1].rstrip("/"), message=message), "red")
        )
        for one in (one for one in overrides if one["gate"] in names):
            out.print(
                Sentence("    " + say("release_page_override", lang, by=one["by"], reason=one["reason"]), "yellow")
            )
    if passed or failed:
        out.print(Sentence("  " + say("release_page_gates", lang, passed=passed, failed=len(failed))))


def _show_changes(out: Console, changes: Mapping[str, Any], number: int, lang: str) -> None:
    """Tables with their entries that are new, altered or gone against a release, and other parts."""
    lines = []
    for table in changes["tables"]:
        for kind in ("new", "altered", "gone"):
            ids = table[kind]
            more = f" +{len(ids) - _MOST}" if len(ids) > _MOST else ""
            if ids:
                lines.append(say(f"release_page_change_{kind}", lang, entries=", ".join(ids[:_MOST]) + more))
        if table["frame"]:
            lines.append(say("release_page_change_frame", lang, table=table["table"]))
    for part in changes["parts"]:
        lines.append(say("release_page_change_part", lang, part=part["part"], name=part["name"]))
    out.print(Sentence(say("release_page_changes" if lines else "release_page_no_changes", lang, number=number)))
    out.print(points(" ·", lines))


def _show_rest(out: Console, shown: Mapping[str, Any], lang: str) -> None:
    """What else a person must know: a setting that stands above every release, and folders left half-written."""
    if shown.get("setting"):
        out.print(Sentence("! " + say("release_page_setting", lang, folder=shown["setting"]), "yellow"))
    if shown.get("strays"):
        out.print(Sentence("! " + say("release_page_strays", lang, folders=", ".join(shown["strays"])), "yellow"))
