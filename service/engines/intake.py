"""Intake: input files of any allowed kind become batches of one schema, with file and row of every line.

CSV (UTF-8 with or without BOM, or GB18030) and Parquet, one file or many. A cell that is no whole number is kept beside
its row as it was written; a line that is no row is set aside with its number. Nothing is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pricing.arrow_usage import SET_ASIDE
from pricing.errors import InputError
from pricing.words import Phrase
from service.engines import csv_usage
from service.engines.form import USAGE_FORM, FileForm
from service.engines.normalise import file_names, normalised
from service.engines.order import Upload
from service.engines.rekeyed import stored
from service.reading import check_separator

MOST_GROUP = 1 << 29  # bytes of a row group of a sent file, unpacked
MOST_BATCH = 1 << 26  # bytes of the texts of one batch of a sent Parquet file, its dictionaries written out
_ROWS, _SENT_ROWS = 131_072, 32_768  # of a batch: of our own files, of those that anybody sends
SUFFIXES = (".csv", ".txt", ".parquet")


def is_synthetic(paths: Sequence[Path]) -> bool:
    """Whether any of the files says of itself that its rows are synthetic."""
    return any(path.suffix == ".parquet" and _says_synthetic(path) for path in paths)


def _says_synthetic(path: Path) -> bool:
    try:
        said = json.loads((pq.read_schema(path).metadata or {}).get(b"licheng", b"{}"))
    except (pa.ArrowException, OSError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and bool(said.get("synthetic"))


@dataclass(slots=True)
class Intake:
    """What is read: the files in order, their form, and how many rows there were, lines set aside among them.

    upload: where they were sent by somebody, whose workers are re-keyed before anyone sees a batch.
    """

    files: list[Path]
    form: FileForm = USAGE_FORM
    rows: int = 0
    upload: Upload | None = None

    @property
    def names(self) -> dict[Path, str]:
        """What each file is called in the rows that come from it."""
        return file_names(self.files) if self.upload is None else {path: self.upload.names[path] for path in self.files}

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows of all files as batches of the form's schema; InputError where usage has none at all: that is
        an export that broke off. (Of several files some may be empty: whoever writes in parts writes such.)
        """
        names = self.names
        self._check_sizes()
        for path in self.files:
            parquet = path.suffix.lower() == ".parquet"
            rows = self._parquet_batches(path, names[path]) if parquet else _csv(path, names[path], self.form)
            for batch in rows:
                self.rows += len(batch)
                self._check_rows(path, self.rows)
                yield batch if self.upload is None else stored(batch, self.upload)
        if self.form is USAGE_FORM and not self.rows:
            raise InputError("no_rows", ", ".join(map(str, self.files)))

    def _parquet_batches(self, path: Path, name: str) -> Iterator[pa.RecordBatch]:
        return _parquet(path, name, self.form, sent=self.upload is not None)

    def _check_sizes(self) -> None:
        """InputError where sent files say of themselves that they unfold to more than is read: nothing is read then."""
        if self.upload is None:
            return
        said = {path: _sizes(path) for path in self.files if path.suffix.lower() == ".parquet"}
        if said:
            self._check_rows(next(iter(said)), sum(rows for rows, _ in said.values()))
        for path, (_, largest) in said.items():
            if largest > MOST_GROUP:
                raise InputError("parquet_unfolds", str(path), found=f"{largest:,}", most=f"{MOST_GROUP:,}")

    def _check_rows(self, path: Path, rows: int) -> None:
        """InputError where more rows were sent than are read. A side file of many rows takes as long as usage does."""
        most = 0 if self.upload is None else self.upload.most_rows
        if 0 < most < rows:
            raise InputError("too_many_rows", "usage" if self.form is USAGE_FORM else str(path), most=f"{most:,}")


def usage_files(sources: Sequence[Path]) -> list[Path]:
    """Files named, and those of folders named, in order; InputError where there is none."""
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        elif source.is_file():
            found.append(source)
        else:
            raise InputError("file_not_found", str(source), path=source)
    if not found:
        raise InputError("no_data", ", ".join(map(str, sources)), kinds=", ".join(SUFFIXES))
    for path in found:
        if path.suffix.lower() not in SUFFIXES:
            raise InputError("unknown_kind", str(path), kinds=", ".join(SUFFIXES))
        if path.stat().st_size == 0:
            raise InputError("empty_file", str(path))
    return found


def _parquet(path: Path, name: str, form: FileForm, *, sent: bool) -> Iterator[pa.RecordBatch]:
    """sent: by somebody, so that it may be small and yet unfold without end; its texts are measured before that."""
    try:
        texts = [
            field.name
            for field in pq.read_schema(path)
            if pa.types.is_large_string(field.type) or pa.types.is_string(field.type)
        ]
        file = pq.ParquetFile(path, read_dictionary=texts if sent else None)
        _known_columns(file.schema_arrow.names, path, form)
        _typed_columns(file.schema_arrow, path, form)
        row = 1
        for batch in file.iter_batches(batch_size=_SENT_ROWS if sent else _ROWS):
            batch.validate(full=True)
            if sent:
                batch = _unfolded(batch, path)
            yield normalised(batch, pa.array(range(row, row + len(batch)), pa.int64()), path, name, form)
            row += len(batch)
    except MemoryError:  # Arrow's is one of its errors too, but nothing is wrong with the file
        raise
    except (pa.ArrowException, OSError) as error:
        said = Phrase("csv_reason_said", {"said": str(error).splitlines()[0].rstrip(".")})
        raise InputError("parquet_unreadable", str(path), reason=said) from None


def _unfolded(batch: pa.RecordBatch, path: Path) -> pa.RecordBatch:
    """The batch with its texts written out; InputError before that where they would be more than is read at once."""
    folded = [number for number, field in enumerate(batch.schema) if pa.types.is_dictionary(field.type)]
    found = sum(_written(batch.column(number)) for number in folded)
    if found > MOST_BATCH:
        raise InputError("parquet_unfolds", str(path), found=f"{found:,}", most=f"{MOST_BATCH:,}")
    for number in folded:
        column = batch.column(number).dictionary_decode()
        batch = batch.set_column(number, batch.schema.names[number], column)
    return batch


def _written(column: pa.DictionaryArray) -> int:
    """Bytes of a dictionary's values, each as often as it stands."""
    if not (pa.types.is_string(column.type.value_type) or pa.types.is_large_string(column.type.value_type)):
        return 0
    return int(pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0)


def _sizes(path: Path) -> tuple[int, int]:
    """Rows of a Parquet file and bytes of its largest row group, unpacked, as it says itself."""
    try:
        said = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return 0, 0  # said where it is read
    groups = [said.row_group(number) for number in range(said.num_row_groups)]
    rows = max(said.num_rows, sum(group.num_rows for group in groups))
    return rows, max((group.total_byte_size for group in groups), default=0)


def _typed_columns(schema: pa.Schema, path: Path, form: FileForm) -> None:
    """Parquet says what a column is: a number column that holds texts is refused as a whole."""
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)
        if field.name in form.numbers and not number:
            raise InputError("column_type", str(path), column=field.name, kind=str(kind), wanted="int64")


def _csv(path: Path, name: str, form: FileForm) -> Iterator[pa.RecordBatch]:
    names = csv_usage.header(path)
    check_separator(names, str(path))
    _known_columns(names, path, form)
    aside: list[csv_usage.Aside] = []
    for batch, rows in csv_usage.rows(path, names, aside):
        if len(batch):  # a block may hold nothing but empty lines
            yield normalised(batch, rows, path, name, form)
    if aside:
        yield _set_aside(name, aside, form)


def _set_aside(name: str, lines: list[csv_usage.Aside], form: FileForm) -> pa.RecordBatch:
    """Lines that are no rows, kept as rows without values, each under a worker of its own that no pseudonym can be."""
    count = len(lines)
    columns = {field.name: pa.nulls(count, field.type) for field in form.schema}
    columns["worker"] = pa.array([f"?{name}:{line.line}:{line.text}" for line in lines])
    columns["file"] = pa.array([name] * count)
    columns["row"] = pa.array([line.line for line in lines], pa.int64())
    columns[SET_ASIDE] = pa.array([f"{line.code}:{line.text}" for line in lines])
    return pa.RecordBatch.from_arrays([columns[name] for name in form.schema.names], schema=form.schema)


def _known_columns(names: Sequence[str], path: Path, form: FileForm) -> None:
    for name in names:
        if name not in form.names and not name.startswith("x_"):
            raise InputError("unknown_column", str(path), key=name, known=", ".join(form.names))
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InputError("duplicate_column", str(path), column=twice)
    for name in form.needed:
        if name not in names:
            raise InputError("column_missing", str(path), column=name)
