"""The page on the audit log: whether it is whole, and the head to keep elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from pricing.words import say
from service.terminal.prices import console
from service.terminal.text import Sentence, points

_NAMED = 5  # findings of one kind on the page; --json has more


def show_audit(found: Mapping[str, Any], lang: str) -> None:
    """Whether the log is whole, what is not, and its head."""
    out = console()
    if found["head"] is None:
        out.print(Sentence(say("audit_page_empty", lang)))
    else:
        code = "audit_page_whole" if found["whole"] else "audit_page_broken"
        facts = {"entries": found["entries"], "at": found["at"]}
        out.print(Sentence(say(code, lang, **facts), "bold green" if found["whole"] else "bold red"))
    out.print(points(" !", _wrong(found, lang), "red"))
    history = found["history"]
    if history["recorded"] is not None and history["wrong"] is None:
        out.print(Sentence(say("audit_page_release", lang, number=history["recorded"])))
    if history["unrecorded"] and history["wrong"] is None:
        out.print(Sentence(say("audit_page_unrecorded", lang, count=history["unrecorded"]), "yellow"))
    if found["unkeyed"]:
        out.print(Sentence(say("audit_page_unkeyed", lang, number=found["unkeyed"]), "yellow"))
    if found["head"] is not None:
        out.print(Sentence(say("audit_page_head", lang)))
        out.print(Text(found["head"], "bold"), soft_wrap=True)


def _wrong(found: Mapping[str, Any], lang: str) -> Iterator[str]:
    """A sentence for all that is not whole."""
    broken, history = found["broken"], found["history"]
    if broken:
        yield say(f"audit_why_{broken['why']}", lang, number=broken["number"])
    for head in found["heads"]:
        if not head["stands"]:
            yield say("audit_why_head", lang, head=head["head"])
    if found["keys"]:
        yield say("audit_why_keys", lang, keys=", ".join(found["keys"]))
    if found["contents"]["wrong"]:
        named = ", ".join(one["id"] for one in found["contents"]["first"][:_NAMED])
        yield say("audit_why_contents", lang, count=found["contents"]["wrong"], first=named)
    if history["wrong"] == "broken":
        yield history["error"]["message_zh" if lang == "zh" else "message"]
    elif history["wrong"]:
        facts = {"recorded": _number(history["recorded"]), "last": _number(history["last"])}
        yield say(f"audit_why_{history['wrong']}", lang, **facts)


def _number(number: int | None) -> str:
    return "—" if number is None else str(number)
