"""What the pages say of a rider's work: no code of a level, a column or a file is left in a sentence."""

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pricing.tariff import Tariff
from service.prices.quote import quote
from service.web.said import plain_words

TARIFF = Tariff.load()
DAY = dt.date(2026, 11, 24)
OTHER = {"platform": "sf_intracity", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike", "orders": 9}
WHOLE = {"distance_m": 900_000, "income_fen": 500_000, "active_days": 20, "worked_min": 9_000, "night_min": 9_001}
NEVER = dict.fromkeys(WHOLE, 10**12)
PLACES = (("500000", "meituan"), ("310000", "another"), ("650000", "ele_me"))
ROWS = [
    {"platform": platform, "region": region, "occupation": occupation, **vehicle, **employment, **quantities}
    for occupation, (region, platform), vehicle, employment, quantities in itertools.product(
        TARIFF.factors["occupation"].levels,
        PLACES,
        ({}, {"vehicle": "e_bike"}),
        ({}, {"employment": "none"}, {"employment": "employee"}),
        ({}, WHOLE, NEVER),
    )
]


def told(answer: Any) -> Iterator[dict[str, Any]]:
    """Every sentence of an answer with its code."""
    if isinstance(answer, dict):
        if "message_zh" in answer:
            yield answer
        answer = list(answer.values())
    if isinstance(answer, list):
        for one in answer:
            yield from told(one)


@pytest.fixture(scope="module")
def said() -> list[dict[str, Any]]:
    asked = {"month": "2025-10", "known_on": "2025-11-30", "worker": "w_page_rider"}
    asked |= {"covers": ["third_party", "cargo_damage"]}
    return [one for row in ROWS for one in told(quote({**asked, "usage": [row, OTHER]}, TARIFF, DAY))]


@pytest.mark.parametrize(("lang", "raw"), [("en", r"_|\.yaml"), ("zh", "[a-z]{3,}")])
def test_no_machine_word_is_left(said: list[dict[str, Any]], lang: str, raw: str) -> None:
    sentences = {plain_words(one, TARIFF, lang) for one in said}
    assert len({one["code"] for one in said}) > 12
    assert {words for words in sentences if re.search(raw, words)} == set()


def test_a_quantity_is_called_as_its_field(said: list[dict[str, Any]]) -> None:
    large = [one for one in said if one["code"] == "value_too_large"]
    assert large
    for lang, field in (("en", "Distance"), ("zh", "里程")):
        assert any(plain_words(one, TARIFF, lang).startswith(field) for one in large)
