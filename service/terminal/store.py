"""Pages on the store: what it holds, a backup, a restored data folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.words import say
from service.terminal.prices import console
from service.terminal.text import Sentence


def show_contents(shown: Mapping[str, Any], lang: str) -> None:
    """Where the store is, its schema and what it holds."""
    out = console()
    out.print(
        Sentence(say("store_page_where", lang, database=shown["database"], schema=shown["schema"] or "—"), "bold")
    )
    _rows(shown, lang)


def show_backup(saved: Mapping[str, Any], lang: str) -> None:
    """What was saved, and what has to be kept beside it."""
    out = console()
    facts = {"file": saved["file"], "files": saved["files"], "bytes": saved["bytes"]}
    out.print(Sentence(say("store_page_saved", lang, **facts), "bold green"))
    if saved["database"] is not None:
        _rows(saved["database"], lang)
    out.print(Sentence(say("store_page_secret", lang), "yellow"))


def show_restored(restored: Mapping[str, Any], lang: str) -> None:
    """What was put where, and what to do next."""
    out = console()
    facts = {"home": restored["home"], "files": restored["files"], "made_at": restored["made_at"]}
    out.print(Sentence(say("store_page_restored", lang, **facts), "bold green"))
    if restored["database"] is not None:
        out.print(Sentence(say("store_page_database", lang, file=restored["database_file"])))
        _rows(restored["database"], lang)
    if restored["revoked"]:
        facts = {"count": len(restored["revoked"]), "keys": ", ".join(restored["revoked"])}
        out.print(Sentence(say("store_page_revoked", lang, **facts), "yellow"))
    out.print(Sentence(say("store_page_next", lang), "yellow"))


def _rows(held: Mapping[str, Any], lang: str) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(say("store_column_table", lang))
    table.add_column(say("store_column_rows", lang), justify="right")
    for name, count in held["rows"].items():
        table.add_row(Text(name), Text(f"{count:,}"))
    out = console()
    out.print(table)
    if held["audit_head"]:
        out.print(Sentence(say("store_page_head", lang, head=held["audit_head"])))
