"""Bodies in flight: how many bytes of requests are held at once, and how many uploads of one key are received."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from service.conventions.limits import is_upload
from service.conventions.problems import Problem
from service.serving import Serving

RETRY_AFTER_S = 2


class Bytes:
    """Bytes that are held of all bodies of a kind, on the loop alone."""

    __slots__ = ("_most", "held")

    def __init__(self, most: int) -> None:
        """most: bytes at once; a body that is alone is bounded by its own limit only."""
        self._most, self.held = most, 0

    def take(self, more: int, own: int) -> None:
        """Hold more bytes of a body; Problem 503 where others leave no room. own: bytes that are held of it already."""
        if self.held + more > self._most and self.held > own:
            headers = {"Retry-After": str(RETRY_AFTER_S), "Connection": "close"}
            raise Problem(503, "too_much_in_flight", headers=headers, most=f"{self._most:,}", seconds=RETRY_AFTER_S)
        self.held += more

    def release(self, own: int) -> None:
        """A body is done with, whatever became of it."""
        self.held -= own


class InFlight:
    """What is in flight in a service."""

    __slots__ = ("_bodies", "_most", "_uploading", "_uploads")

    def __init__(self, serving: Serving) -> None:
        """Bounds of the settings."""
        self._bodies, self._uploads = Bytes(serving.bodies_in_flight), Bytes(serving.uploads_in_flight)
        self._most, self._uploading = serving.uploads_of_key, Counter[str]()

    def of(self, path: str) -> Bytes:
        """Where the bytes of a body sent to a path are counted: those in memory, or those of uploads."""
        return self._uploads if is_upload(path) else self._bodies

    @asynccontextmanager
    async def uploading(self, key_id: str) -> AsyncIterator[None]:
        """While an upload of a key is received; Problem 429 where it sends as many as it may."""
        if self._uploading[key_id] >= self._most:
            headers = {"Retry-After": str(RETRY_AFTER_S), "Connection": "close"}
            raise Problem(429, "too_many_uploads", pointer="", headers=headers, most=self._most)
        self._uploading[key_id] += 1
        try:
            yield
        finally:
            self._uploading[key_id] -= 1
            self._uploading += Counter()  # drops those that are none


def in_flight(request: Request) -> InFlight:
    """What is in flight in the service of a request."""
    found: InFlight = request.app.state.in_flight
    return found
