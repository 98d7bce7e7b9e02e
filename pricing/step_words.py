"""The steps of a price in words: for each step the sentences of all its lines in one language."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from pricing.edition import NO_ENTRY, Edition
from pricing.rate_table import NATION, Curve
from pricing.scheme import Relativity, Scheme
from pricing.spoken import factor, levels_words, per_words, percent, quantity_speaker, share_words, yuan, yuan_of_fen
from pricing.units import days_of_month
from pricing.words import phrase

Texts = Iterable[str]  # one of each line


class Columns(NamedTuple):
    """A step's columns, one number per line. before: running money of the step before, its own at the first; ratio:
    empty where the step does not work on the ratio; facts: what its sentence needs besides.
    """

    name: str
    unit: str
    operand: Sequence[int]
    entry: Sequence[int]
    money: Sequence[int]
    before: Sequence[int]
    ratio: Sequence[int]
    facts: Mapping[str, Sequence[int]]


def texts_of(step: Columns, edition: Edition, scheme: Scheme, lang: str) -> Texts:
    """How a step is said."""
    if step.name == "base_rate" and step.unit.startswith("millifen"):
        return _units(step, lang) if scheme.product is None else _exposure(step, scheme, lang)
    if step.name == "float" and "amount" in step.facts:
        return _floated_amount(step, lang)
    if step.name in ("base_rate", "reduction", "float"):
        return _per_cent(step, lang)
    if step.name == "contribution_base":
        return _contribution_base(step, edition, lang)
    if step.name in _PLAIN:
        return _PLAIN[step.name](step, lang)
    relativity = next(r for r in scheme.relativities if r.name == step.name)
    return (_curve if relativity.by_curve else _level)(step, relativity, edition, lang)


def _contribution_base(step: Columns, edition: Edition, lang: str) -> Texts:
    income, floor, cap, least = (map(yuan_of_fen, step.facts[name]) for name in ("income", "floor", "cap", "least"))
    base = map(yuan_of_fen, step.operand)
    if "days" not in step.facts:
        return map(phrase("step_contribution_base", lang, "income", "cap", "floor", "base"), income, cap, floor, base)
    names = ("income", "cap", "floor", "least", "base", "days", "month_days")
    said, month_days = phrase("step_contribution_base_days", lang, *names), repeat(days_of_month(edition.month))
    return map(said, income, cap, floor, least, base, step.facts["days"], month_days)


def _average_wage(step: Columns, lang: str) -> Texts:
    said, heads = phrase("step_average_wage", lang, "wage", "heads", "running"), map("{:,}".format, step.facts["heads"])
    return map(said, map(yuan_of_fen, step.operand), heads, map(yuan, step.money))


def _risk_class(step: Columns, lang: str) -> Texts:
    given = phrase("step_risk_class_given", lang, "risk_class")
    known = phrase("step_risk_class", lang, "risk_class")
    return [
        (given if entry == NO_ENTRY else known)(number) for entry, number in zip(step.entry, step.operand, strict=True)
    ]


def _units(step: Columns, lang: str) -> Texts:
    """An amount per unit of one row's orders."""
    said, units = phrase("step_base_rate_units", lang, "units", "amount"), map("{:,}".format, step.facts["units"])
    return map(said, units, map(yuan, step.operand))


def _exposure(step: Columns, scheme: Scheme, lang: str) -> Texts:
    """An amount per unit of a cover's merged exposure."""
    said = phrase("step_base_rate_exposure", lang, "quantity", "amount", "per")
    quantity = map(quantity_speaker(scheme.exposure, lang), step.facts["quantity"])
    return map(said, quantity, map(yuan, step.operand), repeat(per_words(step.unit, lang)))


def _floated_amount(step: Columns, lang: str) -> Texts:
    said, amount = phrase("step_float_amount", lang, "amount", "percent", "running"), map(yuan, step.facts["amount"])
    return map(said, amount, map(percent, step.operand), map(yuan, step.money))


def _per_cent(step: Columns, lang: str) -> Texts:
    said = phrase(f"step_{step.name}", lang, "before", "percent", "running")
    return map(said, map(yuan, step.before), map(percent, step.operand), map(yuan, step.money))


def _off_balance(step: Columns, lang: str) -> Texts:
    said = phrase("step_off_balance", lang, "factor", "ratio")
    return map(said, map(factor, step.operand), map(factor, step.ratio))


def _limits(step: Columns, lang: str) -> Texts:
    said = phrase("step_limits", lang, "least", "greatest", "ratio")
    least, greatest = (map(factor, step.facts[name]) for name in ("least", "greatest"))
    return map(said, least, greatest, map(factor, step.ratio))


def _ratio(step: Columns, lang: str) -> Texts:
    said = phrase("step_ratio", lang, "before", "factor", "running")
    return map(said, map(yuan, step.before), map(factor, step.operand), map(yuan, step.money))


_PLAIN: Mapping[str, Callable[[Columns, str], Texts]] = {
    "average_wage": _average_wage,
    "risk_class": _risk_class,
    "limits": _limits,
    "off_balance": _off_balance,
    "ratio": _ratio,
}


def _level(step: Columns, relativity: Relativity, edition: Edition, lang: str) -> Texts:
    said, title = phrase("step_level", lang, "name", "level", "factor", "ratio"), edition.tables[relativity.table].title
    known: dict[tuple[int, ...], str] = edition.keep("levels in words", f"{relativity.table} {lang}", dict)
    levels = list(zip(*(step.facts[name] for name in relativity.of), strict=True))
    for numbers in set(levels).difference(known):
        named = zip(relativity.of, numbers, strict=True)
        known[numbers] = levels_words({name: edition.factors[name].levels[n - 1] for name, n in named}, lang)
    return map(
        said, repeat(title[lang]), map(known.__getitem__, levels), map(factor, step.operand), map(factor, step.ratio)
    )


def _curve(step: Columns, relativity: Relativity, edition: Edition, lang: str) -> Texts:
    number = edition.number_of(relativity.table, NATION)
    value = None if isinstance(number, str) else edition.entries[number].entry.value
    if not isinstance(value, Curve):  # nothing is in force that could be said
        return repeat("", len(step.operand))
    names = ("name", "quantity", "left", "left_factor", "right", "right_factor", "factor", "ratio")
    said, title = phrase("step_curve", lang, *names), edition.tables[relativity.table].title[lang]
    spoken = _quantity_speaker(relativity, lang)

    def between(left: int) -> tuple[str, ...]:
        (x, y), (to_x, to_y) = ((value.x[knot], value.y[knot]) for knot in (left, left + 1))
        return spoken(x), factor(y), spoken(to_x), factor(to_y)

    last = len(value.x) - 2  # the last segment goes on beyond its end, the first before its beginning
    knots: list[tuple[str, ...]] = edition.keep(
        "knots in words", f"{relativity.table} {lang}", lambda: [between(left) for left in range(last + 1)]
    )
    quantities = step.facts["quantity"]
    segments = [knots[min(max(bisect_right(value.x, quantity) - 1, 0), last)] for quantity in quantities]
    columns = zip(quantities, segments, step.operand, step.ratio, strict=True)
    return [
        said(title, spoken(quantity), *segment, factor(operand), factor(ratio))
        for quantity, segment, operand, ratio in columns
    ]


def _quantity_speaker(relativity: Relativity, lang: str) -> Callable[[int], str]:
    """How a curve's quantity is said: its column's, what several columns or a quotient make, or a share."""
    if relativity.per and relativity.share:
        return lambda ppm: share_words(ppm, lang)
    named = f"{relativity.of[0]}_per_{relativity.per[0]}" if relativity.per else "_and_".join(relativity.of)
    return quantity_speaker(named, lang)
