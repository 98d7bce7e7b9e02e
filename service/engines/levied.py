"""Which schemes and covers a levy settles, and why others are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pricing.edition import Edition
from pricing.errors import InputError, TariffError
from pricing.rate_table import NATION, PROVISIONAL
from pricing.review import overdue
from pricing.scheme import Scheme
from pricing.tariff import Tariff
from pricing.units import month_text
from service.engines.local import Terms
from service.engines.order import ALL, Order, covers_named
from service.engines.previous import Previous, terms_of

Why = tuple[str, dict[str, object]]


def levied(order: Order, tariff: Tariff, register: tuple[Mapping[str, Any], ...], before: Previous | None) -> Terms:
    """Under what to settle. A correction settles what was settled, covers and demonstrations included."""
    demonstration = order.demonstration or bool(before and before.receipt["demonstration"])
    terms = terms_of(tariff, register, order.month, order.known_on, (), demonstration)
    covers = covers_named(order.covers, tariff)
    if before is not None:
        _as_before(order.schemes, before.schemes, "schemes")
        _as_before(covers, before.covers, "covers")
        return replace(terms, schemes=before.terms.schemes, left_out=before.terms.left_out)
    names = (*tariff.work_injury, *covers)
    left_out = {name: why for name in names if (why := _why_not(terms.edition, name, demonstration))}
    for name in (*order.schemes, *covers):
        late_of_all = order.covers == (ALL,) and left_out.get(name, ("",))[0] == "levy_overdue"
        if name in left_out and not (name in covers and late_of_all):
            code, facts = left_out[name]
            raise TariffError(code, name, **facts)
    if not order.schemes:
        left_out |= {name: ("levy_voluntary", {}) for name in tariff.work_injury if tariff.schemes[name].voluntary}
    asked = (*(order.schemes or tariff.work_injury), *covers)
    schemes = tuple(name for name in asked if name not in left_out)
    return replace(terms, schemes=schemes, left_out={name: code for name, (code, _) in left_out.items()})


def _as_before(asked: tuple[str, ...], before: tuple[str, ...], key: str) -> None:
    if asked and set(asked) != set(before):
        raise InputError("schemes_differ", key, other=", ".join(before) or "–")


def _why_not(edition: Edition, name: str, demonstration: bool) -> Why | None:
    """Why a scheme is not levied: a proposal or demonstration without leave, or a table overdue for review."""
    scheme = edition.schemes[name]
    if not demonstration and (scheme.scope == "proposal" or _demonstrates(edition, scheme)):
        return "levy_demonstration", {"scheme": name}
    late = overdue(edition, scheme)
    return ("levy_overdue", {"table": ", ".join(late), "month": month_text(edition.month)}) if late else None


def _demonstrates(edition: Edition, scheme: Scheme) -> bool:
    """Whether a cover rests on a national figure too weak to be charged."""
    if scheme.product is None:
        return False
    priced = [table for table in scheme.tables() if table not in scheme.expectation_tables()]
    entries = [edition.number_of(table, NATION) for table in priced]
    return any(isinstance(entry, int) and edition.status[entry] > PROVISIONAL for entry in entries)
