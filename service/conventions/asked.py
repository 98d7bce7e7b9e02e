"""Requests for prices, read alike by every route that takes one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pricing.tariff import Tariff
from service.conventions.bodies import check_members
from service.conventions.caller import Caller
from service.conventions.permits import only_own
from service.prices.quote_request import Request


def quote_request(caller: Caller, raw: Any, tariff: Tariff, day: dt.date, lang: str) -> Request:
    """A request as its caller may send it; Problem 403 or 422, InputError."""
    check_members(raw)
    only_own(caller, raw)
    return Request.of(raw, tariff, day, lang)
