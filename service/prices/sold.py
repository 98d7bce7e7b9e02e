"""What a buyer is told of a cover: the options it stands on, and its conditions in words, both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pricing.edition import Edition
from pricing.rate_table import NATION
from pricing.scheme import Scheme
from pricing.spoken import joined, level_number, percent, yuan_of_fen
from pricing.words import LANGUAGES


def sold(chosen: Mapping[str, int], edition: Edition, scheme: Scheme) -> Mapping[str, Any]:
    """Options and conditions of a priced cover; an option is standard where its level is. chosen: level by option."""
    known: dict[tuple[int, ...], Mapping[str, Any]] = edition.keep("sold", scheme.name, dict)
    levels = tuple(chosen.values())
    if levels not in known:
        known[levels] = _sold(chosen, edition, scheme)
    return known[levels]


def _sold(chosen: Mapping[str, int], edition: Edition, scheme: Scheme) -> dict[str, Any]:
    product = scheme.product
    assert product is not None
    levels = {name: edition.factors[name].levels[level - 1] for name, level in chosen.items()}
    numbers = {name: level_number(name, level) for name, level in levels.items()}
    rules = edition.keep("rules in words", scheme.name, lambda: _all_rules(edition, scheme))
    facts = {lang: {**numbers, **rules[lang]} for lang in LANGUAGES}
    conditions = [{lang: text[lang].format(**facts[lang]) for lang in LANGUAGES} for text in product.conditions]
    options = {name: {"level": level, "standard": level == product.options[name]} for name, level in levels.items()}
    return {"options": options, "conditions": conditions}


def _all_rules(edition: Edition, scheme: Scheme) -> dict[str, dict[str, str]]:
    return {lang: dict(_rules(edition, scheme, lang)) for lang in LANGUAGES}


def _rules(edition: Edition, scheme: Scheme, lang: str) -> Iterator[tuple[str, str]]:
    """Numbers of the cover's rules by the names of their tables: per cent, yuan, months."""
    for table in scheme.tables():
        number = edition.number_of(table, NATION)
        value = None if isinstance(number, str) else edition.entries[number].entry.value
        unit, name = edition.tables[table].unit, table.rsplit("/", 1)[-1]
        if isinstance(value, tuple):
            yield name, joined(map(str, value), lang)
        elif isinstance(value, int):
            said = percent(value) if unit == "ppm" else yuan_of_fen(value) if unit == "fen" else str(value)
            yield name, said.removesuffix(".00")
