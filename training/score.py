"""Score: expected counts and amounts of every row of a portfolio, from published tables alone."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pricing.banding import Banding
from pricing.edition import Edition
from pricing.errors import InputError
from pricing.perils import Part, Peril
from pricing.rate_table import NATION, Curve, RateTable
from pricing.tariff import Tariff
from pricing.units import PPM, IntArray, times_ppm
from training.batches import batches
from training.lookups import Fine, Floats, Lookup, floats
from training.published import PER, THOUSAND
from training.scored_file import whole_file

_WORKERS = 2
_AHEAD = 3 * _WORKERS  # batches that are read before they are asked for
BoolArray = npt.NDArray[np.bool_]
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """What was written: rows, and per peril the expected counts and amounts in sum; without: rows that have no
    readable exposure of 0 or more, whose figures are empty.
    """

    rows: int
    counts: Mapping[str, float]
    amounts: Mapping[str, float]
    without: Mapping[str, int]


def score(tables: Path, data: Sequence[Path], out: Path, progress: Progress, relativities: bool = False) -> Scored:
    """One row of `out` (CSV or Parquet) per row of the data, in its order; bounded memory, all rows or no file.

    InputError names a column that is not there, or a row with a level that the tables do not price.
    """
    tariff = Tariff.load(tables)
    if not tariff.perils:
        raise InputError("no_perils", str(tables))
    pricing = Pricing.of(tariff, relativities)
    sums = dict.fromkeys(pricing.names, 0.0)
    empty = dict.fromkeys(pricing.names, 0)
    rows = 0
    with _counted(data, pricing), whole_file(out) as write, ThreadPoolExecutor(_WORKERS) as pool:
        for scored in _in_turn(pool, batches(data, pricing.numbers, pricing.words), pricing.scored):
            for name in pricing.names:
                sums[name] += pc.sum(scored[name]).as_py() or 0.0
                empty[name] += scored[name].null_count
            write(scored)
            rows += len(scored)
            progress("score", len(scored))
    counts, amounts = (
        {name: sums[f"expected_{what}_{name}"] for name in tariff.perils if f"expected_{what}_{name}" in sums}
        for what in ("counts", "amounts")
    )
    return Scored(rows, counts, amounts, {name: empty[f"expected_counts_{name}"] for name in tariff.perils})


class _WithoutLevel(Exception):
    """A row (from 0) with a value that has no level in a table; found: the value in words."""

    def __init__(self, row: int, lookup: Lookup, found: str) -> None:
        super().__init__(row)
        self.row, self.lookup, self.found = row, lookup, found


@contextmanager
def _counted(data: Sequence[Path], pricing: Pricing) -> Iterator[None]:
    """Where a row has no level, InputError with the number of all such rows: they are mended together."""
    try:
        yield
    except _WithoutLevel as error:
        found = (pricing.unpriced(batch) for _, batch in batches(data, pricing.numbers, pricing.words))
        rows = sum(int(mask.sum()) for mask in found)
        read, shown = error.lookup.read, {"found": error.found, "rows": f"{rows:,}"}
        place = f"row {error.row}"
        raise InputError("level_without_table", place, table=read.table, factor=", ".join(read.of), **shown) from None


def _in_turn(
    pool: ThreadPoolExecutor,
    source: Iterator[tuple[int, pa.RecordBatch]],
    work: Callable[[int, pa.RecordBatch], pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Batches worked on beside each other, a few ahead, in their order."""
    waiting: deque[Future[pa.RecordBatch]] = deque()
    for first, batch in source:
        waiting.append(pool.submit(work, first, batch))
        if len(waiting) > _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@dataclass(frozen=True, slots=True, eq=False)
class Tabled:
    """A frequency or a severity: its base, and its relativities in the order in which they multiply."""

    base: int
    lookups: tuple[Lookup, ...]

    @classmethod
    def of(cls, part: Part, edition: Edition, fine: Mapping[str, Fine]) -> Tabled:
        """From the entries in force."""
        number = edition.number_of(part.base, NATION)
        assert isinstance(number, int)
        base = edition.entries[number].entry.value
        assert isinstance(base, int)
        curves = {read.table for read in part.relativities if is_curve(edition.tables[read.table])}
        return cls(
            base,
            tuple(
                Lookup.of_curve(read, edition) if read.table in curves else Lookup.of(read, edition, fine)
                for read in part.relativities
            ),
        )

    def ratio(self, codes: Mapping[str, IntArray], first: int, batch: pa.RecordBatch) -> IntArray:
        """The running product of the relativities, half up at each step, as a price has it. [ppm]"""
        ratio = np.full(len(batch), PPM, dtype=np.int64)
        for lookup in self.lookups:
            factor = lookup.at(codes, batch)
            if factor.min() < 0:
                row = int((factor < 0).argmax())
                raise _WithoutLevel(first + row, lookup, lookup.said(batch, row))
            ratio = times_ppm(ratio, factor)
        return ratio


@dataclass(frozen=True, slots=True, eq=False)
class Pricing:
    """How the rows of a portfolio are priced by a tariff of perils. parts: frequency and severity, by peril."""

    perils: Mapping[str, Peril]
    fine: Mapping[str, Fine]
    parts: Mapping[str, tuple[Tabled, Tabled | None]]
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    relativities: bool

    @classmethod
    def of(cls, tariff: Tariff, relativities: bool) -> Pricing:
        """From a tariff folder; its latest entries answer."""
        last = max(e.effective_from for t in tariff.tables.values() for entries in t.entries.values() for e in entries)
        edition = tariff.on(last, dt.date.max)
        by_column: dict[str, dict[str, Banding]] = {}
        for name, factor in tariff.factors.items():
            if factor.banding is not None:
                by_column.setdefault(factor.banding.column, {})[name] = factor.banding
        fine = {column: Fine.of(bandings) for column, bandings in by_column.items()}
        parts = {
            name: (
                Tabled.of(peril.frequency, edition, fine),
                None if peril.severity is None else Tabled.of(peril.severity, edition, fine),
            )
            for name, peril in tariff.perils.items()
        }
        words = tuple(column for column, own in fine.items() if not len(own.starts))
        exposures = [name for peril in tariff.perils.values() for name in peril.exposure]
        lookups = [one for pair in parts.values() for part in pair if part for one in part.lookups]
        curves = [one.read.of[0] for one in lookups if one.curve is not None]
        numbers = tuple(dict.fromkeys((*exposures, *curves, *(column for column in fine if column not in words))))
        return cls(tariff.perils, fine, parts, numbers, words, relativities)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of figures that are written."""
        return tuple(
            f"expected_{what}_{name}"
            for name, parts in self.parts.items()
            for what, part in zip(("counts", "amounts"), parts, strict=True)
            if part is not None
        )

    def scored(self, first: int, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Expected counts and amounts of a batch whose first row has this number."""
        codes = self._codes(batch)
        columns: dict[str, Any] = {"row": np.arange(first, first + len(batch), dtype=np.int64)}
        for name, (frequency, severity) in self.parts.items():
            exposure, unknown = _exposure(self.perils[name], batch)
            ratio = frequency.ratio(codes, first, batch)
            if self.relativities:
                columns |= {one.read.table: one.at(codes, batch) for one in frequency.lookups}
            counts = exposure * (frequency.base / PER) * (ratio / PPM)
            columns[f"expected_counts_{name}"] = pa.array(counts, mask=unknown)
            if severity is not None:
                cost = severity.base / THOUSAND * (severity.ratio(codes, first, batch) / PPM)
                columns[f"expected_amounts_{name}"] = pa.array(counts * cost, mask=unknown)
        return pa.RecordBatch.from_pydict({name: pa.array(column) for name, column in columns.items()})

    def unpriced(self, batch: pa.RecordBatch) -> BoolArray:
        """Rows with a value that has no level in some table."""
        codes = self._codes(batch)
        lookups = [one for pair in self.parts.values() for part in pair if part for one in part.lookups]
        without: BoolArray = np.any([one.at(codes, batch) < 0 for one in lookups], axis=0)
        return without

    def _codes(self, batch: pa.RecordBatch) -> dict[str, IntArray]:
        return {column: fine.codes(batch[column]) for column, fine in self.fine.items()}


def _exposure(peril: Peril, batch: pa.RecordBatch) -> tuple[Floats, BoolArray | None]:
    """The product of a peril's exposure columns, with a mask of rows where one is not a number of 0 or more, if any."""
    exposure = np.ones(len(batch))
    known = np.ones(len(batch), dtype=bool)
    for column in peril.exposure:
        own = floats(batch[column])
        known &= own >= 0
        exposure = exposure * own
    return exposure, None if known.all() else ~known


def is_curve(table: RateTable) -> bool:
    """Whether a table holds curves."""
    return any(isinstance(entry.value, Curve) for entries in table.entries.values() for entry in entries)
