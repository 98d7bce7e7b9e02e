"""The host's form: hours on air and at the desk, revenue of a year and the options of covers, as a quote request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pricing.enrolment import by_options
from pricing.rate_table import NATION, By, Node, Value
from pricing.tariff import Tariff
from pricing.units import month_text, parse_month
from service.web.form import Fault, Texts, dates_of, record_of, text_of

TEXTS = ("platform", "contractor", "region", "occupation", "first_month")
AMOUNTS = ("live_min", "desk_min", "longest_sitting_min", "night_min", "revenue_fen")
GROUP = ("eligible", "enrolled")
MONTHS = 12
_WORKER = "w_page_host"
_EXAMPLE = Path(__file__).parents[1] / "examples" / "host.json"


@dataclass(frozen=True, slots=True)
class HostForm:
    """What was typed: fields by id. `history-0` is the month before, `lumbar-waiting_days` an option of a cover."""

    texts: Texts

    def history_months(self) -> list[str]:
        """The twelve months before the month asked for, the oldest first; empty where that is no month."""
        month = parse_month(self.texts.get("month", ""))
        return [] if month is None or month < MONTHS else [month_text(month - back) for back in range(MONTHS, 0, -1)]

    def request(self, tariff: Tariff, covers: Sequence[str], lang: str) -> tuple[dict[str, Any], list[Fault]]:
        """The request of the API that it stands for, and what is wrong with its fields."""
        record, faults = record_of(self.texts, "", (*TEXTS, *AMOUNTS))
        months = self.history_months()
        amounts, wrong = record_of(self.texts, "", [f"history-{place}_fen" for place in range(len(months))])
        group, more = record_of(self.texts, "", GROUP)
        named = {"id": self.texts["group"]} if self.texts.get("group") else {}
        chosen = [cover for cover in covers if self.texts.get(f"cover-{cover}")]
        enrolment: dict[str, Any] = {
            cover: {
                name: level
                for name, levels in options_of(tariff, cover).items()
                if (level := self.texts.get(f"{cover}-{name}", "")) in levels
            }
            for cover in chosen
        }
        if named:
            enrolment["group"] = named | group
        history = {
            month: amounts[f"history-{place}_fen"]
            for place, month in enumerate(months)
            if f"history-{place}_fen" in amounts
        }
        rest = {"history": {"revenue_fen": history}, "enrolment": enrolment, "schemes": [], "covers": chosen}
        return {**dates_of(self.texts), "worker": _WORKER, "usage": [record], **rest, "lang": lang}, [
            *faults,
            *wrong,
            *more,
        ]


def options_of(tariff: Tariff, cover: str) -> dict[str, tuple[str, ...]]:
    """Options of a cover with the levels that it prices, in the order of the factors."""
    found: dict[str, tuple[str, ...]] = {}
    for relativity in by_options(tariff.schemes[cover]):
        entries = tariff.tables[relativity.table].entries.get(NATION, ())
        priced = _levels(entries[-1].value) if entries else {}
        for name in relativity.of:
            found[name] = tuple(level for level in tariff.factors[name].levels if level in priced.get(name, ()))
    return found


def _levels(value: Value | Node) -> dict[str, set[str]]:
    """Levels that stand in a value, by factor."""
    if not isinstance(value, By):
        return {}
    found = {value.factor: set(value.nodes)}
    for node in value.nodes.values():
        for name, levels in _levels(node).items():
            found.setdefault(name, set()).update(levels)
    return found


@cache
def example() -> HostForm:
    """The shipped example host, as a person would type it."""
    raw: Mapping[str, Any] = json.loads(_EXAMPLE.read_text("utf-8"))
    texts = {"month": raw["month"], "known_on": raw["known_on"]}
    texts |= {column: text_of(column, value) for column, value in raw["usage"][0].items()}
    amounts = raw["history"]["revenue_fen"]
    texts |= {
        f"history-{place}_fen": text_of("revenue_fen", amounts[month])
        for place, month in enumerate(HostForm(texts).history_months())
        if month in amounts
    }
    enrolment = dict(raw["enrolment"])
    group = enrolment.pop("group")
    texts |= {"group": group["id"], **{column: str(group[column]) for column in GROUP}}
    for cover, options in enrolment.items():
        texts |= {f"cover-{cover}": "1", **{f"{cover}-{name}": str(level) for name, level in options.items()}}
    return HostForm(texts)
