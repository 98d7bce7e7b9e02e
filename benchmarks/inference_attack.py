"""The attacker: a platform that looks for every month of other platforms' work that would explain its own levies.

It has the public tariff, its own usage rows and what it was charged. It lays a grid of cells over what it does not know
(kilometres and pay elsewhere), prices the least and the greatest levy of every cell with the functions of the kernel,
and keeps the cells between whose two what it was charged lies. What else is merged (minutes, nights, days, orders,
goods) it does not know either: it takes the range that it believes in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.inference_month import SIGNALS
from pricing.coding import Rows
from pricing.edition import Edition
from pricing.kernel import price
from pricing.merge import Merged
from pricing.settle import Priced, settle
from pricing.units import days_of_month
from pricing.usage import KEY, Usage

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
KM_EDGES = np.concatenate([[0.0], np.geomspace(2, 6_000, 200)])  # kilometres elsewhere, steps of 4 %
FEN_EDGES = np.concatenate([[0.0], np.geomspace(2_000, 2_000_000, 80)])  # pay elsewhere, 20 to 20,000 yuan, 9 %
MOST_MINUTES = 400 * 60  # nobody is believed to work longer in a month
_SHARES = np.linspace(0, 1, 1001)
_NUMBERS = ("orders", "distance_m", "worked_min", "night_min", "income_fen", "active_days", "goods_value_fen")


@dataclass(frozen=True, slots=True)
class Belief:
    """What the attacker holds possible of the work elsewhere: least and greatest of each quotient."""

    fen_per_km: tuple[float, float]
    min_per_km: tuple[float, float]
    orders_per_km: tuple[float, float]
    fen_per_order: tuple[float, float]
    night_share: tuple[float, float]

    @classmethod
    def anything(cls) -> Belief:
        """Nothing is known but that nobody rides faster than 60 km/h on average, or brings 5 orders in a kilometre."""
        return cls((0, np.inf), (1, 10_000), (0, 5), (0, 200_000), (0, 1))

    @classmethod
    def of_its_own(cls, own: pd.DataFrame) -> Belief:
        """Work elsewhere is like the work of the platform's own workers: within the middle 90 % of them."""
        km = own["distance_m"] / 1000
        goods = own["goods_value_fen"].fillna(0) / own["orders"]
        of = (
            own["income_fen"] / km,
            own["worked_min"] / km,
            own["orders"] / km,
            goods,
            own["night_min"] / own["worked_min"],
        )
        return cls(*((float(one.quantile(0.05)), float(one.quantile(0.95))) for one in of))


@dataclass(frozen=True, slots=True)
class Possible:
    """Cells of kilometres × pay elsewhere that explain what was seen, shape (kilometres, pay)."""

    cells: Truths

    def km(self) -> float:
        """Kilometres that are possible, added over the cells."""
        return float(np.diff(KM_EDGES)[self.cells.any(axis=1)].sum())

    def yuan(self) -> float:
        """Pay that is possible, added over the cells. [yuan]"""
        return float(np.diff(FEN_EDGES)[self.cells.any(axis=0)].sum()) / 100

    def holds(self, km: float, fen: float) -> bool:
        """Whether the truth is among them."""
        place = np.searchsorted(KM_EDGES, km, "right") - 1, np.searchsorted(FEN_EDGES, fen, "right") - 1
        return all(p < size for p, size in zip(place, self.cells.shape, strict=True)) and bool(self.cells[place])


@dataclass(frozen=True, slots=True)
class Attack:
    """One worker as the platform sees it. own: sums of its rows; priced: its own rows settled alone."""

    edition: Edition
    own: Mapping[str, float]
    priced: Mapping[str, Priced | None]

    @classmethod
    def on(cls, rows: pd.DataFrame, edition: Edition) -> Attack:
        """Of one worker's rows."""
        whole = rows[[*KEY, *_NUMBERS]].astype(object).where(rows[[*KEY, *_NUMBERS]].notna(), None)
        records = [
            {k: int(v) if k in _NUMBERS and v is not None else v for k, v in row.items()}
            for row in whole.to_dict("records")
        ]
        sums = {name: float(rows[name].fillna(0).sum()) for name in _NUMBERS} | {
            "active_days": float(rows["active_days"].max())
        }
        return cls(edition, sums, settle(Usage.of(records), edition, SIGNALS).priced)

    def possible(
        self, charged: Mapping[str, int], belief: Belief, signals: Sequence[str], within_fen: float = 1.0
    ) -> Possible:
        """Cells that explain what was charged. within_fen: how far a levy told may lie from its exact amount."""
        km, fen = (np.stack([edges[:-1], edges[1:]]) for edges in (KM_EDGES, FEN_EDGES))
        nights = self._nights(charged, within_fen) if "third_party" in signals else (0.0, 1.0)
        least, most = self._nights_within(km, belief)
        least, most = np.maximum(least, nights[0]), np.minimum(most, nights[1])
        kept = np.repeat((least <= most)[:, None], fen.shape[1], axis=1)
        kept &= (fen[1] >= belief.fen_per_km[0] * km[0][:, None]) & (fen[0] <= belief.fen_per_km[1] * km[1][:, None])
        kept &= (self.own["worked_min"] + belief.min_per_km[0] * km[0] <= MOST_MINUTES)[:, None]
        kept &= self._mileage(charged, belief, km, fen, (least, most), within_fen)
        if "cargo_damage" in signals and not np.isnan(charged.get("cargo_damage", np.nan)):
            kept &= self._cargo(charged, belief, km, within_fen)[:, None]
        return Possible(kept)

    def _mileage(
        self,
        charged: Mapping[str, int],
        belief: Belief,
        km: Floats,
        fen: Floats,
        night: tuple[Floats, Floats],
        within: float,
    ) -> Truths:
        """The levy falls with kilometres elsewhere and rises with everything else."""
        shape = km.shape[1], fen.shape[1]
        bounds = []
        for far, at, days in ((1, 0, self.own["active_days"]), (0, 1, float(days_of_month(self.edition.month)))):
            worked = self.own["worked_min"] + belief.min_per_km[at] * km[at]
            totals = {
                "distance_m": (self.own["distance_m"] + 1000 * km[far])[:, None],
                "income_fen": (self.own["income_fen"] + fen[at])[None, :],
                "worked_min": worked[:, None],
                "night_min": (night[at] * worked)[:, None],
                "active_days": np.full((1, 1), days),
            }
            flat = {name: np.broadcast_to(values, shape).reshape(-1) for name, values in totals.items()}
            bounds.append(self.levy("mileage_linked", flat).reshape(shape))
        return (bounds[0] - within < charged["mileage_linked"]) & (charged["mileage_linked"] < bounds[1] + within)

    def _cargo(self, charged: Mapping[str, int], belief: Belief, km: Floats, within: float) -> Truths:
        """The levy tells orders per kilometre, over all platforms."""
        bounds = []
        for far, at in ((1, 0), (0, 1)):
            orders = belief.orders_per_km[at] * km[at]
            totals = {
                "distance_m": self.own["distance_m"] + 1000 * km[far],
                "orders": self.own["orders"] + orders,
                "goods_value_fen": self.own["goods_value_fen"] + belief.fen_per_order[at] * orders,
            }
            bounds.append(self.levy("cargo_damage", totals))
        return (bounds[0] - within < charged["cargo_damage"]) & (charged["cargo_damage"] < bounds[1] + within)

    def _nights(self, charged: Mapping[str, int], within: float) -> tuple[float, float]:
        """Night's share of all minutes that explains the levy for third parties, which depends on nothing else."""
        totals = {
            "worked_min": np.full(len(_SHARES), 1e6),
            "night_min": 1e6 * _SHARES,
            "distance_m": np.full(len(_SHARES), self.own["distance_m"]),
        }
        levy = self.levy("third_party", totals)
        fits = (levy[:-1] - within < charged["third_party"]) & (charged["third_party"] < levy[1:] + within)
        found = fits.nonzero()[0]
        return (float(_SHARES[found[0]]), float(_SHARES[found[-1] + 1])) if len(found) else (1.0, 0.0)

    def _nights_within(self, km: Floats, belief: Belief) -> tuple[Floats, Floats]:
        """Least and greatest share of night in all minutes, by what is believed of the work elsewhere."""
        minutes = np.stack([belief.min_per_km[0] * km[0], belief.min_per_km[1] * km[1]])
        shares = [
            (self.own["night_min"] + s * minutes) / (self.own["worked_min"] + minutes) for s in belief.night_share
        ]
        return shares[0].min(axis=0), shares[1].max(axis=0)

    def levy(self, name: str, totals: Mapping[str, Floats]) -> Floats:
        """The platform's exact part of the worker's premium for each set of merged totals, before rounding. [fen]"""
        priced = self.priced[name]
        assert priced is not None
        times, count = len(next(iter(totals.values()))), len(priced.rows)
        given: dict[str, Any] = {
            key: np.repeat(np.rint(value).astype(np.int64), count) for key, value in totals.items()
        }
        numbers = {key: np.tile(column, times) for key, column in priced.rows.numbers.items()}
        numbers["active_days"] = given.pop("active_days", numbers["active_days"])
        codes = {key: np.tile(column, times) for key, column in priced.rows.codes.items()}
        rows = Rows(codes, numbers, np.repeat(np.arange(times), count), np.arange(times) * count, priced.rows.unsure)
        millifen = price(rows, Merged(rows, given), self.edition, self.edition.schemes[name]).millifen
        parts = millifen * (numbers["distance_m"] / given["distance_m"]) / 1000
        levy: Floats = parts.reshape(times, count).sum(axis=1)
        return levy
