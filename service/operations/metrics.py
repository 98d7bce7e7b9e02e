"""Figures for Prometheus: how fast, how much, refused why, held how. Labels have few values, none of a request's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily

from pricing.errors import ROW_CODES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WORKS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_CODES = frozenset(ROW_CODES)
_MOST_CODES = 400  # of problems; more than the program has


class Metrics:
    """The figures of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        at = {"registry": self.registry}
        self._seconds = Histogram(
            "licheng_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ("route", "status"),
            buckets=_SECONDS,
            **at,
        )
        self._priced = Counter("licheng_prices", "Prices by scheme or cover.", ("scheme", "status"), **at)
        self._refused = Counter("licheng_refusals", "Refused rows of prices by code.", ("code",), **at)
        self._problems = Counter("licheng_problems", "Requests that were not answered as asked, by code.", ("code",), **at)
        self._works = Histogram(
            "licheng_store_commit_works", "Pieces of work in one commit of the store.", buckets=_WORKS, **at
        )
        self._commit_seconds = Histogram(
            "licheng_store_commit_seconds", "Seconds of one commit of the store.", buckets=_SECONDS, **at
        )
        self._release = Gauge(
            "licheng_release", "Number of the release in force, 0: the demonstration, -1: named by LICHENG_TARIFF.", **at
        )
        self._failed_refresh = Gauge("licheng_tariff_degraded", "1 while the newest release cannot be loaded.", **at)
        self._children: dict[tuple[str, ...], Any] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request was answered. route: its template."""
        key = (route, f"{status // 100}xx")
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._seconds.labels(*key)
        child.observe(seconds)

    def problem(self, code: str) -> None:
        """A request was not answered as asked."""
        key = ("problem", code if len(self._children) < _MOST_CODES else "other", "")
        if key not in self._children:
            self._children[key] = self._problems.labels(key[1])
        self._children[key].inc()

    def priced(self, answer: Mapping[str, Any]) -> None:
        """A worker's month was priced: the answer as it is sent."""
        for kind, prices in (("scheme", answer["schemes"]), ("cover", answer["covers"])):
            for price in prices:
                self._count(price[kind], "refused" if price["premium_fen"] is None else "priced", price["refusals"])

    def _count(self, scheme: str, status: str, refusals: Iterable[Mapping[str, Any]]) -> None:
        key = ("price", scheme, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._priced.labels(scheme, status)
        child.inc()
        for refusal in refusals:
            self._refused.labels(refusal["code"] if refusal["code"] in _CODES else "other").inc()

    def committed(self, works: int, seconds: float) -> None:
        """The store committed."""
        self._works.observe(works)
        self._commit_seconds.observe(seconds)

    def in_force(self, number: int | None, degraded: bool) -> None:
        """Which release answers, and whether a newer one cannot be loaded."""
        self._release.set(-1 if number is None else number)
        self._failed_refresh.set(degraded)

    def text(self, levies: Mapping[str, int]) -> bytes:
        """Everything, as Prometheus reads it. levies: how many by state."""
        family = GaugeMetricFamily("licheng_levies", "Uploaded months by state.", labels=("state",))
        for state, count in sorted(levies.items()):
            family.add_metric((state,), count)
        return generate_latest(self.registry) + generate_latest(_One(family))


class _One:
    """A registry of one family."""

    def __init__(self, family: GaugeMetricFamily) -> None:
        self._family = family

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The family."""
        return (self._family,)
