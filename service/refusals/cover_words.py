"""Facts of a cover's refusals: what was chosen, which levels have a price, and which rule of enrolling was not met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pricing.edition import Edition
from pricing.enrolment import by_options, list_of, number_of
from pricing.product import Product
from pricing.rate_table import By, Value
from pricing.scheme import Scheme
from pricing.side import GREATEST
from pricing.spoken import percent
from pricing.units import PPM, parts_of
from pricing.words import as_json

_UNKNOWN = "–"


def facts(code: str, record: Mapping[str, Any], edition: Edition, scheme: Scheme) -> dict[str, object]:
    """Facts of a refusal's sentence. record: the row with the columns of the worker's enrolment, as far as known."""
    product = scheme.product
    if product is None:
        return {}
    found: dict[str, object] = {
        name: as_json(record[name]) if name in record else _UNKNOWN for name in ("eligible", "enrolled")
    }
    found["most"] = f"{GREATEST['eligible']:,}"
    found["participation"] = _participation(record)
    if code in ("option_missing", "option_not_priced"):
        found |= _options(code, record, edition, scheme, product)
    if product.enrolling is not None and code in _OF_ENROLLING:
        found["months"] = number_of(edition, product.enrolling.term)
        found["least"] = percent(number_of(edition, product.enrolling.participation))
        found["size"] = number_of(edition, product.enrolling.group_size)
        found["window"] = ", ".join(str(month) for month in list_of(edition, product.enrolling.window))
    if product.underwriting is not None and code == "revenue_falling":
        found["least"] = percent(number_of(edition, product.underwriting.trend))
    return found


_OF_ENROLLING = ("enrolment_raised", "participation_too_low", "group_too_small", "outside_enrolment_window")


def _participation(record: Mapping[str, Any]) -> str:
    eligible, enrolled = record.get("eligible"), record.get("enrolled")
    if not isinstance(eligible, int) or not isinstance(enrolled, int) or eligible <= 0:
        return _UNKNOWN
    return percent(parts_of(enrolled, PPM, eligible))


def _options(
    code: str, record: Mapping[str, Any], edition: Edition, scheme: Scheme, product: Product
) -> dict[str, object]:
    """The options that lack a level or a price, as chosen, and every combination that has one."""
    chosen = {name: record.get(name) or standard for name, standard in product.options.items()}
    for relativity in by_options(scheme):
        levels = tuple(chosen[name] for name in relativity.of)
        entry = edition.nodes(relativity.table)
        priced = list(_priced(By(relativity.of[0], entry)))
        if (code == "option_missing" and None in levels) or (code == "option_not_priced" and levels not in priced):
            names = " / ".join(relativity.of)
            known = "; ".join(" / ".join(one) for one in priced)
            shown = " / ".join(_UNKNOWN if level is None else str(level) for level in levels)
            return {"value": f"{names} = {shown}", "known": f"{names}: {known}"}
    return {"value": _UNKNOWN, "known": _UNKNOWN}


def _priced(value: Value) -> Iterator[tuple[str, ...]]:
    """Every combination of levels under which a value has a number."""
    if not isinstance(value, By):
        yield ()
        return
    for level, inner in value.nodes.items():
        yield from ((level, *rest) for rest in _priced(inner))
