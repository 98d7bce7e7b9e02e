"""Intake: usage files of any allowed kind become batches of one schema, with file and row of every line.

CSV (UTF-8 with or without BOM, or GB18030) and Parquet, one file or many. A cell that is no whole number is kept beside
its row as it was written; a line that is no row is set aside with its number. Nothing is dropped.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pricing.arrow import BAD_CELLS, SET_ASIDE, USAGE_SCHEMA
from pricing.errors import InputError
from pricing.usage import BY_NAME, NUMBERS, TEXTS, whole_text

SUFFIXES = (".csv", ".txt", ".parquet")
_BLOCK = 1 << 23


def is_synthetic(paths: Sequence[Path]) -> bool:
    """Whether any of the files says of itself that its rows are synthetic."""
    return any(path.suffix == ".parquet" and _says_synthetic(path) for path in paths)


def _says_synthetic(path: Path) -> bool:
    try:
        said = (pq.read_schema(path).metadata or {}).get(b"licheng", b"{}")
    except (pa.ArrowException, OSError):
        return False
    return bool(json.loads(said).get("synthetic"))


@dataclass(slots=True)
class Intake:
    """What is read: the files in order, and how many rows there were, lines set aside among them."""

    files: list[Path]
    rows: int = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows of all files as batches of USAGE_SCHEMA."""
        for number, path in enumerate(self.files):
            read = _parquet if path.suffix == ".parquet" else _csv
            for batch in read(number, path):
                self.rows += len(batch)
                yield batch


def usage_files(sources: Sequence[Path]) -> list[Path]:
    """Files named, and those of folders named, in order; InputError where there is none."""
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += sorted(p for p in source.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        elif source.is_file():
            found.append(source)
        else:
            raise InputError("file_not_found", str(source), path=source)
    if not found:
        raise InputError("no_data", ", ".join(map(str, sources)), kinds=", ".join(SUFFIXES))
    for path in found:
        if path.suffix not in SUFFIXES:
            raise InputError("unknown_kind", str(path), kinds=", ".join(SUFFIXES))
        if path.stat().st_size == 0:
            raise InputError("empty_file", str(path))
    return found


def _parquet(number: int, path: Path) -> Iterator[pa.RecordBatch]:
    try:
        file = pq.ParquetFile(path)
        _known_columns(file.schema_arrow.names, path)
        _typed_columns(file.schema_arrow, path)
        row = 1
        for batch in file.iter_batches(batch_size=131_072):
            yield _normalised(batch, number, pa.array(range(row, row + len(batch)), pa.int64()), path)
            row += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise InputError("parquet_unreadable", str(path), reason=str(error).splitlines()[0]) from None


def _typed_columns(schema: pa.Schema, path: Path) -> None:
    """Parquet says what a column is: a number column that holds texts is refused as a whole."""
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)
        if field.name in NUMBERS and not number:
            raise InputError("column_type", str(path), column=field.name, kind=str(kind), wanted="int64")


def _csv(number: int, path: Path) -> Iterator[pa.RecordBatch]:
    """Row numbers are line numbers of a file without line breaks in cells: the header is line 1."""
    text, names = _as_utf8(path), _header(path)
    skipped: list[tuple[int, str]] = []

    def invalid(row: pacsv.InvalidRow) -> str:
        skipped.append((row.number or 0, row.text))
        return "skip"

    try:
        reader = pacsv.open_csv(
            text,
            read_options=pacsv.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=invalid),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
            ),
        )
        row = 2
        for batch in reader:
            rows, row = _numbered(row, len(batch), {line for line, _ in skipped})
            yield _normalised(batch, number, pa.array(rows, pa.int64()), path)
    except pa.ArrowInvalid as error:
        raise InputError("csv_unreadable", str(path), reason=str(error).splitlines()[0]) from None
    if skipped:
        yield _set_aside(number, skipped)


def _set_aside(number: int, lines: list[tuple[int, str]]) -> pa.RecordBatch:
    """Lines that are no rows, kept as rows without values, each under a worker of its own that no pseudonym can be."""
    count = len(lines)
    columns = {field.name: pa.nulls(count, field.type) for field in USAGE_SCHEMA}
    columns["worker"] = pa.array([f"?{number}:{line}" for line, _ in lines])
    columns["file"] = pa.array([number] * count, pa.int32())
    columns["row"] = pa.array([line for line, _ in lines], pa.int64())
    columns[SET_ASIDE] = pa.array([text[:200] for _, text in lines])
    return pa.RecordBatch.from_arrays([columns[name] for name in USAGE_SCHEMA.names], schema=USAGE_SCHEMA)


def _numbered(row: int, count: int, aside: set[int]) -> tuple[list[int], int]:
    """Numbers of the next rows, leaving out those of lines that were set aside."""
    numbers: list[int] = []
    while len(numbers) < count:
        if row not in aside:
            numbers.append(row)
        row += 1
    return numbers, row


def _as_utf8(path: Path) -> pa.NativeFile | Path:
    """The file if it is UTF-8, else its text out of GB18030; InputError where it is neither or a quote stays open."""
    quotes = 0
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    is_utf8 = True
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            quotes += block.count(b'"')
            if is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
    if quotes % 2:
        raise InputError("csv_quote_open", str(path))
    if is_utf8:
        return path
    try:
        return pa.BufferReader(path.read_bytes().decode("gb18030").encode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(
            "csv_unreadable", str(path), reason=f"neither UTF-8 nor GB18030 at byte {error.start}"
        ) from None


def _header(path: Path) -> list[str]:
    with path.open("rb") as file:
        first = file.readline(1 << 20)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            names = [name.strip().strip('"') for name in first.decode(encoding).rstrip("\r\n").split(",")]
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InputError("csv_unreadable", str(path), reason="neither UTF-8 nor GB18030")
    _known_columns(names, path)
    return names


def _known_columns(names: Sequence[str], path: Path) -> None:
    for name in names:
        if name not in BY_NAME and not name.startswith("x_"):
            raise InputError("unknown_column", str(path), key=name, known=", ".join(BY_NAME))
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InputError("duplicate_column", str(path), column=twice)
    for name in ("month", "worker", "platform", "region", "occupation"):
        if name not in names:
            raise InputError("column_missing", str(path), column=name)


def _normalised(batch: pa.RecordBatch, number: int, rows: pa.Array, path: Path) -> pa.RecordBatch:
    count = len(batch)
    bad: dict[int, dict[str, object]] = {}
    columns: dict[str, pa.Array] = {}
    for name in TEXTS:
        columns[name] = _texts(batch, name, path)
    for name in NUMBERS:
        columns[name] = _numbers(batch, name, bad)
    columns["file"] = pa.array([number] * count, pa.int32())
    columns["row"] = rows
    columns[SET_ASIDE] = pa.nulls(count, pa.string())
    cells = (
        [json.dumps(bad[place], ensure_ascii=False) if place in bad else None for place in range(count)]
        if bad
        else None
    )
    columns[BAD_CELLS] = pa.nulls(count, pa.string()) if cells is None else pa.array(cells, pa.string())
    return pa.RecordBatch.from_arrays([columns[name] for name in USAGE_SCHEMA.names], schema=USAGE_SCHEMA)


def _texts(batch: pa.RecordBatch, name: str, path: Path) -> pa.Array:
    if name not in batch.schema.names:
        return pa.nulls(len(batch), pa.string())
    column = batch.column(name)
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return pa.nulls(len(batch), pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise InputError("column_type", str(path), column=name, kind=str(column.type), wanted="text")
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, ""), None, column)


def _numbers(batch: pa.RecordBatch, name: str, bad: dict[int, dict[str, object]]) -> pa.Array:
    """Whole numbers within the column's limits; every other cell goes to `bad`, as it was written."""
    if name not in batch.schema.names:
        return pa.nulls(len(batch), pa.int64())
    column = batch.column(name)
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return pa.nulls(len(batch), pa.int64())
    numbers, fits = _as_whole(column, BY_NAME[name].greatest)
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
