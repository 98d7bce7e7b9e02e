"""Worksheets of one worker's month on one side of a comparison, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pricing.arrow import settled
from pricing.explain import Line, explain
from pricing.usage import KEY
from service.engines import store
from service.engines.beside import side_of_worker
from service.engines.compared_sides import Side
from service.engines.month_files import MonthFiles


@dataclass(frozen=True, slots=True)
class Sheet:
    """Worksheet of one row. levy_fen: what its line says; alone_fen: what the row gives without the month's others."""

    scheme: str
    row: Mapping[str, str]
    levy_fen: int
    alone_fen: int
    steps: tuple[Line, ...]


def worksheets(connection: Any, side: Side, worker: str) -> tuple[Sheet, ...]:
    """The worksheet of each priced row of a worker, settled again from the folder's own usage and tables."""
    charged = _charged(connection, side, worker)
    batch = store.rows_of_worker(connection, side.usage, worker)
    beside = side_of_worker(connection, MonthFiles.of(side.folder), worker)
    edition = side.terms.edition
    sheets = []
    for part in settled([batch], edition, side.schemes, side.terms.weakest, lambda _: beside):
        for name, priced in part.settlement.priced.items():
            if priced is None:
                continue
            for place, row in enumerate(part.settlement.checked.order[priced.kept].tolist()):
                key = {column: part.batch.column(column)[int(row)].as_py() or "" for column in KEY}
                alone = int(priced.levy_fen[place])
                levy = charged.get((name, *key.values()), alone)
                steps = tuple(explain(priced, place, edition, edition.schemes[name]))
                sheets.append(Sheet(name, key, levy, alone, steps))
    return tuple(sheets)


def _charged(connection: Any, side: Side, worker: str) -> dict[tuple[str, ...], int]:
    columns = ", ".join(("scheme", *KEY))
    query = f"SELECT {columns}, levy_fen FROM read_parquet(?) WHERE worker = ?"
    return {tuple(row[:-1]): int(row[-1]) for row in connection.execute(query, [str(side.lines), worker]).fetchall()}
