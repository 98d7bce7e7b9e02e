"""Files of refusals, written batch by batch: a month may have as many refusals as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

_BOM = b"\xef\xbb\xbf"


@contextmanager
def refusals_file(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """A function that writes one batch of refusals; UTF-8 with BOM, as spreadsheets like it."""
    with path.open("wb") as file:
        file.write(_BOM)
        with pacsv.CSVWriter(file, schema) as writer:
            yield writer.write_batch
