"""The judgement of a fit on its test rows, as a report draws it: ranking, calibration, drift, groups, challenger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.diagnostics import gini, lift, lorenz, pearson_dispersion
from models.drift import psi
from models.experience import FloatArray, IntArray
from models.factor_spec import Column
from training.banded import Banded
from training.challenger import challenge
from training.fit import Fitted, Rows
from training.monotone import certificates
from training.pictured import interactions, mains, pairs

_POINTS = 101  # of a Lorenz curve
_LARGEST = 10
_TENTHS = 10
_SURE = 1.96


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is looked at beside the factors. times: of the train and the test rows, None where there are none.

    groups: columns of the test rows that are no rating factors, for fairness; in_force: expected claims per unit of
    exposure of the test rows by the tables in force, None where there are none.
    """

    times: tuple[Column, Column] | None = None
    groups: Mapping[str, Column] = field(default_factory=dict)
    in_force: FloatArray | None = None


def judge(fitted: Fitted, train: Rows, test: Rows, seen: Seen, seed: int) -> dict[str, Any]:
    """Everything that is shown of one peril; all figures of the test rows unless their name says otherwise."""
    expected = fitted.rate(test.columns) * test.exposure
    simple = np.exp(fitted.glm.tables_.log_rate(fitted.glm_coding.codes(test.columns)))
    before, against = (simple, "glm") if seen.in_force is None else (np.maximum(seen.in_force, 1e-12), "in_force")
    return {
        "calibration": _whole(test, expected),
        "certificates": certificates(fitted),
        "lorenz": _lorenz(expected / test.exposure, test),
        "lift": _lift(test, expected),
        "double_lift": {"against": against, "bands": _double_lift(test, expected, before * test.exposure)},
        "by_factor": _by_factor(fitted, test, expected),
        "by_time": _by_time(fitted, train, test, seen.times),
        "dispersion": pearson_dispersion(test.counts, expected),
        "large": _large(train),
        "psi": _psi(fitted, train, test, seen.times),
        "mains": mains(fitted, train),
        "pairs": pairs(fitted, train),
        "interactions": interactions(fitted, train),
        "challenger": challenge(fitted, train, test, seed),
        "fairness": _fairness(fitted, test, expected, seen.groups),
    }


def _lorenz(rate: FloatArray, rows: Rows) -> dict[str, Any]:
    """Shares of exposure and claims from the lowest expected rate to the highest, and the Gini index."""
    x, y = lorenz(rate, rows.counts, rows.exposure)
    at = np.linspace(0, 1, _POINTS)
    return {
        "exposure": at.tolist(),
        "claims": np.interp(at, x, y).tolist(),
        "gini": gini(rate, rows.counts, rows.exposure),
    }


def _whole(rows: Rows, expected: FloatArray) -> dict[str, Any]:
    """Claims of all test rows against those expected."""
    exposure, claims, own = (float(column.sum()) for column in (rows.exposure, rows.counts, expected))
    return _band("", exposure, claims, own, pearson_dispersion(rows.counts, expected))


def _lift(rows: Rows, expected: FloatArray) -> list[dict[str, float]]:
    found = lift(rows.counts, expected, rows.exposure)
    spread = pearson_dispersion(rows.counts, expected)
    return [
        _band(str(place + 1), exposure, counts, own, spread)
        for place, (exposure, counts, own) in enumerate(
            zip(found.exposure.tolist(), found.counts.tolist(), found.expected.tolist(), strict=True)
        )
    ]


def _band(label: str, exposure: float, claims: float, expected: float, spread: float) -> dict[str, Any]:
    """Claims against those expected, with the 95 % interval of the ratio under the dispersion of the whole."""
    reach = _SURE * np.sqrt(max(spread, 1.0) * expected) / expected if expected > 0 else 0.0
    ratio = claims / expected if expected > 0 else None
    return {"label": label, "exposure": exposure, "claims": claims, "expected": expected} | {
        "ratio": ratio,
        "low": None if ratio is None else ratio - reach,
        "high": None if ratio is None else ratio + reach,
    }


def _double_lift(rows: Rows, expected: FloatArray, other: FloatArray) -> list[dict[str, Any]]:
    """Tenths of the exposure by the ratio of two models: which of them the claims follow where they disagree."""
    order = np.argsort(expected / other, kind="stable")
    passed = np.cumsum(rows.exposure[order])
    tenth = np.minimum((passed - rows.exposure[order] / 2) / passed[-1] * _TENTHS, _TENTHS - 1).astype(np.int64)
    columns = {"exposure": rows.exposure, "claims": rows.counts, "expected": expected, "other": other}
    sums = {name: np.bincount(tenth, column[order], _TENTHS).tolist() for name, column in columns.items()}
    shown = [place for place in range(_TENTHS) if sums["exposure"][place] > 0]
    return [{"label": str(place + 1)} | {name: own[place] for name, own in sums.items()} for place in shown]


def _by_factor(fitted: Fitted, rows: Rows, expected: FloatArray) -> dict[str, list[dict[str, Any]]]:
    """Actual against expected by tenths or levels of each factor."""
    found = {}
    for factor in fitted.coding.factors:
        column = rows.columns[factor.spec.name]
        banded = Banded.learn(factor.spec, column, rows.exposure)
        found[factor.spec.name] = _added(banded, banded.codes(column), rows, expected)
    return found


def _added(banded: Banded, codes: IntArray, rows: Rows, expected: FloatArray) -> list[dict[str, Any]]:
    exposure, claims, own = (banded.sums(codes, column) for column in (rows.exposure, rows.counts, expected))
    spread = pearson_dispersion(rows.counts, expected)
    return [
        _band(label, float(exposure[place]), float(claims[place]), float(own[place]), spread)
        for place, label in enumerate(banded.labels)
        if exposure[place] > 0
    ]


def _by_time(fitted: Fitted, train: Rows, test: Rows, times: tuple[Column, Column] | None) -> list[dict[str, Any]]:
    """Actual against expected of each time; `part` says whether its rows trained or tested."""
    if times is None:
        return []
    found = []
    for part, rows, column in (("train", train, times[0]), ("test", test, times[1])):
        expected = fitted.rate(rows.columns) * rows.exposure
        spread = pearson_dispersion(rows.counts, expected)
        values, place = np.unique(column, return_inverse=True)
        sums = [np.bincount(place, each, len(values)).tolist() for each in (rows.exposure, rows.counts, expected)]
        for value, exposure, claims, own in zip(values.tolist(), *sums, strict=True):
            found.append({**_band(str(value), exposure, claims, own, spread), "part": part})
    return sorted(found, key=lambda one: str(one["label"]))


def _large(rows: Rows) -> dict[str, Any] | None:
    """How much of the cost lies in the largest rows of the training; None without amounts."""
    if rows.amounts is None or not (rows.amounts > 0).any():
        return None
    cost = np.sort(rows.amounts[rows.amounts > 0])[::-1]
    hundredth = max(len(cost) // 100, 1)
    return {
        "rows": len(cost),
        "total": float(cost.sum()),
        "largest": cost[:_LARGEST].tolist(),
        "share_of_largest": float(cost[:_LARGEST].sum() / cost.sum()),
        "share_of_top_hundredth": float(cost[:hundredth].sum() / cost.sum()),
    }


def _psi(fitted: Fitted, train: Rows, test: Rows, times: tuple[Column, Column] | None) -> dict[str, Any]:
    """Exposure by level before and after: earlier and later half of the training's times, else train and test."""
    if times is None:
        before, after, what = train, test, "train_test"
    else:
        middle = np.unique(times[0])[len(np.unique(times[0])) // 2]
        before, after, what = train.where(times[0] < middle), train.where(times[0] >= middle), "earlier_later"
        if not before.exposure.sum() > 0:
            before, after, what = train, test, "train_test"
    found: dict[str, Any] = {"periods": what, "factors": {}}
    for factor in fitted.coding.factors:
        name = factor.spec.name
        banded = Banded.learn(factor.spec, before.columns[name], before.exposure)
        first, last = (banded.sums(banded.codes(rows.columns[name]), rows.exposure) for rows in (before, after))
        found["factors"][name] = {
            "psi": psi(first, last),
            "labels": list(banded.labels),
            "before": (first / first.sum()).tolist(),
            "after": (last / last.sum()).tolist(),
        }
    return found


def _fairness(
    fitted: Fitted, rows: Rows, expected: FloatArray, groups: Mapping[str, Column]
) -> dict[str, list[dict[str, Any]]]:
    """Actual against expected, and loss against expected loss, of groups that no table may ask for."""
    found = {}
    spread = pearson_dispersion(rows.counts, expected)
    cost = _expected_cost(fitted, rows, expected)
    for name, column in groups.items():
        values, place = np.unique(np.asarray(column).astype(str), return_inverse=True)
        sums = [np.bincount(place, each, len(values)).tolist() for each in (rows.exposure, rows.counts, expected)]
        lines = [
            _band(value, exposure, claims, own, spread)
            for value, exposure, claims, own in zip(values.tolist(), *sums, strict=True)
        ]
        if cost is not None and rows.amounts is not None:
            losses, due = (np.bincount(place, each, len(values)) for each in (rows.amounts, cost))
            for line, loss, own in zip(lines, losses.tolist(), due.tolist(), strict=True):
                line["loss_ratio"] = loss / own if own > 0 else None
        found[name] = lines
    return found


def _expected_cost(fitted: Fitted, rows: Rows, expected: FloatArray) -> FloatArray | None:
    if fitted.severity is None:
        return None
    coding, severity = fitted.severity
    return np.asarray(expected * np.exp(severity.tables.log_rate(coding.codes(rows.columns))))
