"""A file of scores, CSV or Parquet, that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from pricing.errors import InputError

_GROUP = 1_000_000  # rows that are written together
# Scores hardly repeat: a dictionary or a compression of them costs more time than it saves room.
_PLAIN = {"use_dictionary": False, "compression": "none", "column_encoding": {"row": "DELTA_BINARY_PACKED"}}


@contextmanager
def whole_file(out: Path) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """What takes the batches, all of one schema with a column `row`; `out` must not exist."""
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise InputError("portfolio_file_kind", str(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    file = _Growing(part, parquet=out.suffix.lower() == ".parquet")
    try:
        yield file.add
        file.close()
        part.rename(out)
    finally:
        part.unlink(missing_ok=True)


class _Growing:
    """A file that batches are added to, opened with the first of them."""

    def __init__(self, path: Path, *, parquet: bool) -> None:
        self._path, self._parquet = path, parquet
        self._waiting: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | pcsv.CSVWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep a batch until enough rows are together."""
        self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= _GROUP:
            self._write()

    def close(self) -> None:
        """Write what waits."""
        self._write()
        if self._writer is not None:
            self._writer.close()

    def _write(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting)
        if self._writer is None and self._parquet:
            self._writer = pq.ParquetWriter(self._path, table.schema, **_PLAIN)
        elif self._writer is None:
            self._writer = pcsv.CSVWriter(str(self._path), table.schema)
        self._writer.write_table(table)
        self._waiting = []
