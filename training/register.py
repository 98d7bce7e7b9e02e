"""A synthetic register of platforms for simulated usage."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import numpy as np

from pricing.rate_table import NATION, By, Found
from pricing.register import COLUMNS
from pricing.tariff import Tariff
from pricing.units import month_text
from training.urns import PLATFORMS, REGIONS

FROM = 2025 * 12 + 6  # 2025-07: the first month with tiers
HIGH_TIER_SHARE = 0.3
CLASS_FLOATS = (("acme_express", "510000", 80), ("acme_express", "110000", 120), ("baiyun_express", "440000", 80))


def write_register(path: Path, seed: int) -> None:
    """A tier for every platform of 2022 in every province of 2022, and the class floats of a few employers."""
    rng = np.random.Generator(np.random.SFC64([seed]))
    tariff = Tariff.load()
    rows: list[dict[str, object]] = []
    for platform in _platforms_of_2022(tariff):
        for province in _provinces_of_2022(tariff):
            tier = "high" if rng.random() < HIGH_TIER_SHARE else "low"
            rows.append({"platform": platform, "region": province, "pilot_tier": tier})
    for platform, region, pct in CLASS_FLOATS:
        rows.append({"platform": platform, "region": region, "class_float_pct": pct})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            entity = f"synthetic_{row['platform']}_{row['region']}"
            writer.writerow({**row, "effective_from": month_text(FROM), "entity": entity})


def _platforms_of_2022(tariff: Tariff) -> list[str]:
    found = tariff.tables["work_injury/pilot_platforms"].look_up(NATION, FROM, dt.date.max)
    batches = found.entry.value if isinstance(found, Found) else None
    in_2022 = batches.nodes if isinstance(batches, By) else {}
    return [platform for platform in PLATFORMS if in_2022.get(platform) == "batch_2022"]


def _provinces_of_2022(tariff: Tariff) -> list[str]:
    table = tariff.tables["work_injury/pilot_provinces"]
    provinces = dict.fromkeys(region[:2] + "0000" for region in REGIONS)
    found = {province: table.look_up(province, FROM, dt.date.max) for province in provinces}
    return [p for p, at in found.items() if isinstance(at, Found) and at.entry.value == "batch_2022"]
