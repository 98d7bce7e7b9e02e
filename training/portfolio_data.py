"""The data of a plan: its columns as a fit needs them, with every row that it cannot use set aside by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

import numpy as np
import pandas as pd

from models.experience import BoolArray, FloatArray, IntArray
from models.factor_spec import Column
from pricing.errors import InputError
from pricing.words import Phrase, say
from training.frames import ABSENT, doubled, names, numbers, read_frame
from training.plan import Plan, PlannedPeril
from training.selected import ClaimFree

_LARGEST = 1e15  # of an exposure or a count: beyond it a sum means nothing


@dataclass(frozen=True, slots=True, eq=False)
class SetAside:
    """Rows that a peril's frequency or severity is not fitted on. rows: numbers in the data as read, from 0."""

    code: str
    peril: str
    part: str
    rows: IntArray

    @property
    def phrase(self) -> Phrase:
        """What is wrong with them and what to do, as a part of a sentence."""
        return Phrase(self.code, {"rows": len(self.rows), "peril": self.peril, "first": int(self.rows[0])})

    def message(self, lang: str) -> str:
        """The same in `en` or `zh`."""
        return say(self.code, lang, **self.phrase.values)


@dataclass(frozen=True, slots=True, eq=False)
class PerilRows:
    """A peril's columns, shape (n,), NaN where unreadable. used: rows of the frequency; costed: rows of the severity.

    exposure: the plan's columns multiplied; amounts: cost of all claims of the row, None where the plan has none.
    """

    name: str
    exposure: FloatArray
    counts: FloatArray
    amounts: FloatArray | None
    used: BoolArray
    costed: BoolArray
    set_aside: tuple[SetAside, ...]

    def aside(self, part: str) -> int:
        """Rows set aside of a part, `frequency` or `severity`."""
        return sum(len(each.rows) for each in self.set_aside if each.part == part)

    def reasons(self) -> list[dict[str, object]]:
        """Why rows were set aside, most rows first: part, code, rows, message, message_zh."""
        ordered = sorted(self.set_aside, key=lambda each: -len(each.rows))
        return [
            {
                "part": each.part,
                "code": each.code,
                "rows": len(each.rows),
                "message": each.message("en"),
                "message_zh": each.message("zh"),
            }
            for each in ordered
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Portfolio:
    """What was read. columns: factors (floats or level names), groups, split and weights by name, shape (rows,).

    files: first row number of each file. For each peril rows = used + set aside of its frequency.
    """

    rows: int
    files: tuple[tuple[str, int], ...]
    columns: Mapping[str, Column]
    weights: FloatArray
    perils: tuple[PerilRows, ...]
    frame: pd.DataFrame

    def aside_rows(self) -> list[dict[str, object]]:
        """One line per row set aside: row, file, row of the file, peril, part, code, message, message_zh."""
        starts = [start for _, start in self.files]
        lines = []
        for each in (found for peril in self.perils for found in peril.set_aside):
            words: dict[str, object] = {"message": each.message("en"), "message_zh": each.message("zh")}
            for row, place in zip(each.rows, np.searchsorted(starts, each.rows, side="right") - 1, strict=True):
                name, start = self.files[int(place)]
                where: dict[str, object] = {"row": int(row), "file": name, "file_row": int(row) - start}
                lines.append({**where, "peril": each.peril, "part": each.part, "code": each.code, **words})
        return lines


def read_portfolio(plan: Plan) -> Portfolio:
    """All files of a plan; InputError names a file, a column or a value that the plan cannot be fitted with."""
    frame, files = _read(plan)
    twice = doubled(frame)
    weights = np.ones(len(frame)) if plan.weights is None else numbers(frame, plan.weights)
    columns = {factor.name: _factor(frame, factor.name, factor.kind) for factor in plan.factors}
    for name in (plan.groups, plan.split.by):
        if name:
            columns[name] = columns[name] if name in columns else names(frame[name])
    if plan.split.kind == "time" and plan.split.by:
        columns[plan.split.by] = _times(frame, plan.split.by)
    _check_levels(plan, columns)
    perils = tuple(_peril(frame, peril, twice, weights) for peril in plan.perils)
    return Portfolio(len(frame), files, MappingProxyType(columns), weights, perils, frame)


def _read(plan: Plan) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    frames, files, start = [], [], 0
    for path in plan.data:
        frame = read_frame(path)
        missing = [name for name in plan.columns() if name not in frame.columns]
        if missing:
            raise InputError(
                "columns_missing", str(path), columns=", ".join(missing), known=", ".join(map(str, frame.columns))
            )
        frames.append(frame)
        files.append((path.name, start))
        start += len(frame)
    if not start:
        raise InputError("portfolio_empty", plan.name)
    return (frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)), tuple(files)


def _factor(frame: pd.DataFrame, name: str, kind: str) -> Column:
    if kind == "categorical":
        return names(frame[name])
    values = numbers(frame, name)
    texts = frame[name].astype(str).to_numpy()
    wrong = np.isnan(values) & ~frame[name].isna().to_numpy() & ~np.isin(texts, ABSENT)
    if wrong.any():
        raise InputError("factor_not_numeric", name, factor=name, rows=int(wrong.sum()), text=texts[wrong][0])
    return values


def _check_levels(plan: Plan, columns: Mapping[str, Column]) -> None:
    """Refuse a base level that no row has, or a level for the unseen that no factor has."""
    levels = {each.name: np.unique(columns[each.name]).tolist() for each in plan.factors if each.kind == "categorical"}
    for factor in plan.factors:
        if factor.name in levels and factor.base is not None and factor.base not in levels[factor.name]:
            _refuse_level("base", factor.base, [factor.name], levels[factor.name])
    if plan.unseen != "refuse" and not any(plan.unseen in known for known in levels.values()):
        _refuse_level("unseen", plan.unseen, list(levels), [level for known in levels.values() for level in known])


def _refuse_level(key: str, level: str, factors: Sequence[str], known: Sequence[str]) -> NoReturn:
    shown = {"factor": ", ".join(factors), "known": ", ".join(known[:20])}
    raise InputError("level_not_in_data", shown["factor"], key=key, level=level, **shown)


def _times(frame: pd.DataFrame, name: str) -> Column:
    """Times in an order: numbers as numbers, else texts as they sort (2024-01 before 2024-02)."""
    values = numbers(frame, name)
    found: Column = values if not np.isnan(values).any() else frame[name].astype(str).to_numpy()
    if frame[name].isna().any() or np.isin(found.astype(str), ABSENT).any():
        raise InputError("time_missing", name, column=name)
    return found


def frequency_reasons(
    frame: pd.DataFrame, plan: PlannedPeril, twice: BoolArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, list[tuple[str, BoolArray]]]:
    """Exposure and counts of a peril's rows, and why a row says nothing of its frequency, the first reason counting."""
    exposure = np.prod([numbers(frame, name) for name in plan.exposure], axis=0)
    counts = numbers(frame, plan.counts)
    negative = np.any([numbers(frame, name) < 0 for name in plan.exposure], axis=0)
    reasons = [
        ("aside_twice", twice),
        ("aside_exposure_missing", np.isnan(exposure)),
        ("aside_too_large", (exposure > _LARGEST) | (counts > _LARGEST)),
        ("aside_exposure_negative", negative),
        ("aside_claims_without_exposure", (exposure == 0) & (counts > 0)),
        ("aside_exposure_zero", exposure == 0),
        ("aside_counts_missing", np.isnan(counts)),
        ("aside_counts_negative", counts < 0),
        ("aside_counts_not_whole", counts != np.floor(counts)),
        ("aside_weight", ~(weights > 0)),
    ]
    return exposure, counts, reasons


def _peril(frame: pd.DataFrame, plan: PlannedPeril, twice: BoolArray, weights: FloatArray) -> PerilRows:
    exposure, counts, reasons = frequency_reasons(frame, plan, twice, weights)
    used, aside = _sorted_out(plan.name, "frequency", reasons, np.ones(len(frame), dtype=bool))
    if not used.any():
        most = max(aside, key=lambda each: len(each.rows))
        shown = {"rows": len(frame), "reason": most.phrase}
        raise InputError("peril_without_rows", plan.name, peril=plan.name, **shown)
    if not counts[used].sum() > 0:
        raise InputError("peril_without_claims", plan.name, peril=plan.name, rows=int(used.sum()))
    if ClaimFree.of(counts[used], exposure[used]).none:
        _refuse_claims_alone(plan.name, used, counts, aside)
    costed, amounts, claimed = np.zeros(len(frame), dtype=bool), None, counts > 0
    if plan.amounts is not None:
        amounts = numbers(frame, plan.amounts)
        of_cost = [
            ("aside_amounts_negative", amounts < 0),
            ("aside_amounts_without_counts", (amounts > 0) & ~claimed),
            ("aside_counts_without_amounts", claimed & ~(amounts > 0)),
        ]
        costed, more = _sorted_out(plan.name, "severity", of_cost, used & (claimed | (amounts < 0) | (amounts > 0)))
        aside += more
    return PerilRows(plan.name, exposure, counts, amounts, used, costed, aside)


def _refuse_claims_alone(peril: str, used: BoolArray, counts: FloatArray, aside: Sequence[SetAside]) -> NoReturn:
    """Say whether the file has no row without a claim, or whether all of them were set aside."""
    free = int((~used & (counts == 0)).sum())
    if not free:
        raise InputError("every_row_claims", peril, peril=peril, rows=int(used.sum()))
    most = max(aside, key=lambda each: int((counts[each.rows] == 0).sum()))
    shown = {"rows": int(used.sum()), "aside": free}
    raise InputError("claim_free_rows_aside", peril, peril=peril, **shown, reason=most.phrase)


def _sorted_out(
    peril: str, part: str, reasons: Sequence[tuple[str, BoolArray]], rows: BoolArray
) -> tuple[BoolArray, tuple[SetAside, ...]]:
    """The rows that no reason holds for, and the others by their first reason."""
    left, aside = rows.copy(), []
    for code, holds in reasons:
        hit = left & holds
        if hit.any():
            aside.append(SetAside(code, peril, part, np.flatnonzero(hit)))
            left &= ~hit
    return left, tuple(aside)
