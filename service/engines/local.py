"""The local engine: a month's files in, settled lines and declarations out, in bounded memory on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.arrow import LINE_SCHEMA, Part, lines_of, settled
from pricing.arrow_usage import USAGE_SCHEMA
from pricing.coding import COLUMN
from pricing.declaration import Group
from pricing.edition import Edition
from pricing.errors import CODE, OUT_OF_SCOPE
from pricing.month import Declared, MonthSums, allocation, may_leave_fractions
from pricing.units import IntArray
from service.engines.intake import Intake
from service.engines.refused import refused_rows

Progress = Callable[[str, int], None]
Refuse = Callable[[pa.RecordBatch], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a state is settled: edition, schemes, the rank of the weakest status that may be charged, and which
    schemes of the edition were left out, by code.
    """

    edition: Edition
    schemes: tuple[str, ...]
    weakest: int
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """One state of a month: its usage under one edition, settled."""

    lines: Path
    declared: dict[Group, Declared]
    refused: dict[str, int] = field(default_factory=dict)
    out_of_scope: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0


def write_intake(intake: Intake, out: Path, progress: Progress) -> None:
    """All rows of the files, normalised, in the order in which they were read."""
    with pq.ParquetWriter(out, USAGE_SCHEMA, compression="lz4") as writer:
        for batch in intake.batches():
            writer.write_batch(batch)
            progress("read", len(batch))


def batches_of(usage: Path) -> Iterator[pa.RecordBatch]:
    """Batches of a usage file in key order."""
    yield from pq.ParquetFile(usage).iter_batches(batch_size=122_880)


def settle_state(usage: Path, terms: Terms, out: Path, progress: Progress, refuse: Refuse | None = None) -> State:
    """Settle a usage file under an edition: lines to `out`, refused rows to `refuse`, declarations in memory.

    Declared schemes take a first pass over the month, because a declaration is rounded once and then allocated.
    """
    edition, names, weakest = terms.edition, terms.schemes, terms.weakest
    declared = [name for name in names if edition.schemes[name].declared]
    declared = [name for name in declared if may_leave_fractions(edition, edition.schemes[name])]
    shares = allocation(settled(batches_of(usage), edition, declared, weakest), edition) if declared else {}

    def extra(name: str, number: int, rows: int) -> IntArray:
        return shares[name].extra(number, rows) if name in shares else np.zeros(rows, dtype=np.int64)

    sums, state = MonthSums(edition, extra), State(out, {})
    with pq.ParquetWriter(out, LINE_SCHEMA, compression="lz4") as writer:
        for number, part in enumerate(settled(batches_of(usage), edition, names, weakest)):
            sums.add(part, number)
            lines = [batch for batch in lines_of(part, edition, number, extra) if len(batch)]
            if lines:
                writer.write_table(_in_key_order(pa.Table.from_batches(lines), part))
            if refuse is not None:
                for refused in refused_rows(part, edition):
                    scheme = refused.column("scheme")[0].as_py()
                    state.refused[scheme] = state.refused.get(scheme, 0) + len(refused)
                    refuse(refused)
            state.duplicates += _duplicates(part)
            for name, refusals in part.settlement.refusals.items():
                outside = np.isin(refusals % COLUMN, list(OUT_OF_SCOPE))
                state.out_of_scope[name] = state.out_of_scope.get(name, 0) + int(outside.sum())
            progress("settle", len(part.batch))
    state.declared = sums.declared
    return state


def _in_key_order(lines: pa.Table, part: Part) -> pa.Table:
    """Rows in key order, a row's schemes in the order of the edition: whatever the batches, the file is the same."""
    if len(part.settlement.priced) == 1:
        return lines
    places = [priced.kept for priced in part.settlement.priced.values() if priced is not None]
    order = pa.array(_interleaved(places))
    return lines.take(order)


def _interleaved(places: Sequence[IntArray]) -> IntArray:
    order: IntArray = np.concatenate(places).argsort(kind="stable")
    return order


def _duplicates(part: Part) -> int:
    refusals = next(iter(part.settlement.refusals.values()))
    return int((refusals % COLUMN == CODE["duplicate"]).sum())
