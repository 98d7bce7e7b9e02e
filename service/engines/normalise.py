"""Normalising: a batch as read becomes a batch of one schema; a cell that is no whole number is kept as written."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pricing.arrow_usage import BAD_CELLS, OWN_COLUMNS, SET_ASIDE
from pricing.errors import InputError
from pricing.usage import whole_text
from service.engines.form import FileForm


def file_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Name of each file as a text, whatever bytes the disk holds for it; with its folders where names are alike."""
    names = {path: path.name for path in paths}
    if len(set(names.values())) < len(paths):
        above = os.path.commonpath([path.resolve().parent for path in paths])
        names = {path: os.path.relpath(path.resolve(), above) for path in paths}
    return {path: os.fsencode(name).decode("utf-8", "replace") for path, name in names.items()}


def normalised(batch: pa.RecordBatch, rows: pa.Array, path: Path, file: str, form: FileForm) -> pa.RecordBatch:
    """Columns of a form. rows: number of each row in its file; InputError where a text column holds no texts."""
    count = len(batch)
    bad: dict[int, dict[str, object]] = {}
    columns: dict[str, pa.Array] = {}
    for name in form.texts:
        columns[name] = _texts(_chosen(batch, name) if name in form.choices else batch, name, path)
    for name, greatest in form.numbers.items():
        columns[name] = _numbers(batch, name, greatest, bad)
    columns["file"] = pa.array([file]).take(pa.array([0] * count))
    columns["row"] = rows
    columns[SET_ASIDE] = pa.nulls(count, pa.string())
    columns[OWN_COLUMNS] = _own_columns(batch)
    cells = (
        [json.dumps(bad[place], ensure_ascii=False) if place in bad else None for place in range(count)]
        if bad
        else None
    )
    columns[BAD_CELLS] = pa.nulls(count, pa.string()) if cells is None else pa.array(cells, pa.string())
    return pa.RecordBatch.from_arrays([columns[name] for name in form.schema.names], schema=form.schema)


def _own_columns(batch: pa.RecordBatch) -> pa.Array:
    """The sender's own x_ columns, kept as one JSON text a row and passed through to the lines."""
    names = [name for name in batch.schema.names if name.startswith("x_")]
    if not names:
        return pa.nulls(len(batch), pa.string())
    rows = batch.select(names).to_pylist()
    return pa.array([json.dumps(row, ensure_ascii=False, default=str) for row in rows], pa.string())


def _cells(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """The cells of a column, without a dictionary; None where it is not there, or nothing is in it."""
    if name not in batch.schema.names:
        return None
    column = batch.column(name)
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    return None if pa.types.is_null(column.type) else column


def _texts(batch: pa.RecordBatch, name: str, path: Path) -> pa.Array:
    column = _cells(batch, name)
    if column is None:
        return pa.nulls(len(batch), pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise InputError("column_type", str(path), column=name, kind=str(column.type), wanted="text")
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, ""), None, column)


def _chosen(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """A batch whose column of choices is of texts: numbers in digits, truths as yes or no, as a quote takes them."""
    if name not in batch.schema.names:
        return batch
    place = batch.schema.names.index(name)
    column = batch.column(place)
    if pa.types.is_boolean(column.type):
        return batch.set_column(place, name, pc.if_else(column, "yes", "no"))
    return batch.set_column(place, name, column.cast(pa.string())) if pa.types.is_integer(column.type) else batch


def _numbers(batch: pa.RecordBatch, name: str, greatest: int, bad: dict[int, dict[str, object]]) -> pa.Array:
    """Whole numbers within the column's limits; every other cell goes to `bad`, as it was written."""
    column = _cells(batch, name)
    if column is None:
        return pa.nulls(len(batch), pa.int64())
    numbers, fits = _as_whole(column, greatest)
    wrong = pc.and_(column.is_valid(), pc.invert(fits))
    for place in pc.indices_nonzero(wrong).to_pylist():
        cell = column[place].as_py()
        cell = whole_text(cell) if isinstance(cell, str) else cell
        finite = not isinstance(cell, float) or math.isfinite(cell)
        bad.setdefault(place, {})[name] = cell if finite and isinstance(cell, int | float | str) else str(cell)
    return pc.if_else(fits, numbers, pa.scalar(None, pa.int64()))


def _as_whole(column: pa.Array, greatest: int) -> tuple[pa.Array, pa.Array]:
    """The column as int64 where it can be, and which cells are whole numbers from 0 to `greatest`."""
    if pa.types.is_integer(column.type):
        wide = column.cast(pa.int64(), safe=False)
        fits = pc.and_(pc.greater_equal(wide, 0), pc.less_equal(wide, greatest))
        return wide, pc.fill_null(fits, False)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        trimmed = pc.utf8_trim_whitespace(column)
        digits = pc.fill_null(pc.match_substring_regex(trimmed, r"^[0-9]{1,18}$"), False)
        wide = pc.if_else(digits, trimmed, "0").cast(pa.int64())
        return wide, pc.and_(digits, pc.less_equal(wide, greatest))
    never = pa.array([False] * len(column))
    return pa.nulls(len(column), pa.int64()), never
