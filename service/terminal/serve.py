"""The page of `licheng serve --check`: each setting with its source, what the service stands on, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from pricing.errors import LichengError
from pricing.words import Phrase, say
from service.serving_found import Given
from service.terminal.prices import console, panel
from service.terminal.text import points


def show_check(given: Sequence[Given], notes: Sequence[Phrase], wrong: Sequence[LichengError], lang: str) -> None:
    """Print what was found; what is wrong comes last, with what to do."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    for code in ("check_setting", "check_value", "check_source"):
        table.add_column(Text(say(code, lang)), overflow="fold")
    for one in given:
        table.add_row(Text(one.variable), Text(one.shown or "–"), Text(say("check_from_" + one.source, lang)))
    parts = [table, points("·", [say(note.code, lang, **note.values) for note in notes])]
    parts.append(points("✗", [f"{error.place}: {error.message(lang)} [{error.code}]" for error in wrong]))
    console().print(
        panel(parts, say("check_title", lang), subtitle=say("check_unsafe" if wrong else "check_safe", lang))
    )
