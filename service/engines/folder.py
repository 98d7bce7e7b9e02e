"""The levy's folder: its files and their columns, how they are hashed, written, and published whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pricing.errors import InputError

LINES, DECLARATIONS, REFUSALS = "lines.parquet", "declarations.csv", "refusals.csv"
TOTALS, RECEIPT, USAGE, REGISTER, EDITION = (
    "totals.json",
    "receipt.json",
    "usage.parquet",
    "register.csv",
    "edition.json",
)
CHARGED, CHARGED_SUMS = "charged.parquet", "charged.json"
ENROLMENTS, HISTORY, SIDE_REFUSALS = "enrolments.parquet", "history.parquet", "side_refusals.csv"
FILES = (CHARGED_SUMS, LINES, DECLARATIONS, REFUSALS, TOTALS, USAGE, REGISTER, EDITION)

DECLARATION_COLUMNS = [
    "month",
    "declared_month",
    "scheme",
    "platform",
    "region",
    "pilot_industry",
    "risk_class",
    "entity",
    "lines",
    "orders",
    "heads",
    "amount_millifen",
    "float_ppm",
    "levy_fen",
    "status",
    "evidence",
    "settles",
    "reason",
]
# A text that a spreadsheet would run, or one that already looks like such a text with its apostrophe.
FORMULA = r"^'*[=+\-@\t\r＝＋－＠]"  # a spreadsheet takes the wide ones of a Chinese keyboard for formulas too


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return "sha256:" + digest.hexdigest()


class CsvFile:
    """Rows as CSV that people open: a text that a spreadsheet would run as a formula gets an apostrophe before it."""

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        self._names = list(columns)
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(self._names)

    def write(self, row: Mapping[str, Any]) -> None:
        """One row; a name that is not there is an empty cell."""
        self._writer.writerow([_safe(row.get(name)) for name in self._names])

    def close(self) -> None:
        """All rows are in."""
        self._file.close()


def _safe(value: Any) -> Any:
    if isinstance(value, str) and re.match(FORMULA, value):
        return "'" + value
    return "" if value is None else value


def read_csv(path: Path) -> list[dict[str, str]]:
    """A CSV of ours, apostrophes taken off again."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            {name: cell[1:] if cell[:1] == "'" and re.match(FORMULA, cell) else cell for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]


def text_hash(content: Any) -> str:
    """Hash of a JSON value, keys in order."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]


def write_json(path: Path, content: Any) -> None:
    """JSON as people may read it."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@contextmanager
def published(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` when all went well, and vanishes when anything did not."""
    if out.exists():
        raise InputError("folder_exists", str(out), folder=out)
    making = out.with_name(f".{out.name}.making-{secrets.token_hex(4)}")
    try:
        making.mkdir(parents=True)
        yield making
        os.replace(making, out)
    except RuntimeError as error:
        if "interrupted" in str(error):  # so DuckDB calls Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except Exception as error:
        from duckdb import IOException  # here alone: a service that only shows folders loads no database

        if not isinstance(error, OSError | IOException):
            raise
        raise InputError("folder_not_written", str(out), folder=out, reason=str(error).splitlines()[0]) from None
    finally:
        shutil.rmtree(making, ignore_errors=True)


def read_receipt(folder: Path) -> dict[str, Any]:
    """The receipt of a published folder, after checking that every file is as it was written."""
    if not (folder / RECEIPT).is_file():
        raise InputError("no_receipt", str(folder), folder=folder)
    receipt = _receipt(folder / RECEIPT)
    for name, written in receipt["files"].items():
        path = folder / name
        if not path.is_file() or sha256(path) != written:
            raise InputError("folder_changed", str(path), file=name)
    return receipt


def _receipt(path: Path) -> dict[str, Any]:
    """A receipt that is signed with its own hash."""
    try:
        receipt: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        signed = "run:" + text_hash({name: value for name, value in receipt.items() if name != "run"})
        if receipt["run"] == signed:
            return receipt
    except (ValueError, AttributeError, KeyError):
        pass
    raise InputError("folder_changed", str(path), file=RECEIPT)
