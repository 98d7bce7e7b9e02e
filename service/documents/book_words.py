"""What headings, inputs, units and levels are called in a rate book; what has no word is shown by its own name."""

from __future__ import annotations

from pricing.spoken import level_words, named
from pricing.tariff import Tariff
from pricing.words import sentences

_RATE = "millifen per "
_OWN_LEVELS = {
    ("employment", "none"): "book_employment_none",
    ("employment", "employee"): "book_employment_employee",
    ("employment", "dispatched"): "book_employment_dispatched",
    ("pilot_tier", "low"): "book_pilot_tier_low",
    ("pilot_tier", "high"): "book_pilot_tier_high",
}


def heading(name: str, lang: str) -> str:
    """The heading of a column; of a factor its own name."""
    return sentences(lang).get("book_column_" + name, name)


def input_words(name: str, lang: str) -> str:
    """What an input is called: a column of usage, or an option of a cover."""
    return sentences(lang).get("book_input_" + name) or named("option", name, lang)


def part_words(level: str, lang: str) -> str:
    """A level that a sheet fixes by itself: floor, cap, least, greatest."""
    return sentences(lang).get("book_part_" + level, level)


def unit_words(unit: str, lang: str) -> str:
    """A unit, short enough to stand behind a number."""
    if unit.startswith(_RATE):
        return sentences(lang).get("book_unit_millifen_per_" + unit.removeprefix(_RATE).replace(" ", "_"), unit)
    return sentences(lang).get("book_unit_" + unit.replace(" ", "_"), unit)


def words_of_level(tariff: Tariff, name: str, level: str, lang: str) -> str:
    """What people call a level of an input."""
    if name == "region":
        return tariff.regions.get(level, {}).get(lang, level)
    if name == "platform":
        return tariff.platforms.get(level, {}).get(lang, level)
    if name == "occupation":
        return named("compare_occupation", level, lang)
    if (name, level) in _OWN_LEVELS:
        return sentences(lang)[_OWN_LEVELS[name, level]]
    return level_words(name, level, lang)
