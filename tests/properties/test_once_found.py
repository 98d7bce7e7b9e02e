"""What the laws of this folder once found, one small request each."""

import re
import shutil
from pathlib import Path

import pytest

from pricing.errors import InputError
from pricing.tariff import SHIPPED, Tariff
from tests.properties.answers import Json, by_engine, by_evaluator
from tests.properties.strategies import request_of

ROW: Json = {
    "platform": "sf_intracity",
    "region": "500000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "employment": "employee",
    "orders": 100,
    "distance_m": 100_000,
    "income_fen": 500_000,
    "active_days": 20,
}
COURIER: Json = {"platform": "acme", "occupation": "parcel_courier"}
TWO_PLACES = [{**COURIER, "region": "519900"}, {**COURIER, "region": "510000"}]


def altered(folder: Path, name: str, pattern: str, text: str) -> Tariff:
    """The shipped tables with one change to one file."""
    shutil.copytree(SHIPPED, folder)
    path = folder / name
    before = path.read_text(encoding="utf-8")
    after = re.sub(pattern, text, before, count=1)
    assert after != before
    path.write_text(after, encoding="utf-8")
    return Tariff.load(folder)


def test_a_later_entry_for_a_city_does_not_move_the_heads_of_couriers(tmp_path: Path) -> None:
    entry = """
  - region: "519900"
    effective_from: 2029-01
    known_from: 2029-01-01
    status: enacted
    evidence: quoted
    source: {title: a base of its own}
    by_bound: {floor: 458801, cap: 2293800}
"""
    later = altered(tmp_path / "rates", "contribution_base.yaml", r"\n*\Z", entry)
    request = request_of("2025-08", TWO_PLACES)
    assert by_engine(request, later) == by_engine(request)


def test_a_register_row_of_another_platform_does_not_move_the_heads_of_couriers() -> None:
    request = request_of("2025-08", TWO_PLACES)
    other = [{"platform": "meituan", "region": "519900", "pilot_tier": "low"}]
    assert by_engine({**request, "platforms": other})["courier_single"] == by_engine(request)["courier_single"]


def test_an_occupation_without_a_class_is_refused(tmp_path: Path) -> None:
    tariff = altered(tmp_path / "rates", "work_injury/occupation_class.yaml", r"\n +host: \d+", "")
    request = request_of("2025-08", [{**ROW, "occupation": "host"}])
    answers = by_engine(request, tariff)
    assert [name for name, answer in answers.items() if "refusal" not in answer] == []


def test_a_usage_row_with_a_column_of_declarations_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="pilot_industry"):
        by_engine(request_of("2025-08", [{**ROW, "pilot_industry": "ride_hailing"}]))


def test_an_equal_row_with_a_broken_key_is_a_duplicate() -> None:
    request = request_of("2025-08", [{**ROW, "region": "990000"}] * 2)
    assert by_engine(request)["class_rate"]["row_refusals"] == {0: "region_not_known"}


def test_rows_that_differ_in_a_bad_cell_conflict() -> None:
    request = request_of("2025-08", [{**ROW, "orders": -1}, {**ROW, "orders": -7}])
    assert by_engine(request)["class_rate"]["row_refusals"] == {0: "conflicting_rows", 1: "conflicting_rows"}


def test_a_courier_in_two_places_is_as_many_heads_as_the_evaluator_counts() -> None:
    request = request_of("2025-08", TWO_PLACES)
    assert by_engine(request)["courier_single"] == by_evaluator(request)["courier_single"]


def test_conflicting_rows_with_a_broken_key_are_refused_as_the_evaluator_says() -> None:
    request = request_of("2025-08", [{**ROW, "region": "990000"}, {**ROW, "region": "990000", "orders": 7}])
    assert by_engine(request)["class_rate"] == by_evaluator(request)["class_rate"]
