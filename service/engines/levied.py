"""Which schemes and covers a levy settles, and why others are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pricing.errors import InputError, TariffError
from pricing.tariff import Tariff
from service.engines.left_out import OPTION, PARAMETER, named_in_vain, why_not
from service.engines.local import Terms
from service.engines.order import Order, covers_named
from service.engines.previous import Previous, terms_of


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
    left_out = {name: why for name in names if (why := why_not(terms.edition, name, demonstration))}
    leave = OPTION if order.upload is None else PARAMETER
    for name, (code, facts) in named_in_vain(terms.edition, order.schemes, covers, order.covers, demonstration):
        raise TariffError(code, name, leave=leave, **facts)
    if not order.schemes:
        left_out |= {name: ("levy_voluntary", {}) for name in tariff.work_injury if tariff.schemes[name].voluntary}
    asked = (*(order.schemes or tariff.work_injury), *covers)
    schemes = tuple(name for name in asked if name not in left_out)
    if not schemes:  # what is law waits for a review: who only tries a demonstration is told the same
        name, (code, facts) = min(left_out.items(), key=lambda one: one[1][0] != "levy_overdue")
        raise TariffError(code, name, leave=leave, **facts)
    return replace(terms, schemes=schemes, left_out={name: code for name, (code, _) in left_out.items()})


def _as_before(asked: tuple[str, ...], before: tuple[str, ...], key: str) -> None:
    if asked and set(asked) != set(before):
        raise InputError("schemes_differ", key, other=", ".join(before) or "–")
