"""Every worked case of `cases_benefit/`: the answer, its sums written out, and the worksheet that leads there."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricing.tariff import Tariff
from service.claims.benefit import benefit
from tests.evaluator import calculate

CASES = Path(__file__).parent.parent / "cases_benefit"
TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()
Case = dict[str, Any]


def cases(*, priced: bool) -> list[Any]:
    """All cases of the folder that are answered, or all that are refused."""
    found = [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
        if ("refusal" not in case["expect"]) == priced
    ]
    assert len(found) >= (40 if priced else 10)
    return found


def answer_of(case: Case, lang: str = "en") -> Case:
    return benefit(case["ask"], TARIFF, TODAY, lang)


def amount_of(answer: Case, name: str) -> int:
    """A total of the answer, or one of its amounts by name."""
    named = {amount["name"]: amount["fen"] for amount in answer["amounts"]}
    found = answer[name] if name in answer else named[name]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("case", cases(priced=True))
def test_case(case: Case) -> None:
    answer = answer_of(case)
    assumption = answer["assumption"]
    got = {**answer, "assumption": assumption["code"] if assumption else None}
    assert {key: got[key] for key in case["expect"]} == case["expect"]
    assert set(case.get("warns", [])) <= {warning["code"] for warning in answer["warnings"]}


@pytest.mark.parametrize("case", [case for case in cases(priced=True) if "sums" in case.values[0]])
def test_sums_written_out(case: Case) -> None:
    answer = answer_of(case)
    for name, text in case["sums"].items():
        assert (name, amount_of(answer, name)) == (name, calculate(text))
    if "pensions" in case:
        parts = [part["monthly_fen"] for part in answer["pensions"]]
        assert parts == [calculate(text) for text in case["pensions"]]
        assert sum(parts) == answer["monthly_fen"]


@pytest.mark.parametrize("case", cases(priced=True))
def test_the_worksheet_leads_to_every_amount(case: Case) -> None:
    answer = answer_of(case)
    running = {line["running_fen"] for line in answer["worksheet"]}
    assert {amount["fen"] for amount in answer["amounts"]} <= running
    assert {part["monthly_fen"] for part in answer["pensions"]} <= running
    rested = [line for line in answer["worksheet"] if "entry" in line]
    assert rested
    assert all(line["source"] and line["status"] and line["evidence"] for line in rested)


@pytest.mark.parametrize("case", cases(priced=False))
def test_refused(case: Case) -> None:
    answer = answer_of(case)
    refusal = answer["refusal"]
    assert refusal["code"] == case["expect"]["refusal"]
    assert [word for word in case.get("words", []) if word not in refusal["message"]] == []
    assert [word for word in case.get("words_zh", []) if word not in refusal["message_zh"]] == []
    assert {"lump_sum_fen", "monthly_fen", "amounts", "worksheet"} & set(answer) == set()


def test_the_worksheet_speaks_both_languages() -> None:
    case = next(case.values[0] for case in cases(priced=True) if "pensions" in case.values[0])
    english, chinese = (answer_of(case, lang)["worksheet"] for lang in ("en", "zh"))
    assert [line["running_fen"] for line in english] == [line["running_fen"] for line in chinese]
    assert not {line["text"] for line in english} & {line["text"] for line in chinese}
