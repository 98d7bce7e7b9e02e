"""The covers' engine and an evaluator on exact fractions answer every request the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.tariff import SHIPPED, Tariff
from service.prices.quote import quote
from tests.doors.test_cover_cases import cases
from tests.evaluator import calculate
from tests.evaluator_covers import back, evaluate_covers, volatility_of
from tests.properties.answers import TARIFF, TODAY, Json, shortened
from tests.properties.strategies import OTHERS, RIDERS, VEHICLES, key_of, months_of, without_empty

COVERS = ("third_party", "cargo_damage", "lumbar", "stress", "income_interruption")
MINUTES = st.one_of(st.integers(0, 20_000), st.sampled_from((0, 4_800, 10_560, 44_640)))
ROWS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(("meituan", "douyin", "acme")),
        "contractor": st.sampled_from((None, None, "agency", "站点/二")),
        "region": st.sampled_from(("110000", "110105", "110000", "500000", "990000")),
        "occupation": st.sampled_from((*RIDERS[:1], "freight_driver", "parcel_courier", "host", *OTHERS)),
        "vehicle": st.sampled_from((*VEHICLES, None)),
        "orders": st.one_of(st.integers(0, 1_500), st.sampled_from((None, 0, 100_000))),
        "distance_m": st.one_of(st.integers(0, 6_000_000), st.sampled_from((None, 0, 100_000_000))),
        "goods_value_fen": st.one_of(st.none(), st.integers(0, 40_000_000), st.just(10**12)),
        "worked_min": st.one_of(st.none(), MINUTES),
        "night_min": st.one_of(st.none(), MINUTES),
        "live_min": st.one_of(MINUTES, MINUTES, st.none()),
        "desk_min": st.one_of(MINUTES, MINUTES, st.none()),
        "longest_sitting_min": st.one_of(st.integers(0, 900), st.none()),
        "revenue_fen": st.sampled_from((0, 1_000_000, 1_000_000, None)),
        "income_fen": st.sampled_from((None, 0, 300_000)),
        "first_month": st.sampled_from((None, None, "2025-11", "2023-04", "2014-01", "2026-12", "spring")),
    }
)
ODD_MONTHS = ("2025-02", "2025-06", "2025-10", "autumn", "2026-09")
LEVELS: dict[str, tuple[str | int | bool | None, ...]] = {
    "limit_fen": (None, 20_000_000, 30_000_000, 65_000_000, 100_000, 50_000, 300_000, 7),
    "deductible_fen": (None, 0, 50_000, 100_000, 2_000, 5_000),
    "waiting_days": (90, 180, 90, 180, None, 30),
    "earlier_symptoms": (None, None, "no", "yes", True),
    "benefit_fen": (None, 1_000_000, 2_000_000, 5_000_000, 500_000),
    "replaced_ppm": (300_000, 400_000, 500_000, 500_000, None, 600_000),
    "elimination_days": (14, 30, 60, 30, 7),
    "max_months": (1, 2, 3, 3, 4),
}
OPTIONS = {
    "third_party": ("limit_fen", "deductible_fen"),
    "cargo_damage": ("limit_fen", "deductible_fen"),
    "lumbar": ("waiting_days", "earlier_symptoms", "benefit_fen"),
    "stress": ("waiting_days", "earlier_symptoms", "benefit_fen"),
    "income_interruption": ("replaced_ppm", "elimination_days", "max_months", "waiting_days"),
}
GROUPS: tuple[Json | None, ...] = (
    *({"id": "mcn", "eligible": 120, "enrolled": 90},) * 6,
    {"id": "mcn", "eligible": 120, "enrolled": 89},
    {"id": "mcn", "eligible": 120, "enrolled": 121},
    {"id": "mcn", "eligible": 0, "enrolled": 0},
    {"id": "mcn", "eligible": 3},
    {"eligible": 3, "enrolled": 3},
    None,
)
MONTHS = st.sampled_from((*["2025-11"] * 8, "2025-01", "2026-07", "2024-03", "2023-08", "2022-07", "2022-06"))
KNOWN = st.sampled_from((*["2026-11-20"] * 10, "2025-08-15", "2025-07-27", "2023-08-31", "2022-06-30"))


GOOD: dict[str, tuple[str | int, ...]] = {
    "waiting_days": (90, 180),
    "earlier_symptoms": ("no",),
    "replaced_ppm": (300_000, 500_000),
    "elimination_days": (14, 30, 60),
    "max_months": (1, 3),
}
BENEFITS = {"lumbar": (1_000_000, 2_000_000, 5_000_000), "stress": (500_000, 1_000_000, 2_000_000)}


@st.composite
def one_enrolment(draw: st.DrawFn, cover: str) -> Json:
    """One enrolment in a cover, mostly good."""
    chosen = {name: draw(st.sampled_from(LEVELS[name])) for name in OPTIONS[cover]}
    months = {
        "from_month": draw(st.sampled_from((*[None] * 6, "2025-01", "2024-07", *ODD_MONTHS))),
        "to_month": draw(st.sampled_from((*[None] * 8, "2026-12", "2025-10", "2024-12", "never"))),
    }
    if months["from_month"] == "autumn" and months["to_month"] == "never":  # see the known errors below
        months["to_month"] = None
    return without_empty({**chosen, **months})


@st.composite
def two_enrolments(draw: st.DrawFn, cover: str) -> list[Json]:
    """Two enrolments whose months and options are good, one after the other or overlapping."""
    symptoms = draw(st.sampled_from(("no", "yes")))
    starts = sorted(draw(st.lists(st.sampled_from(months_of(2024, 2025)), min_size=2, max_size=2, unique=True)))
    found = []
    for start, follows in zip(starts, (starts[1], None), strict=True):
        chosen = {name: draw(st.sampled_from(GOOD.get(name) or BENEFITS[cover])) for name in OPTIONS[cover]}
        if "earlier_symptoms" in chosen:
            chosen |= {
                "earlier_symptoms": symptoms,
                "waiting_days": 180 if symptoms == "yes" else chosen["waiting_days"],
            }
        ends = draw(st.sampled_from((back(follows, 1), back(follows, 1), follows, None))) if follows else None
        found.append(without_empty({**chosen, "from_month": start, "to_month": ends}))
    return found


@st.composite
def histories(draw: st.DrawFn, month: str) -> dict[str, Any]:
    """Revenue of some months before, mostly of enough and mostly steady."""
    months = [back(month, n) for n in range(draw(st.sampled_from((36, 30, 26, 12, 11, 3, 0))), -1, -1)]
    usual = draw(st.sampled_from((1_000_000, 1, 0, 10**12)))
    amounts = st.one_of(st.just(usual), st.integers(usual // 2, usual))
    found: dict[str, Any] = {name: draw(amounts) for name in months}
    for name in draw(st.lists(st.sampled_from(months or [month]), max_size=1)):
        found.pop(name, None)
    if draw(st.integers(0, 9)) == 0:
        found |= draw(
            st.sampled_from(({"winter": 5}, {"2020-01": 5}, {"2030-01": -1}, {"2030-01": "5"}, {"2030-01": 0.5}))
        )
    return found


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """Requests of all covers, with enrolments and a history of every kind."""
    month = draw(MONTHS)
    usage = draw(st.lists(ROWS.map(without_empty), min_size=1, max_size=4, unique_by=key_of))
    enrolment: Json = {}
    for cover in draw(st.sets(st.sampled_from(COVERS), min_size=1)):
        enrolment[cover] = draw(one_enrolment(cover))
    group = draw(st.sampled_from(GROUPS))
    return {
        "month": month,
        "known_on": draw(KNOWN),
        "worker": "w_4KQ7ZB2M",
        "schemes": [],
        "covers": list(COVERS),
        "usage": usage,
        "history": {"revenue_fen": draw(histories(month))},
        "enrolment": {**enrolment, **({} if group is None else {"group": group})},
    }


@st.composite
def sequences(draw: st.DrawFn) -> Json:
    """Requests of a host with two enrolments in each cover."""
    request = draw(requests())
    several = {cover: draw(two_enrolments(cover)) for cover in ("lumbar", "stress", "income_interruption")}
    row = {"platform": "douyin", "region": "110000", "occupation": "host", "live_min": 4_800, "desk_min": 5_760}
    usage = [{**row, "longest_sitting_min": 180, "revenue_fen": 1}]
    enrolment = {**several, "group": GROUPS[0]}
    return {**request, "month": "2025-11", "known_on": "2026-11-20", "usage": usage, "enrolment": enrolment}


SOUND: dict[str, st.SearchStrategy[Any]] = {
    "region": st.just("110000"),
    "vehicle": st.sampled_from(VEHICLES),
    "orders": st.integers(1, 1_500),
    "distance_m": st.integers(1, 6_000_000),
    "live_min": st.integers(0, 12_000),
    "desk_min": st.integers(0, 12_000),
    "night_min": st.integers(0, 4_000),
    "longest_sitting_min": st.integers(0, 900),
    "revenue_fen": st.just(1),
}


@st.composite
def sound_requests(draw: st.DrawFn) -> Json:
    """Requests that are priced: a rider's or a host's rows, good options of every cover, twelve steady months."""
    occupations = draw(st.sampled_from((RIDERS[:2], ("freight_driver",), ("host", "seller"), ("shop_operator",))))
    begun = draw(st.sampled_from(((None,), ("2025-11", "2023-04", "2014-01"))))
    more = {"occupation": st.sampled_from(occupations), "first_month": st.sampled_from(begun)}
    row = st.tuples(ROWS, st.fixed_dictionaries(SOUND | more)).map(lambda parts: without_empty(parts[0] | parts[1]))
    enrolment = {c: {n: draw(st.sampled_from(GOOD.get(n) or BENEFITS[c])) for n in OPTIONS[c]} for c in BENEFITS}
    enrolment["income_interruption"] = {n: draw(st.sampled_from(GOOD[n])) for n in OPTIONS["income_interruption"]}
    first = draw(st.lists(st.integers(0, 10**6), min_size=12, max_size=12))
    second = [*first[:6], *(max(one, other) for one, other in zip(first[:6], first[6:], strict=True))]
    return {
        "month": "2025-11",
        "known_on": "2026-11-20",
        "worker": "w_4KQ7ZB2M",
        "schemes": [],
        "covers": list(COVERS),
        "usage": draw(st.lists(row, min_size=1, max_size=4, unique_by=key_of)),
        "history": {"revenue_fen": {back("2025-11", 12 - n): amount + 1 for n, amount in enumerate(second)}},
        "enrolment": {**enrolment, "group": GROUPS[0]},
    }


def by_engine(request: Json, tariff: Tariff = TARIFF) -> dict[str, Json]:
    """What the engine says, per cover, in the evaluator's words."""
    found = {}
    for answer in quote(request, tariff, TODAY)["covers"]:
        short = shortened(answer, len(request["usage"]))
        short.pop("contribution_base_fen", None)
        if "refusal" not in short:
            lines = [line for line in answer["worksheet"] if line["step"] != "round"]
            short["millifen"] = {line["row"]: line["running_millifen"] for line in lines}
            short["payers"] = {payer: fen for payer, fen in answer["payers"].items() if fen}
        found[answer["cover"]] = short
    return found


@pytest.mark.slow
@settings(max_examples=300)
@given(sound_requests())
def test_what_a_cover_costs_is_what_the_evaluator_says(request: Json) -> None:
    engine = by_engine(request)
    assert engine == evaluate_covers(request, SHIPPED)
    assert sum("premium_fen" in answer for answer in engine.values()) >= 2


@pytest.mark.slow
@settings(max_examples=400)
@given(requests())
def test_a_cover_is_what_the_evaluator_says(request: Json) -> None:
    assert by_engine(request) == evaluate_covers(request, SHIPPED)


@pytest.mark.slow
@settings(max_examples=150)
@given(sequences())
def test_one_enrolment_after_another_is_what_the_evaluator_says(request: Json) -> None:
    assert by_engine(request) == evaluate_covers(request, SHIPPED)


@pytest.mark.slow
@settings(max_examples=60)
@given(requests(), st.sampled_from(({"orders": 41}, {"revenue_fen": 7}, {"worker_ref": "R-7"})))
def test_doubled_and_conflicting_rows_are_what_the_evaluator_says(request: Json, change: Json) -> None:
    again = {**request, "usage": [*request["usage"], {**request["usage"][0], **change}]}
    assert by_engine(again) == evaluate_covers(again, SHIPPED)


@pytest.mark.parametrize(("request_", "case"), cases())
def test_the_evaluator_agrees_with_the_worked_case(request_: Json, case: Json) -> None:
    [found] = evaluate_covers(request_, SHIPPED).values()
    if "refusal" in case:
        assert found["refusal"] == case["refusal"]
        return
    assert found["premium_fen"] == calculate(case["sum"])
    assert case.get("payers", found["payers"]) == found["payers"]
    assert case.get("shares_fen", found["shares_fen"]) == found["shares_fen"]


def test_volatility_by_hand() -> None:
    assert volatility_of([8_000, 12_000] * 6) == 200_000
    assert volatility_of([10_000] * 6 + [8_000] * 6) == 111_111
    assert volatility_of([1] + [0] * 11) == 1_833_333


HOST: Json = {
    "platform": "douyin",
    "region": "110000",
    "occupation": "host",
    "vehicle": "e_bike",
    "live_min": 4_800,
    "desk_min": 5_760,
    "longest_sitting_min": 180,
}


def lumbar(*sent: tuple[int, str, str | None], **options: Any) -> Json:
    """A request of a host with enrolments as (days of waiting, from, to), in a group that is large enough."""
    months = ({"waiting_days": days, "from_month": start, "to_month": end} for days, start, end in sent)
    enrolment = {"lumbar": [without_empty({**one, **options}) for one in months], "group": GROUPS[0]}
    frame = {"month": "2025-11", "known_on": "2026-11-20", "worker": "w_4KQ7ZB2M", "schemes": [], "covers": ["lumbar"]}
    return {**frame, "usage": [HOST], "enrolment": enrolment}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        pytest.param(
            lumbar((90, "2025-01", "2025-12"), (90, "2025-02", "2025-02"), (90, "2025-11", None)),
            {"refusal": "enrolment_overlaps"},
            id="the first overlaps the third across a second",
        ),
        pytest.param(
            lumbar((180, "2025-03", "2025-08"), (90, "2025-09", "2025-10"), (90, "2025-11", None)),
            {"refusal": "enrolment_raised"},
            id="a raise refused, then sent again within the term",
        ),
        pytest.param(
            lumbar((180, "2025-09", "2025-08"), (90, "2025-11", None)),
            {"premium_fen": 627},
            id="nothing is raised above what was never in force",
        ),
        pytest.param(
            lumbar((90, "autumn", "never")),
            {"refusal": "month_not_valid"},
            id="two months that are none",
        ),
        pytest.param(
            lumbar((90, "2025-01", "2025-12"), (90, "2025-11", None)), {"refusal": "enrolment_overlaps"}, id="overlap"
        ),
        pytest.param(
            lumbar((180, "2025-03", "2025-10"), (90, "2025-11", None)), {"refusal": "enrolment_raised"}, id="raise"
        ),
    ],
)
def test_the_sequence_of_enrolments(request_: Json, said: Json) -> None:
    [found], [wanted] = by_engine(request_).values(), evaluate_covers(request_, SHIPPED).values()
    assert {name: wanted.get(name) for name in said} == said
    assert {name: found.get(name) for name in said} == said
