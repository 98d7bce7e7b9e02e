"""Simulates a book of claims with known truth: worker-months, claims, every parameter, a note, plans to train on it.

Blocks of workers are drawn and written one by one, each from its own generators, so memory is bounded by a block.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.units import month_text, parse_month
from training.book_claims import Claims, draw_claims
from training.book_columns import CLAIMS, of_claims, of_months
from training.book_months import WorkerMonths, draw_months
from training.book_note import book_note
from training.book_plan import plans
from training.book_totals import Totals
from training.book_truth import truth_of
from training.claims import EXPOSED
from training.claims_truth import Truth, solved_truth

BLOCK_WORKERS = 4096
MOST_MONTHS = 120  # with BLOCK_WORKERS, what a block may hold
TABLES = (*EXPOSED, "claims.parquet")


@dataclass(frozen=True, slots=True)
class Book:
    """What was drawn and where it lies. first_month: YYYY-MM; claims: number by peril, ultimate."""

    folder: Path
    workers: int
    months: int
    first_month: str
    seed: int
    rows: int
    claims: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Workers from number `first` on, with their months and the claims of each peril."""

    first: int
    months: WorkerMonths
    claims: Mapping[str, Claims]


def simulate_book(
    workers: int, months: int, seed: int, first_month: str, out: Path, progress: Callable[[int], None] | None = None
) -> Book:
    """Write a synthetic book of `workers` × `months` rows and their claims into the folder `out`.

    progress is told the rows written so far. ValueError for what cannot be drawn, FileExistsError where `out` already
    holds one of the files. The same arguments give the same bytes with the same libraries on the same kind of machine.
    """
    first = parse_month(first_month)
    if workers < 1 or not 1 <= months <= MOST_MONTHS or seed < 0 or first is None:
        given = f"{workers}, {months}, {seed}, {first_month}"
        raise ValueError(f"workers from 1, months from 1 to {MOST_MONTHS}, seed from 0, month YYYY-MM; not {given}")
    truth = solved_truth()
    texts = plans(truth.perils)
    taken = [str(out / name) for name in (*TABLES, *texts, "TRUTH.json", "SYNTHETIC.md") if (out / name).exists()]
    if taken:
        raise FileExistsError(f"not overwritten: {', '.join(taken)}")
    out.mkdir(parents=True, exist_ok=True)
    marks = {"synthetic": True, "seed": seed, "workers": workers, "months": months, "first_month": first_month}
    totals = _write(out, truth, draw_blocks(truth, workers, months, seed, first), first, marks, progress)
    known = truth_of(truth, totals, marks)
    texts |= {"TRUTH.json": json.dumps(known, ensure_ascii=False, indent=1) + "\n", "SYNTHETIC.md": book_note(known)}
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    for name in TABLES:
        (out / name).with_suffix(".partial").replace(out / name)
    claims = {peril.name: totals.claims[peril.name] for peril in truth.perils}
    return Book(out, workers, months, first_month, seed, totals.rows, claims)


def draw_blocks(truth: Truth, workers: int, months: int, seed: int, first_month: int) -> Iterator[Block]:
    """The blocks in order. Each peril has its own generator, so that one more would leave the others' claims alone."""
    for block, start in enumerate(range(0, workers, BLOCK_WORKERS)):
        number = min(BLOCK_WORKERS, workers - start)
        drawn = draw_months(_generator(seed, block, 0), number, first_month, months, truth.scale.regions)
        claims = {
            peril.name: draw_claims(_generator(seed, block, place), drawn, truth, peril)
            for place, peril in enumerate(truth.perils, 1)
        }
        yield Block(start, drawn, claims)


def _generator(seed: int, block: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([seed, block, stream]))


def _write(
    out: Path,
    truth: Truth,
    blocks: Iterator[Block],
    first_month: int,
    marks: Mapping[str, object],
    progress: Callable[[int], None] | None,
) -> Totals:
    """Write the tables block by block; what was written, added up."""
    metadata = {"licheng": json.dumps(marks)}
    totals = Totals()
    with ExitStack() as open_files:
        writers: dict[str, pq.ParquetWriter] = {}
        for block in blocks:
            for name, table in _tables(block, truth, first_month, sum(totals.claims.values())).items():
                if name not in writers:
                    path = (out / name).with_suffix(".partial")
                    schema = table.schema.with_metadata(metadata)
                    writers[name] = open_files.enter_context(pq.ParquetWriter(path, schema))
                writers[name].write_table(table.replace_schema_metadata(metadata))
            totals.add(block.months, block.claims, truth)
            if progress is not None:
                progress(totals.rows)
    return totals


def _tables(block: Block, truth: Truth, first_month: int, numbered: int) -> dict[str, pa.Table]:
    """A block's rows by file. numbered: claims of the blocks before."""
    number, period = block.months.orders.shape
    names = [f"w_{worker:09d}" for worker in range(block.first + 1, block.first + number + 1)]
    texts = [month_text(first_month + month) for month in range(period)]
    found = {}
    for name, trades in EXPOSED.items():
        perils = [peril for peril in truth.perils if peril.trades == trades]
        found[name] = pa.table(of_months(block.months, block.claims, perils, names, texts))
    found["claims.parquet"] = pa.table(
        of_claims(block.months, block.claims, truth, names, (first_month, numbered)), CLAIMS
    )
    return found
