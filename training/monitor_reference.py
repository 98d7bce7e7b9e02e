"""What the rows that trained looked like: bands of each factor with exposure and claims, to hold new months against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.chance import alone, heaped
from models.experience import FloatArray, IntArray
from models.factor_spec import Column
from pricing.errors import InputError
from training.banded import Banded
from training.frames import ABSENT, names
from training.monitor_expected import expected_counts
from training.plan import Plan
from training.portfolio_data import Portfolio, read_portfolio
from training.run_files import read_json
from training.run_rows import PerilParts, parts_of
from training.score import Pricing
from training.split import split

FILE = "reference.json"


@dataclass(frozen=True, slots=True, eq=False)
class KnownFactor:
    """A factor as it trained. exposure: by place of the bands; error: relative standard error of the claims expected
    there, since the tables were learned from few; of_time: whether each time has one level, as a season has.
    """

    banded: Banded
    exposure: FloatArray
    error: FloatArray
    of_time: bool


@dataclass(frozen=True, slots=True, eq=False)
class KnownPeril:
    """A peril as it trained. error: relative standard error of its level; alone: groups that tell of themselves."""

    exposure: float
    claims: float
    error: float
    alone: float
    factors: Mapping[str, KnownFactor]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Training of a plan. time: its column, None where it has none; first, last: its times; perils: by name."""

    plan: str
    time: str | None
    first: str | None
    last: str | None
    perils: Mapping[str, KnownPeril]


def time_column(plan: Plan, frame: pd.DataFrame) -> str | None:
    """`month`, or the column of times that a plan splits by, or None."""
    by = plan.split.by if plan.split.kind == "time" else None
    return next((name for name in ("month", by) if name and name in frame.columns), None)


def in_order(times: Column) -> list[str]:
    """The distinct times as texts, numbers among themselves by their size."""
    found = [text for text in np.unique(times.astype(str)).tolist() if text]
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)


def places(groups: Column | None, rows: int) -> IntArray:
    """Number of each row's group, from 0; each row by itself where there are no groups, or it names none."""
    if groups is None:
        return np.arange(rows)
    texts = groups.astype(str)
    place = np.asarray(np.unique(texts, return_inverse=True)[1], dtype=np.int64)
    lonely = np.isin(texts, ABSENT)
    place[lonely] = rows + np.arange(int(lonely.sum()))
    return np.asarray(np.unique(place, return_inverse=True)[1], dtype=np.int64)


def reference(plan: Plan, portfolio: Portfolio, parts: Mapping[str, PerilParts], pricing: Pricing) -> dict[str, Any]:
    """Content of `reference.json`: the rows that trained each peril, by the bands that people look at."""
    time = time_column(plan, portfolio.frame)
    perils, seen = {}, []
    for name, rows in parts.items():
        times = None if time is None else names(portfolio.frame[time]).astype(str)[rows.train_rows]
        perils[name] = _peril(plan, name, rows, times, (portfolio.frame, pricing))
        seen += [] if times is None else in_order(times)
    order = in_order(np.array(seen)) if seen else [None]
    return {"format": 1, "plan": plan.name, "time": time, "first": order[0], "last": order[-1], "perils": perils}


def _peril(
    plan: Plan, name: str, rows: PerilParts, times: Column | None, priced: tuple[pd.DataFrame, Pricing]
) -> dict[str, Any]:
    """priced: the data as read, and the tables."""
    frame, pricing = priced
    train = rows.train
    groups = places(train.groups, len(train.counts))
    expected, _ = expected_counts(pricing, name, frame.iloc[rows.train_rows], train.exposure)
    known = expected > 0
    factors = {}
    for spec in plan.specs():
        banded = Banded.learn(spec, train.columns[spec.name], train.exposure)
        codes = banded.codes(train.columns[spec.name])
        errors = [_error(train.counts, expected, groups, known & (codes == k)) for k in range(len(banded.labels))]
        shown = {"starts": banded.starts.tolist(), "names": list(banded.names), "labels": list(banded.labels)}
        shown |= {"exposure": banded.sums(codes, train.exposure).tolist(), "error": errors}
        factors[spec.name] = {**shown, "of_time": times is not None and _of_time(codes, times)}
    sums = {"exposure": float(train.exposure.sum()), "claims": float(train.counts.sum())}
    whole = {"error": _error(train.counts, expected, groups, known), "alone": alone(train.exposure, groups)}
    return {**sums, **whole, "factors": factors}


def _error(counts: FloatArray, expected: FloatArray, groups: IntArray, rows: Any) -> float:
    """Relative standard error of the claims of some rows, 1 where there is none."""
    spread = heaped(counts[rows], expected[rows], groups[rows])
    return float(np.sqrt(spread / max(float(counts[rows].sum()), 1.0)))


def _of_time(codes: IntArray, times: Column) -> bool:
    """Whether all rows of a time have one level, and the levels differ between times."""
    pairs = pd.DataFrame({"time": times, "code": codes}).drop_duplicates()
    return bool(len(pairs) == pairs["time"].nunique() and pairs["code"].nunique() > 1)


def learn(plan: Plan, pricing: Pricing) -> Reference:
    """The reference from a plan's own data."""
    portfolio = read_portfolio(plan)
    apart = split(plan.split, portfolio.rows, portfolio.columns.get(plan.split.by or ""))
    parts = {rows.name: parts_of(plan, portfolio, apart, rows) for rows in portfolio.perils}
    return of_json(reference(plan, portfolio, parts, pricing))


def read_reference(run: Path) -> Reference:
    """The reference that a run keeps; InputError where it keeps none."""
    if not (run / FILE).is_file():
        raise InputError("monitor_no_reference", str(run), run=run, file=FILE)
    try:
        return of_json(read_json(run / FILE))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("portfolio_unreadable", str(run / FILE), reason=repr(error)) from None


def of_json(raw: Mapping[str, Any]) -> Reference:
    """From the content of its file."""
    perils = {name: _known(own) for name, own in raw["perils"].items()}
    return Reference(raw["plan"], raw["time"], raw["first"], raw["last"], perils)


def _known(raw: Mapping[str, Any]) -> KnownPeril:
    factors = {}
    for name, own in raw["factors"].items():
        banded = Banded(np.array(own["starts"], dtype=float), tuple(own["names"]), tuple(own["labels"]))
        factors[name] = KnownFactor(banded, np.array(own["exposure"]), np.array(own["error"]), own["of_time"])
    return KnownPeril(raw["exposure"], raw["claims"], raw["error"], raw["alone"], factors)
