"""A form priced: the same quote as the API's, with what is wrong at its fields where it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from pricing.errors import LichengError
from service.clock import today
from service.conventions.rates import address
from service.json_text import as_read
from service.prices.quote_request import Request as QuoteRequest
from service.running import running
from service.tariff.held import InForce
from service.web.form import Fault

FIELDS = ("month", "known_on")


@dataclass(frozen=True, slots=True)
class Priced:
    """asked: the request of the API; answer: its answer, None where it is refused or was not asked for."""

    lang: str
    standing: InForce
    asked: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    faults: Sequence[Fault]

    @property
    def errors(self) -> dict[str, str]:
        """Sentences by field; "" for the form as a whole."""
        return {fault.at: fault.words(self.lang) for fault in self.faults}

    @property
    def status(self) -> int:
        """Status of HTTP of a page with it."""
        return 422 if self.faults else 200


async def priced(
    request: Request, asked: Mapping[str, Any], faults: Sequence[Fault], standing: InForce, lang: str
) -> Priced:
    """The answer to a form's request, unless a field is wrong. standing: what was taken once for the page."""
    if faults:
        return Priced(lang, standing, asked, None, faults)
    try:
        read = QuoteRequest.of(asked, standing.tariff, today(), lang)
        answer = await running(request).priced(read, standing.tariff, address(request))
        return Priced(lang, standing, asked, as_read(answer), [])
    except LichengError as error:
        return Priced(lang, standing, asked, None, [Fault.of(error, FIELDS)])
