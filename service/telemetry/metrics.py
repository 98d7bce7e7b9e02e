"""Figures for Prometheus: how fast, how much, refused why. Labels have few values, and none of a request's own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from pricing.errors import ROW_CODES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("queued", "running", "done", "failed")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WORKS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_NAMED = -1  # the number of a tariff that LICHENG_TARIFF names
_CODES = frozenset(ROW_CODES)


class Metrics:
    """The figures of one service."""

    def __init__(self) -> None:
        kept = self.registry = CollectorRegistry()
        ProcessCollector(registry=kept)
        said = "Seconds from a request's head to the end of its answer."
        labels = ("route", "status")
        self._seconds = Histogram("licheng_request_seconds", said, labels, buckets=_SECONDS, registry=kept)
        self._prices = Counter("licheng_prices", "Prices by scheme or cover.", ("scheme", "status"), registry=kept)
        self._refused = Counter("licheng_refusals", "Refused rows of prices by code.", ("code",), registry=kept)
        said = "Requests that were not answered as asked, by code."
        self._problems = Counter("licheng_problems", said, ("code",), registry=kept)
        said = "Pieces of work in one commit of the store; quotes that are stored together are one."
        self._works = Histogram("licheng_store_commit_works", said, buckets=_WORKS, registry=kept)
        self._failed = Counter("licheng_store_commits_failed", "Commits that did not reach the store.", registry=kept)
        self._levies = Gauge("licheng_levies", "Uploaded months by state.", ("state",), registry=kept)
        said = "Number of the release in force; 0: the demonstration, -1: what LICHENG_TARIFF names."
        self._release = Gauge("licheng_release", said, registry=kept)
        said = "1 while the newest release cannot be loaded or is not in the audit log."
        self._degraded = Gauge("licheng_tariff_degraded", said, registry=kept)
        self._children: dict[tuple[str, str], Any] = {}  # of those that count each request

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request was answered. route: its template."""
        key = (route, f"{status // 100}xx")
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._seconds.labels(*key)
        child.observe(seconds)

    def problem(self, code: str) -> None:
        """A request was not answered as asked. code: one of the program's."""
        self._problems.labels(code).inc()

    def priced(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Workers' months were priced: their answers as they are sent."""
        prices: Tally[tuple[str, str]] = Tally()
        refusals: Tally[str] = Tally()
        for answer in answers:
            for kind, named in (("scheme", answer["schemes"]), ("cover", answer["covers"])):
                for price in named:
                    prices[price[kind], "refused" if price["premium_fen"] is None else "priced"] += 1
                    for refusal in price["refusals"]:
                        refusals[refusal["code"]] += 1
        for key, times in prices.items():
            child = self._children.get(key)
            if child is None:
                child = self._children[key] = self._prices.labels(*key)
            child.inc(times)
        for code, times in refusals.items():
            child = self._children.get(("", code))
            if child is None:
                child = self._children["", code] = self._refused.labels(code if code in _CODES else "other")
            child.inc(times)

    def committed(self, works: int) -> None:
        """The store committed so many pieces of work at once; 0: it could not."""
        if works:
            self._works.observe(works)
        else:
            self._failed.inc()

    def in_force(self, number: int | None, degraded: bool) -> None:
        """Which release answers, and whether a newer one is not taken up."""
        self._release.set(_NAMED if number is None else number)
        self._degraded.set(degraded)

    def text(self, levies: Mapping[str, int]) -> bytes:
        """Everything, as Prometheus reads it. levies: how many by state."""
        for state in STATES:
            self._levies.labels(state).set(levies.get(state, 0))
        return generate_latest(self.registry)
