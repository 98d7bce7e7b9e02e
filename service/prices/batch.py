"""Batches: many requests in one body, each answered in its order or refused for itself.

They are priced in slices, those of one form together, so that memory and the time without a pause stay small however
long a batch is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pricing.errors import LichengError
from pricing.tariff import Tariff
from service.pointers import pointer_of
from service.prices.quote_request import Request
from service.prices.together import Ready, answers, by_form
from service.refusals import of_error

SLICE = 128  # requests
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
        while waiting := list(islice(several, SLICE)):
            rows, raw = zip(*waiting, strict=True)
            yield [{"row": row, **item} for row, item in zip(rows, self._slice(raw), strict=True)]

    def _slice(self, sent: Sequence[Any]) -> list[Json]:
        found = [self._ready(one) for one in sent]
        items: list[Json] = [
            {} if isinstance(one, Ready) else _problem(one, raw) for one, raw in zip(found, sent, strict=True)
        ]
        good = [place for place, one in enumerate(found) if isinstance(one, Ready)]
        ready = [one for one in found if isinstance(one, Ready)]
        for places in by_form(ready):
            for place, answer in zip(places, answers([ready[place] for place in places]), strict=True):
                items[good[place]] = answer
        return items

    def _ready(self, sent: Any) -> Ready | LichengError:
        if isinstance(sent, LichengError):
            return sent
        try:
            self.check(sent)
            return Ready.of(Request.of(sent, self.tariff, self.today, self.lang), self.tariff)
        except LichengError as error:
            return error


def _problem(error: LichengError, raw: Any) -> Json:
    """A refused request in a batch: the members of a problem, its pointer within that request."""
    pointer = getattr(error, "pointer", None)
    return {"problem": {**of_error(error), "pointer": pointer_of(error.place, raw) if pointer is None else pointer}}
