"""Changes of a tariff in sentences, in both languages: amounts in yuan or per cent, with by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pricing.rate_table import Value
from pricing.spoken import factor, percent, yuan, yuan_of_fen
from pricing.words import say
from service.tariff.values import Leaf, ValueChange, leaves_of

_MOST = 12
_PPM_PER_TENTH_PCT = 1000
_PLAIN = ("{:,}".format, "")
# How a number of a unit is written, and the code of the unit's words.
_UNITS: Mapping[str, tuple[Callable[[int], str], str]] = {
    "ppm of contribution_base": (percent, "change_unit_of_base"),
    "ppm of average_wage": (percent, "change_unit_of_wage"),
    "millifen per order": (yuan, "change_unit_order"),
    "millifen per 1000 km": (yuan, "change_unit_1000_km"),
    "millifen per hour": (yuan, "change_unit_hour"),
    "millifen per insured month": (yuan, "change_unit_insured_month"),
    "fen per month": (yuan_of_fen, "change_unit_month"),
    "ppm": (factor, ""),
    "pct": ("{} %".format, ""),
    "metre per minute": ("{:,}".format, "change_unit_metre"),
}


def message(
    kind: str,
    ids: Sequence[str],
    values: Sequence[ValueChange],
    details: Mapping[str, tuple[str, str]],
    lang: str,
) -> str:
    """What happened, each value that changed, and marks and source, a sentence to a line."""
    lines = [say(f"change_{kind}", lang, before=ids[0], after=ids[1])]
    lines += value_lines(values, lang)
    if not values and kind in ("replaced", "added_below", "removed_below"):
        lines.append(say("change_same_values", lang))
    lines += [say(f"change_{name}", lang, before=pair[0], after=pair[1]) for name, pair in details.items()]
    return "\n".join(lines)


def value_lines(values: Sequence[ValueChange], lang: str) -> list[str]:
    """A sentence for each value that changed, the first dozen of them."""
    lines = [_value(value, lang) for value in values[:_MOST]]
    more = len(values) - _MOST
    return [*lines, say("change_more", lang, count=more)] if more > 0 else lines


def written(value: Value, unit: str, lang: str) -> str:
    """A value on one line: its levels, each with its amount."""
    leaves = leaves_of(value)
    shown = [": ".join(filter(None, (", ".join(at), _amount(leaf, unit, lang)))) for at, leaf in leaves.items()]
    more = [say("change_more", lang, count=len(shown) - _MOST)] if len(shown) > _MOST else []
    return "; ".join([*shown[:_MOST], *more])


def signed_percent(ppm: int) -> str:
    """A change in per cent with its sign and one decimal, half away from zero: +5.0 %, −75.0 %."""
    tenths = (abs(ppm) + _PPM_PER_TENTH_PCT // 2) // _PPM_PER_TENTH_PCT
    return f"{'−' if ppm < 0 else '+'}{tenths // 10:,}.{tenths % 10} %"


def signed_yuan(fen: int) -> str:
    """A difference in yuan with its sign: +0.10, −16.60, 0.00."""
    return ("" if fen == 0 else "−" if fen < 0 else "+") + yuan_of_fen(abs(fen))


def _value(value: ValueChange, lang: str) -> str:
    at = ", ".join(value.at) or say("change_at_value", lang)
    if value.read_as:
        at = say("change_read_as", lang, at=at, read_as=value.read_as)
    if value.after is None:
        return say("change_value_gone", lang, at=at, before=_amount(value.before, value.unit, lang))
    after = _amount(value.after, value.unit, lang)
    if value.before is None:
        return say("change_value_new", lang, at=at, after=after)
    if value.by is None:
        return say("change_value_words", lang, at=at, before=value.before, after=value.after)
    written_by = ("−" if value.by < 0 else "+") + _number(abs(value.by), value.unit)
    share = "" if value.by_ppm is None else f", {signed_percent(value.by_ppm)}"
    before = _number(int(value.before), value.unit)
    return say("change_value", lang, at=at, before=before, after=after, by=written_by + share)


def _number(amount: int, unit: str) -> str:
    return _UNITS.get(unit, _PLAIN)[0](amount)


def _amount(leaf: Leaf | None, unit: str, lang: str) -> str:
    """A number with its unit in words, or a word as it is."""
    if not isinstance(leaf, int):
        return str(leaf)
    code = _UNITS.get(unit, _PLAIN)[1]
    return say(code, lang, number=_number(leaf, unit)) if code else _number(leaf, unit)
