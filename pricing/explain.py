"""The worksheet of one row in words: entry, source, marks, operand, running amount and rounding, in both languages.

A person with a pencil who follows the lines comes to the same fen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from pricing.edition import NO_ENTRY, Edition
from pricing.levy import EQUAL
from pricing.rate_table import EVIDENCE, STATUSES, Curve, Value
from pricing.scheme import Relativity, Scheme
from pricing.settle import Priced
from pricing.spoken import (
    factor,
    levels_words,
    per_words,
    percent,
    quantity_words,
    share_words,
    yuan,
    yuan_of_fen,
    yuan_ratio,
)
from pricing.units import MILLIFEN_PER_FEN, IntArray, days_of_month
from pricing.words import LANGUAGES, say
from pricing.worksheet import Step, at


@dataclass(frozen=True, slots=True)
class Line:
    """One step of one row. running_millifen: the money after it; ratio_ppm: the running ratio, where there is one."""

    step: str
    operand: int
    unit: str
    running_millifen: int
    ratio_ppm: int | None
    entry: str
    source: str
    status: str
    evidence: str
    texts: Mapping[str, str]


def explain(priced: Priced, row: int, edition: Edition, scheme: Scheme) -> list[Line]:
    """The lines of a priced row (its place among the priced rows), the last of them rounding to its levy."""
    lines = [_line(step, row, priced, edition, scheme) for step in priced.sheet.steps if step.applies(row)]
    return [*lines, _rounding(priced, row, edition, scheme)]


def _line(step: Step, row: int, priced: Priced, edition: Edition, scheme: Scheme) -> Line:
    number = at(step.entry, row)
    found = None if number == NO_ENTRY else edition.entries[number]
    money = int(step.money[row])
    ratio = None if step.ratio is None else int(step.ratio[row])
    values = {name: at(column, row) for name, column in step.facts.items()}
    operand = at(step.operand, row)
    before = int(priced.sheet.steps[max(priced.sheet.steps.index(step) - 1, 0)].money[row])
    code, facts = _sentence(step, row, values, edition, scheme)
    facts |= {"running": yuan(money), "before": yuan(before), "ratio": factor(ratio or 0)}
    return Line(
        step=step.name,
        operand=operand,
        unit=step.unit,
        running_millifen=money,
        ratio_ppm=ratio,
        entry=found.entry.id if found else "",
        source=" · ".join(filter(None, (found.entry.source, found.entry.clause))) if found else "",
        status=STATUSES[found.status] if found else "",
        evidence=EVIDENCE[found.entry.evidence] if found else "",
        texts=_texts(code, facts),
    )


Fact = object | Callable[[str], object]


def _texts(code: str, facts: Mapping[str, Fact]) -> dict[str, str]:
    """A sentence in each language; a fact that is itself in words is a function of the language."""
    return {
        lang: say(code, lang, **{name: fact(lang) if callable(fact) else fact for name, fact in facts.items()})
        for lang in LANGUAGES
    }


def _sentence(
    step: Step, row: int, values: Mapping[str, int], edition: Edition, scheme: Scheme
) -> tuple[str, dict[str, Fact]]:
    """Code of a step's sentence and its facts."""
    operand = at(step.operand, row)
    if step.name == "contribution_base":
        facts = {name: yuan_of_fen(values[name]) for name in ("income", "floor", "cap", "least")}
        days = {"days": values.get("days", 0), "month_days": days_of_month(edition.month)}
        return f"step_contribution_base{'_days' if 'days' in values else ''}", {
            **facts,
            **days,
            "base": yuan_of_fen(operand),
        }
    if step.name == "average_wage":
        return "step_average_wage", {"wage": yuan_of_fen(operand), "heads": f"{values['heads']:,}"}
    if step.name == "risk_class":
        return "step_risk_class" + ("_given" if at(step.entry, row) == NO_ENTRY else ""), {"risk_class": operand}
    if step.name == "base_rate" and step.unit.startswith("millifen"):
        return _amount_sentence(step, operand, values, scheme)
    if step.name == "float" and "amount" in values:
        return "step_float_amount", {"amount": yuan(values["amount"]), "percent": percent(operand)}
    if step.name in ("base_rate", "reduction", "float"):
        return f"step_{step.name}", {"percent": percent(operand)}
    if step.name == "limits":
        return "step_limits", {name: factor(values[name]) for name in ("least", "greatest")}
    if step.name in ("off_balance", "ratio"):
        return f"step_{step.name}", {"factor": factor(operand)}
    return _relativity_sentence(step, row, values, edition, scheme)


def _amount_sentence(
    step: Step, operand: int, values: Mapping[str, int], scheme: Scheme
) -> tuple[str, dict[str, Fact]]:
    """An amount per unit: of one row's orders, or of a cover's merged exposure."""
    if scheme.product is None:
        return "step_base_rate_units", {"units": f"{values['units']:,}", "amount": yuan(operand)}
    exposed = partial(quantity_words, scheme.exposure, values["quantity"])
    return "step_base_rate_exposure", {
        "quantity": exposed,
        "amount": yuan(operand),
        "per": partial(per_words, step.unit),
    }


def _relativity_sentence(
    step: Step, row: int, values: Mapping[str, int], edition: Edition, scheme: Scheme
) -> tuple[str, dict[str, Fact]]:
    operand = at(step.operand, row)
    relativity = next(r for r in scheme.relativities if r.name == step.name)
    title = edition.tables[relativity.table].title
    facts: dict[str, Fact] = {"name": title.__getitem__, "factor": factor(operand)}
    if not relativity.by_curve:
        levels = {name: edition.factors[name].levels[values[name] - 1] for name in relativity.of}
        return "step_level", {**facts, "level": partial(levels_words, levels)}
    quantity = values["quantity"]
    spoken = share_words if relativity.per and relativity.share else partial(quantity_words, _spoken_as(relativity))
    knots = _knots_around(edition.entries[at(step.entry, row)].entry.value, quantity)
    around = {name: partial(spoken, x) for name, (x, _) in zip(("left", "right"), knots, strict=True)}
    points = {name: factor(y) for name, (_, y) in zip(("left_factor", "right_factor"), knots, strict=True)}
    return "step_curve", {**facts, **around, **points, "quantity": partial(spoken, quantity)}


def _spoken_as(relativity: Relativity) -> str:
    """What a curve's quantity is called: its column, or what several columns or a quotient make."""
    return "_and_".join(relativity.of) if not relativity.per else f"{relativity.of[0]}_per_{relativity.per[0]}"


def _knots_around(value: Value, quantity: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two knots between which a quantity lies; the last segment's beyond the end."""
    assert isinstance(value, Curve)
    knots = list(zip(value.x, value.y, strict=True))
    place = min(max(sum(x <= quantity for x in value.x), 1), len(knots) - 1)
    return knots[place - 1], knots[place]


def _rounding(priced: Priced, row: int, edition: Edition, scheme: Scheme) -> Line:
    levy = int(priced.levy_fen[row])
    if priced.declarations is not None:
        operand, unit, code, facts = _declared(priced, row, scheme)
    else:
        operand, unit, code, facts = _shared(priced, row)
    facts["levy"] = yuan_of_fen(levy)
    return Line("round", operand, unit, levy * MILLIFEN_PER_FEN, None, "", "", "", "", _texts(code, facts))


def _declared(priced: Priced, row: int, scheme: Scheme) -> tuple[int, str, str, dict[str, Fact]]:
    declarations = priced.declarations
    assert declarations is not None
    group = int(declarations.of_row[row])
    exact = int(priced.sheet.millifen[declarations.of_row == group].sum())
    facts: dict[str, Fact] = {
        "exact": yuan(exact),
        "declared": yuan_of_fen(int(declarations.levy_fen[group])),
        "own": yuan(int(priced.sheet.millifen[row])),
    }
    alone = int((declarations.of_row == group).sum()) == 1
    return (
        int(priced.rows.numbers[scheme.exposure][row]),
        scheme.exposure,
        "step_declared" + ("_alone" if alone else ""),
        facts,
    )


def _shared(priced: Priced, row: int) -> tuple[int, str, str, dict[str, Fact]]:
    """What F_i and F_{i−1} come from: the sums of price × weight up to this row, over the worker's total weight."""
    levies = priced.levies
    assert levies is not None
    start = int(priced.rows.starts[priced.rows.worker[row]])
    sums = list(_running(priced.sheet.millifen, levies.q, start, row))
    total = sum(int(q) for q in levies.q[priced.rows.worker == priced.rows.worker[row]])
    by = levies.names[int(levies.by[row])]
    q = int(levies.q[row])
    spoken = "parts" if by == EQUAL else by
    if start == row and total == q:
        return q, by, "step_round_alone", {"exact": yuan(int(priced.sheet.millifen[row]))}
    facts: dict[str, Fact] = {
        "q": partial(quantity_words, spoken, q),
        "total": partial(quantity_words, spoken, total),
        "sum": yuan_ratio(sums[-1], total),
        "sum_before": yuan_ratio(sums[-2], total) if len(sums) > 1 else yuan(0),
    }
    return q, by, "step_share", facts


def _running(price: IntArray, q: IntArray, start: int, row: int) -> Iterator[int]:
    total = 0
    for place in range(start, row + 1):
        total += int(price[place]) * int(q[place])
        yield total
