"""The local engine: a month's files in, settled lines and declarations out, in bounded memory on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pricing.arrow import LINE_SCHEMA, Extra, Part, lines_of, settled
from pricing.coding import COLUMN
from pricing.declaration import Group
from pricing.edition import Edition
from pricing.errors import CODE, OUT_OF_SCOPE
from pricing.month import Declared, MonthSums, allocation, may_leave_fractions
from pricing.payers import PAYER_NAMES
from pricing.units import IntArray
from service.engines.beside import Beside
from service.engines.intake import Intake
from service.engines.month_files import MonthFiles
from service.engines.refusing import Refusing

Progress = Callable[[str, int], None]
_PAGE = 1 << 16  # bytes of a column that are unpacked at once by whoever reads lines: a megabyte if nothing is said
_GROUP = 122_880  # lines that are found and read together: a page of a month needs one such group, not the month


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a state is settled: edition, schemes with covers, the rank of the weakest status that may be charged,
    and which schemes of the edition were left out, by code.
    """

    edition: Edition
    schemes: tuple[str, ...]
    weakest: int
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """One state of a month: its files under one edition, settled. payers: who bears how much, per scheme or cover."""

    lines: Path
    declared: dict[Group, Declared]
    refused: dict[str, int] = field(default_factory=dict)
    out_of_scope: dict[str, int] = field(default_factory=dict)
    payers: dict[str, dict[str, int]] = field(default_factory=dict)
    side: dict[str, dict[str, int]] = field(default_factory=dict)
    duplicates: int = 0


def write_intake(intake: Intake, out: Path, progress: Progress) -> None:
    """All rows of the files, normalised, in the order in which they were read."""
    with pq.ParquetWriter(out, intake.form.schema, compression="lz4") as writer:
        for batch in intake.batches():
            writer.write_batch(batch)
            progress("read", len(batch))


def batches_of(usage: Path) -> Iterator[pa.RecordBatch]:
    """Batches of a usage file in key order."""
    yield from pq.ParquetFile(usage).iter_batches(batch_size=122_880)


def settle_state(
    month: MonthFiles, terms: Terms, out: Path, progress: Progress, refusing: Refusing | None = None
) -> State:
    """Settle a month under an edition: lines to `out`, what is refused to `refusing`, declarations in memory."""
    extra = _allocated(month, terms)
    beside = Beside(month, None if refusing is None else refusing.unknown)
    parts = settled(batches_of(month.usage), terms.edition, terms.schemes, terms.weakest, beside)
    sums, state = MonthSums(terms.edition, extra), State(out, {})
    # A line is looked for by its worker; statistics of other columns would cost a third of the writing.
    said = {"compression": "lz4", "write_statistics": ["worker"], "data_page_size": _PAGE}
    with pq.ParquetWriter(out, LINE_SCHEMA, **said) as writer:
        for number, part in enumerate(parts):
            sums.add(part, number)
            lines = [batch for batch in lines_of(part, terms.edition, number, extra) if len(batch)]
            if lines:
                writer.write_table(_in_key_order(pa.Table.from_batches(lines), part), row_group_size=_GROUP)
            if refusing is not None:
                refusing.part(part)
            _count(state, part, lines)
            progress("settle", len(part.batch))
    beside.finish()
    state.declared = sums.declared
    if refusing is not None:
        state.refused, state.side = refusing.refused, refusing.side
    return state


def _allocated(month: MonthFiles, terms: Terms) -> Extra:
    """Fen to add to the lines of declared schemes: a declaration is rounded once and then allocated.

    Where lines may be other than whole fen this takes a first pass over the month.
    """
    edition = terms.edition
    declared = [name for name in terms.schemes if edition.schemes[name].declared]
    declared = [name for name in declared if may_leave_fractions(edition, edition.schemes[name])]
    parts = settled(batches_of(month.usage), edition, declared, terms.weakest)
    shares = allocation(parts, edition) if declared else {}

    def extra(name: str, number: int, rows: int) -> IntArray:
        return shares[name].extra(number, rows) if name in shares else np.zeros(rows, dtype=np.int64)

    return extra


def _count(state: State, part: Part, lines: Sequence[pa.RecordBatch]) -> None:
    """Rows out of scope, doubled rows, and who pays how much."""
    state.duplicates += _duplicates(part)
    for name, refusals in part.settlement.refusals.items():
        outside = np.isin(refusals % COLUMN, list(OUT_OF_SCOPE))
        state.out_of_scope[name] = state.out_of_scope.get(name, 0) + int(outside.sum())
    for batch in lines:
        borne = state.payers.setdefault(batch.column("scheme")[0].as_py(), dict.fromkeys(PAYER_NAMES, 0))
        for payer in PAYER_NAMES:
            borne[payer] += int(pc.sum(batch.column(f"{payer}_fen")).as_py())


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
