"""Refusals of a settled month by code: how many of each, its sentence and its first rows, as somebody may see them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from service.engines.pages import plain
from service.engines.visible import Eyes, seen_refusals, seen_side_refusals

_FIRST_ROWS = 3  # of each code that are shown
Row = dict[str, str | None]


def by_code(paths: Iterable[Path]) -> tuple[Mapping[str, Any], ...]:
    """Refusals of files counted by code, the most frequent first, each with its first rows, as they are kept. A file
    that is not there holds none.
    """
    counts: Counter[str] = Counter()
    first: dict[str, list[dict[str, str]]] = {}
    for row in _rows(paths):
        counts[row["code"]] += 1
        kept = first.setdefault(row["code"], [])
        if len(kept) < _FIRST_ROWS:
            kept.append(row)
    return tuple(
        {"code": code, "count": count, "rows": [_plain(row) for row in first[code]]}
        for code, count in counts.most_common()
    )


def seen_codes(codes: Sequence[Mapping[str, Any]], eyes: Eyes) -> tuple[dict[str, Any], ...]:
    """What `by_code` found as it is shown: rows by who looks, and of each code the first row's sentences."""
    return tuple(_seen(code, eyes) for code in codes)


def _rows(paths: Iterable[Path]) -> Iterator[dict[str, str]]:
    for path in filter(Path.is_file, paths):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)


def _plain(row: Mapping[str, str]) -> Row:
    return {"scheme": row.get("cover"), **{name: plain(cell) for name, cell in row.items()}}


def _seen(code: Mapping[str, Any], eyes: Eyes) -> dict[str, Any]:
    of_usage: list[Row] = [row for row in code["rows"] if "worker_ref" in row]
    of_sides: list[Row] = [row for row in code["rows"] if "worker_ref" not in row]
    rows = [*seen_refusals(of_usage, eyes), *seen_side_refusals(of_sides, eyes)]
    return {**code, "rows": rows, "message": rows[0]["message"], "message_zh": rows[0]["message_zh"]}
