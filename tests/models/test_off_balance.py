"""The off-balance keeps the reference portfolio's premium, with the limits in place."""

import datetime as dt
from fractions import Fraction

import pytest
import yaml

from models.off_balance import solve
from pricing.portfolio import gap, raw_ratios
from pricing.ratio import limits, off_balance
from pricing.tariff import SHIPPED, Tariff
from tests.evaluator import curve_at, half_up

TARIFF = Tariff.load()
EDITION = TARIFF.on(2025 * 12 + 7, dt.date(2026, 1, 1))
SCHEME = TARIFF.schemes["mileage_linked"]
PORTFOLIO = TARIFF.portfolios["riders_2024"]


def test_the_shipped_off_balance_is_the_solved_one() -> None:
    ratios, weights = raw_ratios(PORTFOLIO, EDITION, SCHEME)
    solved = solve(lambda omega: gap(ratios, weights, omega, limits(EDITION, SCHEME)))
    assert solved == off_balance(EDITION, SCHEME)[0]


def curve_of(table: str) -> list[list[int]]:
    loaded = yaml.safe_load((SHIPPED / "work_injury" / f"{table}.yaml").read_text(encoding="utf-8"))
    return loaded["entries"][0]["curve"]


def test_the_portfolio_keeps_its_premium_by_hand() -> None:
    vehicles = {"e_bike": 1_000_000, "bicycle": 900_000, "motorcycle": 1_200_000}
    omega = off_balance(EDITION, SCHEME)[0]
    before = after = Fraction(0)
    for cell in PORTFOLIO.cells:
        ratio = half_up(curve_at(curve_of("distance"), int(cell["distance_m"])))
        share = half_up(Fraction(int(cell["night_min"]) * 1_000_000, int(cell["worked_min"])))
        for factor in (
            vehicles[str(cell["vehicle"])],
            half_up(curve_at(curve_of("night_share"), share)),
            half_up(curve_at(curve_of("worked_min"), int(cell["worked_min"]))),
        ):
            ratio = half_up(Fraction(ratio * factor, 1_000_000))
        clamped = min(max(half_up(Fraction(ratio * 1_000_000, omega)), 500_000), 1_500_000)
        weight = int(cell["weight"]) * int(cell["base_fen"])
        before, after = before + weight, after + Fraction(weight * clamped, 1_000_000)
    assert abs(after / before - 1) < Fraction(2, 1_000_000)


def test_of_two_as_near_the_smaller() -> None:
    assert solve(lambda omega: 1 if omega <= 7 else -1) == 7


def test_limits_that_bind_too_hard_have_no_solution() -> None:
    with pytest.raises(ValueError, match="bind too hard"):
        solve(lambda omega: 5)
