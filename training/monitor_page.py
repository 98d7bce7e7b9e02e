"""The page of new months: verdicts with their evidence in both languages, one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pricing.words import LANGUAGES, say
from training import charts
from training.monitor_charts import held

_CAPTIONS = {"months": "monitor_page_months", "tenths": "monitor_page_tenths", "psi": "monitor_page_psi_chart"}


def page(found: Mapping[str, Any], date: str, lang: str = "en") -> str:
    """HTML of `monitor.json`'s content. date: of today; lang: the language that the page opens in."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.globals |= {"say": say, "told": _told, "spans": spans, "captions": _CAPTIONS}
    drawn = {name: _charts(one, found["bounds"]) for name, one in found["perils"].items()}
    text = environment.get_template("monitor.html").render(**found, charts=drawn, date=date, lang=lang)
    return str(text)


def spans(code: str, **values: object) -> Markup:
    """A sentence in both languages, of which the page shows one."""
    return _both([say(code, lang, **values) for lang in LANGUAGES])


def _told(one: Mapping[str, Any]) -> Markup:
    return _both([one["message"], one["message_zh"]])


def _both(texts: list[str]) -> Markup:
    english, chinese = texts
    return Markup('<span class="en">{}</span><span class="zh" lang="zh">{}</span>').format(english, chinese)


def _charts(figures: Mapping[str, Any], bounds: Mapping[str, Any]) -> dict[str, Any]:
    """Every chart of a peril, ready to stand in the page."""
    factors = {name: one for name, one in figures["factors"].items() if not one["of_time"]}
    drawn: dict[str, Any] = {
        "months": held(figures["months"], charts.both("chart_time")) if figures["months"] else "",
        "tenths": held(figures["tenths"], charts.both("chart_tenths")) if figures["tenths"] else "",
        "psi": charts.bars(list(factors), [one["psi"] for one in factors.values()], "PSI", bounds["psi_watch"])
        if factors
        else "",
        "factors": [Markup(held(one["bands"], name)) for name, one in figures["factors"].items()],
    }
    return {name: one if isinstance(one, list) else Markup(one) for name, one in drawn.items()}
