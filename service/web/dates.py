"""Months, days and spans of time as people write them in each language."""

from __future__ import annotations

import datetime as dt

from pricing.words import say
from service.clock import SHANGHAI

_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def month_words(text: str, lang: str) -> str:
    """A month such as 2025-08: August 2025; what is no month stays as it is."""
    try:
        day = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return text
    return say("page_date_month", lang, year=day.year, month=_name(day, lang))


def day_words(text: str, lang: str) -> str:
    """A day such as 2025-11-30: 30 November 2025; what is no day stays as it is."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return say("page_date_day", lang, year=day.year, month=_name(day, lang), day=day.day)


def time_words(text: str, lang: str) -> str:
    """A time of the store: 30 November 2025, 14:05:09 (Beijing time); two uploads of one minute differ."""
    at = dt.datetime.fromisoformat(text).astimezone(SHANGHAI)
    return say("page_date_time", lang, day=day_words(at.date().isoformat(), lang), time=f"{at:%H:%M:%S}")


def hours_words(minutes: int, lang: str) -> str:
    """Minutes as hours: 225 h 20 min."""
    whole, rest = divmod(minutes, 60)
    hours = f"{whole:,}"
    return say("page_span", lang, hours=hours, minutes=rest) if rest else say("page_span_hours", lang, hours=hours)


def _name(day: dt.date, lang: str) -> str:
    return str(day.month) if lang == "zh" else _NAMES[day.month - 1]
