"""Settling a batch of one: the price of a single quote without reading, words and JSON."""

from __future__ import annotations

import datetime as dt

from benchmarks.machine import medians
from pricing.register import read_register
from pricing.settle import settle
from pricing.tariff import Tariff
from pricing.units import parse_month
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
    for names in (*([name] for name in tariff.schemes), list(tariff.schemes)):
        (seconds,) = medians(15, lambda names=names: [settle(usage, edition, names) for _ in range(_TIMES)])  # type: ignore[misc]
        aim = 100 if len(names) == 1 else 400
        lines.append(f"settle a batch of one, {' + '.join(names)}: {seconds / _TIMES * 1e6:.0f} µs (aim {aim} µs)")
    return lines
