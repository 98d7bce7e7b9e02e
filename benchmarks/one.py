"""Settling a batch of one: the price of a single quote without reading, words and JSON."""

from __future__ import annotations

import datetime as dt

from benchmarks.machine import medians
from pricing.register import read_register
from pricing.settle import settle
from pricing.side import Side
from pricing.tariff import Tariff
from pricing.units import month_text, parse_month
from pricing.usage import Usage

_TIMES = 500
_ROW = {
    "month": "2025-08",
    "worker": "w_4KQ7ZB2M",
    "platform": "meituan",
    "region": "500000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "employment": "employee",
    "risk_class": 5,
    "orders": 620,
    "distance_m": 2_790_000,
    "active_days": 26,
    "income_fen": 520_000,
    "worked_min": 10_920,
    "night_min": 1_200,
}


def run() -> list[str]:
    """One line per scheme, and one for all four."""
    tariff = Tariff.load()
    terms = [{"platform": "meituan", "region": "500000", "pilot_tier": "low"}]
    register = read_register(terms, tariff.factors["pilot_tier"].levels, tariff.regions)
    edition = tariff.on(parse_month("2025-08") or 0, dt.date(2025, 11, 30), register)
    usage = Usage.of([_ROW])
    lines = []
    for names in (*([name] for name in tariff.work_injury), list(tariff.work_injury)):
        (seconds,) = medians(15, lambda names=names: [settle(usage, edition, names) for _ in range(_TIMES)])  # type: ignore[misc]
        aim = 100 if len(names) == 1 else 400
        lines.append(f"settle a batch of one, {' + '.join(names)}: {seconds / _TIMES * 1e6:.0f} µs (aim {aim} µs)")
    return [*lines, _covers(tariff)]


def _covers(tariff: Tariff) -> str:
    """All six covers of one worker: a rider's row and a host's, with enrolments and twelve months of revenue."""
    month = parse_month("2025-10") or 0
    edition = tariff.on(month, dt.date(2025, 11, 30))
    worker = {"month": "2025-10", "worker": "w_9TT1AAAA", "region": "110000"}
    host = {"live_min": 7200, "desk_min": 3600, "longest_sitting_min": 300, "revenue_fen": 1_100_000}
    rows = [{**_ROW, **worker}, {**worker, "platform": "douyin", "occupation": "host", **host}]
    group = {"worker": "w_9TT1AAAA", "from_month": "2025-10", "group": "mcn_17", "eligible": 120, "enrolled": 96}
    options = {"replaced_ppm": "500000", "elimination_days": "30", "max_months": "3", "waiting_days": "90"}
    enrolments = [{**group, **options, "cover": cover} for cover in ("lumbar", "stress", "income_interruption")]
    months = [month_text(month - back) for back in range(12, 0, -1)]
    history = [{"worker": "w_9TT1AAAA", "month": one, "revenue_fen": 1_000_000} for one in months]
    usage, side = Usage.of(rows), Side.of(enrolments, history)
    names = ("class_rate", *tariff.covers)
    assert all(settle(usage, edition, names, side=side).priced.values()), "a cover was not priced"
    (seconds,) = medians(15, lambda: [settle(usage, edition, names, side=side) for _ in range(_TIMES)])
    return f"settle all six covers of one worker: {seconds / _TIMES * 1e6:.0f} µs (aim 400 µs)"
