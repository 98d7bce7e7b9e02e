"""Whole tables as CSV or Parquet, made while they are sent: memory does not grow with the month."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from service.engines.pages import batches
from service.engines.refused import escaped
from service.engines.visible import Eyes

_BOM = b"\xef\xbb\xbf"
_EMPTY = {"refusals": ("column",)}  # as the command line writes them: "" where a row as a whole is refused
_MARKS = {"licheng.provisional": "true"}  # of the schema: until a month is closed, nothing of it is final


class _Drain(io.RawIOBase):
    """A file that holds what was written until it is taken."""

    def __init__(self) -> None:
        self._held, self._place = bytearray(), 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, block: Any) -> int:
        """Take bytes."""
        self._held += block
        self._place += len(block)
        return len(block)

    def tell(self) -> int:
        """How many bytes there were."""
        return self._place

    def taken(self) -> bytes:
        """What was written since it was last asked."""
        held, self._held = bytes(self._held), bytearray()
        return held


def downloaded(folder: Path, table: str, kind: str, eyes: Eyes) -> Iterator[bytes]:
    """A table of a published folder, block by block. kind: csv or parquet; eyes: who looks at it."""
    read = batches(folder, table, eyes, kind)
    return csv_bytes(read, _EMPTY.get(table, ())) if kind == "csv" else parquet_bytes(read)


def csv_bytes(read: Iterable[pa.RecordBatch], empty: tuple[str, ...] = ()) -> Iterator[bytes]:
    """UTF-8 with BOM; a text that a spreadsheet would run as a formula has an apostrophe before it. empty: columns in
    which a missing text is written as an empty one.
    """
    yield _BOM
    first = True
    for batch in read:
        drain = _Drain()
        pacsv.write_csv(_safe(batch, empty), drain, pacsv.WriteOptions(include_header=first))
        first = False
        yield drain.taken()


def parquet_bytes(read: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A Parquet file, a group of rows per batch; its schema says that the month is provisional."""
    drain = _Drain()
    writer: pq.ParquetWriter | None = None
    for batch in read:
        writer = writer or pq.ParquetWriter(drain, batch.schema.with_metadata(_MARKS), compression="lz4")
        if len(batch):
            writer.write_batch(batch)
        yield drain.taken()
    assert writer is not None, "there is always one batch"
    writer.close()
    yield drain.taken()


def _safe(batch: pa.RecordBatch, empty: tuple[str, ...]) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns = {name: escaped(one) if pa.types.is_string(one.type) else one for name, one in columns.items()}
    columns |= {name: columns[name].fill_null("") for name in empty}
    return pa.RecordBatch.from_pydict(columns)
