"""Lines of a worksheet and flags of a price as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pricing.edition import Edition
from pricing.explain import Line, Told
from pricing.flags import flags
from pricing.rules import CANDIDATES
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.units import month_text
from pricing.words import facts_named, say
from service.refusals import both


def shown_line(row: int | None, line: Line, lang: str) -> dict[str, Any]:
    """A line of a worksheet as the contract shows it."""
    told = shown_told(0 if row is None else row, (*line[:-1], line.texts[lang]))
    if row is None:
        del told["row"]
    return told


def shown_told(row: int, told: Told) -> dict[str, Any]:
    """The same of a line that is told in one language."""
    step, operand, unit, money, ratio, marks, text = told
    if ratio is None:
        return {
            "row": row,
            "step": step,
            "operand": operand,
            "unit": unit,
            "running_millifen": money,
            **marks,
            "text": text,
        }
    return {
        "row": row,
        "step": step,
        "operand": operand,
        "unit": unit,
        "running_millifen": money,
        "ratio_ppm": ratio,
        **marks,
        "text": text,
    }


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
    if not facts_named(code):
        return both(code) | {"rows": rows}
    facts = {"month": month_text(edition.month), "region": record.get("region", ""), "candidates": ""}
    if code == "class_by_default":
        node = edition.nodes(CANDIDATES).get(record["occupation"], ())
        facts["candidates"] = ", ".join(str(number) for number in node) if isinstance(node, tuple) else str(node)
    return both(code, **facts) | {"rows": rows}
