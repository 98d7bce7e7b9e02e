"""A person with a pencil: the lines of a worksheet, followed one by one, lead to the same fen."""

from fractions import Fraction
from typing import Any

import pytest

from tests.doors.test_cases import answer_of, cases
from tests.evaluator import half_up

PPM = 1_000_000
PRICED = [case for case in cases() if "refusal" not in case.values[0]["expect"]]
Line = dict[str, Any]


def follow(lines: list[Line]) -> int:
    """Running millifen after the last step before rounding, from operands and units alone."""
    money, ratio = Fraction(0), Fraction(1)
    for line in lines:
        if "ratio_ppm" in line and line["step"] != "ratio":
            ratio = next_ratio(line, ratio)
            assert line["ratio_ppm"] == ratio
        else:
            money = next_money(line, money)
        assert line["running_millifen"] == money
    return int(money)


def next_ratio(line: Line, ratio: Fraction) -> Fraction:
    """The running ratio after a relativity, the off-balance or the limits. [ppm]"""
    if line["step"] == "off_balance":
        return Fraction(half_up(ratio * PPM / line["operand"]))
    if line["step"] == "limits":
        return min(max(ratio, Fraction(500_000)), Fraction(1_500_000))
    return Fraction(line["operand"]) if ratio == 1 else Fraction(half_up(ratio * line["operand"] / PPM))


def next_money(line: Line, money: Fraction) -> Fraction:
    """The running millifen after a step on money."""
    if line["step"] == "contribution_base":
        return Fraction(line["operand"]) * 1000
    if money and line["unit"].startswith("ppm"):
        return Fraction(half_up(money * line["operand"] / PPM))
    if line["step"] == "risk_class":
        return money
    assert line["running_millifen"] % (line["operand"] if line["unit"] != "ppm" else 1) == 0
    return Fraction(line["running_millifen"])


@pytest.mark.parametrize("case", PRICED)
def test_lines_lead_to_the_price(case: dict[str, Any]) -> None:
    answer = answer_of(case)
    rows = sorted({line.get("row") for line in answer["worksheet"]}, key=str)
    assert rows
    for row in rows:
        lines = [line for line in answer["worksheet"] if line.get("row") == row]
        assert lines[-1]["step"] == "round"
        assert follow(lines[:-1]) == lines[-2]["running_millifen"]
        assert lines[-1]["running_millifen"] % 1000 == 0


@pytest.mark.parametrize("case", PRICED)
def test_every_figure_names_its_entry(case: dict[str, Any]) -> None:
    for line in answer_of(case)["worksheet"]:
        if line["step"] in ("contribution_base", "base_rate", "average_wage", "off_balance", "limits"):
            assert line["source"]
            assert line["entry"]
            assert line["status"]


@pytest.mark.parametrize("case", [case for case in PRICED if "quote" in case.values[0]])
def test_rounding_lines_are_the_levies(case: dict[str, Any]) -> None:
    answer = answer_of(case)
    rounded = {line["row"]: line["running_millifen"] // 1000 for line in answer["worksheet"] if line["step"] == "round"}
    assert rounded == {share["row"]: share["levy_fen"] for share in answer["shares"]}
    assert sum(rounded.values()) == answer["premium_fen"] == sum(answer["payers"].values())
