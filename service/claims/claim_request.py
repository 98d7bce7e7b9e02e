"""A claim's request, read strictly: InputError names the key and what it may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pricing.claim_parts import Claim, Earlier, Event
from pricing.claim_terms import INCOME, ClaimTerms
from pricing.coding import WORKER
from pricing.errors import InputError, TariffError
from pricing.history import MONTHS
from pricing.side import Side
from pricing.tariff import Tariff
from pricing.units import month_text, parse_month
from pricing.usage import BY_NAME
from pricing.words import LANGUAGES
from service.fields import list_of, object_of, one_of, read_date, read_month
from service.json_text import readable
from service.prices.enrolment_request import enrolments_of, history_of

_COMMON = ("cover", "worker", "known_on", "region", "occupation", "enrolment", "event", "proofs", "earlier_claims")
_GREATEST = {"category_index": 100_000_000, "claimed_fen": 1_000_000_000_000_000}
_MOST_FEN = BY_NAME["revenue_fen"].greatest


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A claim that has the contract's form."""

    cover: str
    terms: ClaimTerms
    worker: str
    known_on: dt.date
    lang: str
    claim: Claim
    enrolment: Mapping[str, Any]

    @classmethod
    def of(cls, raw: Any, tariff: Tariff, today: dt.date, lang: str) -> ClaimRequest:
        """From parsed JSON; InputError names the key and what it may be."""
        body = readable(object_of(raw, "request"), "request")
        cover = one_of(_needed(body, "cover"), "cover", tariff.covers)
        product = tariff.schemes[cover].product
        assert product is not None
        if product.claim is None:
            raise TariffError("missing_key", f"{cover}/cover.yaml", key="claim")
        terms = product.claim
        _check_keys(body, keys_of(terms), "")
        worker = _text(body, "worker")
        if not WORKER.fullmatch(worker):
            raise InputError("worker_not_valid", "worker", value=worker)
        event = _event(body, terms)
        month = read_month(body["month"], "month") if "month" in body else event.month
        enrolments = enrolments_of(body, tariff, worker, event.month)
        if product.enrolling is not None:
            _check_begins(body, cover, tariff)
        earlier = tuple(_earlier(one, place) for place, one in enumerate(list_of(body, "earlier_claims")))
        _check_events(event, earlier)
        known_on = read_date(body.get("known_on"), "known_on") or today
        _check_revenue(body, month, known_on)
        claim = Claim(
            region=_text(body, "region"),
            occupation=one_of(_needed(body, "occupation"), "occupation", tariff.factors["occupation"].levels),
            event=event,
            month=month,
            side=Side.of(enrolments, history_of(body, worker)),
            proofs=_proofs(body, terms),
            fen=_amounts(body, terms),
            **_index(body, month),
            earlier=tuple(one for one in earlier if one.paid_fen),
        )
        return cls(
            cover=cover,
            terms=terms,
            worker=worker,
            known_on=known_on,
            lang=one_of(body.get("lang", lang), "lang", LANGUAGES),
            claim=claim,
            enrolment=_meant([one for one in enrolments if one["cover"] == cover], event.month),
        )


def _meant(enrolments: list[dict[str, Any]], month: int) -> Mapping[str, Any]:
    """Of a cover's enrolments the last that begins by the month of the event, which a refusal speaks of."""
    begun = [one for one in enrolments if (parse_month(str(one.get("from_month"))) or 0) <= month]
    return (begun or enrolments or [{}])[-1]


def _check_revenue(body: Mapping[str, Any], month: int, known_on: dt.date) -> None:
    """InputError where the history gives another amount for the month claimed, or one of a month to come."""
    months = object_of(object_of(body.get("history", {}), "history").get("revenue_fen", {}), "history, revenue_fen")
    for key in months:
        given = parse_month(key)
        if given is not None and given > known_on.year * MONTHS + known_on.month - 1:
            shown = known_on.isoformat()
            raise InputError("history_after_known", f"history, revenue_fen, {key}", month=key, known_on=shown)
    sent = months.get(month_text(month))
    if sent is not None and sent != body.get("revenue_fen"):
        facts = {"month": month_text(month), "value": sent, "other": body.get("revenue_fen")}
        raise InputError("claim_revenue_contradicts", f"history, revenue_fen, {month_text(month)}", **facts)


def _check_events(event: Event, earlier: tuple[Earlier, ...]) -> None:
    """InputError where it is not said which event an earlier payment was for."""
    if earlier and not event.id:
        raise InputError("missing_field", "event, id", key="id")
    for place, one in enumerate(earlier):
        if not one.event:
            raise InputError("missing_field", f"earlier_claims, {place}, event", key="event")


def keys_of(terms: ClaimTerms) -> tuple[str, ...]:
    """Keys of a claim under these terms."""
    own = ("month", "history", "revenue_fen", "category_index") if terms.shape == INCOME else ("loss_fen",)
    goods = ("goods",) if terms.declared_value else ()
    total = ("accumulation",) if terms.event_limit else ()
    return (*_COMMON, *own, *goods, *total, "lang")


def _check_keys(body: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in body:
        if key not in known and not key.startswith("x_"):
            raise InputError("unknown_column", f"{place}{key}", key=key, known=", ".join(known))


def _needed(body: Mapping[str, Any], key: str, place: str = "") -> Any:
    if body.get(key) in (None, ""):
        raise InputError("missing_field", f"{place}{key}", key=key)
    return body[key]


def _text(body: Mapping[str, Any], key: str, place: str = "") -> str:
    value = _needed(body, key, place)
    if not isinstance(value, str) or not value.strip():
        raise InputError("request_value", f"{place}{key}", key=key, value=value, known="text")
    return value


def _whole(value: Any, place: str, greatest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError("value_not_whole", place, column=place, value=value)
    if value < 0:
        raise InputError("value_negative", place, column=place, value=value)
    if value > greatest:
        raise InputError("value_too_large", place, column=place, value=value, greatest=greatest)
    return value


def _event(body: Mapping[str, Any], terms: ClaimTerms) -> Event:
    raw = object_of(_needed(body, "event"), "event")
    _check_keys(raw, ("date", "kind", "source", "id"), "event, ")
    date = read_date(_needed(raw, "date", "event, "), "event, date")
    assert date is not None
    kind = one_of(_needed(raw, "kind", "event, "), "event, kind", (*terms.kinds, *terms.excluded))
    known_id = _text(raw, "id", "event, ") if "id" in raw else ""
    return Event(date, kind, _text(raw, "source", "event, "), known_id)


def _check_begins(body: Mapping[str, Any], cover: str, tariff: Tariff) -> None:
    """A claim must say since when its cover is in force; a quote may leave that out."""
    packages = [name for name, package in tariff.packages.items() if cover in package.covers]
    for name, given in object_of(body.get("enrolment", {}), "enrolment").items():
        if name in (cover, *packages):
            for one in given if isinstance(given, list) else [given]:
                _needed(object_of(one, f"enrolment, {name}"), "from_month", f"enrolment, {name}, ")


def _proofs(body: Mapping[str, Any], terms: ClaimTerms) -> dict[str, bool]:
    raw = object_of(body.get("proofs", {}), "proofs")
    _check_keys(raw, (*terms.proof_titles(), *terms.no_proof), "proofs, ")
    named = {name: given for name, given in raw.items() if not name.startswith("x_") and given is not None}
    return {name: one_of(given, f"proofs, {name}", (True, False)) for name, given in named.items()}


def _amounts(body: Mapping[str, Any], terms: ClaimTerms) -> dict[str, int]:
    own = "revenue_fen" if terms.shape == INCOME else "loss_fen"
    found = {own: _whole(_needed(body, own), own, _MOST_FEN)}
    for key, name in (("goods", "declared_value_fen"), ("accumulation", "claimed_fen")):
        if key in keys_of(terms) and (key in body or key == "goods"):
            raw = object_of(_needed(body, key), key)
            _check_keys(raw, (name,), f"{key}, ")
            found[name] = _whole(_needed(raw, name, f"{key}, "), f"{key}, {name}", _GREATEST.get(name, _MOST_FEN))
    return found


def _index(body: Mapping[str, Any], month: int) -> dict[str, Any]:
    """The category index by month with its source; None where it is not given."""
    if body.get("category_index") is None:
        return {"index": None, "index_source": ""}
    raw = dict(object_of(body["category_index"], "category_index"))
    source = _text(raw, "source", "category_index, ")
    del raw["source"]
    most = _GREATEST["category_index"]
    found = {
        read_month(key, "category_index"): _whole(value, f"category_index, {key}", most) for key, value in raw.items()
    }
    for needed in (month - MONTHS, month):
        if needed not in found:
            raise InputError("missing_field", f"category_index, {month_text(needed)}", key=month_text(needed))
    return {"index": found, "index_source": source}


def _earlier(raw: Any, place: int) -> Earlier:
    where = f"earlier_claims, {place}, "
    one = object_of(raw, where)
    _check_keys(one, ("month", "paid_fen", "event"), where)
    paid = _whole(_needed(one, "paid_fen", where), f"{where}paid_fen", _MOST_FEN)
    event = _text(one, "event", where) if "event" in one else ""
    return Earlier(read_month(one.get("month"), f"{where}month"), paid, event)
