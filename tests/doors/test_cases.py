"""Every worked case through the door of the quote or the declaration: one answer."""

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricing.tariff import SHIPPED, Tariff
from service.prices.declare import declare
from service.prices.quote import quote
from tests.evaluator import calculate, read_table

CASES = Path(__file__).parent.parent / "cases"
TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()
Case = dict[str, Any]


def cases() -> list[Any]:
    """All cases of the folder."""
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def names() -> dict[str, Any]:
    """The off-balance, which the sums call OMEGA."""
    entry = read_table(SHIPPED / "work_injury" / "distance.yaml")["entries"][0]
    return {"OMEGA": Fraction(entry["off_balance_ppm"], 1_000_000)}


def answer_of(case: Case) -> Case:
    """What our doors say to a case."""
    if "declare" in case:
        return declare(case["declare"], TARIFF, TODAY)
    schemes = {scheme["scheme"]: scheme for scheme in quote(case["quote"], TARIFF, TODAY)["schemes"]}
    return schemes[case["scheme"]]


def differences(answer: Case, expect: Case) -> list[str]:
    """What an answer says otherwise than expected."""
    got = dict(answer)
    got["refusal"] = (answer.get("refusal") or {}).get("code")
    got["shares_fen"] = [share["levy_fen"] for share in answer.get("shares", [])]
    return [
        f"{key}: expected {want!r}, got {got.get(key)!r}"
        for key, want in expect.items()
        if key != "other" and got.get(key) != want
    ]


@pytest.mark.parametrize("case", cases())
def test_case(case: Case) -> None:
    answer = answer_of(case)
    assert differences(answer, case["expect"]) == []


@pytest.mark.parametrize("case", [case for case in cases() if "refusal" not in case.values[0]["expect"]])
def test_sum_written_out(case: Case) -> None:
    answer = answer_of(case)
    amount = answer.get("premium_fen", answer.get("levy_fen"))
    assert amount == calculate(case["sum"], names())
    for key, column in (("base", "contribution_base_fen"), ("ratio", "ratio_ppm")):
        if key in case:
            assert answer[column] == calculate(case[key], names())


@pytest.mark.parametrize("case", [case for case in cases() if "rows" in case.values[0]])
def test_rows(case: Case) -> None:
    answer, rows = answer_of(case), case["rows"]
    by_row = {share["row"]: share["levy_fen"] for share in answer.get("shares", [])}
    refused = {refusal["row"]: refusal["code"] for refusal in answer.get("refusals", [])}
    if "shares_fen" in rows:
        assert [by_row.get(row) for row in range(len(rows["shares_fen"]))] == rows["shares_fen"]
    if "row_refusals" in rows:
        assert refused == rows["row_refusals"]
