"""The impact of a new tariff on a real month: who pays more, who less, and why, to the fen.

A candidate's entries begin after the month of the data. So the month's usage is priced twice as if it had been worked
in the month in which they begin, with the same law, register and knowledge on both sides: only the tariff differs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.errors import InputError
from pricing.spoken import named
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.words import LANGUAGES
from training.impact_editions import Editions, editions_of, unit_of
from training.impact_largest import Largest, side_by_side
from training.impact_month import Month, read_month
from training.impact_per_order import PerOrder
from training.impact_platforms import Explained
from training.impact_settled import Batch, Named, settle_month
from training.impact_tally import Payers, Tally

Progress = Callable[[str, int], None]
JSON, ROWS = "impact.json", "impact.parquet"
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("scheme", "worker", "platform")),
        *((name, pa.int64()) for name in ("old_fen", "new_fen", "change_fen")),
    ]
)


@dataclass(slots=True)
class SchemeSums:
    """What is added up of one scheme; refused: rows by code on both sides."""

    tally: Tally = field(default_factory=Tally)
    explained: Explained = field(default_factory=Explained)
    largest: Largest = field(default_factory=Largest)
    refused: tuple[dict[str, int], dict[str, int]] = field(default_factory=lambda: ({}, {}))


def impact(
    month_folder: Path, old: Path, new: Path, out: Path, progress: Progress, earlier: Path | None = None
) -> dict[str, Any]:
    """Price a levy's folder under two tariff folders; write `impact.json` and `impact.parquet` into the folder `out`.

    earlier: a levy's folder of an earlier month, to tell the change of usage from that of the tariff. InputError or
    TariffError where a folder is not as it was published, or a tariff cannot answer.
    """
    month, before = read_month(month_folder), None if earlier is None else read_month(earlier)
    if before is not None and before.month >= month.month:
        facts = {"month": month_text(month.month), "other": month_text(before.month)}
        raise InputError("impact_not_earlier", str(earlier), **facts)
    editions = editions_of(Tariff.load(old), Tariff.load(new), month, before)
    sums, per_order = {name: SchemeSums() for name in editions.schemes}, PerOrder.of(editions.new)
    out.mkdir(parents=True, exist_ok=True)
    making = out / f".{ROWS}.making"
    try:
        with pq.ParquetWriter(making, _SCHEMA, compression="zstd") as writer:
            for batch in settle_month(month, editions.month, _wanted(editions, per_order)):
                for rows in _add(batch, sums, per_order, editions):
                    writer.write_table(rows)
                progress("impact", len(batch.records))
        _check_priced(sums, month, editions)
        if before is not None:
            _add_before(before, sums, editions, progress)
        report = _report(editions, month, before, sums, per_order)
        making.replace(out / ROWS)
    finally:
        making.unlink(missing_ok=True)
    (out / JSON).write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return report


def _check_priced(sums: Mapping[str, SchemeSums], month: Month, editions: Editions) -> None:
    """InputError where neither tariff prices a single row, with the refusals that are most frequent."""
    if any(one.tally.payers for one in sums.values()):
        return
    codes = Counter[str]()
    for one in sums.values():
        codes.update(one.refused[1])
    shown = ", ".join(f"{code} ({count:,})" for code, count in codes.most_common(3))
    facts = {"month": month_text(month.month), "priced_as": month_text(editions.month), "codes": shown or "-"}
    raise InputError("impact_nothing_priced", str(month.folder), **facts)


def _wanted(editions: Editions, per_order: PerOrder) -> list[Named]:
    """Each edition that differs once, with the schemes that are wanted of it."""
    by_hash = {edition.hash: edition for edition in editions.steps.values()}
    more = {editions.new.hash: per_order.names}
    return [(one, list(dict.fromkeys((*editions.schemes, *more.get(key, ()))))) for key, one in by_hash.items()]


def _add(batch: Batch, sums: Mapping[str, SchemeSums], per_order: PerOrder, editions: Editions) -> Iterator[pa.Table]:
    """Add a batch to the sums of each scheme; its payers as rows."""
    for name, own in sums.items():
        steps = {step: batch.charged[edition.hash][name] for step, edition in editions.steps.items()}
        own.explained.add(batch.usage, steps)
        payers = own.tally.add(batch.usage, steps["old"], steps["new"])
        own.largest.add(batch, payers)
        for total, charged in zip(own.refused, (steps["old"], steps["new"]), strict=True):
            for code, count in charged.refused.items():
                total[code] = total.get(code, 0) + count
        yield _rows(name, batch, payers)
    per_order.add(batch.usage, batch.charged[editions.new.hash])


def _rows(name: str, batch: Batch, payers: Payers) -> pa.Table:
    """One row per payer; a side on which nothing is priced is empty."""
    worker, platform = (
        pa.array(batch.usage.texts.get(key, ()), pa.string()).take(pa.array(codes))
        for key, codes in (("worker", payers.worker), ("platform", payers.platform))
    )
    fen = {
        "old_fen": pa.array(payers.old, mask=~payers.has_old),
        "new_fen": pa.array(payers.new, mask=~payers.has_new),
        "change_fen": pa.array(payers.new - payers.old, mask=~payers.both),
    }
    scheme = pa.array(np.full(len(payers.worker), name, dtype=object), pa.string())
    return pa.table({"scheme": scheme, "worker": worker, "platform": platform, **fen}, schema=_SCHEMA)


def _add_before(earlier: Month, sums: Mapping[str, SchemeSums], editions: Editions, progress: Progress) -> None:
    """The earlier month's usage at the old tariff."""
    for batch in settle_month(earlier, editions.month, [(editions.old, list(sums))]):
        for name, own in sums.items():
            own.explained.add_before(batch.usage, batch.charged[editions.old.hash][name])
        progress("earlier", len(batch.records))


def _report(
    editions: Editions, month: Month, earlier: Month | None, sums: Mapping[str, SchemeSums], per_order: PerOrder
) -> dict[str, Any]:
    schemes = {name: _scheme(name, own, editions) for name, own in sums.items()}
    compared = per_order.plain(editions.new)
    for one in (*schemes.values(), *([compared] if compared else [])):
        _name(one["segments"], editions)
    return {
        "format": 1,
        "month": month_text(month.month),
        "priced_as": month_text(editions.month),
        "known_on": editions.known.isoformat(),
        "synthetic": month.synthetic,
        "rows": month.rows,
        "earlier_month": None if earlier is None else month_text(earlier.month),
        "old_edition": editions.old.hash,
        "new_edition": editions.new.hash,
        "changed": [asdict(one) for one in editions.changed],
        "covers_not_priced": list(editions.covers),
        "schemes": schemes,
        "per_order_against_mileage": compared,
    }


def _scheme(name: str, sums: SchemeSums, editions: Editions) -> dict[str, Any]:
    scheme = editions.new.schemes[name]
    changes = [side_by_side(change, editions.old, editions.new, name) for change in sums.largest.changes]
    return {
        "title": dict(scheme.title),
        "unit": unit_of(scheme),
        **sums.tally.plain(),
        "refused": dict(zip(("old", "new"), sums.refused, strict=True)),
        "platforms": sums.explained.platforms(),
        "explained": sums.explained.total(),
        "largest": changes,
    }


def _name(segments: Mapping[str, Sequence[dict[str, Any]]], editions: Editions) -> None:
    """Names of the values in both languages, where they have any."""
    names = {"platform": editions.tariff.platforms, "region": editions.tariff.regions}
    kinds = {"occupation": "compare_occupation", "vehicle": "vehicle"}
    for kind, lines in segments.items():
        for line in lines:
            value = line["value"]
            if kind in names:
                line["name"] = dict(names[kind].get(value, dict.fromkeys(LANGUAGES, value)))
            elif kind in kinds:
                line["name"] = {lang: named(kinds[kind], value, lang) for lang in LANGUAGES}
