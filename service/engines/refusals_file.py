"""Files of refusals, by the name of the file and the row in it, so that one way through a file mends it.

They are found worker by worker, and a month may have as many as rows: what is found is sorted in runs that wait on the
disk, and a file is written from all runs at once. In memory are one run, and of every refusal its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from pricing.units import IntArray

_BOM = b"\xef\xbb\xbf"
_RUN = 131_072  # refusals
_ROWS = 1_024  # of a batch of a run that is read; of all runs one lies in memory
_SLICE = 16_384  # refusals that are written at once


@contextmanager
def refusals_file(path: Path, schema: pa.Schema, work: Path) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """A function that takes one batch of refusals. At the end the file holds all of them by `side` where there is one,
    by `file` and `row`, and of one row as they were found; UTF-8 with BOM, as spreadsheets like it. work: for the runs.
    """
    runs = _Runs(schema, work, path.stem)
    yield runs.add
    with path.open("wb") as file:
        file.write(_BOM)
        with pacsv.CSVWriter(file, schema) as writer:
            for table in runs.in_order():
                writer.write_table(table)


class _Runs:
    """Refusals as sorted runs, each a file, and the place of every refusal: the code of its file, and its row."""

    def __init__(self, schema: pa.Schema, work: Path, name: str) -> None:
        self._schema, self._work, self._name = schema, work, name
        self._waiting: list[pa.RecordBatch] = []
        self._count = 0  # of those that wait
        self._files: list[IntArray] = []
        self._rows: list[IntArray] = []
        self._codes: dict[str, int] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take refusals in any order; a run that is full is sorted and written."""
        self._waiting.append(batch)
        self._count += len(batch)
        if self._count >= _RUN:
            self._end_run()

    def in_order(self) -> Iterator[pa.Table]:
        """All refusals, slice by slice."""
        if self._waiting:
            self._end_run()
        if not self._rows:
            return
        order = _sorted(self._ranks(), np.concatenate(self._rows))
        runs = np.repeat(np.arange(len(self._rows)), [len(rows) for rows in self._rows]).take(order)
        with ExitStack() as stack:
            readers = [_Reader(stack.enter_context(pa.ipc.open_stream(path))) for path in self._paths()]
            for first in range(0, len(runs), _SLICE):
                yield _merged(readers, runs[first : first + _SLICE])
        for path in self._paths():
            path.unlink()

    def _end_run(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._waiting, self._count = [], 0
        names, rows = _place(table)
        ranks = _ranks_of(names.dictionary.to_pylist()).take(names.indices.to_numpy())
        order = _sorted(ranks, rows)
        codes = [self._codes.setdefault(name, len(self._codes)) for name in names.dictionary.to_pylist()]
        self._files.append(np.array(codes, dtype=np.int64).take(names.indices.to_numpy()).take(order))
        self._rows.append(rows.take(order))
        packed = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(self._paths()[-1], self._schema, options=packed) as writer:
            writer.write_table(table.take(pa.array(order)), max_chunksize=_ROWS)

    def _paths(self) -> list[Path]:
        return [self._work / f"{self._name}-{number}.arrow" for number in range(len(self._rows))]

    def _ranks(self) -> IntArray:
        return _ranks_of(list(self._codes)).take(np.concatenate(self._files))


class _Reader:
    """The refusals of a run, one after the other."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._left: pa.RecordBatch | None = None

    def next(self, count: int) -> Iterator[pa.RecordBatch]:
        """The next so many."""
        while count:
            left = self._left if self._left is not None else next(self._batches)
            taken = left.slice(0, count)
            self._left = left.slice(count) if len(left) > count else None
            count -= len(taken)
            yield taken


def _merged(readers: Sequence[_Reader], runs: IntArray) -> pa.Table:
    """The next refusals of all runs together. runs: of which run each is."""
    counts = np.bincount(runs, minlength=len(readers)).tolist()
    batches = [b for reader, count in zip(readers, counts, strict=True) for b in reader.next(count)]
    return pa.Table.from_batches(batches).take(pa.array(runs.argsort(kind="stable").argsort(kind="stable")))


def _place(table: pa.Table) -> tuple[pa.DictionaryArray, IntArray]:
    """Of each refusal the name of its file, behind that of its side, and its row."""
    names = table.column("file")
    if "side" in table.column_names:
        names = pc.binary_join_element_wise(table.column("side"), names, "\0")
    return names.combine_chunks().dictionary_encode(), table.column("row").to_numpy()


def _ranks_of(names: list[str]) -> IntArray:
    ranks = np.empty(len(names), dtype=np.int64)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return ranks


def _sorted(files: IntArray, rows: IntArray) -> IntArray:
    order: IntArray = np.lexsort((rows, files))
    return order
