"""Two dates: with knowledge fixed, nothing that is entered later moves an answer; a later knowledge does."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.tariff import Tariff
from service.prices.quote import quote
from tests.plain import PLAIN
from tests.properties.answers import TARIFF, TODAY, Json, by_engine, by_evaluator
from tests.properties.strategies import ALL_KNOWN, ATTRIBUTES, amounts, months_of, request_of, requests

PUBLISHED = "2026-06-01"
BASE = """
  - region: "510000"
    effective_from: 2025-01
    ends: 2025-12
    known_from: 2026-06-01
    status: enacted
    evidence: quoted
    source: {title: a correction that applies retroactively}
    by_bound: {floor: 470000, cap: 2300000}
"""
CURVE = """
  - effective_from: 2026-07
    known_from: 2026-06-01
    status: demonstration
    evidence: none
    source: {title: a steeper curve}
    curve: [[0, 500000], [5000000, 2000000]]
    off_balance_ppm: 1100000
"""


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Tariff:
    """The shipped tables with a base of 2025 and a curve of 2026-07 that were published on 2026-06-01."""
    folder = tmp_path_factory.mktemp("later") / "rates"
    shutil.copytree(PLAIN, folder)
    for name, entry in (("contribution_base", BASE), ("work_injury/distance", CURVE)):
        path = folder / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8").rstrip() + entry, encoding="utf-8")
    return Tariff.load(folder)


def whole_answer(request: Json, tariff: Tariff) -> Json:
    """Everything an answer says, the edition's hash and the worksheet included."""
    return quote(request, tariff, TODAY)


@settings(max_examples=100)
@given(requests(), st.sampled_from([f"{month}-28" for month in months_of(2022, 2023, 2024, 2025)] + ["2026-05-31"]))
def test_with_knowledge_fixed_a_later_publication_moves_nothing(later: Tariff, request: Json, known_on: str) -> None:
    earlier = {**request, "known_on": known_on}
    assert whole_answer(earlier, later) == whole_answer(earlier, TARIFF)


@settings(max_examples=80)
@given(requests(), st.sampled_from(months_of(2022, 2023, 2024)))
def test_a_later_entry_does_not_move_an_earlier_month(later: Tariff, request: Json, month: str) -> None:
    known = {**request, "month": month, "known_on": ALL_KNOWN}
    assert whole_answer(known, later) == whole_answer(known, TARIFF)


@settings(max_examples=40)
@given(ATTRIBUTES, amounts(least=1), st.sampled_from(months_of(2025)))
def test_a_base_published_later_is_used_by_those_who_know_it(
    later: Tariff, attributes: Json, parts: list[Json], month: str
) -> None:
    row = {**attributes, **parts[0], "region": "510104", "income_fen": 1}
    before = request_of(month, [row], known_on="2026-05-31")
    after = {**before, "known_on": PUBLISHED}
    bases = [by_engine(request, later)["class_rate"]["contribution_base_fen"] for request in (before, after)]
    assert bases[1] == 470000 != bases[0]
    assert whole_answer(before, later)["edition"] != whole_answer(after, later)["edition"]


@settings(max_examples=80)
@given(requests())
def test_with_other_tables_the_kernel_is_still_what_the_evaluator_says(later: Tariff, request: Json) -> None:
    ours, theirs = by_engine(request, later), by_evaluator(request, later.folder)
    for scheme in ("class_rate", "mileage_linked", "pilot_per_order"):
        assert ours[scheme] == theirs[scheme]
