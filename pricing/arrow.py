"""Arrow in, Arrow out: usage as record batches, whole workers at a time, settled into lines.

The same generator serves a local run and, handed to Spark's `mapInArrow`, a distributed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pricing.arrow_usage import OWN_COLUMNS, usage_of, whole_workers
from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import CODE, OUT_OF_SCOPE
from pricing.flags import flags
from pricing.key_order import BoolArray
from pricing.payers import PAYER_NAMES, bear
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.scheme import Scheme
from pricing.settle import Priced, Settlement, settle
from pricing.side import NOTHING, Side
from pricing.units import PPM, IntArray, whole_fen
from pricing.usage import KEY, Usage

_KEY_FIELDS = [(name, pa.string()) for name in (*KEY, "worker_ref", "scheme", "cover")]
LINE_SCHEMA = pa.schema(
    [
        *_KEY_FIELDS,
        ("exposure", pa.int64()),
        ("unit", pa.string()),
        ("rate", pa.int64()),
        ("float_ppm", pa.int64()),
        ("ratio_ppm", pa.int64()),
        ("premium_millifen", pa.int64()),
        ("levy_fen", pa.int64()),
        *((f"{payer}_fen", pa.int64()) for payer in PAYER_NAMES),
        ("status", pa.string()),
        ("evidence", pa.string()),
        ("incomplete", pa.bool_()),
        ("flags", pa.string()),
        ("settles", pa.string()),
        ("reason", pa.string()),
        (OWN_COLUMNS, pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A settled part of a month, with what stood beside it."""

    batch: pa.RecordBatch
    usage: Usage
    settlement: Settlement
    side: Side = NOTHING


Extra = Callable[[str, int, int], IntArray]
SideOf = Callable[[pa.RecordBatch], Side]


def settle_batches(
    batches: Iterable[pa.RecordBatch], edition: Edition, names: Iterable[str], extra: Extra | None = None
) -> Iterator[pa.RecordBatch]:
    """Lines of each batch. Batches hold whole workers, in key order over the month.

    extra: fen to add to a part's lines of a declared scheme (scheme, part, rows), from a first pass over the month.
    """
    for number, part in enumerate(settled(batches, edition, names)):
        yield from (lines for lines in lines_of(part, edition, number, extra) if len(lines))


def settled(
    batches: Iterable[pa.RecordBatch],
    edition: Edition,
    names: Iterable[str],
    weakest: int = len(STATUSES) - 1,
    side_of: SideOf = lambda batch: NOTHING,
) -> Iterator[Part]:
    """Each batch with its settlement. weakest: rank of the weakest status that may be charged; side_of: what stands
    beside a batch.
    """
    names = tuple(names)
    for batch in whole_workers(batches):
        usage, side = usage_of(batch), side_of(batch)
        yield Part(batch, usage, settle(usage, edition, names, weakest, side), side)


def lines_of(part: Part, edition: Edition, number: int, extra: Extra | None) -> Iterator[pa.RecordBatch]:
    """Lines of a part, scheme by scheme, rows in key order."""
    for name, priced in part.settlement.priced.items():
        if priced is not None:
            levy = levies_of(priced, edition.schemes[name], number, extra)
            yield _lines(part, priced, levy, edition, edition.schemes[name])


def levies_of(priced: Priced, scheme: Scheme, number: int, extra: Extra | None) -> IntArray:
    """Levy of each priced row of a part; of a declared scheme as the whole month allocates it."""
    if not scheme.declared or extra is None:
        return priced.levy_fen
    levy: IntArray = whole_fen(priced.sheet.millifen) + extra(scheme.name, number, len(priced.rows))
    return levy


def _lines(part: Part, priced: Priced, levy: IntArray, edition: Edition, scheme: Scheme) -> pa.RecordBatch:
    rows = part.settlement.checked.order[priced.kept]
    count = len(rows)
    taken = part.batch.take(pa.array(rows))
    exposure, unit = exposure_of(priced, scheme)
    ratio = priced.sheet.ratio_ppm
    borne = bear(levy, priced.rows.codes.get("engagement"), edition, scheme)
    columns = {
        **{key: pc.fill_null(_plain(taken.column(key)), "") for key in (*KEY, "worker_ref")},
        "scheme": _same(scheme.name, count),
        "cover": _same(scheme.cover, count),
        "exposure": pa.array(exposure),
        "unit": _same(unit, count),
        "rate": pa.array(rate_of(priced)),
        "float_ppm": pa.array(float_of(priced)),
        "ratio_ppm": pa.nulls(count, pa.int64()) if ratio is None else pa.array(ratio),
        "premium_millifen": pa.array(priced.sheet.millifen),
        "levy_fen": pa.array(levy),
        **{f"{payer}_fen": pa.array(borne.get(payer, np.zeros(count, dtype=np.int64))) for payer in PAYER_NAMES},
        "status": _words(STATUSES, priced.status),
        "evidence": _words(EVIDENCE, priced.evidence),
        "incomplete": pa.array(incomplete(part.settlement, priced, scheme)),
        "flags": _flags(priced, edition, scheme),
        "settles": _same("", count),
        "reason": _same("", count),
        OWN_COLUMNS: taken.column(OWN_COLUMNS),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in LINE_SCHEMA.names], schema=LINE_SCHEMA)


def exposure_of(priced: Priced, scheme: Scheme) -> tuple[IntArray, str]:
    """What a row's base rate was multiplied by, with its unit."""
    if priced.sheet.base_fen is not None:
        return priced.sheet.base_fen, "fen"
    if scheme.exposure == "insured_months":
        return priced.rows.first_of_worker, scheme.exposure
    return priced.rows.numbers[scheme.exposure], scheme.exposure


def rate_of(priced: Priced) -> IntArray:
    """Base rate of each row before its float, in the unit of its table."""
    base, floated = priced.sheet.step("base_rate"), priced.sheet.step("float")
    assert base is not None
    rate = floated.facts.get("amount", base.operand) if floated is not None else base.operand
    return np.broadcast_to(np.asarray(rate, dtype=np.int64), len(priced.rows))


def float_of(priced: Priced) -> IntArray:
    """Float of each row. [ppm]"""
    step = priced.sheet.step("float")
    return np.broadcast_to(np.asarray(PPM if step is None else step.operand, dtype=np.int64), len(priced.rows))


def incomplete(settlement: Settlement, priced: Priced, scheme: Scheme) -> BoolArray:
    """Whether a row's worker has rows that this scheme refused."""
    refused = settlement.refusals[scheme.name]
    bad = (refused != 0) & (refused % COLUMN != CODE["duplicate"])
    if scheme.product is not None:
        bad &= ~np.isin(refused % COLUMN, list(OUT_OF_SCOPE))
    worker = settlement.checked.rows.worker
    if not bad.any():
        return np.zeros(len(priced.kept), dtype=bool)
    return np.bincount(worker, weights=bad).take(worker.take(priced.kept)) > 0


def _flags(priced: Priced, edition: Edition, scheme: Scheme) -> pa.Array:
    """Codes of what a person should know about a line, joined by spaces; what the status says is not repeated."""
    found = [(code, marked) for code, marked in flags(priced, edition, scheme) if not code.startswith("is_")]
    which = np.zeros(len(priced.rows), dtype=np.int64)
    for place, (_, marked) in enumerate(found):
        which |= marked.astype(np.int64) << place
    sets, of_row = np.unique(which, return_inverse=True)
    said = [
        " ".join(code for place, (code, _) in enumerate(found) if flagged >> place & 1) for flagged in sets.tolist()
    ]
    return pa.array(said, pa.string()).take(pa.array(of_row))


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def _same(text: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(count, dtype=np.int8)), pa.array([text])
    ).dictionary_decode()


def _words(words: tuple[str, ...], ranks: IntArray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(ranks.astype(np.int8)), pa.array(list(words))).dictionary_decode()
