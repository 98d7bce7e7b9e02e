"""Every malformed claim is refused by name and place; every unknown part of a cover's claim too."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest

from pricing.errors import InputError, TariffError
from pricing.tariff import SHIPPED, Tariff
from service.claims.claim import claim
from tests.claims import TODAY, claim_of

TARIFF = Tariff.load()
Json = dict[str, Any]

REQUESTS: list[tuple[str, str, Json, str, str]] = [
    ("an event without date", "lumbar", {"event": {"date": None}}, "missing_field", "event, date"),
    ("an event without source", "lumbar", {"event": {"source": None}}, "missing_field", "event, source"),
    ("an event with an empty source", "lumbar", {"event": {"source": " "}}, "request_value", "event, source"),
    ("an event without kind", "lumbar", {"event": {"kind": None}}, "missing_field", "event, kind"),
    ("no event", "lumbar", {"event": None}, "missing_field", "event"),
    ("an event of no known kind", "lumbar", {"event": {"kind": "bad_luck"}}, "request_value", "event, kind"),
    ("a date that is none", "lumbar", {"event": {"date": "2025-02-30"}}, "request_date", "event, date"),
    ("an unknown part of the event", "lumbar", {"event": {"place": "home"}}, "unknown_column", "event, place"),
    ("a negative loss", "lumbar", {"loss_fen": -1}, "value_negative", "loss_fen"),
    ("a loss of half a fen", "lumbar", {"loss_fen": 0.5}, "value_not_whole", "loss_fen"),
    ("a loss that is true", "lumbar", {"loss_fen": True}, "value_not_whole", "loss_fen"),
    ("a loss beyond all measure", "lumbar", {"loss_fen": 10**18}, "value_too_large", "loss_fen"),
    ("no loss", "lumbar", {"loss_fen": None}, "missing_field", "loss_fen"),
    ("an unknown proof", "lumbar", {"proofs": {"rumour": True}}, "unknown_column", "proofs, rumour"),
    ("a proof of one", "lumbar", {"proofs": {"imaging": 1}}, "request_value", "proofs, imaging"),
    ("an unknown key", "lumbar", {"revenue_fen": 1}, "unknown_column", "revenue_fen"),
    ("an unknown cover", "lumbar", {"cover": "dental"}, "request_value", "cover"),
    ("work injury", "lumbar", {"cover": "work_injury"}, "request_value", "cover"),
    ("no worker", "lumbar", {"worker": None}, "missing_field", "worker"),
    (
        "revenue of a month to come",
        "income_interruption",
        {"history": {"revenue_fen": {"2027-01": 1}}},
        "history_after_known",
        "history, revenue_fen, 2027-01",
    ),
    ("a worker of two letters", "lumbar", {"worker": "w1"}, "worker_not_valid", "worker"),
    ("an unknown region", "lumbar", {"region": "990000"}, "region_not_known", "region"),
    ("an unknown occupation", "lumbar", {"occupation": "pilot"}, "request_value", "occupation"),
    (
        "an unknown option",
        "lumbar",
        {"enrolment": {"lumbar": {"colour": 1}}},
        "unknown_column",
        "enrolment, lumbar, colour",
    ),
    ("no first month", "lumbar", {"enrolment": {"lumbar": {"from_month": None}}}, "missing_field", "from_month"),
    (
        "an earlier claim of less than nothing",
        "lumbar",
        {"earlier_claims": [{"month": "2025-01", "paid_fen": -1, "event": "a"}]},
        "value_negative",
        "earlier_claims, 0",
    ),
    (
        "an earlier claim without event",
        "lumbar",
        {"earlier_claims": [{"month": "2025-01", "paid_fen": 1}]},
        "missing_field",
        "earlier_claims, 0, event",
    ),
    (
        "two amounts for the month claimed",
        "income_interruption",
        {"history": {"revenue_fen": {"2025-11": 2_000_000}}},
        "claim_revenue_contradicts",
        "history, revenue_fen, 2025-11",
    ),
    ("an earlier claim without month", "lumbar", {"earlier_claims": [{"paid_fen": 1}]}, "missing_field", "month"),
    ("an earlier claim with more", "lumbar", {"earlier_claims": [{"paid": 1}]}, "unknown_column", "earlier_claims, 0"),
    ("earlier claims that are no list", "lumbar", {"earlier_claims": {"a": 1}}, "not_a_list", "earlier_claims"),
    ("goods without value", "cargo_damage", {"goods": {"declared_value_fen": None}}, "missing_field", "goods"),
    ("goods of less than nothing", "cargo_damage", {"goods": {"declared_value_fen": -1}}, "value_negative", "goods"),
    ("no goods", "cargo_damage", {"goods": None}, "missing_field", "goods"),
    ("no revenue of the month", "income_interruption", {"revenue_fen": None}, "missing_field", "revenue_fen"),
    ("a month that is none", "income_interruption", {"month": "2025-13"}, "request_month", "month"),
    ("an index without source", "income_interruption", {"category_index": {"source": None}}, "missing_field", "source"),
    (
        "an index without last year",
        "income_interruption",
        {"category_index": {"2024-11": None}},
        "missing_field",
        "category_index, 2024-11",
    ),
    ("a negative index", "income_interruption", {"category_index": {"2024-11": -1}}, "value_negative", "2024-11"),
    (
        "an index of a month that is none",
        "income_interruption",
        {"category_index": {"2024": 1}},
        "request_month",
        "category_index",
    ),
    (
        "a total of text",
        "income_interruption",
        {"accumulation": {"claimed_fen": "all"}},
        "value_not_whole",
        "claimed_fen",
    ),
    (
        "a total of something else",
        "income_interruption",
        {"accumulation": {"paid": 1}},
        "unknown_column",
        "accumulation",
    ),
    (
        "a history of something else",
        "income_interruption",
        {"history": {"income": {}}},
        "unknown_column",
        "history, income",
    ),
]


@pytest.mark.parametrize(("cover", "changes", "code", "place"), [pytest.param(*r[1:], id=r[0]) for r in REQUESTS])
def test_request(cover: str, changes: Json, code: str, place: str) -> None:
    assert claim(claim_of(cover), TARIFF, TODAY)["decision"] == "paid"
    request = claim_of(cover, changes)
    with pytest.raises(InputError) as caught:
        claim(request, TARIFF, TODAY)
    assert (caught.value.code, place in caught.value.place) == (code, True), str(caught.value)
    assert caught.value.message("en") != caught.value.message("zh")


@pytest.mark.parametrize("raw", [None, [], "claim", 7])
def test_no_object(raw: Any) -> None:
    with pytest.raises(InputError) as caught:
        claim(raw, TARIFF, TODAY)
    assert caught.value.code == "not_an_object"


TERMS: list[tuple[str, str, str, str, str, str]] = [
    ("an unknown shape", "lumbar", "shape: indemnity", "shape: lottery", "unknown_level", "lottery"),
    ("an unknown part", "lumbar", "  limits:\n", "  luck: much\n  limits:\n", "unknown_key", "luck"),
    ("a part of another shape", "lumbar", "  limits:\n", "  months: max_months\n  limits:\n", "unknown_key", "months"),
    ("an option that is none", "lumbar", "waiting: waiting_days", "waiting: nights", "unknown_level", "nights"),
    (
        "an option of another unit",
        "lumbar",
        "waiting: waiting_days",
        "waiting: benefit_fen",
        "unknown_level",
        "benefit_fen",
    ),
    ("a limit per nothing known", "lumbar", "per: twelve_months", "per: century", "unknown_level", "century"),
    ("a limit with more", "lumbar", "per: twelve_months", "per: event, by: law", "unknown_key", "by"),
    ("no kinds of events", "lumbar", "  kinds:\n", "  excluded_too:\n", "unknown_key", "excluded_too"),
    ("no proofs", "third_party", "  proofs:", "  x:", "unknown_key", "x"),
    ("a title in one language", "stress", 'zh: "问卷量表"', 'zh: ""', "both_languages", ""),
    (
        "a table that is not there",
        "income_interruption",
        "income_interruption/revenue_fall",
        "income_interruption/rise",
        "table_missing",
        "income_interruption/rise",
    ),
    ("a trigger without its share", "income_interruption", "  fall: ", "  x_fall: ", "unknown_key", "x_fall"),
    (
        "declared value perhaps",
        "cargo_damage",
        "declared_value: true",
        "declared_value: perhaps",
        "not_true_or_false",
        "perhaps",
    ),
]


@pytest.mark.parametrize(("cover", "old", "new", "code", "word"), [pytest.param(*t[1:], id=t[0]) for t in TERMS])
def test_terms(cover: str, old: str, new: str, code: str, word: str, tmp_path: Path) -> None:
    folder = tmp_path / "tariff"
    shutil.copytree(SHIPPED, folder)
    path = folder / cover / "cover.yaml"
    before = path.read_text(encoding="utf-8")
    assert old in before, "the shipped file has changed: mend the case"
    start = before.index("\nclaim:")
    path.write_text(before[:start] + before[start:].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TariffError) as caught:
        Tariff.load(folder)
    assert caught.value.code == code, str(caught.value)
    assert word in caught.value.message("en")
    assert word in caught.value.message("zh")


def test_a_cover_without_terms_of_a_claim_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "tariff"
    shutil.copytree(SHIPPED, folder)
    path = folder / "stress" / "cover.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("claim:")] + text[text.index("conditions:") :], encoding="utf-8")
    with pytest.raises(TariffError) as caught:
        claim(claim_of("stress"), Tariff.load(folder), TODAY)
    assert (caught.value.code, "claim" in caught.value.message("en")) == ("missing_key", True)


def test_a_new_cover_gets_its_claim_from_its_yaml_alone(tmp_path: Path) -> None:
    folder = tmp_path / "tariff"
    shutil.copytree(SHIPPED, folder)
    shutil.copytree(folder / "third_party", folder / "parcel_theft")
    for path in (folder / "parcel_theft").glob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("third_party/", "parcel_theft/"), encoding="utf-8")
    path = folder / "parcel_theft" / "cover.yaml"
    text = path.read_text(encoding="utf-8")
    new = (
        "claim:\n  shape: indemnity\n  kinds:\n    theft: {en: theft, zh: 盗窃}\n"
        "  proofs:\n    - report: {en: a report, zh: 报案记录}\n"
        "  limits:\n    - {option: limit_fen, per: twelve_months}\n"
    )
    path.write_text(text[: text.index("claim:")] + new + text[text.index("conditions:") :], encoding="utf-8")
    request = claim_of("third_party", {"event": {"kind": "theft"}, "proofs": None, "loss_fen": 30_000_000})
    request = {**copy.deepcopy(request), "cover": "parcel_theft", "proofs": {"report": True}}
    answer = claim(request, Tariff.load(folder), TODAY)
    assert (answer["decision"], answer["benefit_fen"]) == ("paid", 20_000_000)
