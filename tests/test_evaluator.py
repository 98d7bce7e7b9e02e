"""The evaluator against sums made by hand: its arithmetic, our worked cases and the cases from outside."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.evaluator import (
    calculate,
    curve_at,
    declared_shares,
    evaluate,
    evaluate_declaration,
    half_up,
    merged_shares,
    read_table,
)

HERE = Path(__file__).parent
RATES = HERE.parent / "pricing" / "rates"
SHARED = HERE.parent.parent / "shared"
Case = dict[str, Any]


def load(path: Path) -> list[Case]:
    """The cases of one file."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []


CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(HERE.glob("cases/*.yaml"))
    for case in load(path)
]
OUTSIDE = [pytest.param(case, id=case["name"]) for case in load(SHARED / "checks" / "cases.yaml")]
if not OUTSIDE:
    OUTSIDE = [pytest.param({}, marks=pytest.mark.skip(reason="../shared/checks/cases.yaml is not here"))]


def names() -> dict[str, Fraction]:
    """What the sums may name: the off-balance of the distance table."""
    entry = read_table(RATES / "work_injury" / "distance.yaml")["entries"][0]
    return {"OMEGA": Fraction(entry["off_balance_ppm"], 1_000_000)}


def answer(case: Case) -> dict[str, Any]:
    """What the evaluator says to a case."""
    if "declare" in case:
        return evaluate_declaration(case["declare"], RATES)
    return evaluate(case["quote"], RATES)[case["scheme"]]


def differences(got: dict[str, Any], expect: dict[str, Any]) -> list[str]:
    """What an answer has otherwise than expected; 'due' is law about the scheme, not a price."""
    wanted = {key: value for key, value in expect.items() if key not in ("other", "due")}
    return [
        f"{key}: expected {value!r}, got {got.get(key)!r} {got.get('refusal', '')}"
        for key, value in wanted.items()
        if got.get(key) != value
    ]


def amounts(texts: list[str | None]) -> list[int | None]:
    """Sums of shares; a refused row has none."""
    return [None if text is None else calculate(str(text), names()) for text in texts]


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("fen(620 * 0.07 + 140 * 0.07)", 5320),
        ("fen(millifen(millifen(6000 * 0.011) * 0.8))", 5280),
        ("fen(0.005)", 1),
        ("fen(0.00499999)", 0),
        ("fen(333 * millifen(0.01 * 0.5))", 167),
        ("fen(millifen(0.000005))", 0),
        ("fen(millifen(millifen(5418.57 * 0.007) * 0.5))", 1897),
        ("fen(5418.57 * 0.007 * 0.5)", 1896),
        ("fen(base(200, cent(4404 * 3 / 30), 22017))", 44040),
        ("1_000_000 * clamp(ppm(1 / 3), 0.5, 1.5)", 500000),
        ("1000000 * ppm(2 / 3)", 666667),
        ("-(2 - 3) * 100", 100),
    ],
)
def test_calculates_by_hand(text: str, fen: int) -> None:
    assert calculate(text) == fen


@pytest.mark.parametrize("text", ["0.5", "__import__('os')", "OMEGA", "2 ** 3", "'a'", "[1][0]", "fen(x=1)", "True"])
def test_calculates_nothing_but_whole_arithmetic(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        calculate(text)


def test_names_are_given() -> None:
    assert calculate("fen(1.1 / OMEGA)", {"OMEGA": Fraction(11, 10)}) == 100


def test_a_half_goes_up() -> None:
    assert [half_up(Fraction(n, 2)) for n in (-1, 1, 3, 5)] == [0, 1, 2, 3]


def test_a_curve_is_straight_between_knots_and_flat_beyond() -> None:
    points = [[0, 10], [10, 20], [13, 21]]
    assert [curve_at(points, x) for x in (-5, 0, 5, 10, 11, 12, 13, 99)] == [10, 10, 15, 20, 20, 21, 21, 21]


def test_merged_shares_are_differences_of_rounded_sums() -> None:
    assert merged_shares([2001000, 2001000], [1, 1]) == [1001, 1000]
    assert merged_shares([1000, 3000], [0, 5]) == [0, 3]


def test_declared_shares_go_by_largest_remainder_then_order() -> None:
    assert declared_shares([Fraction(38500), Fraction(38500)]) == [39, 38]
    assert declared_shares([Fraction(7700), Fraction(15400), Fraction(30800)]) == [8, 15, 31]


def test_there_are_cases() -> None:
    assert len(CASES) >= 80
    assert len({param.id for param in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES)
def test_sum_comes_to_what_is_expected(case: Case) -> None:
    expect = case["expect"]
    request = case.get("declare") or case["quote"]
    assert request["known_on"], "a case depends on no clock"
    if "refusal" in expect:
        return
    total = calculate(case["sum"], names())
    for key in ("levy_fen", "premium_fen"):
        assert expect.get(key, total) == total
    if "base" in case:
        assert calculate(case["base"]) == expect["contribution_base_fen"]
    for shares in (expect.get("shares_fen"), amounts(case["shares"]) if "shares" in case else None):
        assert shares is None or sum(share or 0 for share in shares) == total


@pytest.mark.parametrize("case", CASES)
def test_evaluator_agrees_with_our_case(case: Case) -> None:
    got = answer(case)
    assert not differences(got, case["expect"])
    assert not differences(got, case.get("rows", {}))
    if "refusal" not in case["expect"]:
        assert got.get("premium_fen", got.get("levy_fen")) == calculate(case["sum"], names())
    if "ratio" in case:
        assert got["ratio_ppm"] == calculate(case["ratio"], names())
    if "shares" in case:
        assert got["shares_fen"] == amounts(case["shares"])


@pytest.mark.parametrize("case", OUTSIDE)
def test_evaluator_agrees_with_the_cases_from_outside(case: Case) -> None:
    assert not differences(answer(case), case["expect"])
    for scheme, expect in case["expect"].get("other", {}).items():
        assert not differences(evaluate(case["quote"], RATES)[scheme], expect)


def test_every_fact_named_in_a_case_exists() -> None:
    path = SHARED / "facts" / "facts.yaml"
    if not path.exists():
        pytest.skip("../shared/facts/facts.yaml is not here")
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))["facts"]
    known = {f"{f['key']} | {f['jurisdiction']} | {f['effective_from'] or '-'}" for f in facts}
    named = {name for path in HERE.glob("cases/*.yaml") for case in load(path) for name in case["facts"]}
    assert named
    assert named <= known
