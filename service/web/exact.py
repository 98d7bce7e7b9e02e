"""Yuan, kilometres and hours as people type them, turned into fen, metres and minutes digit by digit: no float."""

from __future__ import annotations

_WIDE = str.maketrans("０１２３４５６７８９．：，", "0123456789.:,")
_MOST_DIGITS = 15


def scaled(text: str, decimals: int) -> int | None:
    """A number as whole parts of 10^-decimals: "5,200.5" with two decimals is 520050; None where it is no such number.

    Spaces and full-width digits are read; a comma only between groups of three; a digit too many is not rounded away.
    """
    whole, point, rest = _plain(text).partition(".")
    whole = _ungrouped(whole)
    if not _digits(whole) or (point and not _digits(rest)) or len(rest) > decimals:
        return None
    return int(whole + rest.ljust(decimals, "0"))


def minutes(text: str) -> int | None:
    """Hours as minutes: "182", "182.5" and "182:30"; None where it is no number of hours of whole minutes."""
    hours, colon, rest = _plain(text).partition(":")
    if colon:
        good = _digits(hours) and _digits(rest) and len(rest) == 2 and int(rest) < 60
        return int(hours) * 60 + int(rest) if good else None
    parts = scaled(hours, 4)
    return None if parts is None or parts * 60 % 10_000 else parts * 60 // 10_000


def typed(value: int, decimals: int) -> str:
    """Whole parts of 10^-decimals as a person types them: 520050 with two is 5200.50, 2790000 with three is 2790."""
    digits = str(value).rjust(decimals + 1, "0")
    whole, rest = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    if not rest.strip("0"):
        return whole
    return f"{whole}.{rest if decimals == 2 else rest.rstrip('0')}"


def typed_hours(value: int) -> str:
    """Minutes as a person types hours: 10920 is 182, 10925 is 182:05."""
    hours, rest = divmod(value, 60)
    return f"{hours}:{rest:02d}" if rest else str(hours)


def _plain(text: str) -> str:
    return "".join(text.translate(_WIDE).split())


def _ungrouped(text: str) -> str:
    first, *groups = text.split(",")
    whole = all(len(group) == 3 for group in groups) and (not groups or 1 <= len(first) <= 3)
    return first + "".join(groups) if whole else ""


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
