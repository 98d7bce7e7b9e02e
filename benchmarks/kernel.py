"""The kernel over 10 million rows of mileage_linked, beside a scikit-learn pipeline that predicts the same rows.

The pipeline is what an analyst would write: one-hot of region, class and vehicle, splines of distance, night share and
worked minutes, a Poisson regression. Both get chunks of the same number columns, already in memory.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.machine import medians
from pricing.coding import Rows
from pricing.edition import Edition
from pricing.kernel import price
from pricing.merge import Merged
from pricing.tariff import Tariff
from pricing.units import parse_month

ROWS = 10_000_000
BLOCK = 1_000_000
CHUNK = 65_536
SKLEARN_CHUNK = 250_000


def block(edition: Edition) -> Rows:
    """A block of synthetic rows of one worker each: levels at random, quantities in believable ranges."""
    draw = np.random.default_rng(2026)
    known = [edition.regions[code] for code in ("110000", "310000", "320000", "330000", "440100", "440300", "500000")]
    codes = {
        "region": np.array(known)[draw.integers(0, len(known), BLOCK)],
        "platform": draw.integers(0, 20, BLOCK),
        "vehicle": draw.integers(1, 9, BLOCK),
        "risk_class": draw.integers(1, 9, BLOCK),
        "class_entry": np.full(BLOCK, -1),
    }
    worked = draw.integers(600, 22_000, BLOCK)
    numbers = {
        "distance_m": draw.gamma(2.0, 700_000, BLOCK).astype(np.int64),
        "income_fen": draw.gamma(3.0, 180_000, BLOCK).astype(np.int64),
        "active_days": draw.integers(1, 32, BLOCK),
        "worked_min": worked,
        "night_min": (worked * draw.uniform(0, 0.4, BLOCK)).astype(np.int64),
    }
    each = np.arange(BLOCK)
    return Rows(codes, numbers, each, each, frozenset())


def chunks(rows: Rows, size: int) -> Iterator[Rows]:
    """Views of a block, cut so that a chunk's columns stay in the processor's cache."""
    for start in range(0, len(rows), size):
        cut = slice(start, start + size)
        each = np.arange(len(rows.worker[cut]))
        codes = {name: column[cut] for name, column in rows.codes.items()}
        yield Rows(codes, {name: column[cut] for name, column in rows.numbers.items()}, each, each, rows.unsure)


def price_block(rows: Rows, edition: Edition) -> int:
    """Price a block in chunks; the sum of the prices. [millifen]"""
    scheme = edition.schemes["mileage_linked"]
    return sum(int(price(chunk, Merged(chunk), edition, scheme).millifen.sum()) for chunk in chunks(rows, CHUNK))


def pipeline(rows: Rows) -> object:
    """A fitted scikit-learn pipeline over the same columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import PoissonRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer

    table = design(rows)[:50_000]
    parts = [("levels", OneHotEncoder(handle_unknown="ignore"), [0, 1, 2]), ("curves", SplineTransformer(), [3, 4, 5])]
    model = make_pipeline(ColumnTransformer(parts), PoissonRegressor(max_iter=200))
    claims = np.random.default_rng(1).poisson(0.02 * (1 + table[:, 3] / 2e6))
    return model.fit(table, claims)


def design(rows: Rows) -> np.ndarray:
    """Region, class, vehicle, distance, night share and worked minutes as one float table."""
    levels = [rows.codes[name] for name in ("region", "risk_class", "vehicle")]
    share = rows.numbers["night_min"] / rows.numbers["worked_min"]
    return np.column_stack([*levels, rows.numbers["distance_m"], share, rows.numbers["worked_min"]]).astype(np.float64)


def _peak_of(work: Callable[[], object]) -> float:
    """Megabytes that a piece of work adds to the process at its highest. (Linux: the peak is reset before.)"""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before = _kilobytes("VmRSS")
    work()
    return (_kilobytes("VmHWM") - before) / 1024


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def run() -> list[str]:
    """Rates per core, the ratio, two threads against one, and the memory that pricing added."""
    tariff = Tariff.load()
    edition = tariff.on(parse_month("2025-08") or 0, dt.date(2025, 11, 30))
    rows = block(edition)
    model, table = pipeline(rows), design(rows)
    blocks = ROWS // BLOCK

    def ours(threads: int) -> int:
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(lambda _: price_block(rows, edition), range(blocks)))

    def theirs() -> float:
        parts = (table[start : start + SKLEARN_CHUNK] for start in range(0, BLOCK, SKLEARN_CHUNK))
        return float(sum(model.predict(part).sum() for part in parts))  # type: ignore[attr-defined]

    one, two = medians(3, lambda: ours(1), lambda: ours(2))
    added = _peak_of(lambda: ours(1))
    other, copy = medians(3, theirs, lambda: [column.copy() for column in rows.numbers.values()])
    other, copy = other * blocks, copy * blocks
    return [
        f"kernel, {ROWS:,} rows of mileage_linked: {one:.2f} s on one thread ({ROWS / one / 1e6:.1f} million rows/s)",
        f"scikit-learn pipeline, same rows: {other:.1f} s; the kernel is {other / one:.0f} × as fast (aim 20 ×)",
        f"two threads: {one / two:.2f} × one (aim 1.70 ×), on {os.cpu_count()} cores",
        f"copying the five number columns once: {copy:.2f} s; the kernel takes {one / copy:.0f} × that floor",
        f"memory that pricing added: {added:.0f} MB, whatever the number of rows",
    ]
