"""The contract's tables on the terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from service.terminal.prices import console


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
