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
    money, ratio, before = Fraction(0), Fraction(1), Fraction(0)
    for line in lines:
        operand, step = Fraction(line["operand"]), line["step"]
        if step == "contribution_base":
            money = operand * 1000
        elif step == "average_wage":
            money = Fraction(line["running_millifen"])
        elif step in ("base_rate", "reduction", "float", "ratio") and line["unit"].startswith("ppm"):
            money = Fraction(half_up((money or Fraction(line["running_millifen"])) * operand / PPM))
            if step == "float" and before == 0:
                money = Fraction(line["running_millifen"])
        elif step == "base_rate":
            assert line["running_millifen"] % line["operand"] == 0
            money = Fraction(line["running_millifen"])
        elif step == "off_balance":
            ratio = Fraction(half_up(ratio * PPM / operand))
        elif step == "limits":
            ratio = operand
        elif "ratio_ppm" in line:
            ratio = operand if ratio == 1 else Fraction(half_up(ratio * operand / PPM))
        if "ratio_ppm" in line:
            assert line["ratio_ppm"] == ratio
        assert line["running_millifen"] == money
        before = money
    return int(money)


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
