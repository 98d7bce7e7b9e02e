"""Lines of a settled month whose quantities cannot be, by flag: they are charged as sent, and somebody should look."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.engines import folder as files

IMPLAUSIBLE = (
    *("night_exceeds_worked", "minutes_exceed_month", "night_exceeds_seated", "sitting_exceeds_seated"),
    *("distance_implausible", "more_days_than_month"),
)


def implausible(folder: Path) -> dict[str, int]:
    """Lines per flag, of a correction those of the month as it is now."""
    charged = folder / files.CHARGED
    lines = pq.ParquetFile(charged if charged.is_file() else folder / files.LINES)
    found: Counter[str] = Counter()
    for batch in lines.iter_batches(columns=["flags"]):
        for one in pc.value_counts(batch.column("flags")).to_pylist():
            found.update(dict.fromkeys((one["values"] or "").split(), one["counts"]))
    return {code: found[code] for code in IMPLAUSIBLE if found[code]}
