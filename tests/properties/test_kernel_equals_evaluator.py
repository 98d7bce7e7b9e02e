"""The kernel and an evaluator on exact fractions, written by another hand, answer every request the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.answers import Json, by_engine, by_evaluator, declared, declared_by_evaluator
from tests.properties.strategies import (
    ALL_KNOWN,
    GREATEST,
    INSURED,
    VEHICLES,
    declarations,
    key_of,
    request_of,
    requests,
    usages,
)

COURIERS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(("acme", "meituan")),
        "region": st.sampled_from(("510000", "510100", "510104", "110000", "110105")),
        "occupation": st.sampled_from(("parcel_courier", "parcel_courier", "seller")),
        "contractor": st.sampled_from(("", "a", "b")),
    }
)
CHANGES = st.lists(st.sampled_from(("orders", "employment", "")), min_size=1, max_size=3)
FULL: Json = {
    "orders": GREATEST["orders"],
    "distance_m": GREATEST["distance_m"],
    "income_fen": GREATEST["income_fen"],
    "worked_min": GREATEST["minutes"],
    "active_days": 31,
    "occupation": "food_rider",
    "employment": "employee",
    "risk_class": 8,
    "platform": "didi",
}


@settings(max_examples=600)
@given(requests(usages(strange=True)))
def test_a_quote_is_what_the_evaluator_says(request: Json) -> None:
    assert by_engine(request) == by_evaluator(request)


@settings(max_examples=80)
@given(requests(usages(most=3, strange=True)), CHANGES)
def test_doubled_and_conflicting_rows_are_what_the_evaluator_says(request: Json, changes: list[str]) -> None:
    first, *_ = usage = request["usage"]
    worked = {"orders": {"orders": 41}, "employment": {"employment": "dispatched"}, "": {"worker_ref": "R-7", "x_a": 1}}
    again = {**request, "usage": [*usage, *({**first, **worked[change]} for change in changes)]}
    assert by_engine(again) == by_evaluator(again)


@settings(max_examples=80)
@given(requests(st.lists(COURIERS, min_size=1, max_size=5, unique_by=key_of)), st.sampled_from(("2025-08", "2026-05")))
def test_couriers_are_counted_as_the_evaluator_counts_them(request: Json, month: str) -> None:
    known = {**request, "month": month, "known_on": ALL_KNOWN}
    assert by_engine(known) == by_evaluator(known)


@settings(max_examples=300)
@given(declarations())
def test_a_declaration_is_what_the_evaluator_says(request: Json) -> None:
    assert declared(request) == declared_by_evaluator(request)


@settings(max_examples=40)
@given(st.lists(st.tuples(*map(st.sampled_from, (INSURED, VEHICLES))), min_size=50, max_size=50), st.data())
def test_the_greatest_month_is_what_the_evaluator_says(places: list[tuple[str, str]], data: st.DataObject) -> None:
    row = {**FULL, "night_min": data.draw(st.sampled_from((0, 1, 44_640)))}
    usage = [{**row, "region": r, "vehicle": v, "contractor": f"agency_{i}"} for i, (r, v) in enumerate(places)]
    register = [{"platform": "didi", "class_float_pct": 150, "pilot_tier": "high", "pilot_float_pct": 150}]
    month = data.draw(st.sampled_from(("2025-08", "2026-03", "2027-02")))
    request = request_of(month, usage, register, ALL_KNOWN)
    assert by_engine(request) == by_evaluator(request)


@settings(max_examples=40)
@given(declarations(), st.sampled_from((100_000_000_000, 99_999_999_999)), st.sampled_from((100_000_000, 99_999_999)))
def test_the_greatest_declaration_is_what_the_evaluator_says(request: Json, orders: int, heads: int) -> None:
    known = {**request, "month": "2025-08", "known_on": ALL_KNOWN, "region": "510000"}
    greatest = {**known, "orders": orders, "heads": heads}
    assert declared(greatest) == declared_by_evaluator(greatest)
