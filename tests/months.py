"""A month as files: rows written as CSV or Parquet, commands run in this process, folders read back."""

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pricing.payers import PAYER_NAMES
from pricing.usage import KEY, NUMBERS, TEXTS
from service.cli.main import main
from service.engines.folder import DECLARATIONS, LINES, REFUSALS, SIDE_REFUSALS, TOTALS, read_csv

Json = dict[str, Any]
Sums = dict[tuple[str, ...], tuple[int, ...]]
SUMMED = ("exposure", "premium_millifen", "levy_fen", *(f"{payer}_fen" for payer in PAYER_NAMES))


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output and error."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Done:
    """`licheng ARGUMENTS` as the program does it, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True) for _ in range(2))
    before = sys.argv
    sys.argv = ["licheng", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as stopped:
        code = stopped.code
    else:
        code = 0
    finally:
        sys.argv = before
    assert isinstance(code, int | None)
    said, told = (stream.buffer.getvalue().decode() for stream in (out, err))
    return Done(code or 0, said, told)


def settle(sources: Path | Sequence[Path], out: Path, *options: object) -> Json:
    """A month settled into `out`; its totals."""
    files = [sources] if isinstance(sources, Path) else sources
    done = run("levy", *files, "--out", out, "--json", *options)
    assert (done.code, done.err) == (0, ""), done.err
    totals: Json = json.loads(done.out)
    return totals


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> Path:
    """Rows as CSV; a header alone where there are none."""
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Rows as Parquet: whole numbers as int64, the rest as texts."""
    kinds = {**dict.fromkeys(TEXTS, pa.string()), **dict.fromkeys(NUMBERS, pa.int64())}
    names = [name for name in kinds if name in KEY or any(name in row for row in rows)]
    columns = {name: pa.array([row.get(name) for row in rows], kinds[name]) for name in names}
    pq.write_table(pa.table(columns), path)
    return path


def lines(folder: Path) -> list[Json]:
    """The lines of a folder, in their order."""
    found: list[Json] = pq.read_table(folder / LINES).to_pylist()
    return found


def refusals(folder: Path) -> list[dict[str, str]]:
    """The refusals of a folder, in their order."""
    return read_csv(folder / REFUSALS)


def side_refusals(folder: Path) -> list[dict[str, str]]:
    """The refused rows of a folder's side files, in their order."""
    return read_csv(folder / SIDE_REFUSALS)


def totals(folder: Path) -> Json:
    """The totals of a folder."""
    found: Json = json.loads((folder / TOTALS).read_text(encoding="utf-8"))
    return found


def line_sums(folders: Iterable[Path]) -> Sums:
    """Sums per key and scheme over the lines of folders; what comes to nothing is left out."""
    found: dict[tuple[str, ...], Counter[str]] = {}
    for line in (line for folder in folders for line in lines(folder)):
        key = tuple(line[name] for name in (*KEY, "scheme"))
        found.setdefault(key, Counter()).update({name: line[name] for name in SUMMED})
    sums = {key: tuple(counted[name] for name in SUMMED) for key, counted in found.items()}
    return {key: each for key, each in sums.items() if any(each)}


def declared_sums(folders: Iterable[Path]) -> Sums:
    """Lines, orders, heads and fen per declaration over folders; what comes to nothing is left out."""
    by = ("scheme", "platform", "region", "pilot_industry", "risk_class", "entity")
    found: dict[tuple[str, ...], Counter[str]] = {}
    for row in (row for folder in folders for row in read_csv(folder / DECLARATIONS)):
        counted = {name: int(row[name]) for name in ("lines", "orders", "heads", "levy_fen")}
        found.setdefault(tuple(row[name] for name in by), Counter()).update(counted)
    sums = {key: tuple(counted[n] for n in ("lines", "orders", "heads", "levy_fen")) for key, counted in found.items()}
    return {key: each for key, each in sums.items() if any(each)}
