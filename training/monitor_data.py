"""New months of a portfolio: each peril's rows with what the tables expect, and every row that cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.experience import BoolArray, FloatArray, IntArray
from models.factor_spec import Column
from pricing.errors import InputError
from pricing.folder_hash import file_hash
from pricing.words import LANGUAGES, Phrase, say
from training.frames import ABSENT, doubled, names, numbers, read_frame
from training.monitor_expected import expected_counts
from training.monitor_reference import in_order, places, time_column
from training.plan import Plan, PlannedFactor, PlannedPeril
from training.portfolio_data import frequency_reasons
from training.score import Pricing


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """Rows that a peril is not judged by, for one reason. rows: numbers in the data as read, from 0."""

    code: str
    values: Mapping[str, object]
    rows: IntArray
    claims: float

    def shown(self) -> dict[str, Any]:
        """As `monitor.json` has it."""
        words = {key: say(self.code, lang, **self.values) for key, lang in zip(_MESSAGES, LANGUAGES, strict=True)}
        line = {"code": self.code, "rows": len(self.rows), "first_row": int(self.rows[0]) + 1, "claims": self.claims}
        return line | words


_MESSAGES = ("message", "message_zh")


@dataclass(frozen=True, slots=True, eq=False)
class NewPeril:
    """A peril's columns, shape (rows,). exposed: rows with exposure and claims; used: those of them that the tables
    price; unpriced: share of the exposure that they do not price.
    """

    name: str
    exposure: FloatArray
    counts: FloatArray
    expected: FloatArray
    exposed: BoolArray
    used: BoolArray
    aside: tuple[Aside, ...]
    unpriced: float


@dataclass(frozen=True, slots=True, eq=False)
class NewMonths:
    """What was read. columns: the plan's factors by name; times: as texts, None where there are none, shape (rows,);
    order: the distinct times; grouped: whether rows are kept together as the plan says.
    """

    rows: int
    files: tuple[dict[str, Any], ...]
    columns: Mapping[str, Column]
    time: str | None
    times: Column | None
    order: tuple[str, ...]
    groups: IntArray
    grouped: bool
    perils: tuple[NewPeril, ...]


def read_new(plan: Plan, pricing: Pricing, data: Sequence[Path]) -> NewMonths:
    """All files; InputError names a file or a column that is not there, or a peril without a row to judge."""
    frame, files = _read(plan, pricing, data)
    time = time_column(plan, frame)
    times = None if time is None else names(frame[time]).astype(str)
    absent = None if times is None else np.isin(times, ABSENT)
    if absent is not None and absent.any():
        rows = int(absent.sum())
        raise InputError("monitor_time_missing", str(time), column=time, rows=f"{rows:,}")
    grouped = plan.groups is not None and plan.groups in frame.columns
    twice = doubled(frame)
    return NewMonths(
        rows=len(frame),
        files=files,
        columns={factor.name: _factor(frame, factor) for factor in plan.factors},
        time=time,
        times=times,
        order=() if times is None else tuple(in_order(times)),
        groups=places(frame[plan.groups].to_numpy() if grouped else None, len(frame)),
        grouped=grouped,
        perils=tuple(_peril(peril, pricing, frame, (twice, _weights(plan, frame))) for peril in plan.perils),
    )


def _factor(frame: pd.DataFrame, factor: PlannedFactor) -> Column:
    """A factor's values as training reads them; InputError where a number is a text."""
    if factor.kind == "categorical":
        return names(frame[factor.name])
    values = numbers(frame, factor.name)
    texts = names(frame[factor.name]).astype(str)
    wrong = np.isnan(values) & ~np.isin(texts, ABSENT)
    if wrong.any():
        shown = {"factor": factor.name, "rows": int(wrong.sum()), "text": str(texts[wrong][0])}
        raise InputError("factor_not_numeric", factor.name, **shown)
    return values


def _weights(plan: Plan, frame: pd.DataFrame) -> FloatArray:
    return np.ones(len(frame)) if plan.weights is None else numbers(frame, plan.weights)


def _read(plan: Plan, pricing: Pricing, data: Sequence[Path]) -> tuple[pd.DataFrame, tuple[dict[str, Any], ...]]:
    needed = [factor.name for factor in plan.factors]
    for peril in plan.perils:
        needed += [*peril.exposure, peril.counts]
    needed = list(dict.fromkeys([*needed, *pricing.numbers, *pricing.words, *([plan.weights] if plan.weights else [])]))
    frames, files = [], []
    for path in data:
        frame = read_frame(path)
        lacking = [name for name in needed if name not in frame.columns]
        if lacking:
            known = ", ".join(map(str, frame.columns))
            raise InputError("columns_missing", str(path), columns=", ".join(lacking), known=known)
        frames.append(frame)
        files.append({"name": path.name, "sha256": file_hash(path), "rows": len(frame)})
    if not sum(map(len, frames)):
        raise InputError("portfolio_empty", ", ".join(map(str, data)))
    return (frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)), tuple(files)


def _peril(plan: PlannedPeril, pricing: Pricing, frame: pd.DataFrame, marks: tuple[BoolArray, FloatArray]) -> NewPeril:
    """marks: rows that repeat another one, and the weight of each row."""
    twice, weights = marks
    exposure, counts, reasons = frequency_reasons(frame, plan, twice, weights)
    used, aside = np.ones(len(frame), dtype=bool), []
    for code, holds in reasons:
        aside += list(_out(plan.name, code, used & holds, counts, {}))
        used &= ~holds
    expected, unpriced = expected_counts(pricing, plan.name, frame, exposure)
    exposed = used.copy()
    for one in unpriced:
        shown = {"table": one.table, "factor": one.factor, "found": one.found}
        aside += list(_out(plan.name, "aside_without_level", used & one.rows, counts, shown))
        used &= ~one.rows
    if not used.any():
        most = max(aside, key=lambda one: len(one.rows))
        reason = Phrase(most.code, dict(most.values))
        raise InputError("peril_without_rows", plan.name, peril=plan.name, rows=len(frame), reason=reason)
    share = float((exposure * weights)[exposed & ~used].sum() / (exposure * weights)[exposed].sum())
    held = (exposure * weights, counts * weights, expected * weights)
    return NewPeril(plan.name, *held, exposed, used, tuple(aside), share)


def _out(peril: str, code: str, rows: BoolArray, counts: FloatArray, values: Mapping[str, object]) -> Iterator[Aside]:
    """Rows set aside, where there are any; their claims are those that can be read."""
    found = np.flatnonzero(rows)
    if len(found):
        shown = {"rows": f"{len(found):,}", "peril": peril, "first": int(found[0]), **values}
        yield Aside(code, shown, found, float(np.nansum(counts[found])))
