"""The contract's tables from the code: columns, codes and refusals, for people and machines that integrate."""

from __future__ import annotations

from typing import Any

from pricing.enrolment import by_options
from pricing.errors import OUT_OF_SCOPE, ROW_CODES
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.register import COLUMNS as REGISTER_COLUMNS
from pricing.scheme import WORK_INJURY
from pricing.side import GREATEST as SIDE_GREATEST
from pricing.side import HISTORY_COLUMNS
from pricing.tariff import Tariff
from pricing.usage import COLUMNS, DECLARED_GREATEST, KEY
from pricing.words import sentences
from service.engines.columns import folder_columns
from service.prices.declare import COLUMNS as DECLARED_COLUMNS

_REGISTER_KINDS = {"pilot_float_pct": "whole", "class_float_pct": "whole", "risk_class": "whole"}
_EXAMPLES = {
    "platform": "meituan",
    "region": "500000",
    "effective_from": "2025-07",
    "pilot_tier": "low",
    "pilot_float_pct": "100",
    "risk_class": "5",
    "class_float_pct": "80",
    "entity": "91500000MA5XXXXX0X",
    "known_from": "2025-07-15",
    "month": "2025-08",
    "occupation": "food_rider",
    "pilot_industry": "instant_delivery",
    "scheme": "pilot_per_order",
    "orders": "1000003",
    "heads": "100",
    "known_on": "2025-11-30",
    "worker": "w_9TT1AAAA",
    "cover": "lumbar",
    "group": "mcn_17",
    "eligible": "120",
    "enrolled": "96",
    "from_month": "2025-10",
    "to_month": "2026-09",
    "revenue_fen": "1100000",
}


def contract(tariff: Tariff, lang: str) -> dict[str, Any]:
    """All tables by name. Meanings and refusals in `lang`; names and codes are the same in both."""
    words = sentences(lang)
    return {
        "usage": [
            {
                "column": column.name,
                "type": column.kind,
                "key": column.name in KEY,
                "greatest": column.greatest or None,
                "needed_by": list(column.needed_by),
                "example": column.example,
                "meaning": words[f"column_{column.name}"],
            }
            for column in COLUMNS
        ],
        "platforms": [_column(name, _REGISTER_KINDS.get(name, "text"), words) for name in REGISTER_COLUMNS],
        "declaration": [
            _column(name, "whole" if name in DECLARED_GREATEST or name == "pilot_float_pct" else "text", words)
            | {"greatest": DECLARED_GREATEST.get(name)}
            for name in DECLARED_COLUMNS
        ],
        "enrolments": _enrolments(tariff, words, lang),
        "history": [_column(name, "whole" if name in SIDE_GREATEST else "text", words) for name in HISTORY_COLUMNS],
        **folder_columns(),
        "codes": _codes(tariff),
        "refusals": [
            {"code": code, "out_of_scope": number in OUT_OF_SCOPE, "message": words[code]}
            for number, code in enumerate(ROW_CODES)
            if code
        ],
    }


def _enrolments(tariff: Tariff, words: dict[str, str], lang: str) -> list[dict[str, Any]]:
    """Columns of an enrolment: who, in which cover, on which options with which levels, from a group or alone."""
    options: dict[str, list[dict[str, Any]]] = {}
    for cover in tariff.covers:
        scheme = tariff.schemes[cover]
        for relativity in by_options(scheme):
            for name in relativity.of:
                levels = ", ".join(tariff.factors[name].levels)
                meaning = f"{scheme.title[lang]}: {tariff.tables[relativity.table].title[lang]}"
                options.setdefault(name, []).append({"meaning": meaning, "example": levels})
    chosen = [
        {
            "column": name,
            "type": "text",
            "example": told[0]["example"],
            "meaning": "; ".join(dict.fromkeys(one["meaning"] for one in told)),
        }
        for name, told in options.items()
    ]
    kinds = {"eligible": "whole", "enrolled": "whole"}
    head, tail = (
        [_column(name, kinds.get(name, "text"), words) for name in names]
        for names in (("worker", "cover"), ("group", "eligible", "enrolled", "from_month", "to_month"))
    )
    return [*head, *chosen, *tail]


def _column(name: str, kind: str, words: dict[str, str]) -> dict[str, Any]:
    return {"column": name, "type": kind, "example": _EXAMPLES[name], "meaning": words[f"column_{name}"]}


def _codes(tariff: Tariff) -> dict[str, list[str]]:
    factors = ("occupation", "vehicle", "employment", "risk_class", "pilot_industry", "pilot_tier", "industry")
    return {
        "scheme": list(tariff.work_injury),
        "cover": [WORK_INJURY, *tariff.covers],
        "status": list(STATUSES),
        "evidence": list(EVIDENCE),
        **{name: list(tariff.factors[name].levels) for name in factors},
        "platform": list(tariff.platforms),
        "region": [code for code in tariff.regions if code != "000000"],
    }
