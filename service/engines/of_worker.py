"""What a settled month keeps of one worker: lines, usage, rows of side files, and what was refused of them.

Files are read in small batches, and groups of rows that cannot hold the worker are passed over: in memory lie the
worker's own rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pricing.arrow_usage import SET_ASIDE
from service.engines import folder as files
from service.engines.memory import given_back, lean
from service.engines.month_files import SIDE_NAMES
from service.engines.pages import Rows, plain, typed
from service.engines.refused import REFUSAL_SCHEMA, escaped
from service.engines.rekeyed import is_of
from service.engines.side_refused import SIDE_REFUSAL_SCHEMA
from service.engines.visible import Eyes, seen_lines, seen_refusals, seen_rows, seen_side_refusals

FILES = (files.LINES, files.USAGE, files.REFUSALS, *SIDE_NAMES.values(), files.SIDE_REFUSALS)
_BATCH = 4_096  # rows
_BUFFER = 1 << 16  # bytes that are read of a column at once
_BLOCK = 1 << 20  # bytes of a CSV that are read at once
Which = Callable[[pa.RecordBatch], pa.BooleanArray]
May = Callable[[dict[str, Any], int], bool]


def kept_of_worker(folder: Path, stored: str, eyes: Eyes) -> dict[str, Rows]:
    """All rows of a published folder about a worker, by the name of their table; those of a file that is not there are
    none. stored: the id under which it is stored.
    """
    lean()
    try:
        return _kept(folder, stored, eyes)
    finally:
        given_back()


def _kept(folder: Path, stored: str, eyes: Eyes) -> dict[str, Rows]:
    usage = list(_batches(folder / files.USAGE, _or_set_aside(stored, eyes), _may_be_or_set_aside(stored)))
    refs = {ref for batch in usage for ref in batch.column("worker_ref").to_pylist() if ref}
    refusals = typed(seen_refusals(_listed(folder / files.REFUSALS, "worker_ref", refs), eyes), REFUSAL_SCHEMA)
    side_refusals = seen_side_refusals(_listed(folder / files.SIDE_REFUSALS, "worker", {stored}), eyes)
    return {
        "lines": _rows(seen_lines(batch, eyes) for batch in _of(folder / files.LINES, stored)),
        "usage": [row for batch in usage for row in seen_rows(batch, eyes)],
        "refusals": refusals,
        **{
            side: [row for batch in _of(folder / name, stored) for row in seen_rows(batch, eyes)]
            for side, name in SIDE_NAMES.items()
        },
        "side_refusals": typed(side_refusals, SIDE_REFUSAL_SCHEMA),
    }


def _rows(batches: Iterable[pa.RecordBatch]) -> Rows:
    return [row for batch in batches for row in batch.to_pylist()]


def _of(path: Path, stored: str) -> Iterator[pa.RecordBatch]:
    return _batches(path, lambda batch: _is(batch, stored), lambda statistics, _: _may_be(statistics, stored))


def _batches(path: Path, which: Which, may: May) -> Iterator[pa.RecordBatch]:
    """Rows of a Parquet file. which: of a batch; may: whether a group may hold such, by its statistics and rows."""
    if not path.is_file():
        return
    with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            columns = (group.column(place) for place in range(group.num_columns))
            if not may({column.path_in_schema: column.statistics for column in columns}, group.num_rows):
                continue
            for batch in file.iter_batches(_BATCH, row_groups=[number], use_threads=False):
                found = batch.filter(which(batch))
                if len(found):
                    yield found


def _is(batch: pa.RecordBatch, stored: str) -> pa.BooleanArray:
    return pc.fill_null(pc.equal(batch.column("worker"), stored), False)


def _may_be(statistics: dict[str, Any], stored: str) -> bool:
    of_worker = statistics.get("worker")
    return of_worker is None or not of_worker.has_min_max or of_worker.min <= stored <= of_worker.max


def _or_set_aside(stored: str, eyes: Eyes) -> Which:
    """Rows of a worker, and those that were set aside, under a worker that is none, though they named it."""

    def which(batch: pa.RecordBatch) -> pa.BooleanArray:
        found = np.array(_is(batch, stored).to_numpy(zero_copy_only=False))
        for place in pc.indices_nonzero(batch.column(SET_ASIDE).is_valid()).to_pylist():
            sealed = batch.column("worker_ref")[place].as_py()
            found[place] |= eyes.rekey is not None and is_of(sealed, stored, eyes.rekey)
        return pa.array(found)

    return which


def _may_be_or_set_aside(stored: str) -> May:
    def may(statistics: dict[str, Any], rows: int) -> bool:
        aside = statistics.get(SET_ASIDE)
        return _may_be(statistics, stored) or aside is None or not aside.has_null_count or aside.null_count < rows

    return may


def _listed(path: Path, column: str, values: set[str]) -> list[dict[str, str | None]]:
    """Rows of a CSV of ours that have one of the values in a column."""
    if not values or not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = [name.strip('"') for name in file.readline().strip().split(",")]
    texts = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    parsed = pacsv.ParseOptions(newlines_in_values=True)
    wanted = escaped(pa.array(sorted(values), pa.string()))
    with pacsv.open_csv(path, pacsv.ReadOptions(block_size=_BLOCK, use_threads=False), parsed, texts) as read:
        found = _rows(batch.filter(pc.is_in(batch.column(column), wanted)) for batch in read)
    return [{name: plain(cell) for name, cell in row.items()} for row in found]
