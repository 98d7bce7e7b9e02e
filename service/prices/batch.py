"""Batches: many requests in one body, each answered in its order or refused for itself.

They are priced in slices, those of one form together, so that memory and the time without a pause stay small however
long a batch is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pricing.errors import LichengError
from pricing.tariff import Tariff
from service.pointers import pointer_of
from service.prices.quote_request import Request
from service.prices.together import Ready, answers, by_form
from service.refusals import of_error

SLICE = 128  # requests
MOST_WEIGHT = 1_000  # rows of a slice, unless one request has more
MOST_BUILT = 4  # editions for one slice: each takes longer than many prices
Json = dict[str, Any]
Check = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What all requests of a batch have in common. check: what a request must pass before it is read, LichengError."""

    tariff: Tariff
    today: dt.date
    lang: str
    check: Check = lambda raw: None

    def answers(self, sent: Iterable[tuple[int, Any]]) -> Iterator[list[Json]]:
        """The answers slice by slice, in order, each with its `row`. sent: the row of each request, and the request as
        parsed, or the error of one that could not be.
        """
        several = iter(sent)
        while waiting := self._next(several):
            rows, raw, found = zip(*waiting, strict=True)
            yield [{"row": row, **item} for row, item in zip(rows, _slice(raw, found), strict=True)]

    def _next(self, several: Iterator[tuple[int, Any]]) -> list[tuple[int, Any, Ready | LichengError]]:
        """The next slice, read: it ends early where many editions had to be built for it, or it has many rows."""
        slice_: list[tuple[int, Any, Ready | LichengError]] = []
        built = weight = 0
        for row, raw in several:
            found, is_new = self._ready(raw)
            built += is_new
            slice_.append((row, raw, found))
            weight += found.weight if isinstance(found, Ready) else 0
            if len(slice_) == SLICE or built == MOST_BUILT or weight >= MOST_WEIGHT:
                break
        return slice_

    def _ready(self, sent: Any) -> tuple[Ready | LichengError, bool]:
        """A request that can be answered, or its error; and whether its edition had to be built."""
        if isinstance(sent, LichengError):
            return sent, False
        is_new = False
        try:
            self.check(sent)
            request = Request.of(sent, self.tariff, self.today, self.lang)
            is_new = not self.tariff.has(request.month, request.known_on, request.register)
            return Ready.of(request, self.tariff), is_new
        except LichengError as error:
            return error, is_new


def _slice(sent: Sequence[Any], found: Sequence[Ready | LichengError]) -> list[Json]:
    items: list[Json] = [
        {} if isinstance(one, Ready) else _problem(one, raw) for one, raw in zip(found, sent, strict=True)
    ]
    good = [place for place, one in enumerate(found) if isinstance(one, Ready)]
    ready = [one for one in found if isinstance(one, Ready)]
    for places in by_form(ready):
        for place, answer in zip(places, answers([ready[place] for place in places]), strict=True):
            items[good[place]] = answer
    return items


def _problem(error: LichengError, raw: Any) -> Json:
    """A refused request in a batch: the members of a problem, its pointer within that request."""
    pointer = getattr(error, "pointer", None)
    return {"problem": {**of_error(error), "pointer": pointer_of(error.place, raw) if pointer is None else pointer}}
