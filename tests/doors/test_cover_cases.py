"""Every worked case of the covers, with its sum: through the quote, and in batches of any cut."""

import datetime as dt
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricing.errors import ROW_CODES
from pricing.tariff import Tariff
from service.prices.quote import quote
from service.terminal.prices import show_quote
from tests.evaluator import calculate, exact

CASES = Path(__file__).parent.parent / "cases_covers"
TARIFF = Tariff.load()
TODAY = dt.date(2026, 11, 24)
Json = dict[str, Any]
RIDER: Json = {
    "platform": "meituan",
    "region": "500000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "orders": 1000,
    "distance_m": 3_000_000,
}
HOST: Json = {
    "platform": "douyin",
    "region": "110000",
    "occupation": "host",
    "live_min": 4800,
    "desk_min": 5760,
    "longest_sitting_min": 180,
    "revenue_fen": 1_000_000,
}
GROUP = {"id": "mcn_17", "eligible": 120, "enrolled": 96}
INCOME = {"replaced_ppm": 500_000, "elimination_days": 30, "max_months": 3, "waiting_days": 90}
MONTHS = [f"2024-{month}" for month in (11, 12)] + [f"2025-{month:02}" for month in range(1, 11)]
EVEN = [10_000] * 12


def load(name: str) -> list[Json]:
    """Cases of a file, with what all cases of it share."""
    found: list[Json] = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert len(found) > 20
    return found


def cases() -> list[Any]:
    """All cases as (base row, case)."""
    bases = {"riders": RIDER, "hosts": HOST, "income": HOST}
    return [
        pytest.param(request_of(base, name, case), case, id=f"{name}: {case['name']}")
        for name, base in bases.items()
        for case in load(name)
    ]


def request_of(base: Json, name: str, case: Json) -> Json:
    """The request of a case."""
    row = {key: value for key, value in {**base, **case.get("with", {})}.items() if value is not None}
    request: Json = {
        "month": case.get("month", "2025-11"),
        "known_on": "2026-01-31",
        "worker": "w_covers001",
        "schemes": [],
        "covers": [cover_of(case)],
        "usage": case.get("rows", [row]),
    }
    options = case.get("several", case.get("options"))
    if name == "income":
        options = {**INCOME, **case.get("options", {})}
        revenue = zip(MONTHS, case.get("revenue", EVEN), strict=False)
        amounts = {month: round(100 * yuan) for month, yuan in revenue if yuan is not None}
        request["history"] = {"revenue_fen": case.get("history", amounts)}
    if options is not None:
        request["enrolment"] = {cover_of(case): options}
        if name != "riders" and case.get("group", GROUP) is not None:
            request["enrolment"]["group"] = case.get("group", GROUP)
    return request


def cover_of(case: Json) -> str:
    """The cover a case is about."""
    return str(case.get("cover", "income_interruption"))


@pytest.mark.parametrize(("request_", "case"), cases())
def test_case(request_: Json, case: Json) -> None:
    [answer] = quote(request_, TARIFF, TODAY)["covers"]
    if "refusal" in case:
        assert answer["premium_fen"] is None
        assert answer["refusal"]["code"] == case["refusal"]
        assert "{" not in answer["refusal"]["message"] + answer["refusal"]["message_zh"]
        assert [word for word in case.get("words", ()) if word not in answer["refusal"]["message"]] == []
        return
    assert answer["premium_fen"] == calculate(case["sum"])
    assert (answer["status"], answer["evidence"]) == ("demonstration", "none")
    assert sum(answer["payers"].values()) == answer["premium_fen"]
    assert sum(share["levy_fen"] for share in answer["shares"]) == answer["premium_fen"]
    if "payers" in case:
        assert answer["payers"] == case["payers"]
    if "shares_fen" in case:
        assert [share["levy_fen"] for share in answer["shares"]] == case["shares_fen"]
    if "volatility" in case:
        [line] = [line for line in answer["worksheet"] if line["step"] == "volatility"]
        assert answer["options"]["replaced_ppm"] == {"level": "500000", "standard": False}
        curve = [(0, "0.85"), (250_000, "1"), (500_000, "1.25"), (1_000_000, "1.6")]
        assert line["operand"] == at(curve, exact(case["volatility"]) * 1_000_000)


def at(curve: list[tuple[int, str]], x: Fraction) -> int:
    """A curve at a place, half up. [ppm]"""
    knots = [(Fraction(place), Fraction(value)) for place, value in curve]
    if x >= knots[-1][0]:
        return int(knots[-1][1] * 1_000_000)
    (x0, y0), (x1, y1) = next(pair for pair in pairwise(knots) if pair[0][0] <= x < pair[1][0])
    value = (y0 + (y1 - y0) * (x - x0) / (x1 - x0)) * 1_000_000
    return int((2 * value + 1) // 2)


def test_every_refusal_of_a_cover_has_a_case() -> None:
    own = ROW_CODES[ROW_CODES.index("not_enrolled") :]
    wanted = {case.get("refusal") for name in ("riders", "hosts", "income") for case in load(name)}
    # JSON names a month once, in any order, and one group; of files: tests/service
    of_files = {"history_twice", "history_out_of_order", "group_contradicts"}
    assert set(own) - wanted == of_files


def test_goods_are_said_in_yuan_per_order() -> None:
    """12,500,000 fen over 1,000 orders are 125 yuan an order."""
    case = {"name": "goods", "cover": "cargo_damage", "with": {"goods_value_fen": 12_500_000}}
    [answer] = quote(request_of(RIDER, "riders", case), TARIFF, TODAY)["covers"]
    [line] = [line for line in answer["worksheet"] if line["step"] == "goods_value"]
    assert "125.00 yuan of goods per order" in line["text"]


def test_brackets_in_a_request_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    case = {"name": "brackets", "cover": "lumbar", "options": {"waiting_days": 90, "benefit_fen": "[/b]"}}
    show_quote(quote(request_of(HOST, "hosts", case), TARIFF, TODAY), "en")
    assert "[/b]" in capsys.readouterr().out


def test_the_package_is_the_sum_of_its_covers() -> None:
    request = request_of(HOST, "income", {"name": "package"})
    request["covers"] = ["occupational_health"]
    request["enrolment"] = {"occupational_health": INCOME, "group": GROUP}
    answer = quote(request, TARIFF, TODAY)
    premiums = {cover["cover"]: cover["premium_fen"] for cover in answer["covers"]}
    assert premiums == {"lumbar": 627, "stress": 448, "income_interruption": calculate("fen(millifen(13.80 * 0.85))")}
    assert [package["premium_fen"] for package in answer["packages"]] == [sum(premiums.values())]


def test_covers_leave_the_schemes_as_they_are() -> None:
    request = {**request_of(RIDER, "riders", {"name": "both", "cover": "third_party"}), "schemes": ["pilot_per_order"]}
    request["platforms"] = [{"platform": "meituan", "region": "500000", "pilot_tier": "low"}]
    alone = quote({**request, "covers": []}, TARIFF, TODAY)
    assert alone["schemes"] == quote(request, TARIFF, TODAY)["schemes"]
    assert alone["schemes"][0]["premium_fen"] == 7000
