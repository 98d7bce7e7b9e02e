"""A month checked before it is sent: settled in a folder that vanishes, to say what would be refused, by code."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.tariff import Tariff
from service.engines.sealed_words import opened_values
from service.month.asked import Asked
from service.month.keys import SenderKeys
from service.month.run import order_of

FIRST_ROWS = 3  # of each code that are shown
MOST_ROWS = 50_000  # more are only settled: in a process of their own


@dataclass(frozen=True, slots=True)
class Checked:
    """What a month would come to: totals as in `totals.json`, refusals by code with their sentences and count."""

    totals: Mapping[str, Any]
    refusals: tuple[Mapping[str, Any], ...]


def check(asked: Asked, upload: Path, tariff: Tariff, keys: SenderKeys) -> Checked:
    """Settle what lies in `upload` as the levy would; LichengError says why it cannot be."""
    from service.engines import folder as files
    from service.engines.levy import levy as settle

    with tempfile.TemporaryDirectory(prefix=".check-", dir=upload.parent) as name:
        out = Path(name) / "month"
        totals = settle(order_of(asked, upload, out, keys, tariff), tariff, _counted())
        kept = [path for path in (out / files.REFUSALS, out / files.SIDE_REFUSALS) if path.is_file()]
        return Checked(totals, tuple({**one, **opened_values(said_in(one), keys)} for one in by_code(kept)))


def said_in(refusal: Mapping[str, Any]) -> dict[str, str]:
    """The sentences of a refusal."""
    return {name: refusal[name] for name in ("message", "message_zh")}


def by_code(paths: Iterable[Path]) -> tuple[Mapping[str, Any], ...]:
    """Refusals of files counted by code, the most frequent first, each with its first rows and the first's sentence."""
    from service.engines.pages import plain

    counts: Counter[str] = Counter()
    first: dict[str, list[dict[str, str | None]]] = {}
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                counts[row["code"]] += 1
                kept = first.setdefault(row["code"], [])
                if len(kept) < FIRST_ROWS:
                    kept.append({"scheme": row.get("cover"), **{name: plain(cell) for name, cell in row.items()}})
    return tuple(
        {"code": code, "count": count, **said_in(first[code][0]), "rows": first[code]}
        for code, count in counts.most_common()
    )


def _counted() -> Any:
    """Counts the rows that are read; InputError beyond what a check takes."""
    read = 0

    def progress(stage: str, rows: int) -> None:
        nonlocal read
        read += rows if stage == "read" else 0
        if read > MOST_ROWS:
            raise InputError("too_many_rows", "usage", most=f"{MOST_ROWS:,}")

    return progress
