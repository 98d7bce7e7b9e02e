"""What is in force is said in words: no level and no value of the shipped tariff stands there as machines write it."""

import datetime as dt
import re

import pytest

from pricing.tariff import Tariff
from service.tariff.pages import in_force
from service.web.tariff_view import groups

TARIFF = Tariff.load()
KNOWN = dt.date(2027, 1, 15)
MONTHS = sorted(
    {entry.effective_from for table in TARIFF.tables.values() for found in table.entries.values() for entry in found}
)


@pytest.mark.parametrize(("lang", "raw"), [("en", "_"), ("zh", "[A-Za-z]{2,}")])
def test_levels_and_values_are_words(lang: str, raw: str) -> None:
    names = {name[lang] for name in TARIFF.platforms.values()}  # UU跑腿 calls itself so
    seen, left = 0, set()
    for month in MONTHS:
        for group in groups(TARIFF, in_force(TARIFF, month, KNOWN, ""), lang):
            lines = [line for table in group.tables for _, said in table.entries for line in said.lines]
            parts = {part for line in lines for text in line for part in text.split(" · ")} - names
            seen += len(parts)
            left |= {part for part in parts if re.search(raw, part)}
    assert seen > 1_000
    assert left == set()


def test_steps_of_a_float_are_a_sentence() -> None:
    month = TARIFF.tables["work_injury/pilot_float"].entries["000000"][0].effective_from
    shown = in_force(TARIFF, month, KNOWN, "")
    [said] = [
        said
        for group in groups(TARIFF, shown, "en")
        for table in group.tables
        for _, said in table.entries
        if table.name == "work_injury/pilot_float"
    ]
    assert said.lines == (("", "steps of 10 %, up to 50 %"),)
