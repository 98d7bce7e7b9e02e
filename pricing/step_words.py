"""The steps of a price in words: for each step a speaker that says it of any row, in either language."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pricing.edition import NO_ENTRY, Edition
from pricing.rate_table import Curve
from pricing.scheme import Relativity, Scheme
from pricing.spoken import factor, levels_words, per_words, percent, quantity_words, share_words, yuan, yuan_of_fen
from pricing.units import days_of_month
from pricing.words import say

Speaker = Callable[[int, str], str]  # a row's sentence, by its place and the language


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


def speaker(step: Columns, edition: Edition, scheme: Scheme) -> Speaker:
    """How a step is said."""
    if step.name == "base_rate" and step.unit.startswith("millifen"):
        return _units(step) if scheme.product is None else _exposure(step, scheme)
    if step.name == "float" and "amount" in step.facts:
        return _floated_amount(step)
    if step.name in ("base_rate", "reduction", "float"):
        return _per_cent(step)
    if step.name == "contribution_base":
        return _contribution_base(step, edition)
    if step.name in _PLAIN:
        return _PLAIN[step.name](step)
    relativity = next(r for r in scheme.relativities if r.name == step.name)
    return (_curve if relativity.by_curve else _level)(step, relativity, edition)


def _contribution_base(step: Columns, edition: Edition) -> Speaker:
    days, month_days = step.facts.get("days"), days_of_month(edition.month)
    income, floor, cap, least = (step.facts[name] for name in ("income", "floor", "cap", "least"))

    def said(row: int, lang: str) -> str:
        facts = {"income": yuan_of_fen(income[row]), "floor": yuan_of_fen(floor[row]), "cap": yuan_of_fen(cap[row])}
        base = yuan_of_fen(step.operand[row])
        if days is None:
            return say("step_contribution_base", lang, base=base, **facts)
        pro_rata = {"days": days[row], "month_days": month_days, "least": yuan_of_fen(least[row])}
        return say("step_contribution_base_days", lang, base=base, **facts, **pro_rata)

    return said


def _average_wage(step: Columns) -> Speaker:
    def said(row: int, lang: str) -> str:
        wage, running = yuan_of_fen(step.operand[row]), yuan(step.money[row])
        return say("step_average_wage", lang, wage=wage, heads=f"{step.facts['heads'][row]:,}", running=running)

    return said


def _risk_class(step: Columns) -> Speaker:
    def said(row: int, lang: str) -> str:
        code = "step_risk_class_given" if step.entry[row] == NO_ENTRY else "step_risk_class"
        return say(code, lang, risk_class=step.operand[row])

    return said


def _units(step: Columns) -> Speaker:
    """An amount per unit of one row's orders."""

    def said(row: int, lang: str) -> str:
        units = f"{step.facts['units'][row]:,}"
        return say("step_base_rate_units", lang, units=units, amount=yuan(step.operand[row]))

    return said


def _exposure(step: Columns, scheme: Scheme) -> Speaker:
    """An amount per unit of a cover's merged exposure."""

    def said(row: int, lang: str) -> str:
        quantity, amount = quantity_words(scheme.exposure, step.facts["quantity"][row], lang), yuan(step.operand[row])
        return say("step_base_rate_exposure", lang, quantity=quantity, amount=amount, per=per_words(step.unit, lang))

    return said


def _floated_amount(step: Columns) -> Speaker:
    def said(row: int, lang: str) -> str:
        amount, running = yuan(step.facts["amount"][row]), yuan(step.money[row])
        return say("step_float_amount", lang, amount=amount, percent=percent(step.operand[row]), running=running)

    return said


def _per_cent(step: Columns) -> Speaker:
    code = f"step_{step.name}"

    def said(row: int, lang: str) -> str:
        before, running = yuan(step.before[row]), yuan(step.money[row])
        return say(code, lang, before=before, percent=percent(step.operand[row]), running=running)

    return said


def _off_balance(step: Columns) -> Speaker:
    def said(row: int, lang: str) -> str:
        return say("step_off_balance", lang, factor=factor(step.operand[row]), ratio=factor(step.ratio[row]))

    return said


def _limits(step: Columns) -> Speaker:
    def said(row: int, lang: str) -> str:
        least, greatest = (factor(step.facts[name][row]) for name in ("least", "greatest"))
        return say("step_limits", lang, least=least, greatest=greatest, ratio=factor(step.ratio[row]))

    return said


def _ratio(step: Columns) -> Speaker:
    def said(row: int, lang: str) -> str:
        before, running = yuan(step.before[row]), yuan(step.money[row])
        return say("step_ratio", lang, before=before, factor=factor(step.operand[row]), running=running)

    return said


_PLAIN: Mapping[str, Callable[[Columns], Speaker]] = {
    "average_wage": _average_wage,
    "risk_class": _risk_class,
    "limits": _limits,
    "off_balance": _off_balance,
    "ratio": _ratio,
}


def _level(step: Columns, relativity: Relativity, edition: Edition) -> Speaker:
    title = edition.tables[relativity.table].title
    read = [step.facts[name] for name in relativity.of]
    known: dict[tuple[str, ...], str] = edition.keep("level words", relativity.table, dict)

    def said(row: int, lang: str) -> str:
        levels = {
            name: edition.factors[name].levels[column[row] - 1]
            for name, column in zip(relativity.of, read, strict=True)
        }
        key = (lang, *levels.values())
        if key not in known:
            known[key] = levels_words(levels, lang)
        so_far = {"factor": factor(step.operand[row]), "ratio": factor(step.ratio[row])}
        return say("step_level", lang, name=title[lang], level=known[key], **so_far)

    return said


def _curve(step: Columns, relativity: Relativity, edition: Edition) -> Speaker:
    title = edition.tables[relativity.table].title
    quantity = step.facts["quantity"]
    spoken_as = None if relativity.per and relativity.share else _spoken_as(relativity)
    known: dict[tuple[str, int], dict[str, str]] = edition.keep("knots in words", relativity.table, dict)

    def spoken(value: int, lang: str) -> str:
        return share_words(value, lang) if spoken_as is None else quantity_words(spoken_as, value, lang)

    def said(row: int, lang: str) -> str:
        value = edition.entries[step.entry[row]].entry.value
        assert isinstance(value, Curve)
        left = min(max(bisect_right(value.x, quantity[row]), 1), len(value.x) - 1) - 1
        if (lang, left) not in known:  # the last segment's knots beyond the end
            (a, fa), (b, fb) = ((value.x[knot], value.y[knot]) for knot in (left, left + 1))
            sides = {"left": spoken(a, lang), "right": spoken(b, lang)}
            known[lang, left] = {**sides, "left_factor": factor(fa), "right_factor": factor(fb)}
        so_far = {"factor": factor(step.operand[row]), "ratio": factor(step.ratio[row])}
        said_of_it = {"name": title[lang], "quantity": spoken(quantity[row], lang)}
        return say("step_curve", lang, **said_of_it, **known[lang, left], **so_far)

    return said


def _spoken_as(relativity: Relativity) -> str:
    """What a curve's quantity is called: its column, or what several columns or a quotient make."""
    return "_and_".join(relativity.of) if not relativity.per else f"{relativity.of[0]}_per_{relativity.per[0]}"
