"""What of a settled month is shown, and to whom: columns by who asks, given ids only to the sender that gave them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pricing.arrow import LINE_SCHEMA
from pricing.arrow_usage import BAD_CELLS, OWN_COLUMNS, SAID, bad_cells
from pricing.coding import WORKER
from pricing.payers import PAYER_NAMES
from pricing.usage import KEY
from service.engines.order import Rekey
from service.engines.rekeyed import given_of, stored_worker
from service.engines.sealed_words import HIDDEN, names_erased, opened

# What a platform sees of a line: its own key and what it owes, nothing from which others' quantities could be read.
PLATFORM_COLUMNS = (
    *KEY,
    "worker_ref",
    "scheme",
    "cover",
    "exposure",
    "unit",
    "levy_fen",
    *(f"{payer}_fen" for payer in PAYER_NAMES),
    "status",
    "evidence",
    "incomplete",
    "settles",
    "reason",
    OWN_COLUMNS,
)
ERASED = "erased"  # stands for a worker that was erased, and is too short to be one
UNMERGED = ("pilot_per_order", "courier_single")  # schemes whose exposure is the row's own, of one platform


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks. rekey: opens what was sealed for the sender, None: for anybody else; erased: stored ids of workers
    whose given ids nobody is shown; whole: whether all columns of a line are shown.
    """

    rekey: Rekey | None
    erased: frozenset[str] = frozenset()
    whole: bool = False

    @property
    def label(self) -> str:
        """Short and the same for all who are shown the same of a month; who was erased, or how many, is not told."""
        shown = "\n".join((str(self.whole), str(self.rekey is not None), *sorted(self.erased)))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a line that are shown."""
        return tuple(LINE_SCHEMA.names) if self.whole else PLATFORM_COLUMNS


def seen_lines(batch: pa.RecordBatch, eyes: Eyes) -> pa.RecordBatch:
    """Lines as they are shown. The batch holds the columns that are shown, in their order."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    given = _given(columns["worker"], columns["worker_ref"], eyes)
    columns["worker"] = pa.array([worker for worker, _, _ in given], pa.string())
    columns["worker_ref"] = pa.array([ref for _, ref, _ in given], pa.string())
    columns[OWN_COLUMNS] = _own_columns(columns[OWN_COLUMNS], [opened for _, _, opened in given], eyes)
    columns |= {name: _opened(columns[name], eyes) for name in KEY if name not in ("month", "worker")}
    if not eyes.whole:
        own = pc.is_in(columns["scheme"], pa.array(UNMERGED))
        columns["exposure"] = pc.if_else(own, columns["exposure"], pa.scalar(None, pa.int64()))
        columns["unit"] = pc.if_else(own, columns["unit"], pa.scalar(None, pa.string()))
    return pa.RecordBatch.from_arrays([columns[name] for name in batch.schema.names], names=batch.schema.names)


def seen_rows(batch: pa.RecordBatch, eyes: Eyes) -> list[dict[str, Any]]:
    """Rows of usage or of a side file as they are shown to who may see all of them: as they were sent, but for what
    names a worker that was erased. A side file keeps the stored id alone.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    sealed = {"worker", "worker_ref", OWN_COLUMNS, BAD_CELLS}
    texts = {name for name, column in columns.items() if pa.types.is_string(column.type)} - sealed
    shown = columns | {name: _opened(columns[name], eyes) for name in texts}
    refs = columns.get("worker_ref")
    if refs is not None:
        given = _given(columns["worker"], refs, eyes)
        shown["worker"] = pa.array([worker for worker, _, _ in given], pa.string())
        shown["worker_ref"] = pa.array([ref for _, ref, _ in given], pa.string())
        open_to = [opened for _, _, opened in given]
    else:
        open_to = [worker not in eyes.erased for worker in columns["worker"].to_pylist()]
    shown[OWN_COLUMNS] = _own_columns(columns[OWN_COLUMNS], open_to, eyes)
    rows: list[dict[str, Any]] = pa.RecordBatch.from_arrays([*shown.values()], names=[*shown]).to_pylist()
    return [{**row, BAD_CELLS: _bad_cells(row[BAD_CELLS], eyes)} for row in rows]


def _bad_cells(text: str | None, eyes: Eyes) -> dict[str, object] | None:
    """Cells that were no numbers, by column."""
    if text is None:
        return None

    def cell(value: object) -> object:
        return opened(value, eyes.rekey, eyes.erased) if isinstance(value, str) else value

    return {name: cell(value) for name, value in bad_cells(text, SAID).items()}


def seen_refusals(rows: list[dict[str, str | None]], eyes: Eyes) -> list[dict[str, str | None]]:
    """Refusals as they are shown: the sender's own names again, also where a sentence repeats a worker's id."""
    shown = []
    for row in _rows_opened(rows, eyes):
        found = None if eyes.rekey is None else given_of(row["worker_ref"], eyes.rekey)
        if found is None or eyes.rekey is None:
            shown.append({**row, "worker_ref": None})
            continue
        kept = stored_worker(found[0], eyes.rekey)
        gone = kept in eyes.erased
        said = _repeated(row, kept, _unnamed(kept, eyes) if gone else found[0])
        shown.append({**row, **said, "worker_ref": None if gone else _unless_erased(found[1], eyes)})
    return shown


def _repeated(row: dict[str, str | None], kept: str, name: str) -> dict[str, str | None]:
    """Sentences of a refusal that repeat a stored id, with the name that is shown instead."""
    return {said: (row[said] or "").replace(kept, name) for said in ("message", "message_zh")}


def seen_side_refusals(rows: list[dict[str, str | None]], eyes: Eyes) -> list[dict[str, str | None]]:
    """Refused rows of side files as they are shown: a sender finds the worker by file and row, and is not told under
    which id others' months store it.
    """
    shown = _rows_opened(rows, eyes)
    return shown if eyes.whole else [_of_nobody(row) for row in shown]


def _of_nobody(row: dict[str, str | None]) -> dict[str, str | None]:
    worker = row["worker"]
    return {**row, **_repeated(row, worker, HIDDEN), "worker": None} if worker else row


def _rows_opened(rows: list[dict[str, str | None]], eyes: Eyes) -> list[dict[str, str | None]]:
    """Refusals with the sender's words again in what names or repeats them."""
    said = ("file", "message", "message_zh")
    return [{**row, **{name: opened(row[name] or "", eyes.rekey, eyes.erased) for name in said}} for row in rows]


def _opened(column: pa.Array, eyes: Eyes) -> pa.Array:
    encoded = column.dictionary_encode()
    texts = [opened(text, eyes.rekey, eyes.erased) for text in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _given(workers: pa.Array, refs: pa.Array, eyes: Eyes) -> list[tuple[str, str | None, bool]]:
    """Of each line the worker and the worker_ref that are shown, and whether they are the given ones."""
    shown: list[tuple[str, str | None, bool]] = []
    for worker, ref in zip(workers.to_pylist(), refs.to_pylist(), strict=True):
        found = _opened_ref(worker, ref, eyes)
        if found is None:
            shown.append((_unnamed(worker, eyes), None, False))
        else:
            shown.append((found[0], _unless_erased(found[1], eyes), True))
    return shown


def _unnamed(worker: str, eyes: Eyes) -> str:
    """What is shown of a worker whose given id is not: the stored one is the same in every platform's months, so no
    platform is told it.
    """
    if eyes.whole:
        return worker
    return ERASED if worker in eyes.erased else HIDDEN


def _opened_ref(worker: str, ref: str | None, eyes: Eyes) -> tuple[str, str | None] | None:
    """Worker and worker_ref as they were given; None where they are not shown. A row that was set aside stands under a
    worker that is none: there it counts whom it named.
    """
    if eyes.rekey is None or worker in eyes.erased:
        return None
    found = given_of(ref, eyes.rekey)
    if found is None or not eyes.erased or WORKER.fullmatch(worker):
        return found
    return None if stored_worker(found[0], eyes.rekey) in eyes.erased else found


def _unless_erased(text: str | None, eyes: Eyes) -> str | None:
    """What a sender wrote on a row of one worker, where it does not name another one that was erased."""
    return None if text is None or eyes.rekey is None or names_erased(text, eyes.rekey, eyes.erased) else text


def _own_columns(column: pa.Array, opened: list[bool], eyes: Eyes) -> pa.Array:
    sealed = column.to_pylist()
    rekey = eyes.rekey
    texts = [rekey.open(x) if rekey and x and may else None for x, may in zip(sealed, opened, strict=True)]
    texts = [_unless_erased(text, eyes) for text in texts] if eyes.erased else texts
    return pa.array(texts, pa.string())
