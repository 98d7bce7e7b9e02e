"""Laws of benefits: they never fall as the wage grows, a graver grade is never less, parts are the whole."""

import datetime as dt
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.benefit import benefit_wage, dependants_pensions, disability, life_care
from pricing.dependants import KINDS, Dependant, proportional
from pricing.edition import Edition
from pricing.tariff import Tariff
from pricing.units import parse_month

KNOWN = dt.date(2026, 11, 24)
AVERAGE = {"110000": 1_193_700, "310000": 1_243_400, "330000": 843_300, "500000": 733_875, "510000": 764_600}
REGIONS = st.sampled_from(sorted(AVERAGE))
WAGES = st.integers(0, 10_000_000)
GRADES = st.integers(1, 10)
DEPENDANTS = st.lists(st.builds(Dependant, st.sampled_from(KINDS), st.booleans()), min_size=1, max_size=8).map(tuple)


@cache
def edition() -> Edition:
    month = parse_month("2025-11")
    assert month is not None
    return Tariff.load().on(month, KNOWN)


def monthly(region: str, wage: int, grade: int) -> int:
    return disability(edition(), region, wage, grade).monthly_fen or 0


def lump_sum(region: str, wage: int, grade: int) -> int:
    found = disability(edition(), region, wage, grade).lump_sum_fen
    assert found is not None
    return found


@given(REGIONS, WAGES)
def test_the_benefit_wage_lies_between_floor_and_cap(region: str, wage: int) -> None:
    held, _ = benefit_wage(edition(), region, wage)
    floor, cap = (6 * AVERAGE[region] + 5) // 10, 3 * AVERAGE[region]
    assert floor <= held <= cap
    assert held == wage or (wage < floor == held) or (wage > cap == held)


@given(REGIONS, WAGES, st.integers(0, 1_000_000), GRADES)
def test_a_benefit_never_falls_as_the_wage_grows(region: str, wage: int, more: int, grade: int) -> None:
    assert lump_sum(region, wage, grade) <= lump_sum(region, wage + more, grade)
    assert monthly(region, wage, grade) <= monthly(region, wage + more, grade)


@given(REGIONS, WAGES, st.integers(2, 10))
def test_a_graver_grade_is_never_less(region: str, wage: int, grade: int) -> None:
    assert lump_sum(region, wage, grade - 1) > lump_sum(region, wage, grade)
    assert monthly(region, wage, grade - 1) >= monthly(region, wage, grade)


@given(REGIONS)
def test_more_care_is_never_less(region: str) -> None:
    care = [life_care(edition(), region, level).monthly_fen for level in ("part", "large", "full")]
    assert None not in care
    assert care == sorted(care, key=lambda fen: fen or 0)


@settings(max_examples=200)
@given(REGIONS, WAGES, DEPENDANTS)
def test_pensions_are_the_whole_and_never_exceed_the_wage(
    region: str, wage: int, dependants: tuple[Dependant, ...]
) -> None:
    held, _ = benefit_wage(edition(), region, wage)
    found = dependants_pensions(edition(), region, wage, dependants)
    parts = [part.monthly_fen for part in found.dependants]
    whole = sum(part.share_ppm for part in found.dependants)
    assert sum(parts) == found.monthly_fen <= held
    assert len(parts) == len(dependants)
    if whole >= 1_000_000:
        assert sum(parts) == held
    for part in found.dependants:  # less than a fen away from the exact share
        assert abs(part.monthly_fen * max(whole, 1_000_000) - held * part.share_ppm) < max(whole, 1_000_000)


@given(REGIONS, WAGES, st.integers(0, 1_000_000), DEPENDANTS)
def test_pensions_together_never_fall_as_the_wage_grows(
    region: str, wage: int, more: int, dependants: tuple[Dependant, ...]
) -> None:
    before = dependants_pensions(edition(), region, wage, dependants).monthly_fen
    after = dependants_pensions(edition(), region, wage + more, dependants).monthly_fen
    assert before is not None
    assert after is not None
    assert before <= after


@given(st.integers(0, 10**9), st.lists(st.integers(1, 500_000), min_size=1, max_size=9))
def test_a_whole_in_proportion_is_the_whole(whole: int, weights: list[int]) -> None:
    parts = proportional(whole, weights)
    assert sum(parts) == whole
    assert all(
        whole * weight // sum(weights) <= part <= whole * weight // sum(weights) + 1
        for part, weight in zip(parts, weights, strict=True)
    )
