"""Side files beside a month's usage: both sorted by worker, read forwards once, so that memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pricing.arrow_usage import BAD_CELLS, LIKE, OWN_COLUMNS, bad_cells
from pricing.side import GREATEST, NOTHING, Side, Table
from pricing.units import IntArray
from pricing.usage import UNKNOWN, whole_numbers
from service.engines import store
from service.engines.month_files import MonthFiles

Unknown = Callable[[str, pa.RecordBatch], None]
_ROWS = 65_536


class Forward:
    """A sorted side file, cut into slices for batches of usage."""

    def __init__(self, path: Path, rows: int) -> None:
        self._batches = pq.ParquetFile(path).iter_batches(batch_size=rows)
        self._kept: pa.RecordBatch | None = None

    def upto(self, last: str | None) -> Iterator[pa.RecordBatch]:
        """The next rows, of workers up to and with `last`; rows that name no worker stand first."""
        while (batch := self._next()) is not None:
            workers = batch.column("worker")
            before = workers.is_null()
            if last is not None:
                before = pc.or_(before, pc.fill_null(pc.less_equal(workers, last), True))
            cut = int(pc.sum(before).as_py() or 0)
            yield batch.slice(0, cut)
            if cut < len(batch):
                self._kept = batch.slice(cut)
                return

    def rest(self) -> Iterator[pa.RecordBatch]:
        """All rows that are left."""
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> pa.RecordBatch | None:
        kept, self._kept = self._kept, None
        return next(self._batches, None) if kept is None else kept


class Beside:
    """The side of each batch of usage, in their order. unknown: told of the rows whose worker has no usage."""

    def __init__(self, month: MonthFiles, unknown: Unknown | None = None, rows: int = _ROWS) -> None:
        self._files = {name: Forward(path, rows) for name, path in month.sides.items()}
        self._unknown = unknown

    def __call__(self, batch: pa.RecordBatch) -> Side:
        """What stands beside the workers of a batch; batches come in the order of their workers."""
        if not self._files:
            return NOTHING
        workers = pc.unique(batch.column("worker"))
        last = batch.column("worker")[len(batch) - 1].as_py()
        found = {name: self._slice(name, workers, last) for name in self._files}
        return Side(*(found.get(name, Table.of(())) for name in ("enrolments", "history")))

    def _slice(self, name: str, workers: pa.Array, last: str | None) -> Table:
        known = []
        for batch in self._files[name].upto(last):
            is_known = pc.and_(batch.column("worker").is_valid(), pc.is_in(batch.column("worker"), workers))
            known.append(batch.filter(is_known))
            self._tell(name, batch.filter(pc.invert(is_known)))
        return table_of(known)

    def finish(self) -> None:
        """All usage was read: what is left of the side files names workers without any."""
        for name, file in self._files.items():
            for batch in file.rest():
                self._tell(name, batch)

    def _tell(self, name: str, batch: pa.RecordBatch) -> None:
        if self._unknown is not None and len(batch):
            self._unknown(name, batch)


def side_of_worker(connection: Any, month: MonthFiles, worker: str) -> Side:
    """What stands beside one worker's usage."""
    tables = {
        name: table_of(store.side_of_worker(connection, path, worker).to_batches())
        for name, path in month.sides.items()
    }
    return Side(*(tables.get(name, Table.of(())) for name in ("enrolments", "history")))


def table_of(batches: list[pa.RecordBatch]) -> Table:
    """Rows of a side file as columns, with their file, their number and their bad cells as texts and numbers too."""
    whole = pa.Table.from_batches(batches).combine_chunks() if batches else pa.table({})
    texts: dict[str, tuple[str, ...]] = {}
    codes: dict[str, IntArray] = {}
    numbers: dict[str, IntArray] = {}
    for name in whole.column_names:
        column = whole.column(name)
        if column.null_count == len(column) or name == OWN_COLUMNS:
            continue
        if pa.types.is_integer(column.type):
            numbers[name] = _whole(column)
        else:
            encoded = column.combine_chunks().dictionary_encode()
            texts[name], codes[name] = tuple(encoded.dictionary.to_pylist()), _whole(encoded.indices)
    return Table(whole.num_rows, texts, codes, _with_bad_cells(texts, codes, numbers))


def _whole(column: pa.Array | pa.ChunkedArray) -> IntArray:
    filled = pc.fill_null(column.cast(pa.int64()), UNKNOWN)
    return np.array(filled.to_numpy() if isinstance(filled, pa.ChunkedArray) else filled, dtype=np.int64)


def _with_bad_cells(
    texts: dict[str, tuple[str, ...]], codes: dict[str, IntArray], numbers: dict[str, IntArray]
) -> dict[str, IntArray]:
    """Number columns in which a cell that was no whole number says what was wrong with it."""
    if BAD_CELLS not in codes:
        return numbers
    found: dict[str, dict[int, object]] = {}
    for row in (codes[BAD_CELLS] >= 0).nonzero()[0].tolist():
        for name, cell in bad_cells(texts[BAD_CELLS][int(codes[BAD_CELLS][row])], LIKE).items():
            found.setdefault(name, {})[row] = cell
    for name, cells in found.items():
        values = numbers.setdefault(name, np.full(len(codes[BAD_CELLS]), UNKNOWN, dtype=np.int64))
        values[list(cells)] = whole_numbers(list(cells.values()), GREATEST[name])
    return numbers
