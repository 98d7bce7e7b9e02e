"""Scoring a portfolio by tables from Parquet to Parquet, beside boosted trees that predict its rows in memory.

`python -m benchmarks.score [rows]`: 2 million rows if nothing is said.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from models.design import Bands, Coding, FactorSpec, Levels
from models.experience import FloatArray
from models.tables import Tables
from training.published import Frame, Published, write_tables
from training.score import score

ROWS = 2_000_000
_BANDS = (64, 64, 64, 32, 32, 24)  # of the numbers
_NAMES = (12, 10, 8, 6)  # levels of the words
_PAIRS = 20
_PAIR_LEVELS = 8  # along each axis of a two-way table
_CHUNK = 500_000
_LEARNT = 100_000  # rows that the trees learn from
_PREDICTED = 1_000_000  # the first rows, that the trees predict: they are slow
_RUNS = 3


def run(rows: int = ROWS) -> list[str]:
    """Median seconds of both, in turn and in one run, with the ratio per row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder / "tables", [_tariff()], Frame("2026-01", "2026-01-01", "a drawn tariff", "synthetic"))
        _draw(folder / "rows.parquet", rows)
        trees, features = _trees(), _features(min(rows, _PREDICTED))
        ours, theirs = [], []
        for _ in range(_RUNS):
            ours.append(_seconds(folder))
            theirs.append(_predicted(trees, features))
        size = (folder / "rows.parquet").stat().st_size / 1e6
    mine, other = sorted(ours)[_RUNS // 2], sorted(theirs)[_RUNS // 2]
    cells = sum(_BANDS) + sum(_NAMES) + _PAIRS * _PAIR_LEVELS**2
    ratio = (other / len(features)) / (mine / rows)
    return [
        f"licheng score, {rows:,} rows × {len(_BANDS) + len(_NAMES)} factors, {_PAIRS} two-way tables, about {cells:,} "
        f"cells, Parquet ({size:,.0f} MB) to Parquet: {mine:.2f} s = {rows / mine / 1e6:.2f} million rows/s, "
        f"{1e7 / rows * mine:.1f} s per 10 million (aim 15 s on 2 cores)",
        f"HistGradientBoostingRegressor.predict, {trees.n_iter_} trees of {trees.max_leaf_nodes} leaves, the first "
        f"{len(features):,} of these rows as floats in memory, 2 threads: {other:.2f} s; per row {ratio:.1f} × ours "
        f"(aim 5 ×)",
    ]


def _seconds(folder: Path) -> float:
    """The whole command: tables loaded, file read, priced, written."""
    out = folder / "scored.parquet"
    out.unlink(missing_ok=True)
    begin = time.perf_counter()
    score(folder / "tables", [folder / "rows.parquet"], out, lambda stage, rows: None)
    return time.perf_counter() - begin


def _predicted(trees: HistGradientBoostingRegressor, features: FloatArray) -> float:
    with threadpool_limits(min(2, os.cpu_count() or 1), user_api="openmp"):
        begin = time.perf_counter()
        trees.predict(features)
        return time.perf_counter() - begin


def _factors() -> Coding:
    """Six numbers in bands, four words in levels."""
    numbers = [
        Bands(FactorSpec(f"number_{i}"), np.arange(size, dtype=float), missing=False, unseen=False, base_code=0)
        for i, size in enumerate(_BANDS)
    ]
    words = [
        Levels(FactorSpec(f"word_{i}", "categorical"), tuple(f"level_{k}" for k in range(size)), size, False, False, 0)
        for i, size in enumerate(_NAMES)
    ]
    return Coding((*numbers, *words))


def _tariff() -> Published:
    """Main effects of all factors, with twenty two-way tables of levels of their own."""
    rng = np.random.default_rng(2026)
    coding = _factors()
    mains = {i: rng.normal(0, 0.3, size) for i, size in enumerate(coding.sizes)}
    keys = [(i, j) for i in range(len(coding.sizes)) for j in range(i + 1, len(coding.sizes))]
    chosen = [keys[place] for place in sorted(rng.choice(len(keys), _PAIRS, replace=False))]
    levels = {key: tuple(_merged(rng, coding.sizes[i]) for i in key) for key in chosen}
    pairs = {key: rng.normal(0, 0.1, tuple(int(axis.max()) + 1 for axis in levels[key])) for key in chosen}
    tables = Tables(coding.sizes, float(np.log(0.08)), mains, pairs, {}, dict(levels))
    return Published("accident", ("years",), coding, tables)


def _merged(rng: np.random.Generator, size: int) -> np.ndarray:
    """At most eight ascending levels of so many codes, cut at random."""
    cuts = rng.choice(np.arange(1, size), min(_PAIR_LEVELS, size) - 1, replace=False)
    return np.cumsum(np.isin(np.arange(size), cuts)).astype(np.int64)


def _chunks(rows: int) -> Iterator[tuple[FloatArray, np.ndarray]]:
    """Numbers of a fine grain and level numbers, a chunk of rows at a time; the same each time they are asked for."""
    for first in range(0, rows, _CHUNK):
        rng = np.random.default_rng((2026, first))
        many = min(_CHUNK, rows - first)
        numbers = np.column_stack([np.round(rng.random(many) ** 1.5 * size, 2) for size in _BANDS])
        yield numbers, np.column_stack([rng.integers(0, size, many) for size in _NAMES])


def _draw(path: Path, rows: int) -> None:
    """The portfolio as an actuary would hand it over: floats, texts, an exposure."""
    writer = None
    for number, (numbers, levels) in enumerate(_chunks(rows)):
        columns = {f"number_{i}": pa.array(column) for i, column in enumerate(numbers.T)}
        for i, size in enumerate(_NAMES):
            columns[f"word_{i}"] = pa.array([f"level_{k}" for k in range(size)]).take(pa.array(levels[:, i]))
        columns["years"] = pa.array(np.random.default_rng(number).uniform(0.1, 1, len(numbers)))
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _features(rows: int) -> FloatArray:
    """The same rows as trees take them."""
    return np.concatenate([np.column_stack([numbers, levels]) for numbers, levels in _chunks(rows)])


def _trees() -> HistGradientBoostingRegressor:
    """A challenger of a usual size, learnt on claims that follow every factor."""
    numbers, levels = next(_chunks(_LEARNT))
    features = np.column_stack([numbers, levels])
    rng = np.random.default_rng(7)
    scaled = features / features.max(axis=0)
    rate = 0.08 * np.exp(scaled @ rng.normal(0, 0.5, scaled.shape[1]) + np.sin(6 * scaled).sum(axis=1) / 5)
    trees = HistGradientBoostingRegressor(loss="poisson", max_iter=300, max_leaf_nodes=31, early_stopping=False)
    return trees.fit(features, rng.poisson(rate))


if __name__ == "__main__":
    print(describe())
    for line in run(int(sys.argv[1]) if sys.argv[1:] else ROWS):
        print(line, flush=True)
