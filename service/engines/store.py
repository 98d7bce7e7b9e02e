"""DuckDB: sorting a month into key order, differences between two states of it, and the second aggregation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.arrow import LINE_SCHEMA
from pricing.arrow_usage import USAGE_SCHEMA
from pricing.payers import PAYER_NAMES
from pricing.usage import KEY

_WORKER_FIRST = ("worker", *(name for name in KEY if name not in ("worker", "month")))
_SAME = (*KEY, "scheme")
_SUMS = ("exposure", "premium_millifen", "levy_fen", *(f"{payer}_fen" for payer in PAYER_NAMES))

# What changed first. A line whose own figures stand moved by a fen because a line of the same worker changed.
_OF_WORKER = "OVER (PARTITION BY coalesce(a.worker, b.worker), coalesce(a.scheme, b.scheme))"
_KNOWLEDGE = (
    "CASE WHEN a.scheme IS NULL OR b.scheme IS NULL THEN 'scope' WHEN a.exposure <> b.exposure THEN 'base' "
    "WHEN a.rate <> b.rate THEN 'rate' WHEN a.float_ppm <> b.float_ppm THEN 'float' "
    "WHEN a.levy_fen = b.levy_fen AND a.premium_millifen = b.premium_millifen THEN 'payer' "
    f"WHEN bool_or(a.scheme IS NULL OR b.scheme IS NULL) {_OF_WORKER} THEN 'scope' "
    f"WHEN bool_or(a.exposure <> b.exposure) {_OF_WORKER} THEN 'base' "
    f"WHEN bool_or(a.float_ppm <> b.float_ppm) {_OF_WORKER} THEN 'float' ELSE 'rate' END"
)


@contextmanager
def opened(work: Path, memory: str = "1GB") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that spills into `work` beyond its memory and loads nothing from outside."""
    connection = duckdb.connect()
    try:
        connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute(f"SET temp_directory = {quoted(work / 'spill')}")
        connection.execute("SET preserve_insertion_order = true")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        yield connection
    finally:
        connection.close()


def quoted(value: object) -> str:
    """A path or text as a literal of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def sort_usage(connection: duckdb.DuckDBPyConnection, sources: Sequence[str], out: Path) -> None:
    """Rows of the sources (each a SELECT) in key order, workers together, into one Parquet file."""
    union = " UNION ALL BY NAME ".join(sources)
    order = ", ".join(f"{name} NULLS FIRST" for name in (*_WORKER_FIRST, "file", "row"))
    connection.execute(
        f"COPY (SELECT * FROM ({union}) ORDER BY {order}) TO {quoted(out)} "
        "(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 122880)"
    )


def sort_side(connection: duckdb.DuckDBPyConnection, read: Path, out: Path) -> None:
    """Rows of a side file by worker; those of one worker as they stood in the files."""
    connection.execute(
        f"COPY (SELECT * FROM read_parquet({quoted(read)}) ORDER BY worker NULLS FIRST, file, row) TO {quoted(out)} "
        "(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 122880)"
    )


def platforms_of(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """Distinct platforms of a SELECT of usage."""
    rows = connection.execute(
        f"SELECT DISTINCT platform FROM ({source}) WHERE platform IS NOT NULL ORDER BY 1"
    ).fetchall()
    return [row[0] for row in rows]


def differences(before: Path, after: Path, settles: str, reason: str) -> str:
    """A SELECT of the lines by which `after` differs from `before`: sums are differences, the rest is the later state.

    reason: `usage`, `enrolment`, or `knowledge`, whose lines say which of scope, base, rate or float changed first.
    """
    keys = " AND ".join(f"b.{name} = a.{name}" for name in _SAME)
    picked = ", ".join(f"coalesce(a.{name}, b.{name}) AS {name}" for name in (*KEY, "worker_ref", "scheme", "cover"))
    sums = ", ".join(f"coalesce(a.{name}, 0) - coalesce(b.{name}, 0) AS {name}" for name in _SUMS if name != "exposure")
    rest = ", ".join(
        f"coalesce(a.{name}, b.{name}) AS {name}" for name in ("status", "evidence", "incomplete", "flags", "x_columns")
    )
    rates = ", ".join(f"coalesce(a.{name}, b.{name}) AS {name}" for name in ("rate", "float_ppm"))
    changed = " OR ".join(f"coalesce(a.{name}, 0) <> coalesce(b.{name}, 0)" for name in _SUMS)
    why = _KNOWLEDGE if reason == "knowledge" else quoted(reason)
    return (
        f"SELECT {picked}, coalesce(a.exposure, 0) - coalesce(b.exposure, 0) AS exposure, "
        f"coalesce(a.unit, b.unit) AS unit, {rates}, a.ratio_ppm, {sums}, {rest}, "
        f"'{settles}' AS settles, {why} AS reason "
        f"FROM read_parquet({quoted(before)}) b FULL OUTER JOIN read_parquet({quoted(after)}) a ON {keys} "
        f"WHERE {changed}"
    )


def write_lines(connection: duckdb.DuckDBPyConnection, parts: Sequence[str], out: Path) -> None:
    """Difference lines (each part a SELECT of LINE_SCHEMA's columns) in key order, scheme by scheme."""
    columns = ", ".join(LINE_SCHEMA.names)
    union = " UNION ALL BY NAME ".join(f"({part})" for part in parts)
    order = ", ".join((*_WORKER_FIRST, "scheme", "reason DESC"))
    connection.execute(
        f"COPY (SELECT {columns} FROM ({union}) ORDER BY {order}) TO {quoted(out)} "
        "(FORMAT parquet, COMPRESSION lz4_raw)"
    )


def second_totals(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, dict[str, Any]]:
    """Sums per scheme, aggregated anew from the files as written: by worker, by platform, by payer, by declaration."""
    lines = f"read_parquet({quoted(folder / 'lines.parquet')})"
    declared = f"read_csv({quoted(folder / 'declarations.csv')}, header = true, all_varchar = true)"
    refused = f"read_csv({quoted(folder / 'refusals.csv')}, header = true, all_varchar = true)"
    payers = " + ".join(f"sum({payer}_fen)" for payer in PAYER_NAMES)
    borne = payers_of(connection, folder / "lines.parquet")
    found: dict[str, dict[str, Any]] = {}

    def put(name: str, query: str) -> None:
        for scheme, value in connection.execute(query).fetchall():
            found.setdefault(scheme, {})[name] = int(value)

    by = "SELECT scheme, sum(fen) FROM (SELECT scheme, {0}, sum(levy_fen) AS fen FROM {1} GROUP BY ALL) GROUP BY scheme"
    put("workers_fen", by.format("worker", lines))
    put("platforms_fen", by.format("platform", lines))
    put("payers_fen", f"SELECT scheme, {payers} FROM {lines} GROUP BY scheme")
    put("declarations_fen", f"SELECT scheme, sum(levy_fen::BIGINT) FROM {declared} GROUP BY scheme")
    put("lines", f"SELECT scheme, count(*) FROM {lines} GROUP BY scheme")
    put("refused_rows", f"SELECT scheme, count(*) FROM {refused} GROUP BY scheme")
    for scheme, parts in borne.items():
        found[scheme]["payers"] = parts
    return found


def payers_of(connection: duckdb.DuckDBPyConnection, lines: Path) -> dict[str, dict[str, int]]:
    """Who bears how much of the lines of a file, per scheme or cover. [fen]"""
    sums = ", ".join(f"sum({payer}_fen)" for payer in PAYER_NAMES)
    query = f"SELECT scheme, {sums} FROM read_parquet({quoted(lines)}) GROUP BY scheme"
    return {
        row[0]: {payer: int(fen) for payer, fen in zip(PAYER_NAMES, row[1:], strict=True)}
        for row in connection.execute(query).fetchall()
    }


def side_refused(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """Rows of a file of side refusals, per side file."""
    query = f"SELECT side, count(*) FROM read_csv({quoted(path)}, header = true, all_varchar = true) GROUP BY side"
    return {row[0]: int(row[1]) for row in connection.execute(query).fetchall()}


def rows_read(connection: duckdb.DuckDBPyConnection, usage: Path) -> int:
    """Rows of a usage file."""
    counted = connection.execute(f"SELECT count(*) FROM read_parquet({quoted(usage)})").fetchone()
    assert counted is not None
    return int(counted[0])


def line(connection: duckdb.DuckDBPyConnection, lines: Path, number: int) -> dict[str, Any] | None:
    """One line of a lines file by its number, from 1; None where there is no such line."""
    if not 0 < number < 2**62:
        return None
    found = _rows(connection, f"SELECT * FROM read_parquet({quoted(lines)}) LIMIT 1 OFFSET {number - 1}").to_pylist()
    return dict(found[0]) if found else None


def rows_of_worker(connection: duckdb.DuckDBPyConnection, usage: Path, worker: str) -> pa.RecordBatch:
    """All usage rows of a worker, in key order."""
    order = ", ".join(f"{name} NULLS FIRST" for name in (*_WORKER_FIRST, "file", "row"))
    query = f"SELECT * FROM read_parquet({quoted(usage)}) WHERE worker = ? ORDER BY {order}"
    table = _rows(connection, query, worker).cast(USAGE_SCHEMA)
    return pa.RecordBatch.from_arrays([c.combine_chunks() for c in table.columns], schema=USAGE_SCHEMA)


def alike(one: Path, two: Path, but: Sequence[str] = ()) -> bool:
    """Whether two Parquet files hold the same rows in the same order, in all columns `but` these."""
    files = [pq.ParquetFile(path) for path in (one, two)]
    if len({file.metadata.num_rows for file in files}) > 1:
        return False
    columns = [[name for name in file.schema_arrow.names if name not in but] for file in files]
    batches = (f.iter_batches(batch_size=65_536, columns=names) for f, names in zip(files, columns, strict=True))
    return all(a.equals(b) for a, b in zip(*batches, strict=True))


def side_of_worker(connection: duckdb.DuckDBPyConnection, path: Path, worker: str) -> pa.Table:
    """All rows of a side file about a worker, as they stood in the files."""
    return _rows(connection, f"SELECT * FROM read_parquet({quoted(path)}) WHERE worker = ? ORDER BY file, row", worker)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *values: str) -> pa.Table:
    relation = connection.sql(query, params=list(values))
    assert relation is not None
    return relation.to_arrow_table()
