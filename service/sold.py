"""What a buyer is told of a cover: the options it stands on, and its conditions in words, both languages."""

from __future__ import annotations

from typing import Any

from pricing.edition import Edition
from pricing.scheme import Scheme
from pricing.settle import Priced
from pricing.spoken import level_number
from pricing.words import LANGUAGES


def sold(priced: Priced, chosen: frozenset[str], edition: Edition, scheme: Scheme) -> dict[str, Any]:
    """Options and conditions of a priced cover. chosen: the options that the request named."""
    product = scheme.product
    assert product is not None
    levels = {name: edition.factors[name].levels[int(priced.rows.codes[name][0]) - 1] for name in product.options}
    numbers = {name: level_number(name, level) for name, level in levels.items()}
    conditions = [{lang: text[lang].format(**numbers) for lang in LANGUAGES} for text in product.conditions]
    options = {name: {"level": level, "standard": name not in chosen} for name, level in levels.items()}
    return {"options": options, "conditions": conditions}
