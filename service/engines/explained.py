"""Explain: the worksheet of any line of a published folder again, to the fen, from the folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from pricing.arrow import settled
from pricing.errors import InputError
from pricing.side import Side
from pricing.spoken import yuan_of_fen
from pricing.usage import KEY
from pricing.words import say
from service.engines import folder as files
from service.engines import store
from service.engines.beside import side_of_worker
from service.engines.month_files import MonthFiles
from service.engines.previous import BEFORE, corrected, opened
from service.prices.worksheets import Worksheets


def explain_line(folder: Path, number: int, work: Path, lang: str) -> dict[str, Any]:
    """Line `number` (from 1) with its worksheet; of a correction also the worksheet of what was charged before."""
    receipt = files.read_receipt(folder)
    now, before = opened(folder, receipt), corrected(folder)
    with store.opened(work) as connection:
        line = store.line(connection, folder / files.LINES, number)
        if line is None:
            count = store.rows_read(connection, folder / files.LINES)
            raise InputError("no_such_line", str(folder), line=number, count=count)
        month = MonthFiles.of(folder)
        states = {"now": (month, now.terms)}
        if before is not None:
            was = MonthFiles.of(folder / BEFORE)
            states = {"before": (month, before.terms), "now": (month, now.terms)}
            if line["reason"] in ("usage", "enrolment"):
                states = {"before": (was, before.terms), "now": (month, before.terms)}
        sheets = {
            name: _sheet(
                store.rows_of_worker(connection, month.usage, line["worker"]),
                side_of_worker(connection, month, line["worker"]),
                terms,
                line,
                lang,
            )
            for name, (month, terms) in states.items()
        }
    exact = sum(sheet["levy_fen"] * (-1 if name == "before" else 1) for name, sheet in sheets.items())
    allocated = {} if exact == line["levy_fen"] else {"allocated": say("explain_allocated", lang, **_fens(exact, line))}
    return {
        "format": 1,
        "synthetic": receipt["synthetic"],
        "edition": receipt["edition"],
        "line": {"number": number, **line},
        "title": dict(now.terms.edition.schemes[line["scheme"]].title),
        **sheets,
        **allocated,
    }


def _fens(exact: int, line: dict[str, Any]) -> dict[str, str]:
    return {"alone": yuan_of_fen(abs(exact)), "levy": yuan_of_fen(abs(line["levy_fen"]))}


def _sheet(batch: pa.RecordBatch, side: Side, terms: Any, line: dict[str, Any], lang: str) -> dict[str, Any]:
    """The worksheet of the line's row, priced with its worker's whole month."""
    scheme = terms.edition.schemes[line["scheme"]]
    for part in settled([batch], terms.edition, [scheme.name], terms.weakest, lambda _: side):
        priced = part.settlement.priced[scheme.name]
        if priced is None:
            break
        keys = [{name: part.batch.column(name)[int(row)].as_py() or "" for name in KEY} for row in _rows(part, priced)]
        wanted = {name: line[name] for name in KEY}
        if wanted in keys:
            place = keys.index(wanted)
            lines = Worksheets.of(priced, terms.edition, scheme, lang, [place])
            return {"levy_fen": int(priced.levy_fen[place]), "worksheet": lines.alone()}
    return {"levy_fen": 0, "worksheet": []}


def _rows(part: Any, priced: Any) -> list[int]:
    rows: list[int] = part.settlement.checked.order[priced.kept].tolist()
    return rows
