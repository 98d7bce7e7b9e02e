"""The steps of a price in words: for each step a speaker that says it of any row in one language."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pricing.edition import NO_ENTRY, Edition
from pricing.rate_table import Curve
from pricing.scheme import Relativity, Scheme
from pricing.spoken import factor, levels_words, per_words, percent, quantity_speaker, share_words, yuan, yuan_of_fen
from pricing.units import days_of_month
from pricing.words import phrase

Speaker = Callable[[int], str]  # the sentence of a row, by its place


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A step's columns as lists, one number per row. before: running money of the step before, its own at the first;
    ratio: empty where the step does not work on the ratio.
    """

    name: str
    unit: str
    operand: list[int]
    entry: list[int]
    money: list[int]
    before: list[int]
    ratio: list[int]
    facts: Mapping[str, list[int]]


def speaker(step: Columns, edition: Edition, scheme: Scheme, lang: str) -> Speaker:
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


def _contribution_base(step: Columns, edition: Edition, lang: str) -> Speaker:
    income, floor, cap, least = (step.facts[name] for name in ("income", "floor", "cap", "least"))
    base = step.operand
    if "days" not in step.facts:
        said = phrase("step_contribution_base", lang, "income", "cap", "floor", "base")
        return lambda row: said(*map(yuan_of_fen, (income[row], cap[row], floor[row], base[row])))
    days, month_days = step.facts["days"], days_of_month(edition.month)
    names = ("income", "cap", "floor", "least", "base", "days", "month_days")
    pro_rata = phrase("step_contribution_base_days", lang, *names)
    return lambda row: pro_rata(
        *map(yuan_of_fen, (income[row], cap[row], floor[row], least[row], base[row])), days[row], month_days
    )


def _average_wage(step: Columns, lang: str) -> Speaker:
    said, heads = phrase("step_average_wage", lang, "wage", "heads", "running"), step.facts["heads"]
    return lambda row: said(yuan_of_fen(step.operand[row]), f"{heads[row]:,}", yuan(step.money[row]))


def _risk_class(step: Columns, lang: str) -> Speaker:
    given = phrase("step_risk_class_given", lang, "risk_class")
    known = phrase("step_risk_class", lang, "risk_class")
    return lambda row: (given if step.entry[row] == NO_ENTRY else known)(step.operand[row])


def _units(step: Columns, lang: str) -> Speaker:
    """An amount per unit of one row's orders."""
    said, units = phrase("step_base_rate_units", lang, "units", "amount"), step.facts["units"]
    return lambda row: said(f"{units[row]:,}", yuan(step.operand[row]))


def _exposure(step: Columns, scheme: Scheme, lang: str) -> Speaker:
    """An amount per unit of a cover's merged exposure."""
    said = phrase("step_base_rate_exposure", lang, "quantity", "amount", "per")
    spoken, quantity, per = quantity_speaker(scheme.exposure, lang), step.facts["quantity"], per_words(step.unit, lang)
    return lambda row: said(spoken(quantity[row]), yuan(step.operand[row]), per)


def _floated_amount(step: Columns, lang: str) -> Speaker:
    said, amount = phrase("step_float_amount", lang, "amount", "percent", "running"), step.facts["amount"]
    return lambda row: said(yuan(amount[row]), percent(step.operand[row]), yuan(step.money[row]))


def _per_cent(step: Columns, lang: str) -> Speaker:
    said = phrase(f"step_{step.name}", lang, "before", "percent", "running")
    return lambda row: said(yuan(step.before[row]), percent(step.operand[row]), yuan(step.money[row]))


def _off_balance(step: Columns, lang: str) -> Speaker:
    said = phrase("step_off_balance", lang, "factor", "ratio")
    return lambda row: said(factor(step.operand[row]), factor(step.ratio[row]))


def _limits(step: Columns, lang: str) -> Speaker:
    said = phrase("step_limits", lang, "least", "greatest", "ratio")
    least, greatest = step.facts["least"], step.facts["greatest"]
    return lambda row: said(factor(least[row]), factor(greatest[row]), factor(step.ratio[row]))


def _ratio(step: Columns, lang: str) -> Speaker:
    said = phrase("step_ratio", lang, "before", "factor", "running")
    return lambda row: said(yuan(step.before[row]), factor(step.operand[row]), yuan(step.money[row]))


_PLAIN: Mapping[str, Callable[[Columns, str], Speaker]] = {
    "average_wage": _average_wage,
    "risk_class": _risk_class,
    "limits": _limits,
    "off_balance": _off_balance,
    "ratio": _ratio,
}


def _level(step: Columns, relativity: Relativity, edition: Edition, lang: str) -> Speaker:
    title = edition.tables[relativity.table].title[lang]
    said = phrase("step_level", lang, "name", "level", "factor", "ratio")
    read = [step.facts[name] for name in relativity.of]
    known: dict[tuple[int, ...], str] = edition.keep("levels in words", f"{relativity.table} {lang}", dict)

    def level(row: int) -> str:
        numbers = tuple([column[row] for column in read])
        if numbers not in known:
            named = zip(relativity.of, numbers, strict=True)
            known[numbers] = levels_words({name: edition.factors[name].levels[n - 1] for name, n in named}, lang)
        return known[numbers]

    return lambda row: said(title, level(row), factor(step.operand[row]), factor(step.ratio[row]))


def _curve(step: Columns, relativity: Relativity, edition: Edition, lang: str) -> Speaker:
    names = ("name", "quantity", "left", "left_factor", "right", "right_factor", "factor", "ratio")
    said, title = phrase("step_curve", lang, *names), edition.tables[relativity.table].title[lang]
    quantity, spoken = step.facts["quantity"], _quantity_speaker(relativity, lang)
    known: dict[int, tuple[str, ...]] = edition.keep("knots in words", f"{relativity.table} {lang}", dict)

    def knots(row: int) -> tuple[str, ...]:
        """The two knots between which a quantity lies; the last segment's beyond the end."""
        value = edition.entries[step.entry[row]].entry.value
        assert isinstance(value, Curve)
        left = min(max(bisect_right(value.x, quantity[row]), 1), len(value.x) - 1) - 1
        if left not in known:
            (x, y), (to_x, to_y) = ((value.x[knot], value.y[knot]) for knot in (left, left + 1))
            known[left] = (spoken(x), factor(y), spoken(to_x), factor(to_y))
        return known[left]

    return lambda row: said(
        title, spoken(quantity[row]), *knots(row), factor(step.operand[row]), factor(step.ratio[row])
    )


def _quantity_speaker(relativity: Relativity, lang: str) -> Callable[[int], str]:
    """How a curve's quantity is said: its column's, what several columns or a quotient make, or a share."""
    if relativity.per and relativity.share:
        return lambda ppm: share_words(ppm, lang)
    named = f"{relativity.of[0]}_per_{relativity.per[0]}" if relativity.per else "_and_".join(relativity.of)
    return quantity_speaker(named, lang)
