"""Splits a usage file: one platform's rows, and all others, as when a platform sends its month late."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq


def split_platform(usage: Path, platform: str, others: Path, own: Path) -> tuple[Path, Path]:
    """Paths of the rows of all other platforms, and of this one's."""
    table = pq.read_table(usage)
    is_own = pc.equal(table.column("platform"), platform)
    pq.write_table(table.filter(pc.invert(is_own)), others)
    pq.write_table(table.filter(is_own), own)
    return others, own
