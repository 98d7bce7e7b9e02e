"""A request has the same answer, to the byte, alone and among any others: in a batch, or waiting at the same desk."""

import asyncio
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.errors import InputError
from service.json_text import as_read, json_bytes
from service.prices.batch import Batch
from service.prices.desk import MOST_AT_ONCE, Desk
from service.prices.quote import quote
from service.prices.quote_request import Request
from service.prices.together import Ready, by_form
from service.refusals import of_error
from tests.properties import test_covers_equal_evaluator as covers
from tests.properties.answers import TARIFF, TODAY, Json
from tests.properties.strategies import requests, usages
from tests.refusals.test_anything import KEYS, NEARLY

ROOT = Path(__file__).resolve().parents[2]
REGISTERS: tuple[list[Json], ...] = (
    [],
    [{"platform": "meituan", "pilot_tier": "high", "pilot_float_pct": 130, "class_float_pct": 80}],
    [{"platform": "didi", "region": "510000", "class_float_pct": 150, "risk_class": 4}],
)
MONTHS = (("2025-08", "2028-12-31"), ("2027-02", "2028-12-31"))
SHOWN = st.fixed_dictionaries(
    {},
    optional={
        "lang": st.sampled_from(("en", "zh")),
        "worksheet": st.booleans(),
        "curve": st.booleans(),
        "technical": st.booleans(),
        "covers": st.sampled_from(([], ["third_party", "cargo_damage"], ["lumbar"])),
        "schemes": st.sampled_from((["mileage_linked", "pilot_per_order"], ["courier_single"], [])),
    },
)
BROKEN = st.dictionaries(st.sampled_from(KEYS), st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3)
ANY = st.one_of(
    requests(),
    requests(usages(most=6, strange=True)),
    covers.requests(),
    covers.sound_requests(),
    st.lists(NEARLY, min_size=1, max_size=3).map(
        lambda rows: {"month": "2025-08", "worker": "w_anyrows", "usage": rows}
    ),
    BROKEN,
)


@st.composite
def batches(draw: st.DrawFn) -> list[Any]:
    """Requests of which many share their month, register and columns, so that they are settled together."""
    sent = draw(st.lists(st.tuples(ANY, SHOWN).map(lambda two: {**two[0], **two[1]}), min_size=1, max_size=7))
    shared = []
    for request in sent:
        if draw(st.integers(0, 3)):
            month, known_on = draw(st.sampled_from(MONTHS))
            request = {**request, "month": month, "known_on": known_on, "platforms": draw(st.sampled_from(REGISTERS))}
        shared += [request] * draw(st.integers(1, 2))
    return draw(st.permutations(shared))


def alone(request: Any) -> Json:
    """The answer to one request, or what a batch says of it."""
    try:
        return quote(request, TARIFF, TODAY)
    except InputError as error:
        return {"problem": of_error(error)}


def without_place(item: Json) -> Json:
    """An item without its row and the pointer, which only a batch has."""
    shown = {key: value for key, value in item.items() if key != "row"}
    if "problem" in shown:
        shown["problem"] = {key: value for key, value in shown["problem"].items() if key != "pointer"}
    return shown


@settings(max_examples=150)
@given(batches())
def test_an_item_of_a_batch_is_the_answer_of_its_request_alone(sent: list[Any]) -> None:
    items = [item for part in Batch(TARIFF, TODAY, "en").answers(enumerate(sent)) for item in part]
    assert [item["row"] for item in items] == list(range(len(sent)))
    assert [json_bytes(without_place(item)) for item in items] == [json_bytes(alone(request)) for request in sent]


def ready_of(sent: list[Any]) -> list[Ready]:
    """The requests that can be answered."""
    found = []
    for request in sent:
        try:
            found.append(Ready.of(Request.of(request, TARIFF, TODAY, "en"), TARIFF))
        except InputError:
            continue
    return found


@settings(max_examples=20)
@given(batches())
def test_who_waits_at_the_same_desk_has_the_answer_of_its_request_alone(sent: list[Any]) -> None:
    ready = ready_of(sent) * 3

    async def together() -> list[Json]:
        desk = Desk()
        return list(await asyncio.gather(*[desk.answer(one) for one in ready]))

    alone_ = [quote(one, TARIFF, TODAY) for one in sent if ready_of([one])] * 3
    assert [json_bytes(answer) for answer in asyncio.run(together())] == [json_bytes(answer) for answer in alone_]


RIDER = {"platform": "meituan", "region": "500000", "occupation": "food_rider", "vehicle": "e_bike", "orders": 9}


def test_requests_of_one_worker_are_not_merged() -> None:
    sent = [
        {"month": "2025-08", "worker": "w_4KQ7ZB2M", "usage": [{**RIDER, "distance_m": metres, "income_fen": 500_000}]}
        for metres in (1_000, 2_000_000, 1_000)
    ]
    assert by_form(ready_of(sent)) == [[0, 1, 2]]
    items = [item for part in Batch(TARIFF, TODAY, "en").answers(enumerate(sent)) for item in part]
    assert [item["merged"]["distance_m"] for item in items] == [1_000, 2_000_000, 1_000]
    assert [as_read(without_place(item)) for item in items] == [quote(request, TARIFF, TODAY) for request in sent]


def test_neither_groups_nor_histories_of_requests_meet() -> None:
    host = json.loads((ROOT / "service" / "examples" / "host.json").read_text(encoding="utf-8"))
    figures = [{"id": "mcn_17", "eligible": eligible, "enrolled": 96} for eligible in (120, 100, 400)]
    grouped = [{**host, "enrolment": {**host["enrolment"], "group": group}} for group in figures]
    poorer = {month: amount // 2 for month, amount in host["history"]["revenue_fen"].items()}
    sent = [*grouped, {**host, "history": {"revenue_fen": poorer}}, {**host, "history": {"revenue_fen": {}}}]
    ready = ready_of(sent)
    assert by_form(ready) == [[0, 1, 2, 3, 4]]
    items = [item for part in Batch(TARIFF, TODAY, "en").answers(enumerate(sent)) for item in part]
    assert [as_read(without_place(item)) for item in items] == [quote(request, TARIFF, TODAY) for request in sent]
    refused = [{cover["refusal"]["code"] for cover in item["covers"] if "refusal" in cover} for item in items]
    assert refused == [set(), set(), {"participation_too_low"}, set(), {"history_missing"}]


def test_more_than_one_round_waits_at_the_desk() -> None:
    request = {"month": "2025-08", "worker": "w_4KQ7ZB2M", "usage": [RIDER]}
    ready = ready_of([request]) * (2 * MOST_AT_ONCE + 3)

    async def together() -> list[Json]:
        desk = Desk()
        return list(await asyncio.gather(*[desk.answer(one) for one in ready]))

    assert as_read(asyncio.run(together())) == [quote(request, TARIFF, TODAY)] * len(ready)


def test_who_leaves_the_desk_spoils_nobodys_answer() -> None:
    [ready] = ready_of([{"month": "2025-08", "worker": "w_4KQ7ZB2M", "usage": [RIDER]}])

    async def one_leaves() -> Json:
        desk = Desk()
        gone, stays = (asyncio.create_task(desk.answer(ready)) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(one_leaves())["worker"] == "w_4KQ7ZB2M"
