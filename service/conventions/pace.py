"""The pace of a body: who sends it is waited for as long as it comes, not as long as they like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from service.conventions.problems import Problem
from service.serving import Serving

Message = MutableMapping[str, Any]


class Pace:
    """How long the next piece of a body is waited for: until the whole time is over, or the body came with fewer bytes
    a second than the least rate for longer than it may.

    What came fast earlier counts for no more than that while, so that a pause after it is as long as one before it.
    Only time in which nothing was there counts: a slow disk of ours is not the sender's.
    """

    __slots__ = ("_deadline", "_least", "_left", "_loop", "_seconds", "_while")

    def __init__(self, seconds: int, serving: Serving) -> None:
        """seconds: for the whole body, from now on."""
        self._loop = asyncio.get_running_loop()
        self._seconds, self._deadline = seconds, self._loop.time() + seconds
        self._least, self._while = serving.least_rate, serving.slow_seconds
        self._left: float = serving.slow_seconds

    async def waited(self, receive: Callable[[], Awaitable[Message]]) -> Message:
        """The next piece; Problem 408."""
        began = self._loop.time()
        try:
            async with asyncio.timeout_at(min(self._deadline, began + self._left)):
                message = await receive()
        except TimeoutError:
            if self._loop.time() >= self._deadline:
                raise Problem(408, "body_too_slow", "body", seconds=self._seconds) from None
            raise Problem(408, "body_below_rate", "body", seconds=self._while, least=f"{self._least:,}") from None
        self._left -= self._loop.time() - began
        return message

    def came(self, more: int) -> None:
        """A piece has come. more: its bytes."""
        self._left = min(self._while, self._left + more / self._least)
