"""The largest changes of a month, kept while it passes, with the worksheets of both sides side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pricing.arrow_usage import usage_of
from pricing.edition import Edition
from pricing.explain import Line, explain
from pricing.settle import settle
from pricing.usage import KEY
from training.impact_settled import Batch
from training.impact_tally import Payers

LARGEST = 10


@dataclass(frozen=True, slots=True)
class Change:
    """A payer's prices on both sides, with all rows of the worker."""

    worker: str
    platform: str
    old_fen: int
    new_fen: int
    records: pa.RecordBatch

    @property
    def rank(self) -> tuple[int, str, str]:
        """The largest change first, whichever way; ties by worker, then platform."""
        return -abs(self.new_fen - self.old_fen), self.worker, self.platform


class Largest:
    """The largest changes seen so far, among payers with a price on both sides."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def add(self, batch: Batch, payers: Payers) -> None:
        """A batch of whole workers."""
        places = (payers.both & (payers.old != payers.new)).nonzero()[0]
        size = np.abs(payers.new - payers.old).take(places)
        for place in places.take(np.argsort(-size, kind="stable")[:LARGEST]).tolist():
            self._keep(batch, payers, place)
        self.changes = sorted(self.changes, key=lambda change: change.rank)[:LARGEST]

    def _keep(self, batch: Batch, payers: Payers, place: int) -> None:
        usage, old, new = batch.usage, int(payers.old[place]), int(payers.new[place])
        least = abs(self.changes[-1].new_fen - self.changes[-1].old_fen) if len(self.changes) == LARGEST else 0
        if abs(new - old) < least:
            return
        code = int(payers.worker[place])
        worker, platform = usage.texts["worker"][code], usage.texts["platform"][int(payers.platform[place])]
        rows = batch.records.take(pa.array((usage.codes["worker"] == code).nonzero()[0]))
        self.changes.append(Change(worker, platform, old, new, rows))


def side_by_side(change: Change, old: Edition, new: Edition, name: str) -> dict[str, Any]:
    """A change with the worksheet of each row of its platform on both sides, step by step."""
    sheets = [_sheets(change, edition, name) for edition in (old, new)]
    keys = dict.fromkeys((*sheets[0], *sheets[1]))
    rows = [
        {**dict(zip(KEY[2:], key, strict=True)), "steps": _aligned(*(side.get(key, []) for side in sheets))}
        for key in keys
    ]
    money = {"old_fen": change.old_fen, "new_fen": change.new_fen, "change_fen": change.new_fen - change.old_fen}
    return {"platform": change.platform, **money, "rows": rows}


def _sheets(change: Change, edition: Edition, name: str) -> dict[tuple[str, ...], list[Line]]:
    """The worksheet of each of the payer's priced rows, by its key from the platform on."""
    settlement = settle(usage_of(change.records), edition, [name])
    priced = settlement.priced[name]
    if priced is None:
        return {}
    found = {}
    for place, row in enumerate(settlement.checked.order[priced.kept].tolist()):
        key = tuple(change.records.column(column)[row].as_py() or "" for column in KEY[2:])
        if key[0] == change.platform:
            found[key] = explain(priced, place, edition, edition.schemes[name])
    return found


def _aligned(old: list[Line], new: list[Line]) -> list[dict[str, Any]]:
    """Steps of both sides in the order of the new side's; where a side has no such step it says nothing."""
    sides = [{line.step: line for line in lines} for lines in (old, new)]
    last = [line.step for line in new[-1:]]
    names = dict.fromkeys([line.step for line in (*new[:-1], *old[:-1])] + (last or [line.step for line in old[-1:]]))
    return [
        {"step": name, **{side: _shown(lines.get(name)) for side, lines in zip(("old", "new"), sides, strict=True)}}
        for name in names
    ]


def _shown(line: Line | None) -> dict[str, Any] | None:
    if line is None:
        return None
    numbers = {"operand": line.operand, "unit": line.unit, "running_millifen": line.running_millifen}
    marks = {"entry": line.entry, "source": line.source, "status": line.status, "evidence": line.evidence}
    return {
        **numbers,
        "ratio_ppm": line.ratio_ppm,
        **marks,
        "text": line.texts["en"],
        "text_zh": line.texts["zh"],
    }
