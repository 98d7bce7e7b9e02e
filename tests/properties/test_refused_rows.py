"""A refused row leaves the rest priced as if it were not there; equal rows count once, different ones not at all."""

import json
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.prices.quote import quote
from tests.properties.answers import TARIFF, TODAY, Json, by_engine, quoted
from tests.properties.strategies import PLATFORMS, request_of, requests, rows, usages

ROOT = Path(__file__).resolve().parents[2]
BROKEN_KEYS = ({"region": "990000"}, {"occupation": "wizard"}, {"platform": "No Slug!"}, {"contractor": "a b"})
COUNTED = ("orders", "distance_m", "income_fen", "worked_min", "night_min")
BAD_CELLS = (
    *({name: bad} for name in COUNTED for bad in (-1, 1.5, "9", True)),
    *({"orders": 100_001}, {"distance_m": 100_000_001}, {"income_fen": 10_000_000_001}, {"active_days": 32}),
    *({"vehicle": "sleigh"}, {"employment": "hobby"}, {"risk_class": 9}, {"risk_class": 0}, {"industry": "没有这一行"}),
)


def without(answer: Json, *gone: int) -> Json:
    """A scheme's answer as if some rows had not been sent; what the first refusal was is left open."""
    refused = {i - sum(g < i for g in gone): code for i, code in answer["row_refusals"].items() if i not in gone}
    rest = {name: value for name, value in answer.items() if name != "refusal"} | {"row_refusals": refused}
    if "shares_fen" in rest:
        rest["shares_fen"] = [fen for i, fen in enumerate(rest["shares_fen"]) if i not in gone]
    return rest


def rest_is_untouched(request: Json, bad: Json, row: int) -> list[str]:
    """Inserts a row; the schemes that refuse it, after asserting that they price the rest as if it were not there."""
    usage = [*request["usage"][:row], bad, *request["usage"][row:]]
    before, after = by_engine(request), by_engine({**request, "usage": usage})
    refusing = [scheme for scheme in before if row in after[scheme]["row_refusals"]]
    for scheme in refusing:
        assert without(after[scheme], row) == without(before[scheme])
    return refusing


@settings(max_examples=50)
@given(requests(), rows(), st.sampled_from(BROKEN_KEYS), st.data())
def test_a_row_with_a_broken_key_is_refused_by_every_scheme_and_leaves_the_rest(
    request: Json, row: Json, broken: Json, data: st.DataObject
) -> None:
    bad = {**row, "contractor": "refused", **broken}
    assert len(rest_is_untouched(request, bad, data.draw(st.integers(0, len(request["usage"]))))) == 4


@settings(max_examples=120)
@given(requests(), rows(), st.sampled_from(BAD_CELLS), st.data())
def test_a_row_with_a_bad_cell_leaves_the_rest_where_it_is_refused(
    request: Json, row: Json, cell: Json, data: st.DataObject
) -> None:
    bad = {**row, "contractor": "refused", **cell}
    rest_is_untouched(request, bad, data.draw(st.integers(0, len(request["usage"]))))


@settings(max_examples=80)
@given(requests(), st.sampled_from(BROKEN_KEYS))
def test_an_answer_is_marked_incomplete_if_and_only_if_a_row_is_refused(request: Json, broken: Json) -> None:
    bad = {**request["usage"][0], "contractor": "refused", **broken}
    for sent in (request, {**request, "usage": [*request["usage"], bad]}):
        for answer in quoted(sent).values():
            if answer["premium_fen"] is not None:
                assert answer["incomplete"] == bool(answer["refusals"])
                assert ("is_incomplete" in [w["code"] for w in answer["warnings"]]) == bool(answer["refusals"])


@settings(max_examples=50)
@given(rows(), st.sampled_from(PLATFORMS))
def test_a_missing_distance_refuses_the_mileage_and_not_the_orders(row: Json, platform: str) -> None:
    full = {**row, "platform": platform, "distance_m": 5_000, "orders": 7}
    lacking = {name: value for name, value in full.items() if name != "distance_m"}
    whole, less = (by_engine(request_of("2026-03", [usage])) for usage in (full, lacking))
    assert less["mileage_linked"]["refusal"] == "distance_missing"
    assert [less[name] for name in ("pilot_per_order", "class_rate")] == [
        whole[name] for name in ("pilot_per_order", "class_rate")
    ]


@settings(max_examples=80)
@given(requests(), st.data())
def test_equal_rows_of_a_key_count_once(request: Json, data: st.DataObject) -> None:
    usage = request["usage"]
    again = data.draw(st.lists(st.sampled_from(usage), min_size=1, max_size=4))
    own = [{"worker_ref": f"R-{i}", "x_line": i} for i in range(len(again))]
    copies = [{**row, **marks, "live_min": row.get("live_min")} for row, marks in zip(again, own, strict=True)]
    once, twice = by_engine(request), by_engine({**request, "usage": [*usage, *copies]})
    for scheme, answer in twice.items():
        levied = answer.pop("shares_fen", None)
        assert answer == {name: value for name, value in once[scheme].items() if name != "shares_fen"}
        assert levied is None or levied == once[scheme]["shares_fen"] + [None] * len(copies)


@settings(max_examples=80)
@given(requests(usages(least=2)), st.sampled_from(("orders", "income_fen", "night_min", "employment")), st.data())
def test_different_rows_of_a_key_are_all_refused(request: Json, column: str, data: st.DataObject) -> None:
    usage = request["usage"]
    place = data.draw(st.integers(0, len(usage) - 1))
    changed = {**usage[place], column: "dispatched" if column == "employment" else 41}
    assume(changed != usage[place])
    without_it = by_engine({**request, "usage": [row for i, row in enumerate(usage) if i != place]})
    for scheme, answer in by_engine({**request, "usage": [*usage, changed]}).items():
        assert answer["row_refusals"][place] == answer["row_refusals"][len(usage)] == "conflicting_rows"
        assert without(answer, place, len(usage)) == without(without_it[scheme])


def test_a_row_that_was_sent_twice_counts_once_and_is_named() -> None:
    once = json.loads((ROOT / "service" / "examples" / "rider.json").read_text(encoding="utf-8"))
    first, twice = (quote(one, TARIFF, TODAY) for one in (once, {**once, "usage": [*once["usage"], once["usage"][0]]}))
    priced = [scheme for scheme in twice["schemes"] if scheme["premium_fen"] is not None]
    assert len(priced) > 1
    for scheme in priced:
        assert [one["rows"] for one in scheme["warnings"] if one["code"] == "duplicate"] == [[2]]
    assert [one["premium_fen"] for one in twice["schemes"]] == [one["premium_fen"] for one in first["schemes"]]
    assert "duplicate" not in {one["code"] for scheme in first["schemes"] for one in scheme.get("warnings", ())}
