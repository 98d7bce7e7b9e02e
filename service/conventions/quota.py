"""How many quotes a key may store in a day, so that no key fills the disk by mistake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from fastapi import Request

from service.clock import now
from service.conventions.problems import Problem
from service.ids import id_at
from service.store import quotes
from service.store.database import Connection


class Quota:
    """Counts what one service stores; a service that starts counts on from the store. Of quotes that are stored in the
    same moment some may exceed it.
    """

    def __init__(self, most: int, clock: Callable[[], dt.datetime] = now) -> None:
        """most: quotes of one key in a day of China's calendar, which clock tells."""
        self._most, self._clock, self._day = most, clock, dt.date.min
        self._stored: dict[str, int] = {}

    def check(self, connection: Connection, key_id: str, tenant: str) -> None:
        """Problem 429 where a key has stored as many as it may today."""
        at = self._clock()
        if at.date() != self._day:
            self._day, self._stored = at.date(), {}
        midnight = dt.datetime.combine(self._day, dt.time(), at.tzinfo)
        if key_id not in self._stored:
            self._stored[key_id] = quotes.stored_from(connection, key_id, tenant, id_at(quotes.PREFIX, midnight))
        if self._stored[key_id] >= self._most:
            seconds = int((midnight + dt.timedelta(days=1) - at).total_seconds())
            headers = {"Retry-After": str(seconds)}
            raise Problem(429, "too_many_quotes", headers=headers, most=f"{self._most:,}", seconds=f"{seconds:,}")

    def count(self, key_id: str) -> None:
        """Count a quote that was stored."""
        if key_id in self._stored:  # not where midnight came in between
            self._stored[key_id] += 1


def quota_of(request: Request) -> Quota:
    """The quota of the service of a request."""
    found: Quota = request.app.state.quota
    return found
