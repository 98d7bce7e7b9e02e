"""The columns of a portfolio that tables read, as Arrow batches in the order of its rows; memory stays bounded."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.dataset as ds

from pricing.errors import InputError
from training.frames import ABSENT

BATCH = 65_536
_AHEAD = {"batch_readahead": 4, "fragment_readahead": 1}
_LOOKED_AT = 1_000_000  # bytes of a CSV from which its encoding is told


def batches(data: Sequence[Path], numbers: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches of all files, each with the number of its first row, from 0.

    numbers, words: columns read as floats and as names, a CSV's names as they stand (so that 01 is not 1). InputError
    names a file that is not there or cannot be read, and the columns it lacks.
    """
    first = 0
    for path in data:
        try:
            source = _source(path, numbers, words)
            lacking = [name for name in (*numbers, *words) if name not in source.schema.names]
            if lacking:
                raise InputError("column_missing", str(path), column=", ".join(lacking))
            for batch in source.to_batches(columns=[*numbers, *words], batch_size=BATCH, **_AHEAD):
                if len(batch):
                    yield first, batch
                    first += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise InputError("portfolio_unreadable", str(path), reason=str(error).splitlines()[0]) from error
    if not first:
        raise InputError("portfolio_empty", ", ".join(map(str, data)))


def _source(path: Path, numbers: Sequence[str], words: Sequence[str]) -> ds.Dataset:
    if not path.is_file():
        raise InputError("file_not_found", "", path=path)
    if path.suffix.lower() == ".csv":
        return ds.dataset(str(path), format=_csv(path, numbers, words))
    if path.suffix.lower() != ".parquet":
        raise InputError("portfolio_file_kind", str(path))
    plain = ds.dataset(str(path), format="parquet")
    texts = {name for name in words if name in plain.schema.names and plain.schema.field(name).type == pa.string()}
    read = ds.ParquetReadOptions(dictionary_columns=texts)  # the names of a batch are looked up once each
    scan = ds.ParquetFragmentScanOptions(pre_buffer=False)  # else whole row groups wait in memory
    return ds.dataset(str(path), format=ds.ParquetFileFormat(read_options=read, default_fragment_scan_options=scan))


def _csv(path: Path, numbers: Sequence[str], words: Sequence[str]) -> ds.CsvFileFormat:
    kinds = {name: pa.float64() for name in numbers} | {name: pa.dictionary(pa.int32(), pa.string()) for name in words}
    convert = pcsv.ConvertOptions(column_types=kinds, null_values=list(ABSENT), strings_can_be_null=False)
    with path.open("rb") as file:
        beginning = file.read(_LOOKED_AT)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
        encoding = "utf8"
    except UnicodeDecodeError:
        encoding = "gb18030"
    return ds.CsvFileFormat(convert_options=convert, read_options=pcsv.ReadOptions(encoding=encoding))
