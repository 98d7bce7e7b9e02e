"""Refusals and flags as the contract shows them: code, place, a message in both languages, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pricing.coding import COLUMN
from pricing.edition import Edition
from pricing.errors import OUT_OF_SCOPE, ROW_CODES, LichengError
from pricing.platform_terms import AS_IT_IS
from pricing.rate_table import Steps
from pricing.rules import OCCUPATION_INDUSTRY
from pricing.scheme import Scheme
from pricing.units import month_text
from pricing.usage import BY_NAME, COLUMN_NUMBER
from pricing.words import as_json, facts_named, say
from service.refusals.cover_words import facts as cover_facts
from service.refusals.history_words import HISTORY, told

_COLUMN_NAMES = {number: name for name, number in COLUMN_NUMBER.items()}
_SHORT = 80  # letters of a fact that is kept with its sentence
_FACTOR_OF = {
    "occupation_not_known": "occupation",
    "vehicle_not_known": "vehicle",
    "vehicle_missing": "vehicle",
    "employment_not_known": "employment",
    "industry_not_known": "industry",
}


def both(code: str, **values: object) -> dict[str, str]:
    """Code and message in both languages."""
    for value in values.values():
        if (type(value) is not str or len(value) > _SHORT) and type(value) is not int:
            return _said(code, values)  # long, or true, which to a cache is 1
    return dict(_said_before(code, tuple(values.items())))


@lru_cache(maxsize=1024)  # rows of one month are refused alike
def _said_before(code: str, facts: tuple[tuple[str, object], ...]) -> Mapping[str, str]:
    return _said(code, dict(facts))


def _said(code: str, facts: Mapping[str, object]) -> dict[str, str]:
    return {"code": code, "message": say(code, "en", **facts), "message_zh": say(code, "zh", **facts)}


def of_error(error: LichengError) -> dict[str, str]:
    """An error as a refusal of the whole request, with its place."""
    return {**_said(error.code, error.values), "place": error.place}  # not kept: it may name whom a request is about


def of_row(
    number: int,
    record: Mapping[str, Any],
    edition: Edition,
    scheme: Scheme,
    row: int | None,
    limits: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """A refused row. number: as `check` gives it; record: the row as it was sent; limits: where not those of usage."""
    code, column = ROW_CODES[number % COLUMN], _COLUMN_NAMES[number // COLUMN]
    special = cover_facts(code, record, edition, scheme)
    facts: dict[str, object] = {
        name: special[name] if name in special else _FACTS[name](code, column, record, edition, scheme)
        for name in facts_named(code)
    }
    if limits and "greatest" in facts and column in limits:
        facts["greatest"] = limits[column]
    answer: dict[str, Any] = {} if row is None else {"row": row, "out_of_scope": number % COLUMN in OUT_OF_SCOPE}
    said = both(code, **facts)
    if HISTORY in record:
        said["message"] += told(code, record, "en")
        said["message_zh"] += told(code, record, "zh")
    return answer | ({"column": column} if column else {}) | said


def _shown(record: Mapping[str, Any], column: str) -> object:
    value = record.get(column, "")
    if isinstance(value, str):
        return value if len(value) <= 80 else value[:80] + "…"
    return value if len(repr(value)) <= 80 else as_json(value)


def _value(code: str, column: str, record: Mapping[str, Any]) -> object:
    if code == "industry_not_in_scope":
        return record.get("pilot_industry") or record.get("occupation", "")
    return _shown(record, column)


def _known(code: str, record: Mapping[str, Any], edition: Edition, scheme: Scheme) -> str:
    """What is known or allowed, for the sentence of a code."""
    if code in _FACTOR_OF:
        return ", ".join(edition.factors[_FACTOR_OF[code]].levels)
    if code == "industry_not_in_scope":
        return ", ".join(dict.fromkeys(str(word) for word in edition.nodes(OCCUPATION_INDUSTRY).values()))
    if code in ("float_not_a_step", "float_above_limit"):
        return _floats(record, edition, scheme)
    return ""


def _floats(record: Mapping[str, Any], edition: Edition, scheme: Scheme) -> str:
    found = edition.steps(scheme.float_steps)
    if found is not None:
        steps: Steps = found[0]
        return ", ".join(str(pct) for pct in range(100 - steps.limit, 101 + steps.limit, steps.step))
    nodes = edition.nodes(scheme.float_steps)
    own = nodes.get(str(record.get("risk_class", "")))
    shown = {str(record["risk_class"]): own} if own is not None else nodes
    return "; ".join(f"{level}: {str(pcts).strip('()')}" for level, pcts in shown.items())


def _float_of(record: Mapping[str, Any], edition: Edition, scheme: Scheme) -> int:
    platform = edition.platforms.get(str(record.get("platform", "")), 0)
    region = edition.region_number(str(record.get("region", "")))
    pcts = edition.terms.floats.get(scheme.float_column)
    return AS_IT_IS if pcts is None else int(pcts[platform, region])


# What a sentence may name, worked out only where it does: (code, column, record, edition, scheme) to the fact.
_FACTS: Mapping[str, Callable[[str, str, Mapping[str, Any], Edition, Scheme], object]] = {
    "platform": lambda code, column, record, edition, scheme: record.get("platform", ""),
    "region": lambda code, column, record, edition, scheme: record.get("region", ""),
    "occupation": lambda code, column, record, edition, scheme: record.get("occupation", ""),
    "column": lambda code, column, record, edition, scheme: column,
    "value": lambda code, column, record, edition, scheme: _value(code, column, record),
    "greatest": lambda code, column, record, edition, scheme: BY_NAME[column].greatest if column in BY_NAME else 0,
    "month": lambda code, column, record, edition, scheme: month_text(edition.month),
    "known_on": lambda code, column, record, edition, scheme: edition.known.isoformat(),
    "known": lambda code, column, record, edition, scheme: _known(code, record, edition, scheme),
    "float": lambda code, column, record, edition, scheme: (
        _float_of(record, edition, scheme) if code.startswith("float_") else AS_IT_IS
    ),
}
