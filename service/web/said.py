"""What the API says of a rider's work, with the codes in it as the words that people know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pricing.spoken import named, quantity_words
from pricing.tariff import Tariff
from pricing.words import say, sentences
from service.web.dates import hours_words, month_words

_MONTH = re.compile(r"(?<![\d-])\d{4}-\d{2}(?![\d-])")
_REGION = re.compile(r"(?<=地区 )\d{6}|(?<=region )\d{6}")

# What the pages call the fields that hold a quantity.
_FIELDS: Mapping[str, str] = {
    "orders": "page_orders",
    "distance_m": "page_distance",
    "active_days": "page_days",
    "income_fen": "page_pay",
    "worked_min": "page_hours",
    "night_min": "page_night",
    "live_min": "page_live",
    "desk_min": "page_desk",
    "longest_sitting_min": "page_sitting",
    "revenue_fen": "page_revenue",
}


def plain_words(answer: Mapping[str, Any], tariff: Tariff, lang: str) -> str:
    """The sentence of an answer: sentences of the page's own where there is one, codes of levels as words."""
    own = f"page_plain_{answer.get('code', '')}"
    if own in sentences(lang):
        column = str(answer.get("column", ""))
        return say(own, lang, quantity=say(_FIELDS[column], lang) if column in _FIELDS else column)
    text = str(answer["message" if lang == "en" else "message_zh"])
    for level in tariff.factors["occupation"].levels:
        text = _put(text, level, named("compare_occupation", level, lang))
    for industry in tariff.factors["pilot_industry"].levels:
        text = _put(text, industry, named("page_industry", industry, lang))
    for slug, names in tariff.platforms.items():
        text = _put(text, slug, names[lang])
    text = _REGION.sub(lambda found: tariff.regions.get(found[0], {}).get(lang, found[0]), text)
    return _MONTH.sub(lambda found: month_words(found[0], lang), text)


def merged_words(name: str, value: int, lang: str) -> str:
    """A merged quantity: times in hours, others as the API's pages say them."""
    code = f"page_merged_{name}"
    if code not in sentences(lang):
        return quantity_words(name, value, lang)
    return say(code, lang, time=hours_words(value, lang))


def _put(text: str, code: str, words: str) -> str:
    """A code in quotes or standing alone, as words."""
    return re.sub(rf"'{code}'|(?<![\w-]){code}(?![\w-])", lambda _: words, text)
