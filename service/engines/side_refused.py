"""Refused rows of the side files: enrolments and histories that a month cannot use, by code, with their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pricing.arrow import Part
from pricing.arrow_usage import SET_ASIDE
from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.enrolment import Enrolled
from pricing.errors import ROW_CODES
from pricing.history import refused
from pricing.units import IntArray, month_text
from pricing.usage import COLUMN_NUMBER
from service.engines.refused import escaped
from service.engines.rekeyed import aside_facts
from service.engines.side_rows import record_of
from service.refusals import both, of_row
from service.refusals.history_words import HISTORY, Sent, told

_TEXTS = ("worker", "cover", "column", "code", "message", "message_zh")
SIDE_REFUSAL_SCHEMA = pa.schema(
    [("side", pa.string()), ("file", pa.string()), ("row", pa.int64()), *((name, pa.string()) for name in _TEXTS)]
)
_COLUMN_NAMES = {number: name for name, number in COLUMN_NUMBER.items()}
Row = dict[str, Any]


class SideRefusals:
    """Makes rows of `side_refusals.csv` under an edition, and counts what was read, used, refused and not asked for."""

    def __init__(self, edition: Edition, sides: Sequence[str]) -> None:
        self._edition = edition
        self._month = month_text(edition.month)
        self.counts = {side: dict.fromkeys(("read", "used", "refused", "unsettled"), 0) for side in sides}

    def unknown(self, side: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        """All rows of a batch are refused: their worker has no usage in the month, or they are no rows."""
        rows = batch.select([name for name in (*_PLACE, SET_ASIDE) if name in batch.schema.names]).to_pylist()
        said: dict[str, Row] = {}
        for row in rows:
            row |= self._why_unknown(side, row, said)
        self._count(side, len(rows), 0, len(rows))
        return _batch(side, rows)

    def _why_unknown(self, side: str, row: Mapping[str, Any], said: dict[str, Row]) -> Row:
        if row[SET_ASIDE] is not None:
            code, _, text = row[SET_ASIDE].partition(":")
            return {"worker": None, **both(code, **aside_facts(code, text))}
        code = "side_worker_missing" if row["worker"] is None else _UNKNOWN[side]
        return said.setdefault(code, both(code, month=self._month))

    def known(self, part: Part, found: Mapping[str, Enrolled]) -> Iterator[pa.RecordBatch]:
        """The refused rows among those beside a part. found: what each settled cover makes of its enrolments."""
        for side, rows in (("enrolments", self._enrolments(part, found)), ("history", self._history(part))):
            if rows:
                yield _batch(side, rows)

    def _enrolments(self, part: Part, found: Mapping[str, Enrolled]) -> list[Row]:
        table = part.side.enrolments
        if not table.rows:
            return []
        known = {name: place for place, name in enumerate(self._edition.schemes) if name in self._covers_of_tariff()}
        cover = table.mapped("cover", known)
        rows = [self._cover_not_known(record_of(table, place)) for place in (cover < 0).nonzero()[0].tolist()]
        judged = 0
        for name, each in found.items():
            judged += len(each.own)
            places = (each.refusals > 0).nonzero()[0]
            pairs = zip(each.own[places].tolist(), each.refusals[places].tolist(), strict=True)
            rows += [self._refused(record_of(table, place), int(number), name) for place, number in pairs]
        unsettled = table.rows - int((cover < 0).sum()) - judged
        self._count("enrolments", table.rows, unsettled, len(rows))
        return rows

    def _covers_of_tariff(self) -> list[str]:
        return [name for name, scheme in self._edition.schemes.items() if scheme.product is not None]

    def _cover_not_known(self, record: Row) -> Row:
        known = ", ".join(self._covers_of_tariff())
        return {**record, "column": "cover", **both("cover_not_known", value=record.get("cover", "")[:80], known=known)}

    def _refused(self, record: Row, number: int, cover: str) -> Row:
        return {**record, **of_row(number, record, self._edition, self._edition.schemes[cover], None)}

    def _history(self, part: Part) -> list[Row]:
        table = part.side.history
        if not table.rows:
            return []
        refusals: IntArray = refused(table)
        places = (refusals > 0).nonzero()[0]
        rows = [_of_history(record_of(table, int(place)), int(refusals[place])) for place in places.tolist()]
        self._count("history", table.rows, 0, len(rows))
        return rows

    def _count(self, side: str, read: int, unsettled: int, refused_rows: int) -> None:
        counts = self.counts[side]
        counts["read"] += read
        counts["refused"] += refused_rows
        counts["unsettled"] += unsettled
        counts["used"] += read - unsettled - refused_rows


_PLACE = ("file", "row", "worker", "cover")
_UNKNOWN = {"enrolments": "enrolment_worker_unknown", "history": "history_worker_unknown"}
_ECHOED = 1000  # characters of a sender's id that are echoed


def _of_history(record: Row, number: int) -> Row:
    """A refused row of a history, with what stands in it; its sentences hold no facts of a cover."""
    said = both(ROW_CODES[number % COLUMN])
    sent = {HISTORY: Sent((record,))}
    words = {
        name: said[name] + told(said["code"], sent, lang) for name, lang in (("message", "en"), ("message_zh", "zh"))
    }
    return {**record, "column": _COLUMN_NAMES[number // COLUMN], **said, **words}


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:_ECHOED]


def _batch(side: str, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    columns = {
        "side": pa.array([side]).take(pa.array(np.zeros(len(rows), dtype=np.int64))),
        "file": escaped(pa.array([row["file"] for row in rows], pa.string())),
        "row": pa.array([row["row"] for row in rows], pa.int64()),
        **{name: escaped(pa.array([_cut(row.get(name)) for row in rows], pa.string())) for name in _TEXTS},
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SIDE_REFUSAL_SCHEMA.names], schema=SIDE_REFUSAL_SCHEMA)
