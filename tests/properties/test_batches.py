"""Settling many workers together gives each the levies of settling each alone."""

import datetime as dt

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pricing import Edition, Settlement, Usage, parse_month, read_register, settle
from pricing.tariff import SHIPPED
from tests.evaluator import evaluate
from tests.properties.answers import TARIFF, Json
from tests.properties.strategies import key_of, request_of, usages

ALONE = ("class_rate", "mileage_linked")
Levies = dict[int, int]
REGISTER = [
    {"platform": "meituan", "pilot_tier": "high", "class_float_pct": 80},
    {"platform": "didi", "region": "510000", "class_float_pct": 150, "risk_class": 4},
]
FLOATED = [{"platform": name, "pilot_tier": "low", "pilot_float_pct": 130} for name in ("meituan", "didi", "hema")]
WORKERS = st.lists(usages(most=3), min_size=2, max_size=4)
RIDES: st.SearchStrategy[list[Json]] = st.lists(
    st.fixed_dictionaries(
        {
            "platform": st.sampled_from(("didi", "meituan")),
            "region": st.sampled_from(("500000", "500103", "510104")),
            "occupation": st.sampled_from(("ride_hailing_driver", "instant_rider")),
            "orders": st.integers(0, 900),
        }
    ),
    min_size=1,
    max_size=3,
    unique_by=key_of,
)
MANY_RIDES = st.lists(RIDES, min_size=2, max_size=8)


def edition(month: str, register: list[Json]) -> Edition:
    """The tables of a month, all known."""
    number = parse_month(month)
    assert number is not None
    return TARIFF.on(number, dt.date(2028, 12, 31), read_register(register, ("low", "high"), TARIFF.regions))


def stamped(workers: list[list[Json]], month: str) -> list[Json]:
    """The rows of all workers, each with its month and worker."""
    return [{"month": month, "worker": f"w_{n:08d}", **row} for n, rows in enumerate(workers) for row in rows]


def levies(settlement: Settlement, scheme: str, numbers: list[int]) -> Levies:
    """Levy of each priced row by its number."""
    priced = settlement.priced[scheme]
    if priced is None:
        return {}
    places = settlement.checked.order[priced.kept].tolist()
    return {numbers[place]: fen for place, fen in zip(places, priced.levy_fen.tolist(), strict=True)}


def together_and_alone(records: list[Json], scheme: str, tables: Edition, order: list[int]) -> tuple[Levies, Levies]:
    """Levies of one settlement of all rows in some order, and of one settlement for each worker."""
    together = levies(settle(Usage.of([records[i] for i in order]), tables, [scheme]), scheme, order)
    alone: Levies = {}
    for worker in dict.fromkeys(record["worker"] for record in records):
        own = [i for i, record in enumerate(records) if record["worker"] == worker]
        alone |= levies(settle(Usage.of([records[i] for i in own]), tables, [scheme]), scheme, own)
    return together, alone


@settings(max_examples=60)
@given(WORKERS, st.sampled_from(("2025-08", "2026-03", "2024-10")), st.data())
def test_a_worker_is_levied_the_same_in_a_batch_as_alone(
    workers: list[list[Json]], month: str, data: st.DataObject
) -> None:
    records, tables = stamped(workers, month), edition(month, REGISTER)
    order = data.draw(st.permutations(range(len(records))))
    for scheme in (*ALONE, "pilot_per_order"):
        together, alone = together_and_alone(records, scheme, tables, order)
        assert together == alone


@settings(max_examples=50)
@given(MANY_RIDES)
def test_under_a_float_the_declarations_are_rounded_once_and_the_lines_sum_to_them(workers: list[list[Json]]) -> None:
    records, tables = stamped(workers, "2027-02"), edition("2027-02", FLOATED)
    priced = settle(Usage.of(records), tables, ["pilot_per_order"]).priced["pilot_per_order"]
    assume(priced is not None)
    declared, exact = priced.declarations, priced.sheet.millifen
    for number, fen in enumerate(declared.levy_fen.tolist()):
        lines = declared.of_row == number
        assert fen == (int(exact[lines].sum()) + 500) // 1000 == int(priced.levy_fen[lines].sum())
        assert abs(1000 * priced.levy_fen[lines] - exact[lines]).max() < 1000
    groups = {(r["platform"], r["region"][:2], r["occupation"]) for r in records}
    assert len(declared.levy_fen) <= len(groups)


@settings(max_examples=50)
@given(st.one_of(MANY_RIDES, WORKERS), st.sampled_from(("2025-08", "2027-02")))
def test_the_lines_of_a_month_are_what_the_evaluator_allocates(workers: list[list[Json]], month: str) -> None:
    records = stamped(workers, month)
    register = FLOATED if month == "2027-02" else REGISTER
    settled = settle(Usage.of(records), edition(month, register), ["pilot_per_order"])
    theirs = evaluate(request_of(month, records, register), SHIPPED)["pilot_per_order"]
    expected = {i: fen for i, fen in enumerate(theirs.get("shares_fen", [])) if fen is not None}
    assert levies(settled, "pilot_per_order", list(range(len(records)))) == expected
