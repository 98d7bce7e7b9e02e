"""An entry as text at the end of a table's file: every other byte of the file stays as it was, comments too."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pricing.errors import InputError
from pricing.rate_table import NATION, By, Curve, Entry
from pricing.table_reader import read_table
from pricing.units import month_text
from training.candidate_spec import CandidateFrame
from training.candidate_values import NewEntry

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENTRIES = re.compile(r"entries:\s*(#.*)?")
_KEY = re.compile(r"[A-Za-z_\"']")


def append_entry(path: Path, new: NewEntry, month: int, frame: CandidateFrame) -> Entry:
    """Add an entry at the end of a table's file; the entry as it is read again.

    InputError where it is not later than the table's last one, or where the file's form has no place for it.
    """
    before = read_table(path, new.table)
    last = before.entries[NATION][-1]
    if (last.effective_from, last.known_from) >= (month, frame.known_from):
        facts = {"last": month_text(last.effective_from), "month": month_text(month), "known": frame.known_from}
        raise InputError("candidate_not_later", new.table, **facts)
    text = path.read_bytes().decode("utf-8")
    path.write_bytes(_with(text, entry_lines(new, month, frame), new.table).encode("utf-8"))
    after = read_table(path, new.table)
    if after.entries[NATION][:-1] != before.entries[NATION] or after.entries[NATION][-1].value != new.value:
        raise InputError("candidate_file_form", new.table)
    return after.entries[NATION][-1]


def entry_lines(new: NewEntry, month: int, frame: CandidateFrame) -> list[str]:
    """An entry in the files' own form, not yet indented."""
    return [
        f"- effective_from: {month_text(month)}",
        f"  known_from: {frame.known_from.isoformat()}",
        "  status: demonstration",
        "  evidence: derived",
        "  source:",
        f"    title: {_quoted(f'{frame.plan}, run {frame.run}')}",
        f"    clause: {_quoted(_clause(new, frame))}",
        *(_curve_lines(new.value) if isinstance(new.value, Curve) else _level_lines(new.value)),
    ]


def _clause(new: NewEntry, frame: CandidateFrame) -> str:
    """What the numbers rest on: data, plan, months, claims."""
    parts = [f"data {_short(frame.data_sha256)}", f"plan {_short(frame.plan_sha256)}"]
    if frame.months is not None:
        parts.append(f"months {frame.months[0]} to {frame.months[1]}")
    for peril in new.perils or ((new.peril,) if new.peril is not None else ()):
        if peril in frame.experience:
            parts.append(f"{frame.experience[peril].claims:,} claims of {peril}")
    return "; ".join([*parts, *([new.said] if new.said else [])])


def _short(sha256: str) -> str:
    """The first sixteen digits of a hash, as a fit's own tables show it."""
    return "sha256:" + sha256.removeprefix("sha256:")[:16]


def _curve_lines(curve: Curve) -> list[str]:
    lines = ["  curve:", *(f"    - [{x}, {y}]" for x, y in zip(curve.x, curve.y, strict=True))]
    if curve.off_balance_ppm is not None:
        lines.append(f"  off_balance_ppm: {curve.off_balance_ppm}")
    if curve.reference_portfolio:
        lines.append(f"  reference_portfolio: {_key(curve.reference_portfolio)}")
    return lines


def _level_lines(value: By) -> list[str]:
    return [f"  by_{value.factor}:", *(f"    {_key(level)}: {number}" for level, number in value.nodes.items())]


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """A text in quotation marks: what JSON writes, YAML reads."""
    return json.dumps(text, ensure_ascii=False)


def _with(text: str, entry: list[str], table: str) -> str:
    """A file's text with one more entry after the last of its list, indented like the first."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _ENTRIES.fullmatch(line.rstrip())]
    if len(starts) != 1:
        raise InputError("candidate_file_form", table)
    after = lines[starts[0] + 1 :]
    first = next((line for line in after if line.lstrip().startswith("- ")), "")
    indent = first[: len(first) - len(first.lstrip())]
    following = next((number for number, line in enumerate(after) if _KEY.match(line)), len(after))
    place = starts[0] + 1 + following
    while not lines[place - 1].strip():
        place -= 1
    if not lines[place - 1].endswith("\n"):
        lines[place - 1] += end
    return "".join([*lines[:place], *(f"{indent}{line}{end}" for line in entry), *lines[place:]])
