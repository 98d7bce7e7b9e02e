"""Flags of a price as the contract shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pricing.edition import Edition
from pricing.flags import flags
from pricing.rules import CANDIDATES
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import month_text
from pricing.words import facts_named, say
from service.refusals import both


def shown_flags(
    priced: Priced, edition: Edition, scheme: Scheme, records: Sequence[Mapping[str, Any]], rows: list[int]
) -> list[dict[str, Any]]:
    """The flags of a price as warnings in both languages, with the rows that carry them."""
    warnings: list[dict[str, Any]] = []
    for code, marked in flags(priced, edition, scheme):
        flagged = sorted(row for row, mark in zip(rows, marked.tolist(), strict=True) if mark)
        warnings.append(shown_flag(code, edition, records, flagged))
    return warnings


def shown_flag(code: str, edition: Edition, records: Sequence[Mapping[str, Any]], rows: list[int]) -> dict[str, Any]:
    """A flag as a warning in both languages. rows: those that carry it, ascending."""
    record = records[rows[0]]
    code, _, table = code.partition(":")
    if table:
        titles = edition.tables[table].title
        words = {
            "message": say(code, "en", factor=titles["en"]),
            "message_zh": say(code, "zh", factor=titles["zh"]),
        }
        return {"code": code, "factor": table, **words, "rows": rows}
    facts = {name: _FACTS[name](edition, record) for name in facts_named(code)}
    return both(code, **facts) | {"rows": rows}


def _candidates(edition: Edition, record: Mapping[str, Any]) -> str:
    """Risk classes that an occupation may have."""
    words: Mapping[str, str] = edition.keep("candidates in words", "", lambda: dict(_all_candidates(edition)))
    return words.get(record["occupation"], "")


def _all_candidates(edition: Edition) -> Iterator[tuple[str, str]]:
    for occupation, node in edition.nodes(CANDIDATES).items():
        yield occupation, ", ".join(map(str, node)) if isinstance(node, tuple) else str(node)


# What a flag's sentence may name, worked out only where it does.
_FACTS: Mapping[str, Callable[[Edition, Mapping[str, Any]], str]] = {
    "month": lambda edition, record: month_text(edition.month),
    "region": lambda edition, record: record.get("region", ""),
    "candidates": _candidates,
}
