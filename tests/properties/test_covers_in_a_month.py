"""Covers of a whole month: other workers, the order of the rows, and what is published later move no fen."""

import datetime as dt
import shutil
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.settle import settle
from pricing.side import Side
from pricing.tariff import SHIPPED, Tariff
from pricing.units import parse_month
from pricing.usage import Usage
from service.prices.quote import quote
from tests.evaluator_covers import back, evaluate_covers
from tests.properties.answers import TARIFF, TODAY, Json
from tests.properties.strategies import key_of, without_empty
from tests.properties.test_covers_equal_evaluator import COVERS, ROWS, by_engine, one_enrolment, requests

MONTH = "2025-11"
NOVEMBER = parse_month(MONTH)
assert NOVEMBER is not None
EDITION = TARIFF.on(NOVEMBER, dt.date(2026, 1, 31))
GROUP = {"group": "mcn", "eligible": 120, "enrolled": 90}
PUBLISHED = "2026-06-01"
ENTRY = """
  - effective_from: 2022-07
    known_from: 2026-06-01
    status: demonstration
    evidence: none
    source: {title: A later release}
    value: 999000
"""


@st.composite
def workers(draw: st.DrawFn) -> dict[str, tuple[list[Json], list[Json], list[Json]]]:
    """Usage, enrolments and history of some workers."""
    found = {}
    for number in range(draw(st.integers(2, 4))):
        worker = f"w_month_{number:04d}"
        stamp = {"month": MONTH, "worker": worker}
        usage = draw(st.lists(ROWS.map(without_empty), min_size=1, max_size=3, unique_by=key_of))
        enrolments = [
            {"worker": worker, "cover": cover, "from_month": MONTH, **GROUP, **as_texts(draw(one_enrolment(cover)))}
            for cover in sorted(draw(st.sets(st.sampled_from(COVERS))))
        ]
        amount = draw(st.integers(0, 10**6))
        months = [back(MONTH, n) for n in range(draw(st.sampled_from((12, 13, 11))), 0, -1)]
        history = [{"worker": worker, "month": month, "revenue_fen": amount + n} for n, month in enumerate(months)]
        found[worker] = ([{**stamp, **row} for row in usage], enrolments, history)
    return found


def as_texts(chosen: Mapping[str, object]) -> Json:
    """Options and months as a file has them."""
    return {name: "yes" if value is True else str(value) for name, value in chosen.items()}


def settled(usage: list[Json], side: Side) -> dict[tuple[str, str, tuple[str, ...]], int | None]:
    """Levy, or the refusal as a negative number, by cover, worker and key."""
    settlement = settle(Usage.of(usage), EDITION, COVERS, side=side)
    order = settlement.checked.order.tolist()
    found: dict[tuple[str, str, tuple[str, ...]], int | None] = {}
    for cover in COVERS:
        priced = settlement.priced[cover]
        levies = {} if priced is None else dict(zip(priced.kept.tolist(), priced.levy_fen.tolist(), strict=True))
        for place, row in enumerate(order):
            name = (cover, usage[row]["worker"], key_of(usage[row]))
            found[name] = levies.get(place, -int(settlement.refusals[cover][place]))
    return found


@pytest.mark.slow
@settings(max_examples=60)
@given(workers(), st.randoms(use_true_random=False))
def test_a_worker_costs_the_same_alone_and_among_others_in_any_order(
    month: dict[str, tuple[list[Json], list[Json], list[Json]]], random: Random
) -> None:
    alone = {}
    for usage, enrolments, history in month.values():
        alone |= settled(usage, Side.of(enrolments, history))
    usage, enrolments = ([row for one in month.values() for row in one[part]] for part in (0, 1))
    histories = [one[2] for one in month.values()]
    for rows in (usage, enrolments, histories):
        random.shuffle(rows)
    history = [row for rows in histories for row in rows]  # of one worker the months keep ascending
    assert settled(usage, Side.of(enrolments, history)) == alone


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Tariff:
    """The shipped tables with base rates of two covers that were published on 2026-06-01."""
    folder = tmp_path_factory.mktemp("later") / "rates"
    shutil.copytree(SHIPPED, folder)
    for cover in ("third_party", "lumbar"):
        path = folder / cover / "base_rate.yaml"
        path.write_text(path.read_text(encoding="utf-8").rstrip() + ENTRY, encoding="utf-8")
    return Tariff.load(folder)


@settings(max_examples=40)
@given(requests(), st.sampled_from(("2026-05-31", "2025-12-31")))
def test_with_knowledge_fixed_a_later_rate_moves_nothing(later: Tariff, request: Json, known_on: str) -> None:
    earlier = {**request, "known_on": known_on}
    assert quote(earlier, later, TODAY) == quote(earlier, TARIFF, TODAY)


@settings(max_examples=40)
@given(requests())
def test_who_knows_the_later_rate_is_charged_by_it(later: Tariff, request: Json) -> None:
    known = {**request, "known_on": PUBLISHED}
    assert by_engine(known, later) == evaluate_covers(known, later.folder)


def test_the_later_rate_is_another(later: Tariff) -> None:
    """3,000 km × 9.99 yuan per 1,000 km, against 6.24."""
    row = {"platform": "meituan", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike"}
    request = {"month": MONTH, "worker": "w_month_0000", "schemes": [], "covers": ["third_party"]}
    request["usage"] = [{**row, "distance_m": 3_000_000}]
    fen = [
        by_engine({**request, "known_on": day}, later)["third_party"]["premium_fen"]
        for day in ("2026-05-31", PUBLISHED)
    ]
    assert fen == [1872, 2997]
