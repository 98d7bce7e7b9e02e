"""The quote: one worker's month as a request comes in, the contract's answer goes out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pricing.tariff import Tariff
from service.json_text import as_read
from service.prices.quote_request import Request
from service.prices.together import Ready, answers


def quote(raw: Any, tariff: Tariff, today: dt.date, lang: str = "en") -> dict[str, Any]:
    """Answer a quote request: every scheme and cover asked for, side by side, each with its worksheet."""
    [answer] = answers([Ready.of(Request.of(raw, tariff, today, lang), tariff)])
    return as_read(answer)  # type: ignore[no-any-return]
