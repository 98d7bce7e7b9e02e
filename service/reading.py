"""Reading requests: JSON or CSV from a file or standard input, strictly, with errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.usage import whole_text
from pricing.words import Phrase

_ENCODINGS = ("utf-8-sig", "gb18030")
# What Python's reader says first, and the sentence of ours.
_JSON_REASONS = {
    "Expecting value": "json_reason_value",
    "Expecting property name": "json_reason_key",
    "Expecting ':'": "json_reason_colon",
    "Expecting ','": "json_reason_comma",
    "Illegal trailing comma": "json_reason_key",
    "Extra data": "json_reason_extra",
    "Invalid control character": "json_reason_control",
    "Unterminated string": "json_reason_open",
    "Invalid \\": "json_reason_escape",
}


def read_text(source: str) -> str:
    """The text of a file, or of standard input for `-`: UTF-8 with or without BOM, or GB18030; InputError otherwise."""
    if source == "-":
        raw = sys.stdin.buffer.read()
    else:
        try:
            raw = Path(source).read_bytes()
        except (OSError, ValueError):
            raise InputError("file_not_found", source, path=source) from None
    return decoded(raw, source)


def decoded(raw: bytes, place: str) -> str:
    """Bytes as text: UTF-8 with or without BOM, or GB18030; InputError otherwise."""
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError("text_unreadable", place, byte=_first_bad_byte(raw))


def _first_bad_byte(raw: bytes) -> int:
    """Where a file stops being UTF-8, in bytes from 0; its length where it is UTF-8 after all."""
    try:
        return len(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return error.start


def read_json(text: str, place: str) -> Any:
    """Parse JSON; a key that stands twice and numbers that are no numbers are noticed."""
    try:
        return _READER.decode(text)
    except RecursionError:
        raise InputError("nested_too_deeply", place) from None
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        if not text.strip():
            raise InputError("json_unreadable", place, reason=Phrase("json_reason_empty", {})) from None
        code = next((code for said, code in _JSON_REASONS.items() if error.msg.startswith(said)), "json_reason_other")
        raise InputError("json_unreadable", place, reason=Phrase(code, where)) from None
    except ValueError:  # Python reads no integer of so many digits
        raise InputError("json_unreadable", place, reason=Phrase("json_reason_digits", {})) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(name for name, _ in pairs)
        twice = next(name for name, times in counted.items() if times > 1)
        raise InputError("duplicate_json_key", twice, key=twice)
    return found


_READER = json.JSONDecoder(object_pairs_hook=_once)  # made once: to make one takes a third of a short text's reading


def read_csv(text: str, place: str, texts: frozenset[str]) -> list[dict[str, Any]]:
    """Rows of a CSV with one header line; columns in `texts` stay text, other cells become numbers where they are."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        numbered = [(reader.line_num, line) for line in reader if line]
    except csv.Error as error:
        raise InputError("csv_unreadable", place, reason=Phrase(_csv_reason(error), {})) from None
    if not numbered:
        raise InputError("csv_unreadable", place, reason=Phrase("csv_reason_empty", {}))
    lines = [line for _, line in numbered[1:]]
    names = [name.strip() for name in numbered[0][1]]
    if len(set(names)) < len(names):
        raise InputError("csv_unreadable", place, reason=Phrase("csv_reason_twice", {}))
    for number, line in numbered[1:]:
        if len(line) != len(names):
            cells = Phrase("csv_reason_cells", {"cells": len(line), "columns": len(names)})
            raise InputError("csv_unreadable", f"{place}, line {number}", reason=cells)
    return [
        {
            name: cell if name in texts or cell == "" else whole_text(cell)
            for name, cell in zip(names, line, strict=True)
        }
        for line in lines
    ]


def _csv_reason(error: csv.Error) -> str:
    """Sentence of what Python's reader says of a CSV."""
    return "csv_reason_open" if "unexpected end" in str(error) else "csv_reason_other"
