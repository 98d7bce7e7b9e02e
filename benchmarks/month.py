"""A month of 1 million synthetic rows: levy, verify, a correction and all covers, beside DuckDB doing as much."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.machine import medians
from pricing.arrow import LINE_SCHEMA
from pricing.tariff import Tariff
from pricing.units import parse_month
from service.engines.levy import levy
from service.engines.order import Order
from service.engines.previous import register_rows
from service.engines.verified import verify
from training.simulate import simulate

ROWS = 1_000_000
SCHEMES = ("pilot_per_order", "mileage_linked")
MONTH = "2025-08"
# Who may take out the add-ons; each of them does, with twelve months of revenue.
ENROLLED = "'host', 'seller', 'promoter', 'shop_operator'"
OPTIONS = {
    "lumbar": {"waiting_days": "90"},
    "stress": {"waiting_days": "90"},
    "income_interruption": {
        "replaced_ppm": "500000",
        "elimination_days": "30",
        "max_months": "3",
        "waiting_days": "90",
    },
}


def run() -> list[str]:
    """Ratios of medians, all measured in one run on the same file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = simulate(ROWS, 2026, MONTH, folder / "month")
        late = _one_percent(made.usage, folder / "late.parquet")
        levied, corrected, covered = folder / "levied", folder / "corrected", folder / "covered"
        sides = _enrolments(made.usage, folder), _history(made.usage, folder)

        def settle(source: Path, out: Path, previous: Path | None, *side: Path) -> None:
            shutil.rmtree(out, ignore_errors=True)
            register = tuple(register_rows(made.platforms)) if previous is None else ()
            known = dt.date(2025, 10, 15)
            month = parse_month(MONTH) or 0
            order = Order((source,), month, register, known, SCHEMES, out, previous, demonstration=True)
            if side:
                order = replace(order, covers=("all",), enrolments=side[0], history=side[1])
            levy(order, Tariff.load(), _silent)

        works: list[Callable[[], object]] = [
            lambda: _duckdb_floor(made.usage, folder / "floor.parquet"),
            lambda: settle(made.usage, levied, None),
            lambda: verify(levied, _silent),
            lambda: settle(late, corrected, levied),
            lambda: settle(made.usage, covered, None, *sides),
        ]
        floor, first, again, correction, with_covers = medians(3, *works)
        memory = _peak_megabytes(made.usage, made.platforms, folder / "measured")
        more = ["--covers", "all", "--enrolments", str(sides[0]), "--history", str(sides[1])]
        memory_covers = _peak_megabytes(made.usage, made.platforms, folder / "measured_covers", more)
    return [
        f"DuckDB reads {ROWS:,} usage rows and writes as many columns and lines: {floor:.1f} s",
        f"licheng levy, {' + '.join(SCHEMES)}, all files, two totals: {first:.1f} s = {first / floor:.1f} × (aim 6 ×)",
        f"licheng verify: {again:.1f} s = {again / first:.2f} × the levy (aim 1.5 ×)",
        f"correction of 1 % of the rows: {correction:.1f} s = {correction / first:.2f} × the levy (aim 1.2 ×)",
        f"all covers beside it, with enrolments, histories and payers: {with_covers:.1f} s = "
        f"{with_covers / first:.2f} × the levy (aim 2 ×)",
        f"peak memory of the levy's process: {memory:,.0f} MB, with all covers {memory_covers:,.0f} MB (aim 1,500 MB)",
    ]


def _enrolments(usage: Path, folder: Path) -> Path:
    """Every worker who may have the add-ons in all of them, through a group."""
    names = sorted({name for options in OPTIONS.values() for name in options})
    rows = [(cover, *(options.get(name) for name in names)) for cover, options in OPTIONS.items()]
    values = ", ".join("(" + ", ".join("NULL" if c is None else f"'{c}'" for c in row) + ")" for row in rows)
    frame = "'group_1' AS \"group\", 120 AS eligible, 96 AS enrolled"
    out = folder / "enrolments.parquet"
    with duckdb.connect() as connection:
        query = (
            f"SELECT worker, o.*, {frame}, '{MONTH}' AS from_month "
            f"FROM (SELECT DISTINCT worker FROM '{usage}' WHERE occupation IN ({ENROLLED})), "
            f"(VALUES {values}) o(cover, {', '.join(names)})"
        )
        connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")
    return out


def _history(usage: Path, folder: Path) -> Path:
    """Twelve months of revenue before the month, about as much in each."""
    out = folder / "history.parquet"
    with duckdb.connect() as connection:
        query = (
            "SELECT worker, 'douyin' AS platform, "
            "strftime(DATE '2024-08-01' + to_months(m::INTEGER), '%Y-%m') AS month, "
            "900000 + (hash(worker, m) % 200000)::BIGINT AS revenue_fen "
            f"FROM (SELECT DISTINCT worker FROM '{usage}' WHERE occupation IN ({ENROLLED})), range(12) t(m)"
        )
        connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")
    return out


def _silent(stage: str, rows: int) -> None:
    """No progress."""


def _one_percent(usage: Path, out: Path) -> Path:
    """One small platform's month anew, about a hundredth of the rows, with some more orders."""
    with duckdb.connect() as connection:
        sizes = f"SELECT platform FROM '{usage}' GROUP BY 1 ORDER BY abs(count(*) - {ROWS // 100}) LIMIT 1"
        query = f"SELECT * REPLACE (orders + 1 AS orders) FROM '{usage}' WHERE platform = ({sizes})"
        connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")
    return out


def _duckdb_floor(usage: Path, out: Path) -> None:
    """Read the file; write a line per row and scheme with the columns of a levy's lines, filled with anything."""
    with duckdb.connect() as connection:
        present = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM '{usage}'").fetchall()}
        columns = ", ".join(_column(field.name, str(field.type), present) for field in LINE_SCHEMA)
        schemes = ", ".join(f"('{scheme}')" for scheme in SCHEMES)
        query = f"SELECT {columns} FROM '{usage}' u, (VALUES {schemes}) s(scheme)"
        connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")


def _column(name: str, kind: str, present: set[str]) -> str:
    if name == "scheme":
        return "s.scheme"
    if name in present:
        return f"u.{name}"
    value = {"string": "'enacted'", "bool": "false"}.get(kind, "coalesce(orders, 0) * 7")
    return f"{value} AS {name}"


def _peak_megabytes(usage: Path, platforms: Path, out: Path, more: Sequence[str] = ()) -> float:
    """Asked of the process itself at its end: a parent's figure would count the parent's own pages."""
    options = ["levy", str(usage), "--month", MONTH, "--platforms", str(platforms), "--known-on", "2025-10-15"]
    options += ["--schemes", ",".join(SCHEMES), "--demonstration", "--out", str(out), *more]
    code = (
        f"import sys; sys.argv = ['licheng', *{options!r}]\nfrom service.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stderr.split()[-1]) / 1024
