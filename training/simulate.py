"""Simulates a month of usage: Parquet of any size, a register of platforms, and a note that says all of it is made up.

Blocks are drawn one ahead of the writer, each from its own generator, so that memory is bounded and no result depends
on it. Months are drawn independently of each other: a worker is never met again in another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.units import month_text, parse_month
from pricing.usage import COLUMNS, Column
from training.draw import Block, draw_block
from training.note import note
from training.register import write_register
from training.urns import texts

BLOCK_ROWS = 250_000
_LEFT_OUT = ("risk_class", "worker_ref")  # the class follows from industry or occupation
_WRITTEN = tuple(column for column in COLUMNS if column.name not in _LEFT_OUT)
_TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """What was written, and where."""

    usage: Path
    platforms: Path
    note: Path
    rows: int
    workers: int
    seed: int
    month: str


def simulate(
    rows: int, seed: int, month: str, out: Path, progress: Callable[[int], None] | None = None
) -> SimulatedMonth:
    """Write `rows` rows of synthetic usage, their register and their note into the folder `out`.

    progress is told the rows written so far. ValueError for what cannot be drawn, FileExistsError where `out` already
    holds one of the files. The same arguments give the same bytes with the same libraries on the same kind of machine.
    """
    number = parse_month(month)
    if rows < 1 or seed < 0 or number is None:
        raise ValueError(f"rows from 1, seed from 0, month YYYY-MM; not {rows}, {seed}, {month}")
    done = [out / name for name in ("usage.parquet", "platforms.csv", "SYNTHETIC.md")]
    taken = [str(path) for path in done if path.exists()]
    if taken:
        raise FileExistsError(f"not overwritten: {', '.join(taken)}")
    out.mkdir(parents=True, exist_ok=True)
    usage, platforms, said = done
    partial = usage.with_suffix(".partial")
    workers = _write_usage(partial, rows, seed, number, progress)
    write_register(platforms, seed)
    said.write_text(note(rows, seed, month), encoding="utf-8")
    partial.replace(usage)
    return SimulatedMonth(usage, platforms, said, rows, workers, seed, month)


def _write_usage(path: Path, rows: int, seed: int, month: int, progress: Callable[[int], None] | None) -> int:
    """Write the rows block by block; the number of workers among them."""
    marks = json.dumps({"synthetic": True, "seed": seed, "month": month_text(month)})
    fields = [(column.name, _TEXT if column.kind == "text" else pa.int64()) for column in _WRITTEN]
    schema = pa.schema(fields, metadata={"licheng": marks})
    options = {
        "compression": "none",  # the whole numbers are packed by their encoding
        "use_dictionary": [column.name for column in _WRITTEN if column.kind == "text"],
        "column_encoding": {column.name: "DELTA_BINARY_PACKED" for column in _WRITTEN if column.kind == "whole"},
        "dictionary_pagesize_limit": 1 << 24,  # a row group's workers
        "write_batch_size": 1 << 16,
        "write_statistics": False,
    }
    workers = written = 0
    with pq.ParquetWriter(path, schema, **options) as writer:
        for batch in _batches(rows, seed, month, schema):
            writer.write_batch(batch, row_group_size=BLOCK_ROWS)
            written += batch.num_rows
            workers += len(batch.column("worker").dictionary)
            if progress is not None:
                progress(written)
    return workers


def _batches(rows: int, seed: int, month: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The blocks in order; the next one is drawn while one is written."""
    known = {name: pa.array(values) for name, values in texts(month).items()}

    def drawn(block: int) -> pa.RecordBatch:
        of_block = draw_block(seed, block, min(BLOCK_ROWS, rows - block * BLOCK_ROWS), month)
        return pa.record_batch([_array(column, of_block, known) for column in _WRITTEN], schema=schema)

    blocks = -(-rows // BLOCK_ROWS)
    with ThreadPoolExecutor(1) as pool:
        ahead: Future[pa.RecordBatch] = pool.submit(drawn, 0)
        for block in range(1, blocks):
            batch = ahead.result()
            ahead = pool.submit(drawn, block)
            yield batch
        yield ahead.result()


def _array(column: Column, block: Block, known: Mapping[str, pa.Array]) -> pa.Array:
    name = column.name
    cells = block.codes[name] if column.kind == "text" else block.numbers[name]
    empty = cells < 0
    array = pa.array(cells, mask=empty if empty.any() else None)
    if column.kind == "whole":
        return array
    return pa.DictionaryArray.from_arrays(array, _pseudonyms(block) if name == "worker" else known[name])


def _pseudonyms(block: Block) -> pa.StringArray:
    workers, length = block.pseudonyms.shape
    ends = np.arange(workers + 1, dtype=np.int32) * np.int32(length)
    return pa.StringArray.from_buffers(workers, pa.py_buffer(ends), pa.py_buffer(block.pseudonyms))
