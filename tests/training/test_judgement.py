"""The judgement of a fit against figures worked out another way, and what it says of rigged rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.drift import psi
from models.tables import Tables
from pricing.errors import LichengError
from tests.training.desk import peril
from training.fit import Fitted, Rows
from training.gates import Bounds, gates, read_gates
from training.judgement import Seen, judge

METRICS = {"gain": 0.5, "fidelity": {"mean": 0.01}}


@pytest.fixture(scope="module")
def judged() -> dict[str, Any]:
    fitted, train, test = peril()
    half = np.where(np.arange(len(test.counts)) % 2 == 0, "even", "odd")
    return judge(fitted, train, test, Seen(groups={"half": half}), 2026)


def expected_of(fitted: Fitted, rows: Rows) -> np.ndarray:
    return fitted.rate(rows.columns) * rows.exposure


def test_every_split_of_the_claims_adds_up(judged: dict[str, Any]) -> None:
    fitted, _, test = peril()
    whole = {"claims": test.counts.sum(), "exposure": test.exposure.sum(), "expected": expected_of(fitted, test).sum()}
    splits = [judged["lift"], judged["double_lift"]["bands"], judged["fairness"]["half"], [judged["calibration"]]]
    splits += list(judged["by_factor"].values())
    assert len(splits) == 7
    for lines in splits:
        for name, total in whole.items():
            assert sum(line[name] for line in lines) == pytest.approx(total), name


def test_the_lift_rises_and_holds_the_claims(judged: dict[str, Any]) -> None:
    rates = [line["expected"] / line["exposure"] for line in judged["lift"]]
    assert rates == sorted(rates)
    assert len(rates) == 10
    assert sum(line["low"] <= 1 <= line["high"] for line in judged["lift"]) >= 8
    assert 1.5 < judged["lift"][-1]["claims"] / judged["lift"][-1]["exposure"] / rates[0] < 8


def test_the_lorenz_curve_lies_under_the_diagonal(judged: dict[str, Any]) -> None:
    curve = judged["lorenz"]
    gap = np.array(curve["exposure"]) - np.array(curve["claims"])
    assert (gap >= -0.02).all()
    assert curve["gini"] == pytest.approx(2 * np.trapezoid(gap, curve["exposure"]), abs=0.01)
    assert 0.15 < curve["gini"] < 0.35


def test_the_true_relativity_lies_in_its_interval(judged: dict[str, Any]) -> None:
    area = next(one for one in judged["mains"] if one["factor"] == "area")["fitted"]
    south = area["at"].index("south")
    assert area["low"][south] < 1.5 < area["high"][south]
    assert sum(area["exposure"]) == pytest.approx(peril()[1].exposure.sum())


def test_the_challenger_is_compared_row_by_row(judged: dict[str, Any]) -> None:
    found = judged["challenger"]
    assert found["trees"] > 5
    assert abs(found["difference"]) < 4 * found["error"], "main effects are the truth: trees can add nothing"


def test_periods_are_compared_by_time() -> None:
    fitted, train, test = peril()
    moved = replace(
        train, columns={**train.columns, "area": np.where(np.arange(len(train.counts)) < 10_000, "north", "south")}
    )
    times = (np.arange(len(train.counts)) // 2_000, np.full(len(test.counts), 10))
    found = judge(fitted, moved, test, Seen(times=times), 2026)
    assert found["psi"]["periods"] == "earlier_later"
    assert found["psi"]["factors"]["area"]["psi"] > 5
    assert found["psi"]["factors"]["age"]["psi"] < 0.01
    assert len(found["by_time"]) == 11
    assert [line["part"] for line in found["by_time"]].count("test") == 1


def test_psi_by_hand() -> None:
    """Shares 0.5, 0.5 to 0.6, 0.4: 0.1·ln 1.2 − 0.1·ln 0.8 = 0.0405465."""
    assert psi(np.array([50.0, 50.0]), np.array([6.0, 4.0])) == pytest.approx(0.04054651)
    assert psi(np.array([3.0, 1.0]), np.array([30.0, 10.0])) == 0
    with pytest.raises(ValueError, match="exposure"):
        psi(np.array([0.0, 0.0]), np.array([1.0, 1.0]))


def gate(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["gates"] if one["gate"] == name)


def test_a_good_fit_passes_every_gate(judged: dict[str, Any]) -> None:
    found = gates({"perils": {"accident": METRICS}}, {"perils": {"accident": judged}}, Bounds(), None)
    assert found["passed"]
    assert [one["gate"] for one in found["gates"]] == ["deviance", "calibration", "fidelity", "monotone", "fairness"]
    assert all(one["message"] != one["message_zh"] and "{" not in one["message"] for one in found["gates"])


def shifted(fitted: Fitted) -> Fitted:
    return replace(fitted, tables=replace(fitted.tables, base=fitted.tables.base + 0.3))


def falling(fitted: Fitted) -> Fitted:
    [place] = fitted.curves
    curve = fitted.curves[place]
    return replace(fitted, curves={place: replace(curve, y=curve.y[::-1])})


def against_age(fitted: Fitted) -> Fitted:
    """A monotone factor published by levels, one of which is turned round by a table of two factors."""
    factors = list(fitted.coding.factors)
    place = next(i for i, factor in enumerate(factors) if factor.spec.name == "age")
    factors[place] = replace(factors[place], spec=replace(factors[place].spec, monotone=1))
    sizes = fitted.coding.sizes
    pair = np.zeros((sizes[0], sizes[place])) if place else np.zeros((sizes[place], sizes[1]))
    pair[0, -1] = -1.0
    key = (0, place) if place else (0, 1)
    tables = Tables(sizes, fitted.tables.base, {place: np.linspace(0, 0.5, sizes[place])}, {key: pair})
    return replace(fitted, coding=replace(fitted.coding, factors=tuple(factors)), tables=tables)


@pytest.mark.parametrize(
    ("spoil", "name", "subject"),
    [(shifted, "calibration", ""), (falling, "monotone", "km"), (against_age, "monotone", "age")],
)
def test_a_spoilt_fit_is_stopped(spoil: Callable[[Fitted], Fitted], name: str, subject: str) -> None:
    fitted, train, test = peril()
    found = judge(spoil(fitted), train, test, Seen(), 2026)
    result = gates({"perils": {"accident": METRICS}}, {"perils": {"accident": found}}, Bounds(), None)
    failed = {(one["gate"], one["subject"]) for one in result["gates"] if not one["passed"]}
    assert (name, subject) in failed
    assert not result["passed"]


def test_an_unfair_group_is_stopped() -> None:
    """Rows with claims against rows without: no model may be so far off for a group."""
    fitted, train, test = peril()
    groups = {"claimed": np.where(test.counts > 0, "yes", "no")}
    found = judge(fitted, train, test, Seen(groups=groups), 2026)
    result = gates({"perils": {"accident": METRICS}}, {"perils": {"accident": found}}, Bounds(), None)
    assert not gate(result, "fairness")["passed"]
    assert gate(result, "fairness")["subject"] == "claimed = yes"


def test_the_loss_ratio_of_a_group() -> None:
    """Of every group: what was paid ÷ (expected claims × expected cost of one)."""
    fitted, train, test = peril()
    south = test.columns["area"] == "south"
    found = judge(fitted, train, test, Seen(groups={"south": south.astype(str)}), 2026)
    assert fitted.severity is not None
    coding, severity = fitted.severity
    due = expected_of(fitted, test) * np.exp(severity.tables.log_rate(coding.codes(test.columns)))
    assert test.amounts is not None
    for line, rows in zip(found["fairness"]["south"], (~south, south), strict=True):
        assert line["loss_ratio"] == pytest.approx(test.amounts[rows].sum() / due[rows].sum())


@pytest.mark.parametrize(
    ("candidate", "name", "passed"),
    [
        ({"lint": ["a gap"], "changes": {}}, "lint", False),
        ({"lint": [], "changes": {"platform": {"meituan": -0.3, "dada": 0.1}}}, "dislocation", False),
        ({"lint": [], "changes": {"platform": {"meituan": -0.2}}}, "dislocation", True),
    ],
)
def test_gates_of_a_candidate(judged: dict[str, Any], candidate: dict[str, Any], name: str, passed: bool) -> None:
    found = gates({"perils": {"accident": METRICS}}, {"perils": {"accident": judged}}, Bounds(), candidate)
    assert gate(found, name)["passed"] is passed
    assert found["passed"] is passed


def test_bounds_of_a_plan() -> None:
    raw = {"gates": {"deviance": 0.2, "fairness": 0.05, "dislocation": {"region": 0.4}}}
    bounds = read_gates(raw, "plan", 0.02)
    assert (bounds.deviance, bounds.fairness, bounds.fidelity_mean) == (0.2, 0.05, 0.02)
    assert bounds.dislocation == {"platform": 0.25, "region": 0.4, "distance_band": 0.25}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"gates": []}, "not_an_object"),
        ({"gates": {"beauty": 1}}, "unknown_key"),
        ({"gates": {"dislocation": {"moon": 1}}}, "unknown_key"),
        ({"gates": {"dislocation": 1}}, "not_an_object"),
        ({"gates": {"fairness": "x"}}, "plan_not_a_number"),
        ({"gates": {"calibration": -1}}, "plan_not_above_zero"),
    ],
)
def test_bounds_that_are_none(raw: dict[str, Any], code: str) -> None:
    with pytest.raises(LichengError) as caught:
        read_gates(raw, "plan", 0.03)
    assert caught.value.code == code
