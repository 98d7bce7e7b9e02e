"""Whatever is sent, a door answers or refuses: never another exception, never text that JSON cannot carry."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.errors import InputError, LichengError
from pricing.tariff import Tariff
from pricing.usage import COLUMNS, NUMBERS, TEXTS
from service.prices.declare import COLUMNS as DECLARED
from service.prices.declare import declare
from service.prices.quote import quote
from service.reading import read_csv, read_json
from service.refusals import of_error
from tests.properties import strategies as known

TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()
Json = dict[str, Any]

# Any code point, halves of characters and emoji among them.
TEXT = st.one_of(st.text(max_size=12), st.text(st.characters(categories=["Cs", "So", "Cc", "Nd"]), max_size=6))
NUMBER = st.one_of(
    st.integers(-3, 50),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([2**63, -(2**63), 2**64, 10**400, 0.0, -0.0]),
)
SCALAR = st.one_of(st.none(), st.booleans(), NUMBER, TEXT)
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
WORDS = st.sampled_from([*known.PLATFORMS, *known.REGIONS, *known.OCCUPATIONS, *known.VEHICLES, "employee", "none"])
CELL = st.one_of(WORDS, NUMBER, TEXT, ANYTHING)
MONTH = st.one_of(known.MONTHS, st.sampled_from(["0000-01", "0001-01", "9999-12", "２０２５-08", "2025-13"]), SCALAR)
DATE = st.one_of(known.KNOWN, st.sampled_from(["0001-01-01", "9999-12-31", "2025-W01-1", "20250101"]), SCALAR)
SOUND = {name: strategy for name, strategy in known.COLUMNS.items() if name not in ("month", "worker")}


def answered(answer: Json) -> None:
    """An answer that any JSON reader can read, with no negative premium."""
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode("utf-8")
    for scheme in answer.get("schemes", [answer]):
        amount = scheme.get("premium_fen", scheme.get("levy_fen"))
        assert amount is None or amount >= 0


def refused(error: LichengError) -> None:
    """A refusal that can be said in both languages."""
    said = of_error(error)
    assert json.dumps({key: text for key, text in said.items() if key != "place"}, ensure_ascii=False).encode("utf-8")


def ask(request: Any) -> None:
    try:
        answered(quote(request, TARIFF, TODAY))
    except InputError as error:
        refused(error)


@given(ANYTHING)
def test_anything_at_all(request: Any) -> None:
    ask(request)
    answered(declare(request, TARIFF, TODAY))


KEYS = ["month", "known_on", "worker", "usage", "platforms", "history", "schemes", "covers", "lang", "curve", "x_own"]


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING), MONTH)
def test_any_value_under_the_known_keys(request: Json, month: Any) -> None:
    ask({"month": month, "usage": [{}], **request})


ROW = st.fixed_dictionaries({}, optional={column.name: CELL for column in COLUMNS} | {"x_own": ANYTHING})
BROKEN_ROW = st.tuples(st.fixed_dictionaries(SOUND), ROW).map(lambda two: {**two[0], **two[1]})
NEARLY = st.tuples(st.fixed_dictionaries(SOUND), st.sampled_from([*TEXTS, *NUMBERS]), CELL).map(
    lambda three: {**three[0], three[1]: three[2]}
)


@given(st.lists(st.one_of(NEARLY, BROKEN_ROW, ROW), min_size=1, max_size=4), MONTH, DATE, st.booleans())
def test_any_cell(rows: list[Json], month: Any, known_on: Any, curve: bool) -> None:
    ask({"month": month, "known_on": known_on, "worker": "w_4KQ7ZB2M", "usage": rows, "curve": curve})


REGISTER = st.fixed_dictionaries(
    {
        "platform": st.one_of(st.sampled_from(known.PLATFORMS), TEXT),
        "region": st.one_of(st.sampled_from(known.REGIONS), CELL),
    },
    optional={
        "effective_from": MONTH,
        "known_from": DATE,
        "pilot_tier": st.one_of(st.sampled_from(["low", "high", ""]), CELL),
        "pilot_float_pct": st.one_of(st.integers(0, 200), CELL),
        "class_float_pct": st.one_of(st.sampled_from([50, 80, 100, 120, 150, 500, 501, 10_000]), CELL),
        "risk_class": st.one_of(st.integers(0, 9), CELL),
        "entity": CELL,
    },
)


@given(st.lists(REGISTER, max_size=4), st.lists(st.fixed_dictionaries(SOUND), min_size=1, max_size=3), known.MONTHS)
def test_any_register(register: list[Json], rows: list[Json], month: str) -> None:
    covers = list(TARIFF.covers)
    ask({"month": month, "worker": "w_4KQ7ZB2M", "usage": rows, "platforms": register, "covers": covers})


OPTION = st.sampled_from(
    ["waiting_days", "benefit_fen", "replaced_ppm", "from_month", "to_month", "limit_fen", "colour"]
)
OPTIONS = st.dictionaries(OPTION, CELL, max_size=4)
ENROLMENT = st.dictionaries(
    st.sampled_from([*TARIFF.covers, *TARIFF.packages, "group", "hearing"]),
    st.one_of(OPTIONS, st.lists(OPTIONS, max_size=3), CELL),
    max_size=4,
)
HISTORY = st.fixed_dictionaries({"revenue_fen": st.one_of(st.dictionaries(MONTH.map(str), CELL, max_size=14), CELL)})


@given(st.one_of(ENROLMENT, CELL), st.one_of(HISTORY, CELL), known.MONTHS)
def test_any_enrolment_and_history(enrolment: Json, history: Json, month: str) -> None:
    host = {"platform": "douyin", "region": "110000", "occupation": "host", "live_min": 60, "desk_min": 60}
    request = {"month": month, "worker": "w_4KQ7ZB2M", "usage": [{**host, "longest_sitting_min": 10, "revenue_fen": 1}]}
    ask({**request, "enrolment": enrolment, "history": history})


TOTAL = {
    "platform": st.one_of(st.sampled_from(known.PLATFORMS), CELL),
    "region": st.one_of(st.sampled_from(known.REGIONS), CELL),
    "pilot_industry": st.one_of(st.sampled_from(known.PILOT_INDUSTRIES), CELL),
    "occupation": st.one_of(st.sampled_from(known.OCCUPATIONS), CELL),
    "scheme": st.one_of(st.sampled_from(["pilot_per_order", "courier_single"]), CELL),
    "orders": st.one_of(st.integers(0, 10**11), CELL),
    "heads": st.one_of(st.integers(0, 10_000), CELL),
    "pilot_tier": st.one_of(st.sampled_from(["low", "high"]), CELL),
    "pilot_float_pct": st.one_of(st.integers(50, 150), CELL),
    "known_on": DATE,
}


@given(st.fixed_dictionaries({"month": MONTH}, optional=TOTAL | {"x_own": ANYTHING}))
def test_any_declaration(total: Json) -> None:
    assert {"month", *TOTAL} == set(DECLARED)
    answered(declare(total, TARIFF, TODAY))


NEARLY_JSON = st.text(alphabet='{}[]",:0123456789eE+-.ntrufalsNI\\u dD8', max_size=40)


@given(st.one_of(TEXT, ANYTHING.map(json.dumps), NEARLY_JSON))
def test_any_text_of_json(text: str) -> None:
    try:
        request = read_json(text, "-")
    except InputError as error:
        refused(error)
        return
    ask(request)


@given(st.one_of(TEXT, st.text(alphabet='month,orders\n\r"\0\t;5', max_size=60)))
def test_any_text_of_csv(text: str) -> None:
    try:
        rows = read_csv(text, "-", frozenset(DECLARED))
    except InputError as error:
        refused(error)
        return
    for row in rows:
        answered(declare(row, TARIFF, TODAY))


@pytest.mark.parametrize("key", ["usage", "platforms", "worker", "history"])
def test_deep_values(key: str) -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    with pytest.raises(InputError) as caught:
        quote({"month": "2025-08", "usage": [{}], key: deep}, TARIFF, TODAY)
    assert caught.value.code == "nested_too_deeply"
