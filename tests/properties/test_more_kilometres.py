"""More kilometres: on alike rows they never cost less, and nowhere is there a cliff."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pricing.tariff import SHIPPED
from tests.evaluator import read_table
from tests.properties.answers import Json, by_engine
from tests.properties.strategies import ATTRIBUTES, GREATEST, REGISTER, VEHICLES, alike, amounts, request_of, summed

MONTH = "2025-08"
CLASS_RATE = read_table(SHIPPED / "work_injury/class_rate.yaml")["entries"][0]["by_risk_class"]
DISTANCE = read_table(SHIPPED / "work_injury/distance.yaml")["entries"][0]
CURVES = [
    read_table(SHIPPED / f"work_injury/{name}.yaml")["entries"][0]["curve"] for name in ("night_share", "worked_min")
]
VEHICLE = read_table(SHIPPED / "work_injury/vehicle.yaml")["entries"][0]["by_vehicle"]
KNOTS = [x for x, _ in DISTANCE["curve"]]


def mileage(usage: list[Json]) -> Json:
    """The mileage-linked answer to a month."""
    answer = by_engine({**request_of(MONTH, usage, REGISTER), "schemes": ["mileage_linked"]})["mileage_linked"]
    assert answer["row_refusals"] == {}
    return answer


def farther(usage: list[Json], row: int, metres: int) -> list[Json]:
    """The same month with more metres on one row."""
    return [{**r, "distance_m": r["distance_m"] + metres} if i == row else r for i, r in enumerate(usage)]


def steepest_ppm() -> Fraction:
    """What one metre more can add to a ratio: the steepest slope × the greatest relativities, and each rounding."""
    step = max(Fraction(high - low, right - left) for (left, low), (right, high) in pairwise(DISTANCE["curve"])) + 1
    for greatest in (max(VEHICLE.values()), *(max(y for _, y in curve) for curve in CURVES)):
        step = step * greatest / 1_000_000 + 1
    return step * 1_000_000 / DISTANCE["off_balance_ppm"] + 1


def before_ratio(usage: Sequence[Json], base_fen: int) -> Fraction:
    """The greatest premium of these rows at a ratio of 1, in fen."""
    rate = max(CLASS_RATE[row["risk_class"]] for row in usage)
    return base_fen * Fraction(rate, 1_000_000) * Fraction(120, 100) + Fraction(1, 100)


@settings(max_examples=120)
@given(ATTRIBUTES, amounts(least=1), st.integers(0, 2_000_000), st.data())
def test_more_kilometres_on_one_of_alike_rows_never_cost_less(
    attributes: Json, parts: list[Json], metres: int, data: st.DataObject
) -> None:
    usage = alike(attributes, parts)
    more = farther(usage, data.draw(st.integers(0, len(usage) - 1)), metres)
    assert mileage(more)["premium_fen"] >= mileage(usage)["premium_fen"]


@settings(max_examples=40)
@given(ATTRIBUTES, amounts(least=1, most=1), st.lists(st.integers(1, GREATEST["distance_m"]), min_size=5, max_size=5))
def test_the_premium_never_falls_along_the_distance(attributes: Json, parts: list[Json], distances: list[int]) -> None:
    ladder = [{**attributes, **parts[0], "distance_m": metres} for metres in sorted([*distances, *KNOTS[1:]])]
    premiums = [mileage([row])["premium_fen"] for row in ladder]
    assert premiums == sorted(premiums)


@settings(max_examples=120)
@given(ATTRIBUTES, amounts(), st.sampled_from([None, *KNOTS[1:]]), st.integers(-2, 1), st.data())
def test_one_metre_more_is_no_cliff(
    attributes: Json, parts: list[Json], knot: int | None, beside: int, data: st.DataObject
) -> None:
    usage = alike(attributes, parts)
    to_knot = (knot + beside if knot else 0) - summed(parts)["distance_m"]
    usage = farther(usage, 0, max(to_knot, 0))
    now, then = mileage(usage), mileage(farther(usage, data.draw(st.integers(0, len(usage) - 1)), 1))
    bound = before_ratio(usage, now["contribution_base_fen"]) * steepest_ppm() / 1_000_000 + 1
    assert abs(then["premium_fen"] - now["premium_fen"]) <= bound


@settings(max_examples=100)
@given(ATTRIBUTES, amounts(), st.data())
def test_one_metre_more_on_an_unlike_row_is_no_cliff(attributes: Json, parts: list[Json], data: st.DataObject) -> None:
    vehicles = data.draw(st.lists(st.sampled_from(VEHICLES), min_size=len(parts), max_size=len(parts)))
    usage = [{**row, "vehicle": vehicle} for row, vehicle in zip(alike(attributes, parts), vehicles, strict=True)]
    now, then = mileage(usage), mileage(farther(usage, 0, 1))
    assume(now["contribution_base_fen"] is not None)
    greatest = before_ratio(usage, now["contribution_base_fen"])
    moved_share = greatest * Fraction(3, 2) / summed(parts)["distance_m"]
    assert abs(then["premium_fen"] - now["premium_fen"]) <= greatest * steepest_ppm() / 1_000_000 + moved_share + 1
