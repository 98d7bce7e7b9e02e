"""The page of new months: verdicts with their evidence in both languages, one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training import charts
from training.monitor_charts import held
from training.pages import drawn, rendered

_CAPTIONS = {"months": "monitor_page_months", "tenths": "monitor_page_tenths", "psi": "monitor_page_psi_chart"}


def page(found: Mapping[str, Any], date: str, lang: str = "en") -> str:
    """HTML of `monitor.json`'s content. date: of today; lang: the language that the page opens in."""
    shown = {name: _charts(one, found["bounds"]) for name, one in found["perils"].items()}
    return rendered("monitor.html", **found, charts=shown, captions=_CAPTIONS, date=date, lang=lang)


def _charts(figures: Mapping[str, Any], bounds: Mapping[str, Any]) -> dict[str, Any]:
    """Every chart of a peril, ready to stand in the page; empty where there is nothing to draw."""
    factors = {name: one for name, one in figures["factors"].items() if not one["of_time"]}
    found: dict[str, Any] = {"months": "", "tenths": "", "psi": ""}
    for name, label in (("months", "chart_time"), ("tenths", "chart_tenths")):
        if figures[name]:
            found[name] = drawn(held(figures[name], charts.both(label)))
    if factors:
        bars = charts.bars(list(factors), [one["psi"] for one in factors.values()], "PSI", bounds["psi_watch"])
        found["psi"] = drawn(bars)
    return found | {"factors": [drawn(held(one["bands"], name)) for name, one in figures["factors"].items()]}
