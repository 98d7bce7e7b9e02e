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


def plain_words(answer: Mapping[str, Any], tariff: Tariff, lang: str) -> str:
    """The sentence of an answer: sentences of the page's own where there is one, codes of levels as words."""
    own = sentences(lang).get(f"page_plain_{answer.get('code', '')}")
    if own is not None:
        return own
    text = str(answer["message" if lang == "en" else "message_zh"])
    for level in tariff.factors["occupation"].levels:
        text = _put(text, level, named("compare_occupation", level, lang))
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
