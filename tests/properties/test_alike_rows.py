"""Alike rows cost together, to the fen, what one row with their sum costs: splitting and merging do not matter."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.answers import SCHEMES, Json, by_engine
from tests.properties.strategies import ATTRIBUTES, OCCUPATIONS, REGISTER, alike, amounts, request_of, summed

PILOT_FLOAT = [{**row, "pilot_float_pct": 130} for row in REGISTER]
MERGED = ("class_rate", "mileage_linked")


def premiums(usage: list[Json], month: str = "2025-08", register: list[Json] | None = None) -> dict[str, int | None]:
    """Premium per scheme; None where it is refused."""
    answers = by_engine(request_of(month, usage, REGISTER if register is None else register))
    return {name: answer.get("premium_fen") for name, answer in answers.items()}


@settings(max_examples=120)
@given(ATTRIBUTES, amounts(), st.sampled_from(OCCUPATIONS))
def test_splitting_a_row_among_contractors_does_not_change_any_premium(
    attributes: Json, parts: list[Json], occupation: str
) -> None:
    row = {**attributes, "occupation": occupation}
    whole, split = premiums([{**row, **summed(parts)}]), premiums(alike(row, parts))
    assert split == whole
    assert whole["mileage_linked"] is not None


@settings(max_examples=60)
@given(ATTRIBUTES, amounts())
def test_splitting_a_row_does_not_change_a_floated_pilot_premium(attributes: Json, parts: list[Json]) -> None:
    whole = premiums([{**attributes, **summed(parts)}], "2027-02", PILOT_FLOAT)
    assert premiums(alike(attributes, parts), "2027-02", PILOT_FLOAT) == whole


@settings(max_examples=60)
@given(ATTRIBUTES, amounts(most=4))
def test_merging_platforms_costs_what_one_with_the_sum_costs(attributes: Json, parts: list[Json]) -> None:
    names = ("acme", "douyin", "meituan", "sf_intracity")
    apart = [{**attributes, **part, "platform": name} for part, name in zip(parts, names, strict=False)]
    one, several = premiums([{**attributes, **summed(parts)}], register=[]), premiums(apart, register=[])
    assert {name: several[name] for name in MERGED} == {name: one[name] for name in MERGED}
    assert None not in [one[name] for name in MERGED]


@settings(max_examples=60)
@given(ATTRIBUTES, amounts())
def test_alike_rows_have_one_base_and_one_ratio(attributes: Json, parts: list[Json]) -> None:
    one = by_engine(request_of("2025-08", [{**attributes, **summed(parts)}], REGISTER))
    many = by_engine(request_of("2025-08", alike(attributes, parts), REGISTER))
    for scheme in SCHEMES:
        for column in ("contribution_base_fen", "ratio_ppm", "status", "evidence"):
            assert many[scheme].get(column) == one[scheme].get(column)
