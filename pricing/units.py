"""Units of money, ratio and time: the only place where money is multiplied or rounded.

Money is whole fen or, inside a calculation, whole millifen; a ratio is whole ppm (parts per million); distance is whole
metres; a month is the number of months since year 0. A float is never money. Every function takes and returns int64
arrays of any one shape (or Python ints) and rounds half up (towards plus infinity at a tie).
"""

from __future__ import annotations

import calendar
import re
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

PPM = 1_000_000
MILLIFEN_PER_FEN = 1000
PPM_PER_PCT = 10_000
METRES_PER_1000_KM = 1_000_000
LARGEST = 2**63 - 1

_MONTH_LETTERS = 7
_MONTH = re.compile(r"((?:19|20|21)[0-9]{2})-(0[1-9]|1[0-2])")  # no year in which nobody insures anyone


def times_ppm(amount: Any, ppm: Any) -> Any:
    """Amount × ratio, half up to the amount's own unit. [amount × ppm must stay below 2^63]"""
    return (amount * ppm + PPM // 2) // PPM


def times_ppm_wide(amount: IntArray, ppm: IntArray) -> IntArray:
    """As `times_ppm`, for products that may pass 2^63 on the way to a result below it."""
    exact: IntArray = np.asarray(times_ppm(amount.astype(object), ppm.astype(object))).astype(np.int64)
    return exact


def over_ppm(ratio_ppm: Any, divisor_ppm: Any) -> Any:
    """Ratio ÷ ratio, half up. [ppm]"""
    return (ratio_ppm * PPM + (divisor_ppm >> 1)) // divisor_ppm


def parts_of(amount: Any, numerator: Any, denominator: Any) -> Any:
    """Amount × numerator ÷ denominator, half up to the amount's own unit; denominator above zero."""
    return (amount * numerator + (denominator >> 1)) // denominator


def cost_of(exposure: Any, claims_per_trillion: Any, severity_fen: Any) -> Any:
    """Exposure × claims per 10¹² units × cost of a claim, half up to millifen. [Python ints: no limit]"""
    return parts_of(exposure * claims_per_trillion * severity_fen, MILLIFEN_PER_FEN, 1_000_000_000_000)


def to_millifen(fen: Any) -> Any:
    """Fen as millifen."""
    return fen * MILLIFEN_PER_FEN


def to_fen(millifen: Any) -> Any:
    """Millifen, half up to fen."""
    return (millifen + MILLIFEN_PER_FEN // 2) // MILLIFEN_PER_FEN


def whole_fen(millifen: Any) -> Any:
    """Millifen, cut to whole fen: what a largest-remainder allocation starts from."""
    return millifen // MILLIFEN_PER_FEN


def whole_fen_left(millifen: Any) -> Any:
    """What cutting to whole fen leaves over. [millifen]"""
    return millifen % MILLIFEN_PER_FEN


def pct_to_ppm(pct: Any) -> Any:
    """Whole per cent as ppm."""
    return pct * PPM_PER_PCT


def parse_month(text: str) -> int | None:
    """`YYYY-MM` of the years 1900 to 2199 as months since year 0; None where it is none."""
    return _month_of(text) if len(text) == _MONTH_LETTERS else None


@lru_cache  # of texts that are as short as a month is
def _month_of(text: str) -> int | None:
    found = _MONTH.fullmatch(text)
    return int(found[1]) * 12 + int(found[2]) - 1 if found else None


@lru_cache
def month_text(month: int) -> str:
    """Months since year 0 as `YYYY-MM`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


@lru_cache
def days_of_month(month: int) -> int:
    """Calendar days of the month."""
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def shared_down(amount: Any, numerator: Any, denominator: Any) -> Any:
    """Amount × numerator ÷ denominator, cut down: parts of a limit never add up to more. [denominator above zero]"""
    return amount * numerator // denominator


def at_or_under(amount: Any, of: Any, ppm: Any) -> bool:
    """Whether an amount is at most a share of another, exactly. [same unit]"""
    return bool(amount * PPM <= of * ppm)
