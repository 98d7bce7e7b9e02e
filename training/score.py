"""Score: expected counts and amounts of every row of a portfolio, from published tables alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pricing.banding import Banding, name_of
from pricing.edition import Edition
from pricing.errors import InputError
from pricing.perils import Part, Peril, Read
from pricing.rate_table import NATION, Curve, RateTable
from pricing.tariff import Tariff
from pricing.units import PPM, IntArray, times_ppm
from training.published import PER, THOUSAND

BATCH = 262_144
WORKERS = 2
Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """What was written: rows, and per peril the expected counts and amounts in sum."""

    rows: int
    counts: Mapping[str, float]
    amounts: Mapping[str, float]


def score(tables: Path, data: Sequence[Path], out: Path, progress: Progress, relativities: bool = False) -> Scored:
    """One row of `out` (CSV or Parquet) per row of the data, in its order; bounded memory.

    InputError names a column that is not there, or a row with a level that the tables do not price.
    """
    tariff = Tariff.load(tables)
    if not tariff.perils:
        raise InputError("no_perils", str(tables))
    reading = Reading.of(tariff)
    rows, sums = 0, {name: [0.0, 0.0] for name in tariff.perils}
    with ExitStack() as stack, ThreadPoolExecutor(WORKERS) as pool:
        write = _writer(out, stack)
        for numbered in _in_turn(pool, _batches(data, reading.columns), reading, relativities):
            for name, total in sums.items():
                total[0] += float(pc.sum(numbered[f"expected_counts_{name}"]).as_py() or 0)
                if f"expected_amounts_{name}" in numbered.schema.names:
                    total[1] += float(pc.sum(numbered[f"expected_amounts_{name}"]).as_py() or 0)
            write(numbered)
            rows += len(numbered)
            progress("score", len(numbered))
    return Scored(
        rows, {n: t[0] for n, t in sums.items()}, {n: t[1] for n, t in sums.items() if tariff.perils[n].severity}
    )


def _in_turn(
    pool: ThreadPoolExecutor, batches: Iterator[tuple[int, pa.RecordBatch]], reading: Reading, relativities: bool
) -> Iterator[pa.RecordBatch]:
    """Batches scored a few at a time, in their order."""
    while several := list(islice(batches, 2 * WORKERS)):
        yield from pool.map(lambda one: reading.scored(one[0], one[1], relativities), several)


def _batches(data: Sequence[Path], columns: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The needed columns of all files, with the number of the first row of each batch, from 0."""
    first = 0
    for path in data:
        kind = "parquet" if path.suffix.lower() == ".parquet" else "csv"
        try:
            source = ds.dataset(str(path), format=kind)
        except (pa.ArrowException, OSError) as error:
            raise InputError("file_not_found", str(path), path=path) from error
        for name in columns:
            if name not in source.schema.names:
                raise InputError("column_missing", str(path), column=name)
        for batch in source.to_batches(columns=list(columns), batch_size=BATCH):
            if len(batch):
                yield first, batch
                first += len(batch)


def _writer(out: Path, stack: ExitStack) -> Callable[[pa.RecordBatch], None]:
    made: list[Any] = []

    def write(batch: pa.RecordBatch) -> None:
        if not made:
            kind = pq.ParquetWriter if out.suffix.lower() == ".parquet" else pcsv.CSVWriter
            made.append(stack.enter_context(kind(str(out), batch.schema)))
        made[0].write_batch(batch)

    return write


@dataclass(frozen=True, slots=True, eq=False)
class Fine:
    """One coding of a raw column that serves all bandings of it: level of each banding per fine code.

    starts: union of the bands' starts; names: union of the groups' names; levels: banding → level per fine code, the
    last two codes for an unseen and for an empty value.
    """

    starts: Floats
    names: Mapping[str, int]
    levels: Mapping[str, IntArray]

    @classmethod
    def of(cls, bandings: Mapping[str, Banding]) -> Fine:
        """From every banding of a column, by the factor's name."""
        starts = sorted({start for banding in bandings.values() for start in banding.starts})
        names = list(dict.fromkeys(name for banding in bandings.values() for name in banding.groups))
        levels = {}
        for factor, banding in bandings.items():
            own = banding.numbers(np.array(starts if starts else names, dtype=float if starts else object))
            levels[factor] = np.array([*own, banding.unseen, banding.missing], dtype=np.int64)
        return cls(np.array(starts), {name: code for code, name in enumerate(names)}, levels)

    def codes(self, column: pa.Array) -> IntArray:
        """Fine code of each value."""
        if len(self.starts):
            values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
            codes = np.maximum(np.searchsorted(self.starts, values, side="right") - 1, 0)
            return np.where(np.isnan(values), len(self.starts) + 1, codes)
        encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
        named = [name_of(value) for value in encoded.dictionary.to_pylist()]
        unseen, missing = len(self.names), len(self.names) + 1
        places = [missing if name is None else self.names.get(name, unseen) for name in named]
        indices = pc.fill_null(encoded.indices.cast(pa.int64()), len(places)).to_numpy(zero_copy_only=False)
        found: IntArray = np.array([*places, missing], dtype=np.int64).take(indices)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How the columns of a portfolio are read by a tariff: fine codings, perils, and the edition of the tables."""

    edition: Edition
    perils: Mapping[str, Peril]
    fine: Mapping[str, Fine]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, tariff: Tariff) -> Reading:
        """From a tariff folder of perils; its latest entries answer."""
        last = max(e.effective_from for t in tariff.tables.values() for entries in t.entries.values() for e in entries)
        by_column: dict[str, dict[str, Banding]] = {}
        for name, factor in tariff.factors.items():
            if factor.banding is not None:
                by_column.setdefault(factor.banding.column, {})[name] = factor.banding
        parts = [part for peril in tariff.perils.values() for part in (peril.frequency, peril.severity) if part]
        reads = [read for part in parts for read in part.relativities]
        curves = [read.of[0] for read in reads if is_curve(tariff.tables[read.table])]
        exposures = [name for peril in tariff.perils.values() for name in peril.exposure]
        columns = tuple(dict.fromkeys((*exposures, *by_column, *curves)))
        fine = {column: Fine.of(bandings) for column, bandings in by_column.items()}
        return cls(tariff.on(last, dt.date.max), tariff.perils, fine, columns)

    def scored(self, first: int, batch: pa.RecordBatch, relativities: bool) -> pa.RecordBatch:
        """Expected counts and amounts of a batch."""
        codes = {column: fine.codes(batch[column]) for column, fine in self.fine.items()}
        columns: dict[str, Any] = {"row": np.arange(first, first + len(batch), dtype=np.int64)}
        for name, peril in self.perils.items():
            exposure = np.ones(len(batch))
            for column in peril.exposure:
                exposure = exposure * batch[column].cast(pa.float64()).to_numpy(zero_copy_only=False)
            ratio = self._ratio(peril.frequency, codes, batch, first)
            if relativities:
                columns |= {read.table: self._factor(read, codes, batch) for read in peril.frequency.relativities}
            counts = exposure * (self._base(peril.frequency) / PER) * (ratio / PPM)
            columns[f"expected_counts_{name}"] = counts
            if peril.severity is not None:
                cost = self._base(peril.severity) / THOUSAND * (self._ratio(peril.severity, codes, batch, first) / PPM)
                columns[f"expected_amounts_{name}"] = counts * cost
        return pa.RecordBatch.from_pydict({name: pa.array(column) for name, column in columns.items()})

    def _base(self, part: Part) -> int:
        number = self.edition.number_of(part.base, NATION)
        assert isinstance(number, int)
        value = self.edition.entries[number].entry.value
        assert isinstance(value, int)
        return value

    def _ratio(self, part: Part, codes: Mapping[str, IntArray], batch: pa.RecordBatch, first: int) -> IntArray:
        """The running product of the relativities, half up at each step, as a price has it. [ppm]"""
        ratio = np.full(len(batch), PPM, dtype=np.int64)
        for read in part.relativities:
            factor = self._factor(read, codes, batch)
            if (factor < 0).any():
                row = first + int((factor < 0).argmax())
                raise InputError("level_without_table", f"row {row + 1}", table=read.table, factor=", ".join(read.of))
            ratio = times_ppm(ratio, factor)
        return ratio

    def _factor(self, read: Read, codes: Mapping[str, IntArray], batch: pa.RecordBatch) -> IntArray:
        if is_curve(self.edition.tables[read.table]):
            return self._curve(read, batch[read.of[0]])
        grid = self.edition.grid(read.table)
        place: IntArray | None = None
        for key, size in zip(grid.keys, grid.sizes, strict=True):
            banding = self.edition.factors[key].banding
            assert banding is not None
            level = self.fine[banding.column].levels[key].take(codes[banding.column])
            place = level if place is None else place * size + level
        assert place is not None
        return grid.values.take(place)

    def _curve(self, read: Read, column: pa.Array) -> IntArray:
        curve = self.edition.curve(read.table)
        assert curve is not None
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        missing = np.isnan(values)
        found = curve.at(np.rint(np.where(missing, 0, values)).astype(np.int64))
        return np.where(missing, read.missing_ppm, found)


def is_curve(table: RateTable) -> bool:
    """Whether a table holds curves."""
    return any(isinstance(entry.value, Curve) for entries in table.entries.values() for entry in entries)
