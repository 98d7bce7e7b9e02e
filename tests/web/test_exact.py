"""What people type is read digit by digit: nothing is rounded, nothing is guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.web.exact import minutes, scaled, typed, typed_hours


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("5200", 2, 520_000),
        ("5200.5", 2, 520_050),
        ("5,200.50", 2, 520_050),
        (" 5 200 ", 2, 520_000),
        ("５２００．５", 2, 520_050),
        ("0.07", 2, 7),
        ("2790.125", 3, 2_790_125),
        ("620", 0, 620),
        ("0.1", 2, 10),
    ],
)
def test_amounts_are_read_exactly(text: str, decimals: int, expected: int) -> None:
    assert scaled(text, decimals) == expected


@pytest.mark.parametrize(
    "text", ["", ".", "5.", ".5", "5.005", "-1", "+1", "1e3", "5,20", "52,00.5", "1.2.3", "abc", "²", "9" * 16]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert scaled(text, 2) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("182", 10_920), ("182.5", 10_950), ("182:30", 10_950), ("0:05", 5), ("0.05", 3), ("1.25", 75)],
)
def test_hours_become_whole_minutes(text: str, expected: int) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize("text", ["", "182:60", "182:5", "1:2:3", ":30", "0.01", "x", "-1"])
def test_what_is_no_time_of_whole_minutes_is_none(text: str) -> None:
    assert minutes(text) is None


@given(st.integers(0, 10**12), st.sampled_from([0, 2, 3]))
def test_what_is_shown_is_read_back(value: int, decimals: int) -> None:
    assert scaled(typed(value, decimals), decimals) == value
    assert Decimal(typed(value, decimals)) == Decimal(value).scaleb(-decimals)


@given(st.integers(0, 50_000))
def test_hours_that_are_shown_are_read_back(value: int) -> None:
    assert minutes(typed_hours(value)) == value
