"""Usage as Arrow: the schema of a month's rows, cut into batches of whole workers, turned into columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pricing.units import IntArray
from pricing.usage import BY_NAME, NUMBERS, TEXTS, UNKNOWN, Usage, whole_numbers

BAD_CELLS, SET_ASIDE, OWN_COLUMNS = "bad_cells", "set_aside", "x_columns"
LIKE, SAID = "like", "said"  # of a bad cell that is kept sealed: a number that is as wrong, and what is shown of it
USAGE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS),
        *((name, pa.int64()) for name in NUMBERS),
        ("file", pa.string()),
        ("row", pa.int64()),
        (BAD_CELLS, pa.string()),
        (SET_ASIDE, pa.string()),
        (OWN_COLUMNS, pa.string()),
    ]
)


def whole_workers(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches cut so that no worker stands in two of them. Rows come with workers together."""
    kept: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        table = table if kept is None else pa.concat_tables([kept, table])
        workers = table.column("worker").combine_chunks()
        if not len(workers):
            continue
        last = workers[len(workers) - 1]
        same = pc.equal(workers, last) if last.is_valid else pc.is_null(workers)
        cut = int(pc.index(same, pa.scalar(True)).as_py())
        kept = table.slice(cut)
        if cut:
            yield table.slice(0, cut).combine_chunks().to_batches()[0]
    if kept is not None and len(kept):
        yield kept.combine_chunks().to_batches()[0]


def usage_of(batch: pa.RecordBatch) -> Usage:
    """A batch of USAGE_SCHEMA as usage; bad cells come back as what was wrong with them."""
    texts: dict[str, tuple[str, ...]] = {}
    codes: dict[str, IntArray] = {}
    for name in TEXTS:
        column = batch.column(name)
        if column.null_count == len(column):
            continue
        encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
        texts[name] = tuple(encoded.dictionary.to_pylist())
        codes[name] = _whole(encoded.indices)
    numbers = {name: _whole(batch.column(name)) for name in NUMBERS if batch.column(name).null_count < len(batch)}
    _restore_bad_cells(batch, numbers)
    return Usage.of_columns(len(batch), texts, codes, numbers)


def bad_cells(text: str, how: str) -> dict[str, object]:
    """Bad cells of a row by column, from their JSON. how: LIKE, as they are judged, or SAID, as they are shown."""
    return {name: cell[how] if isinstance(cell, dict) else cell for name, cell in json.loads(text).items()}


def _whole(column: pa.Array) -> IntArray:
    filled = pc.fill_null(column.cast(pa.int64()), UNKNOWN)
    return np.array(filled.to_numpy(zero_copy_only=False), dtype=np.int64)


def _restore_bad_cells(batch: pa.RecordBatch, numbers: dict[str, IntArray]) -> None:
    column = batch.column(BAD_CELLS)
    if column.null_count == len(column):
        return
    found: dict[str, dict[int, object]] = {}
    for row in pc.indices_nonzero(column.is_valid()).to_pylist():
        for name, cell in bad_cells(column[row].as_py(), LIKE).items():
            found.setdefault(name, {})[row] = cell
    for name, cells in found.items():
        values = numbers.setdefault(name, np.full(len(batch), UNKNOWN, dtype=np.int64))
        values[list(cells)] = whole_numbers(list(cells.values()), BY_NAME[name].greatest)
