"""The desk: requests that wait at the same moment are priced together, each with the answer it would have had alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from service.prices.together import Ready, answers, by_form, that_fit

MOST_AT_ONCE = 32  # requests; others that wait come next, so that nothing holds up the loop for long
MOST_WEIGHT = 200  # rows of all of them, for the same reason; who has more alone is priced beside the loop
_Waiting = tuple[Ready, "asyncio.Future[dict[str, Any]]"]


class Desk:
    """What waits for a price. Nobody waits for company but while others are coming in."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    async def answer(self, ready: Ready) -> dict[str, Any]:
        """The answer to a request."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[dict[str, Any]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._gather, 0)
        self._waiting.append((ready, future))
        return await future

    def _gather(self, before: int) -> None:
        """Price when a turn of the loop brought no other request: what comes in at once is worth waiting for."""
        now = len(self._waiting)
        if before < now < MOST_AT_ONCE:
            asyncio.get_running_loop().call_soon(self._gather, now)
        else:
            self._price()

    def _price(self) -> None:
        fit = that_fit([ready for ready, _ in self._waiting[:MOST_AT_ONCE]], MOST_AT_ONCE, MOST_WEIGHT)
        now, self._waiting = self._waiting[:fit], self._waiting[fit:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._price)
        for places in by_form([ready for ready, _ in now]):
            self._answer([now[place] for place in places])

    def _answer(self, group: Sequence[_Waiting]) -> None:
        """Answer a group; where one of it cannot be answered, each alone, so that it spoils no other."""
        try:
            found = answers([ready for ready, _ in group])
        except Exception as error:
            if len(group) > 1:
                for one in group:
                    self._answer([one])
            elif not group[0][1].done():
                group[0][1].set_exception(error)
            return
        for (_, future), answer in zip(group, found, strict=True):
            if not future.done():  # who asked may have gone
                future.set_result(answer)
