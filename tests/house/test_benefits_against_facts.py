"""The tables of benefits, and the sums of their worked cases, say what the collected facts say.

The facts lie beside the repository, not in it; without them these tests are skipped.
"""

import ast
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.test_rates_against_facts import (
    FACTS,
    RATES,
    Entry,
    Fact,
    entries,
    keyed,
    marks,
    only,
    period_of,
    region_of,
    table,
    whole,
)

ROOT = Path(__file__).resolve().parents[2]
STATUTE = ("enacted", "primary")
TABLES = sorted(path.stem for path in (RATES / "benefits").glob("*.yaml"))
CASES = sorted((ROOT / "tests" / "cases_benefit").glob("*.yaml"))
HUNDRED = Fraction(100)
CUT = Fraction("0.005")  # half a fen less, which turns half up into cutting


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    if not FACTS.exists():
        pytest.skip(f"the facts are not beside this repository: {FACTS} does not exist")
    found: list[Fact] = yaml.safe_load(FACTS.read_text(encoding="utf-8"))["facts"]
    return found


def held(name: str) -> Entry:
    """The one entry of a table of the statute."""
    return dict(only(entries(f"benefits/{name}")))


def said(facts: list[Fact], prefix: str, count: int, times: int) -> dict[str, int]:
    """Last part of the key → value in the table's unit; the fact must be the nation's."""
    found = keyed(facts, re.escape(prefix) + r"\w+", at_least=count)
    assert {region_of(fact) for fact in found} == {"000000"}
    return {fact["key"].removeprefix(prefix): whole(fact["value"], times) for fact in found}


def one(facts: list[Fact], key: str) -> int:
    value = only(keyed(facts, re.escape(key), at_least=1))["value"]
    assert isinstance(value, int)
    return value


def test_lump_sums_and_allowances(facts: list[Fact]) -> None:
    months = said(facts, "benefit.disability.lump_sum.grade", 10, 1)
    shares = said(facts, "benefit.disability.monthly.grade", 6, 10_000)
    assert held("lump_sum")["by_grade"] == months
    assert held("allowance")["by_grade"] == shares
    assert (len(months), len(shares)) == (10, 6)


def test_care_wage_limits_and_death(facts: list[Fact]) -> None:
    assert held("care")["by_care_level"] == said(facts, "benefit.care.", 3, 10_000)
    limits = {bound: one(facts, f"benefit.wage.{bound}_pct") * 10_000 for bound in ("floor", "cap")}
    assert held("wage_limits")["by_bound"] == limits
    assert held("funeral")["value"] == one(facts, "benefit.death.funeral_months")
    assert held("death_multiple")["value"] == one(facts, "benefit.death.lump_sum_multiple")
    keys = {"spouse": "spouse", "other": "other_dependant", "lone_addition": "lone_addition", "total": "dependants_cap"}
    shares = {level: one(facts, f"benefit.death.{key}_pct") * 10_000 for level, key in keys.items()}
    assert held("dependants")["by_dependant_share"] == shares


def test_stop_work(facts: list[Fact]) -> None:
    fact = only(keyed(facts, r"benefit\.stop_work\.max_months", at_least=1))
    extension = int(re.search(r"\+(\d+)", fact["unit"])[1])  # type: ignore[index]
    assert held("stop_work")["by_stop_work"] == {"usual": fact["value"], "extension": extension}


def test_payers(facts: list[Fact]) -> None:
    by_benefit = held("payer")["by_benefit"]
    notes = keyed(facts, r"benefit\.disability\.monthly\.grade\d", at_least=6)
    payers = {fact["key"][-1]: re.search(r"payer: (\w+)", fact["note"])[1] for fact in notes}  # type: ignore[index]
    assert by_benefit["allowance"]["by_grade"] == payers
    assert "paid by the employer" in only(keyed(facts, r"benefit\.stop_work\.max_months", at_least=1))["note"]
    assert {name for name, payer in by_benefit.items() if payer == "employer"} == {"stop_work"}


def test_the_statute_was_read_whole(facts: list[Fact]) -> None:
    statute = keyed(facts, r"benefit\.(disability|care|stop_work|wage)\..+", at_least=20)
    assert {(fact["confidence"], fact["source_grade"]) for fact in statute} == {("confirmed-by-page", "A")}
    starts = {fact["effective_from"][:7] for fact in statute}
    names = [name for name in TABLES if name not in ("urban_income", "minimum_wage") and "unemployment" not in name]
    assert len(names) >= 9
    assert {held(name)["effective_from"] for name in names} == starts
    assert {marks(held(name)) for name in (*names, "unemployment_months")} == {STATUTE}


def test_urban_income_by_year_of_death(facts: list[Fact]) -> None:
    evidence = {"confirmed-by-page": ("enacted", "quoted"), "background-knowledge": ("demonstration", "memory")}
    incomes = {
        int(fact["effective_from"][:4]) + 1: (whole(fact["value"], 100), evidence[fact["confidence"]])
        for fact in keyed(facts, r"stat\.urban_dpi_per_head", at_least=5)
    }
    found = entries("benefits/urban_income")
    assert all(entry["ends"] == entry["effective_from"][:4] + "-12" for entry in found)
    assert {int(e["effective_from"][:4]): (e["value"], marks(e)) for e in found} == incomes


def test_death_grants_come_to_the_sums_of_the_facts(facts: list[Fact]) -> None:
    grants = {f["effective_from"][:4]: f["value"] for f in keyed(facts, r"benefit\.death\.lump_sum", at_least=5)}
    times = held("death_multiple")["value"]
    incomes = {e["effective_from"][:4]: e["value"] for e in entries("benefits/urban_income")}
    assert {year: income * times for year, income in incomes.items()} == {y: g * 100 for y, g in grants.items()}


def test_minimum_wages(facts: list[Fact]) -> None:
    """Each fact is one or two entries: from its start by memory, and from the month in which it was read."""
    found = keyed(facts, r"min_wage\.monthly", at_least=14)
    by_region: dict[str, dict[str, int]] = {}
    for entry in entries("benefits/minimum_wage"):
        by_region.setdefault(entry["region"], {})[entry["effective_from"]] = entry["value"]
    for fact in found:
        seen = re.search(r"as of (\d{4}-\d\d)", f"{fact['source']} {fact.get('note', '')}")
        start = period_of(fact)[0] if fact["effective_from"] else seen[1]  # type: ignore[index]
        assert by_region[region_of(fact)][start] == whole(fact["value"], 100), fact
    said_values = {(region_of(fact), whole(fact["value"], 100)) for fact in found}
    assert {(r, value) for r, values in by_region.items() for value in values.values()} == said_values


def test_a_start_from_memory_is_a_demonstration(facts: list[Fact]) -> None:
    from_memory = {
        (region_of(fact), period_of(fact)[0])
        for fact in keyed(facts, r"min_wage\.monthly", at_least=14)
        if "memory" in fact.get("note", "")
    }
    assert len(from_memory) >= 10
    found = entries("benefits/minimum_wage")
    held_so = {(e["region"], e["effective_from"]) for e in found if marks(e) == ("demonstration", "memory")}
    assert held_so == from_memory
    assert {marks(e) for e in found if (e["region"], e["effective_from"]) not in from_memory} == {("enacted", "quoted")}


def test_unemployment(facts: list[Fact]) -> None:
    months = only(keyed(facts, r"ui\.max_months", at_least=1))
    assert list(held("unemployment_months")["by_contribution_years"].values()) == list(months["value"].values())
    assert held("unemployment_months")["effective_from"] == period_of(months)[0]
    series = {period_of(f): [v * 100 for v in f["value"]] for f in keyed(facts, r"ui\.beijing\.benefit", at_least=2)}
    found = entries("benefits/unemployment_amount")
    assert {e["region"] for e in found} == {"110000"}
    assert {(e["effective_from"], e.get("ends")): list(e["by_contribution_years"].values()) for e in found} == series
    bands = [list(entry["by_contribution_years"]) for entry in found]
    assert bands == [["1", "5", "10", "15", "20"]] * 2


def test_unemployment_from_month_13(facts: list[Fact]) -> None:
    noted = {
        period_of(f)[0]: int(re.search(r"from month 13: (\d+)", f["note"])[1]) * 100  # type: ignore[index]
        for f in keyed(facts, r"ui\.beijing\.benefit", at_least=2)
        if "note" in f
    }
    assert {e["effective_from"]: e["value"] for e in entries("benefits/unemployment_later")} == noted
    assert len(noted) == 1


def test_every_table_is_compared(facts: list[Fact]) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert len(TABLES) >= 14
    assert [name for name in TABLES if f'"{name}"' not in text and f'"benefits/{name}"' not in text] == []
    assert all(table(f"benefits/{name}")["review_by"] for name in TABLES if "amount" not in name)


# Worked cases: every number of a sum is a figure of a named fact, the wage of the question, or the 100 of a percentage.


def worked() -> list[Any]:
    found = [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in CASES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
        if "sums" in case
    ]
    assert len(found) >= 30
    return found


def numbers(text: str) -> set[Fraction]:
    """The numbers of an expression, as they are written."""
    constants = [node for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Constant)]
    return {Fraction(str(ast.get_source_segment(text, node))) for node in constants}


def figures(facts: list[Fact], reference: str) -> set[Fraction]:
    """All values of the fact that a case names as `key | jurisdiction | effective_from`, or by its key alone."""
    parts = [part.strip() for part in reference.split("|")]
    found = [
        fact
        for fact in facts
        if [fact["key"], fact["jurisdiction"], fact["effective_from"]][: len(parts)] == parts[: len(parts)]
    ]
    value = only(found)["value"]
    listed = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
    noted = re.findall(r"from month 13: (\d+)", found[0].get("note", ""))
    return {Fraction(str(one_value)) for one_value in [*listed, *noted]}


@pytest.mark.parametrize("case", worked())
def test_every_figure_of_a_sum_is_traced(facts: list[Fact], case: dict[str, Any]) -> None:
    known = {HUNDRED, CUT, Fraction(case["ask"].get("wage_fen", 0), 100)}
    known |= {Fraction(1)} if "pensions" in case else set()  # the fen that is left over
    for reference in case["facts"]:
        known |= figures(facts, reference)
    used = set().union(*(numbers(text) for text in [*case["sums"].values(), *case.get("pensions", [])]))
    assert used
    assert used - known == set()
