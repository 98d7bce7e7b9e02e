"""Every worked case of `cases_claim/`: the decision, its sum written out, and the steps that lead there."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricing.tariff import Tariff
from service.claims.claim import claim
from tests.claims import CLAIMS, TODAY, claim_of
from tests.evaluator import calculate

CASES = Path(__file__).parent.parent / "cases_claim"
TARIFF = Tariff.load()
Case = dict[str, Any]


def cases() -> list[Any]:
    """All cases of the folder. YAML reads 2025-11 as text and a quoted date as text."""
    found = [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 60
    return found


@pytest.mark.parametrize("case", cases())
def test_case(case: Case) -> None:
    answer = claim(claim_of(case["cover"], case.get("with")), TARIFF, TODAY)
    expect = case["expect"]
    refusal = answer["refusal"] or {}
    got = {
        "decision": answer["decision"],
        "code": refusal.get("code"),
        "step": refusal.get("step"),
        "to_prove": [group["any_of"] for group in answer["to_prove"]],
        "warnings": [warning["code"] for warning in answer["warnings"]],
    }
    assert {key: got[key] for key in expect} == expect, refusal
    if "sum" in case:
        assert answer["benefit_fen"] == calculate(case["sum"])


@pytest.mark.parametrize("case", cases())
def test_the_steps_lead_to_the_decision(case: Case) -> None:
    answer = claim(claim_of(case["cover"], case.get("with")), TARIFF, TODAY)
    holds = [step["holds"] for step in answer["steps"]]
    assert (False in holds) == (answer["decision"] == "refused" and answer["refusal"]["step"] is not None)
    assert False not in holds[:-1], "nothing follows the step that refuses"
    assert (None in holds) == (answer["decision"] == "open") or answer["decision"] == "refused"
    if answer["decision"] == "refused":
        assert answer["benefit_fen"] == 0
        return
    assert answer["steps"][-1]["running_fen"] == answer["benefit_fen"]
    assert all(step["text"] and step["text_zh"] and "{" not in step["text"] for step in answer["steps"])
    rest = [step for step in answer["steps"] if step["entry"]]
    assert all(step["source"] and step["status"] and step["evidence"] for step in rest)
    assert answer["status"] == "demonstration"


def test_every_cover_has_a_claim_that_is_paid() -> None:
    assert set(CLAIMS) == set(TARIFF.covers)
    assert {claim(claim_of(cover), TARIFF, TODAY)["decision"] for cover in CLAIMS} == {"paid"}


def run(*arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "service.cli", "claim", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "words"), [("en", "Still to be proved"), ("zh", "尚待证明")])
def test_the_page(lang: str, words: str) -> None:
    text = json.dumps(claim_of("lumbar", {"proofs": {"imaging": None}}))
    done = run("-", "--lang", lang, text=text)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout
    assert "5,200.00" in done.stdout


@pytest.mark.slow
def test_strict_answers_a_refusal_with_one() -> None:
    text = json.dumps(claim_of("lumbar", {"event": {"date": "2024-12-31"}}))
    done = run("-", "--json", "--strict", text=text)
    assert (done.returncode, json.loads(done.stdout)["refusal"]["code"]) == (1, "claim_before_cover")
