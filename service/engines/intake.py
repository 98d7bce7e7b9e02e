"""Intake: usage files of any allowed kind become batches of one schema, with file and row of every line.

CSV (UTF-8 with or without BOM, or GB18030) and Parquet, one file or many. A cell that is no whole number is kept beside
its row as it was written; a line that is no row is set aside with its number. Nothing is dropped.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from pricing.arrow import SET_ASIDE, USAGE_SCHEMA
from pricing.errors import InputError
from pricing.usage import BY_NAME, NUMBERS
from service.engines.normalise import normalised

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
            yield normalised(batch, number, pa.array(range(row, row + len(batch)), pa.int64()), path)
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
            yield normalised(batch, number, pa.array(rows, pa.int64()), path)
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
