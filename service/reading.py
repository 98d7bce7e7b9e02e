"""Reading requests: JSON or CSV from a file or standard input, strictly, with errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.usage import whole_text

_ENCODINGS = ("utf-8-sig", "gb18030")


def read_text(source: str) -> str:
    """The text of a file, or of standard input for `-`: UTF-8 with or without BOM, or GB18030."""
    if source == "-":
        raw = sys.stdin.buffer.read()
    else:
        try:
            raw = Path(source).read_bytes()
        except (OSError, ValueError):
            raise InputError("file_not_found", source, path=source) from None
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("csv_unreadable", source, reason="neither UTF-8 nor GB18030")


def read_json(text: str, place: str) -> Any:
    """Parse JSON; a key that stands twice and numbers that are no numbers are noticed."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise InputError("nested_too_deeply", place) from None
    except ValueError as error:
        raise InputError("json_unreadable", place, reason=str(error)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("duplicate_json_key", twice, key=twice)
    return found


def read_csv(text: str, place: str, texts: frozenset[str]) -> list[dict[str, Any]]:
    """Rows of a CSV with one header line; columns in `texts` stay text, other cells become numbers where they are."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        numbered = [(reader.line_num, line) for line in reader if line]
    except csv.Error as error:
        raise InputError("csv_unreadable", place, reason=str(error)) from None
    if not numbered:
        raise InputError("csv_unreadable", place, reason="empty")
    lines = [line for _, line in numbered[1:]]
    names = [name.strip() for name in numbered[0][1]]
    if len(set(names)) < len(names):
        raise InputError("csv_unreadable", place, reason="a column stands twice")
    for number, line in numbered[1:]:
        if len(line) != len(names):
            raise InputError(
                "csv_unreadable", f"{place}, line {number}", reason=f"{len(line)} cells, {len(names)} columns"
            )
    return [
        {
            name: cell if name in texts or cell == "" else whole_text(cell)
            for name, cell in zip(names, line, strict=True)
        }
        for line in lines
    ]
