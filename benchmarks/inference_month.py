"""A synthetic month as it is settled whole, as one platform would settle its own part, and what that platform sees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pricing.arrow import LINE_SCHEMA
from pricing.edition import Edition
from pricing.register import read_register
from pricing.tariff import Tariff
from pricing.units import parse_month
from pricing.usage import KEY
from service.engines import folder as files
from service.engines.levy import levy
from service.engines.order import Order
from service.engines.previous import register_rows
from training.simulate import SimulatedMonth

MONTH, KNOWN_ON = "2025-08", dt.date(2025, 10, 15)
# What merges a worker's platforms and is charged for gig work without an employer or an enrolment.
SIGNALS = ("mileage_linked", "third_party", "cargo_damage")
SCHEMES, COVERS = SIGNALS[:1], SIGNALS[1:]
QUANTITIES = ("orders", "distance_m", "worked_min", "night_min", "income_fen", "goods_value_fen")


@dataclass(frozen=True, slots=True)
class Seen:
    """Lines of one platform. own: its usage rows; merged: lines of the whole month; alone: of its own rows only.

    others: per worker the distance and the pay elsewhere that the mileage scheme merges; the platform sees none of it.
    """

    platform: str
    own: pd.DataFrame
    merged: pd.DataFrame
    alone: pd.DataFrame
    others: pd.DataFrame

    def differing(self, signals: Sequence[str], column: str = "levy_fen") -> set[str]:
        """Workers of whom some line differs from what the platform computes from its own rows and the tariff."""
        both = self.merged.merge(self.alone, on=[*KEY, "scheme"], how="outer", suffixes=("", "_alone"))
        both = both[both["scheme"].isin(signals)]
        unlike = both[column].fillna(-1) != both[f"{column}_alone"].fillna(-1)
        return set(both.loc[unlike, "worker"])

    def differing_beyond(self, signals: Sequence[str], step_fen: int) -> set[str]:
        """The same where each levy is told in whole steps only, rounded half up."""
        told = [
            part.assign(levy_fen=(part["levy_fen"] + step_fen // 2) // step_fen) for part in (self.merged, self.alone)
        ]
        return Seen(self.platform, self.own, *told, self.others).differing(signals)

    def levies(self) -> pd.DataFrame:
        """Per worker what the platform is charged under each scheme and cover. [fen]"""
        return self.merged.pivot_table("levy_fen", "worker", "scheme", "sum")


def read_usage(month: SimulatedMonth) -> pd.DataFrame:
    """The month's rows; texts empty where unknown, numbers null."""
    return pq.read_table(month.usage).to_pandas().astype(dict.fromkeys(KEY, object)).fillna(dict.fromkeys(KEY, ""))


def seen_by(platform: str, usage: pd.DataFrame, platforms: Path, folder: Path) -> Seen:
    """Settle a month whole, then the platform's rows alone, with the engine of `licheng levy`."""
    own = usage[usage["platform"] == platform]
    of_its_workers = usage[usage["worker"].isin(own["worker"])]  # others change nothing for it: merging is per worker
    whole, part = (settled(rows, platforms, folder / name) for rows, name in ((of_its_workers, "whole"), (own, "part")))
    elsewhere = whole[(whole["platform"] != platform) & (whole["scheme"] == "mileage_linked")][[*KEY]]
    others = elsewhere.merge(of_its_workers, on=[*KEY]).groupby("worker")[["distance_m", "income_fen"]].sum()
    return Seen(platform, own, whole[whole["platform"] == platform], part, others)


def settled(usage: pd.DataFrame, platforms: Path, folder: Path) -> pd.DataFrame:
    """Lines of a month as a levy publishes them."""
    folder.mkdir(parents=True)
    table = pa.Table.from_pandas(usage.replace({name: {"": None} for name in KEY}), preserve_index=False)
    whole = [name for name in table.column_names if pa.types.is_floating(table.schema.field(name).type)]
    for name in whole:
        table = table.set_column(table.column_names.index(name), name, table.column(name).cast(pa.int64()))
    pq.write_table(table, folder / "usage.parquet")
    known = {"known_on": KNOWN_ON, "schemes": SCHEMES, "covers": COVERS, "demonstration": True}
    month = parse_month(MONTH) or 0
    register = tuple(register_rows(platforms))
    levy(Order((folder / "usage.parquet",), month, register, out=folder / "levy", **known), Tariff.load(), _silent)
    lines = pq.read_table(folder / "levy" / files.LINES, columns=[n for n in LINE_SCHEMA.names if n != "x_columns"])
    return lines.to_pandas().fillna(dict.fromkeys(KEY, ""))


def edition_of(platforms: Path) -> Edition:
    """The public tariff of the month, with the register."""
    tariff = Tariff.load()
    register = read_register(tuple(register_rows(platforms)), tariff.factors["pilot_tier"].levels, tariff.regions)
    return tariff.on(parse_month(MONTH) or 0, KNOWN_ON, register)


def several(usage: pd.DataFrame) -> set[str]:
    """Workers with rows of more than one platform."""
    of = usage.groupby("worker")["platform"].nunique()
    return set(of[of > 1].index)


def month_again(
    usage: pd.DataFrame, platform: str, rng: np.random.Generator, spread: tuple[float, float]
) -> pd.DataFrame:
    """Another month: quantities of each row drawn anew around the first ones. spread: a platform's own, the others'."""
    again = usage.copy()
    widest = np.where(again["platform"] == platform, *spread)
    factor = 1 + widest * rng.uniform(-1, 1, len(again))
    for name in QUANTITIES:
        again[name] = np.floor(again[name] * factor)
    return again


def _silent(stage: str, rows: int) -> None:
    """No progress."""
