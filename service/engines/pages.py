"""Pages and whole downloads of a settled month: lines by number, declarations and refusals by their place in the file.

A page reads the group of lines that it lies in, or the bytes of its rows: the size of the month does not matter.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pricing.arrow import LINE_SCHEMA
from service.engines import folder as files
from service.engines.folder import FORMULA
from service.engines.memory import given_back, lean
from service.engines.refused import REFUSAL_SCHEMA
from service.engines.side_refused import SIDE_REFUSAL_SCHEMA
from service.engines.visible import Eyes, seen_lines, seen_refusals, seen_side_refusals

_BATCH = 4_096
WHOLE_ROWS = {"csv": 1_024, "parquet": 4_096}  # made at once of a download; of Parquet they are a group
_BUFFER = 1 << 16  # bytes that are read of a column at once
_NUMBERS = ("lines", "orders", "heads", "amount_millifen", "float_ppm", "levy_fen")
DECLARATION_SCHEMA = pa.schema(
    [(name, pa.int64() if name in _NUMBERS else pa.string()) for name in files.DECLARATION_COLUMNS]
)
_SCHEMAS = {
    "declarations": DECLARATION_SCHEMA,
    "refusals": REFUSAL_SCHEMA,
    "side-refusals": SIDE_REFUSAL_SCHEMA,
}
_SEEN = {"refusals": seen_refusals, "side-refusals": seen_side_refusals}
Rows = list[dict[str, Any]]


def page(folder: Path, table: str, eyes: Eyes, after: int, limit: int) -> tuple[Rows, int | None]:
    """Rows of a page and where the next begins, None where none follows. after: 0, or what the page before said."""
    lean()
    if table == "lines":
        return _line_page(folder / files.LINES, eyes, after, limit)
    path = folder / files.TABLES[table]
    if table == "side-refusals" and not path.is_file():  # no side file was sent
        return [], None
    rows, following = _csv_rows(path, after, limit)
    seen = _SEEN[table](rows, eyes) if table in _SEEN else rows
    return typed(seen, _SCHEMAS[table]), following


def batches(folder: Path, table: str, eyes: Eyes, kind: str) -> Iterator[pa.RecordBatch]:
    """All rows as they are shown, batch by batch; at least one batch, so that the columns are known. kind: of
    WHOLE_ROWS.
    """
    lean()
    try:
        yield from _batches(folder, table, eyes, WHOLE_ROWS[kind])
    finally:
        given_back()


def _batches(folder: Path, table: str, eyes: Eyes, at_once: int) -> Iterator[pa.RecordBatch]:
    if table == "lines":
        columns = list(eyes.columns)
        file = pq.ParquetFile(folder / files.LINES, buffer_size=_BUFFER, pre_buffer=False)
        yield seen_lines(_empty(pa.schema([LINE_SCHEMA.field(name) for name in columns])), eyes)
        for group in range(file.metadata.num_row_groups):  # each lets go of its buffers before the next is read
            for batch in file.iter_batches(at_once, row_groups=[group], columns=columns, use_threads=False):
                yield seen_lines(batch.select(columns), eyes)
            given_back()
        return
    schema, after = _SCHEMAS[table], 0
    yield _empty(schema)
    while True:
        rows, following = page(folder, table, eyes, after, at_once)
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema)
        if following is None:
            return
        after = following


def _line_page(path: Path, eyes: Eyes, after: int, limit: int) -> tuple[Rows, int | None]:
    columns = list(eyes.columns)
    with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        ends = list(accumulate(sizes))
        starts = [end - size for end, size in zip(ends, sizes, strict=True)]
        groups = [group for group, end in enumerate(ends) if end > after and starts[group] < after + limit]
        if not groups:
            return [], None
        skip = after - starts[groups[0]]
        taken: list[pa.RecordBatch] = []
        read = file.iter_batches(batch_size=_BATCH, row_groups=groups, columns=columns, use_threads=False)
        for batch in read:
            wanted = limit - sum(map(len, taken))
            taken.append(batch.slice(min(skip, len(batch)), wanted))
            skip = max(0, skip - len(batch))
            if wanted == len(taken[-1]):
                break
        found = pa.Table.from_batches(taken).select(columns).combine_chunks().to_batches()[0]
    rows = [{"number": after + place, **row} for place, row in enumerate(seen_lines(found, eyes).to_pylist(), 1)]
    return rows, after + len(rows) if after + len(rows) < ends[-1] else None


def _csv_rows(path: Path, after: int, limit: int) -> tuple[list[dict[str, str | None]], int | None]:
    """Rows of a CSV of ours from a place in bytes on (0: its beginning), and the place of the next row."""
    with path.open("rb") as file:
        names = next(csv.reader([file.readline().decode("utf-8-sig")]))
        end = file.seek(0, 2)
        file.seek(after or _beginning(file))
        read = csv.reader(line.decode("utf-8") for line in iter(file.readline, b""))
        found = [dict(zip(names, map(plain, row), strict=True)) for _, row in zip(range(limit), read, strict=False)]
        place = file.tell()
    return found, place if place < end else None


def _beginning(file: Any) -> int:
    """Where the first row stands."""
    file.seek(0)
    file.readline()
    return int(file.tell())


def plain(cell: str) -> str | None:
    """A cell as it was before it was made safe for spreadsheets."""
    return (cell[1:] if cell[:1] == "'" and re.match(FORMULA, cell) else cell) or None


def typed(rows: list[dict[str, str | None]], schema: pa.Schema) -> Rows:
    """Rows of a CSV of ours with whole numbers where their columns have such."""
    whole = [field.name for field in schema if pa.types.is_integer(field.type)]
    return [{**row, **{name: int(row[name] or 0) if row[name] else None for name in whole}} for row in rows]


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema)
