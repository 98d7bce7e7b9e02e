"""The clock of the doors: today in China, where months and dates of this project are counted."""

from __future__ import annotations

import datetime as dt
import time

SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


def now() -> dt.datetime:
    """This second in Asia/Shanghai."""
    return dt.datetime.fromtimestamp(int(time.time()), SHANGHAI)


def today() -> dt.date:
    """Today's date in Asia/Shanghai."""
    return now().date()
