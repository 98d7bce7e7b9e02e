"""A usage file as CSV: encodings, header, line numbers, and the lines that are no rows."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from pricing.errors import InputError
from pricing.words import Phrase

_BLOCK = 1 << 23
_SHOWN = 200
_CELLS, _BREAK = "row_cells", "row_line_break"


@dataclass(frozen=True, slots=True)
class Aside:
    """A line that is no row, its number, the code of what is wrong with it, and how it begins."""

    line: int
    code: str
    text: str


def header(path: Path) -> list[str]:
    """Names of the columns, spaces around them cut off."""
    return [name.strip() for name in _raw_header(path)]


def rows(path: Path, names: Sequence[str], aside: list[Aside]) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Batches of texts with the number of each row; lines that are no rows go to `aside`, empty ones nowhere.

    Row numbers are line numbers of a file without line breaks in cells: the header is line 1.
    """
    try:
        source, quoted = _as_utf8(path)
        if len(_beginning(path).splitlines()) < 2:
            return
        row = 2
        for batch in _reader(source, _raw_header(path), aside):
            numbers, row = _numbered(row, len(batch), {line.line for line in aside})
            texts = pa.RecordBatch.from_arrays(batch.columns, names=list(names))
            yield _whole_rows(texts, pa.array(numbers, pa.int64()), aside if quoted else None)
    except (pa.ArrowInvalid, OSError) as error:
        said = Phrase("csv_reason_said", {"said": str(error).splitlines()[0]})
        raise InputError("csv_unreadable", str(path), reason=said) from None


def _reader(source: pa.NativeFile | Path, raw: list[str], aside: list[Aside]) -> pacsv.CSVStreamingReader:
    def invalid(row: pacsv.InvalidRow) -> str:
        aside.append(Aside(row.number or 0, _BREAK if "\n" in row.text else _CELLS, row.text[:_SHOWN]))
        return "skip"

    return pacsv.open_csv(
        source,
        read_options=pacsv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=pacsv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=invalid
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(raw, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )


def _whole_rows(batch: pa.RecordBatch, numbers: pa.Array, aside: list[Aside] | None) -> tuple[pa.RecordBatch, pa.Array]:
    """The batch without empty lines and, where a quote stands in the file, without rows that hold a line break."""
    kept = None
    if all(column.null_count for column in batch.columns):
        kept = _any([column.is_valid() for column in batch.columns])
    if aside is not None:
        broken = _any([pc.fill_null(pc.match_substring_regex(column, r"[\r\n]"), False) for column in batch.columns])
        for place in pc.indices_nonzero(broken).to_pylist():
            text = ",".join(column[place].as_py() or "" for column in batch.columns)
            aside.append(Aside(numbers[place].as_py(), _BREAK, text[:_SHOWN]))
        kept = pc.invert(broken) if kept is None else pc.and_not(kept, broken)
    return (batch, numbers) if kept is None else (batch.filter(kept), numbers.filter(kept))


def _any(masks: list[pa.Array]) -> pa.Array:
    found = masks[0]
    for mask in masks[1:]:
        found = pc.or_(found, mask)
    return found


def _numbered(row: int, count: int, aside: set[int]) -> tuple[list[int], int]:
    """Numbers of the next rows, leaving out those of lines that were set aside."""
    if not aside:
        return list(range(row, row + count)), row + count
    numbers: list[int] = []
    while len(numbers) < count:
        if row not in aside:
            numbers.append(row)
        row += 1
    return numbers, row


def _as_utf8(path: Path) -> tuple[pa.NativeFile | Path, bool]:
    """The file if it is UTF-8, else its text out of GB18030, and whether a quote stands in it; InputError where it is
    neither or a quote stays open.
    """
    quotes = 0
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    is_utf8 = True
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            quotes += block.count(b'"')
            try:
                if is_utf8:
                    decoder.decode(block, final=not block)
            except UnicodeDecodeError:
                is_utf8 = False
            if not block:
                break
    if quotes % 2:
        raise InputError("csv_quote_open", str(path))
    if is_utf8:
        return path, quotes > 0
    try:
        return pa.BufferReader(path.read_bytes().decode("gb18030").encode("utf-8")), quotes > 0
    except UnicodeDecodeError as error:
        where = Phrase("csv_reason_encoding", {"byte": error.start})
        raise InputError("csv_unreadable", str(path), reason=where) from None


def _raw_header(path: Path) -> list[str]:
    """The first line's cells as they stand."""
    first = _beginning(path).splitlines()[:1]
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return next(csv.reader([line.decode(encoding) for line in first]), [""])
        except UnicodeDecodeError:
            continue
        except csv.Error as error:  # a cell of more letters than any name of a column
            raise InputError(
                "csv_unreadable", str(path), reason=Phrase("csv_reason_said", {"said": str(error)})
            ) from None
    raise InputError("csv_unreadable", str(path), reason=Phrase("csv_reason_encoding_header", {}))


def _beginning(path: Path) -> bytes:
    """The header and what follows it, where anything does."""
    with path.open("rb") as file:
        return file.readline(1 << 20) + file.read(2)
