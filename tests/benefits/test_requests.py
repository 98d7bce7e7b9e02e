"""A malformed question is an error that names the key; what is given without effect is said."""

import datetime as dt
from typing import Any

import pytest

from pricing.errors import InputError
from pricing.tariff import Tariff
from service.claims.benefit import benefit
from service.refusals import of_error

TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()
ASK: dict[str, Any] = {"benefit": "disability", "month": "2025-10", "region": "110000", "wage_fen": 800000, "grade": 7}
DEATH = {"benefit": "death", "month": "2025-10", "region": "110000", "wage_fen": 800000}


def refused(raw: Any) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        benefit(raw, TARIFF, TODAY)
    return of_error(caught.value)


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"benefit": "pension"}, "request_value", "benefit"),
        ({"benefit": None}, "missing_field", "benefit"),
        ({"month": None}, "missing_field", "month"),
        ({"month": "2025-13"}, "request_month", "month"),
        ({"known_on": "yesterday"}, "request_date", "known_on"),
        ({"region": None}, "missing_field", "region"),
        ({"region": "990000"}, "region_not_known", "region"),
        ({"region": 110000}, "region_not_known", "region"),
        ({"region": "000000"}, "region_not_known", "region"),
        ({"wage_fen": None}, "missing_field", "wage_fen"),
        ({"wage_fen": 8000.5}, "value_not_whole", "wage_fen"),
        ({"wage_fen": True}, "value_not_whole", "wage_fen"),
        ({"wage_fen": "800000"}, "value_not_whole", "wage_fen"),
        ({"wage_fen": -1}, "value_negative", "wage_fen"),
        ({"wage_fen": 10**11}, "value_too_large", "wage_fen"),
        ({"grade": 0}, "request_value", "grade"),
        ({"grade": 11}, "request_value", "grade"),
        ({"grade": "7"}, "request_value", "grade"),
        ({"care": "some"}, "request_value", "care"),
        ({"scheme": "no_scheme"}, "request_value", "scheme"),
        ({"employment": "boss"}, "request_value", "employment"),
        ({"wages": 5}, "unknown_column", "wages"),
    ],
)
def test_malformed(change: dict[str, Any], code: str, place: str) -> None:
    refusal = refused({**ASK, **change})
    assert (refusal["code"], refusal["place"]) == (code, place)
    assert refusal["message"] != refusal["message_zh"]


@pytest.mark.parametrize(
    ("dependants", "code", "place"),
    [
        ("spouse", "not_a_list", "dependants"),
        (["spouse"], "not_an_object", "dependants, 0"),
        ([{}], "missing_field", "kind"),
        ([{"kind": "spouse"}, {"kind": "friend"}], "request_value", "dependants, 1, kind"),
        ([{"kind": "child", "lone": "yes"}], "request_value", "dependants, 0, lone"),
        ([{"kind": "child", "age": 7}], "unknown_column", "dependants, 0, age"),
    ],
)
def test_malformed_dependants(dependants: Any, code: str, place: str) -> None:
    refusal = refused({**DEATH, "dependants": dependants})
    assert (refusal["code"], refusal["place"]) == (code, place)


def test_dependants_need_a_wage() -> None:
    refusal = refused({**DEATH, "wage_fen": None, "dependants": [{"kind": "spouse"}]})
    assert (refusal["code"], refusal["place"]) == ("missing_field", "wage_fen")


def test_a_question_that_is_no_object() -> None:
    assert refused([ASK])["code"] == "not_an_object"


def test_what_has_no_effect_is_said() -> None:
    answer = benefit({**ASK, "contribution_years": 3, "x_note": "own"}, TARIFF, TODAY)
    unused = [warning for warning in answer["warnings"] if warning["code"] == "benefit_not_used"]
    assert len(unused) == 1
    assert "contribution_years" in unused[0]["message"]
    assert answer["lump_sum_fen"] == benefit(ASK, TARIFF, TODAY)["lump_sum_fen"]


def test_the_frame_of_an_answer() -> None:
    answer = benefit(ASK, TARIFF, TODAY)
    assert answer["format"] == 1
    assert (answer["month"], answer["known_on"]) == ("2025-10", "2026-11-24")
    assert answer["edition"].startswith("sha256:")
