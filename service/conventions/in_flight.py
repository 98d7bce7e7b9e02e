"""Bodies in flight: how many bytes of requests are held at once, and how many uploads of one key are received."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from service.addresses import KEYED
from service.conventions.limits import is_upload
from service.conventions.problems import Problem
from service.serving import Serving

RETRY_AFTER_S = 2
_SMALL = 64  # this part of the bound anybody may hold


class Bytes:
    """Bytes that are held of all bodies of a kind, by who sends them; on the loop alone."""

    __slots__ = ("_most", "_of", "_share", "_small", "held")

    def __init__(self, most: int, small: int = 0) -> None:
        """most: bytes at once, of which nobody has more than a quarter with several bodies; small: so many anybody may
        hold, however full it is.
        """
        self._most, self._share, self._small = most, most // 4, small
        self._of: Counter[str] = Counter()
        self.held = 0  # now, of all

    def take(self, who: str, more: int, own: int) -> None:
        """Hold more bytes of somebody's body; Problem 503 where there is no room. own: bytes that are held of it.

        A body that is alone is bounded by its own limit only.
        """
        mine = self._of[who] + more
        full = self.held + more > self._most and self.held > own and mine > self._small
        if full or (mine > self._share and self._of[who] > own):
            headers = {"Retry-After": str(RETRY_AFTER_S), "Connection": "close"}
            raise Problem(503, "too_much_in_flight", headers=headers, most=f"{self._most:,}", seconds=RETRY_AFTER_S)
        self._of[who] = mine
        self.held += more

    def release(self, who: str, own: int) -> None:
        """A body is done with, whatever became of it."""
        self._of[who] -= own
        self.held -= own
        if not self._of[who]:
            del self._of[who]


class InFlight:
    """What is in flight in a service: bodies of keys, of callers without one, and uploads, each by itself."""

    __slots__ = ("_bodies", "_most", "_open", "_uploading", "_uploads")

    def __init__(self, serving: Serving) -> None:
        """Bounds of the settings."""
        bodies, uploads = serving.bodies_in_flight, serving.uploads_in_flight
        self._bodies, self._uploads = Bytes(bodies, bodies // _SMALL), Bytes(uploads, uploads // _SMALL)
        self._open = Bytes(bodies // 4)
        self._most, self._uploading = serving.uploads_of_key, Counter[str]()

    def of(self, path: str) -> Bytes:
        """Where the bytes of a body sent to a path are counted."""
        if is_upload(path):
            return self._uploads
        return self._bodies if path.startswith(KEYED) else self._open

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
