"""The law's rate tables say what the collected facts say: value, region, period and marks.

The facts lie beside the repository, not in it; without them these tests are skipped.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RATES = ROOT / "pricing" / "rates"
FACTS = ROOT.parent / "shared" / "facts" / "facts.yaml"

Fact = dict[str, Any]
Entry = dict[str, Any]

NATION = "000000"
MEMORY = "background-knowledge"
DERIVED = "derived-from-confirmed"

LAW = [
    "contribution_base",
    "average_wage",
    "work_injury/class_rate",
    "work_injury/class_float",
    "work_injury/reduction",
    "work_injury/reduction_window",
    "work_injury/industry_class",
    "work_injury/pilot_amount",
    "work_injury/pilot_industry",
    "work_injury/pilot_industry_read_as",
    "work_injury/pilot_provinces",
    "work_injury/pilot_platforms",
    "work_injury/pilot_tier",
    "work_injury/pilot_float",
    "work_injury/courier_rate",
]

# The facts that become table entries; everything else in facts.yaml is background.
TABLED = re.compile(
    r"base\.(lower|upper|average_wage)$"
    r"|wii\.(base_rate|float_steps|class|reduction|local)\."
    r"|wii\.courier_station\.rate$"
    r"|pilot\.(base_per_order|industries|float|platforms|provinces)\."
    r"|pilot\.(instant_delivery|jilin)\."
)

PROVINCES = {
    "北京": "110000",
    "上海": "310000",
    "江苏": "320000",
    "广东": "440000",
    "海南": "460000",
    "重庆": "500000",
    "四川": "510000",
    "河北": "130000",
    "辽宁": "210000",
    "浙江": "330000",
    "山东": "370000",
    "湖北": "420000",
}

PLATFORMS = {
    "曹操出行": "caocao",
    "美团": "meituan",
    "饿了么": "eleme",
    "达达": "dada",
    "闪送": "shansong",
    "货拉拉": "huolala",
    "快狗打车": "kuaigou",
    "滴滴出行": "didi",
    "顺丰同城": "sf_intracity",
    "滴滴货运": "didi_freight",
    "满帮省省": "manbang",
    "T3出行": "t3",
    "花小猪出行": "huaxiaozhu",
    "阳光出行": "yangguang",
    "如祺出行": "ruqi",
    "享道出行": "xiangdao",
    "及时用车": "jishi",
    "风韵出行": "fengyun",
    "首汽约车": "shouqi",
    "美团打车": "meituan_dache",
    "小象超市": "xiaoxiang",
    "盒马鲜生": "hema",
    "叮咚买菜": "dingdong",
    "朴朴超市": "pupu",
    "UU跑腿": "uu",
}

# What the words of a local rule mean, as a change in per cent of the base rate.
REDUCTION_WORDS = {"base rates restored": 0, "national base rates": 0}


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    if not FACTS.exists():
        pytest.skip(f"the facts are not beside this repository: {FACTS} does not exist")
    found: list[Fact] = yaml.safe_load(FACTS.read_text(encoding="utf-8"))["facts"]
    return found


def table(name: str) -> dict[str, Any]:
    text = (RATES / f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def entries(name: str) -> list[Entry]:
    found: list[Entry] = table(name)["entries"]
    return found


def only(found: list[Any]) -> Any:
    assert len(found) == 1, found
    return found[0]


def keyed(facts: list[Fact], pattern: str, at_least: int) -> list[Fact]:
    """The facts whose key matches, with the promise that they were seen."""
    found = [fact for fact in facts if re.fullmatch(pattern, fact["key"])]
    assert len(found) >= at_least, f"{pattern}: {len(found)} facts, expected {at_least}"
    return found


def region_of(fact: Fact) -> str:
    """`CN-44-01 Guangzhou` is 440100, `CN-51 Sichuan (Chengdu)` 510000, `CN` the nation."""
    parts = fact["jurisdiction"].split()[0].split("-")
    return "".join(parts[1:]).ljust(6, "0")


def period_of(fact: Fact) -> tuple[str, str | None]:
    last = fact["effective_to"]
    return fact["effective_from"][:7], last[:7] if last else None


def where_when(entry: Entry) -> tuple[str, tuple[str, str | None]]:
    return entry.get("region", NATION), (entry["effective_from"], entry.get("ends"))


def marks(entry: Entry) -> tuple[str, str]:
    return entry["status"], entry["evidence"]


def whole(value: Any, times: int) -> int:
    """A decimal of the facts in the table's unit; a part of a unit is an error."""
    exact = Decimal(str(value)) * times
    assert exact == int(exact), value
    return int(exact)


# Bases


def test_every_floor_and_cap_is_that_of_the_facts(facts: list[Fact]) -> None:
    bounds = {"base.lower": "floor", "base.upper": "cap"}
    said = {
        (region_of(fact), period_of(fact), bounds[fact["key"]], whole(fact["value"], 100))
        for fact in keyed(facts, r"base\.(lower|upper)", at_least=44)
    }
    held = {
        (*where_when(entry), bound, value)
        for entry in entries("contribution_base")
        for bound, value in entry["by_bound"].items()
    }
    assert held == said


def test_every_average_wage_is_that_of_the_facts(facts: list[Fact]) -> None:
    evidence = {"confirmed-by-page": "quoted", DERIVED: "derived"}
    said = {
        (region_of(fact), period_of(fact), whole(fact["value"], 100), evidence[fact["confidence"]])
        for fact in keyed(facts, r"base\.average_wage", at_least=14)
    }
    held = {(*where_when(entry), entry["value"], entry["evidence"]) for entry in entries("average_wage")}
    assert held == said


@pytest.mark.parametrize("name", ["contribution_base", "average_wage"])
def test_a_base_stands_once(facts: list[Fact], name: str) -> None:
    places = [where_when(entry) for entry in entries(name)]
    assert len(places) >= 14
    assert len(places) == len(set(places))


def test_only_bases_called_provisional_are_provisional(facts: list[Fact]) -> None:
    said = {
        (region_of(fact), period_of(fact))
        for fact in keyed(facts, r"base\.(lower|upper)", at_least=44)
        if "provisional" in fact.get("note", "")
    }
    held = {where_when(entry) for entry in entries("contribution_base") if entry["status"] == "provisional"}
    assert len(said) >= 1
    assert held == said


# Class rates


def test_class_rates(facts: list[Fact]) -> None:
    said = {
        int(fact["key"][-1]): whole(fact["value"], 10_000)
        for fact in keyed(facts, r"wii\.base_rate\.class\d", at_least=8)
    }
    entry = only(entries("work_injury/class_rate"))
    assert entry["effective_from"] == "2015-10"
    assert entry["by_risk_class"] == said


def test_class_float_steps(facts: list[Fact]) -> None:
    first = only(keyed(facts, r"wii\.float_steps\.class1", at_least=1))["value"]
    others = only(keyed(facts, r"wii\.float_steps\.class2_8", at_least=1))["value"]
    entry = only(entries("work_injury/class_float"))
    assert entry["effective_from"] == "2015-10"
    assert entry["by_risk_class"] == {1: first} | dict.fromkeys(range(2, 9), others)


def test_industry_classes(facts: list[Fact]) -> None:
    said = {
        fact["key"].removeprefix("wii.class.").split(" (")[0]: fact["value"]
        for fact in keyed(facts, r"wii\.class\..+", at_least=18)
    }
    entry = only(entries("work_injury/industry_class"))
    assert entry["effective_from"] == "2015-10"
    assert entry["by_industry"] == said


def test_every_division_with_a_class_has_a_code(facts: list[Fact]) -> None:
    keyed(facts, r"wii\.class\..+", at_least=18)
    classed = set(only(entries("work_injury/industry_class"))["by_industry"])
    coded = only(entries("industries"))
    assert marks(coded) == ("demonstration", "memory")
    assert set(coded["by_industry"]) == classed - {"劳务派遣"}


# Reductions and couriers


def charged_ppm(fact: Fact) -> int:
    change = REDUCTION_WORDS.get(fact["value"], fact["value"])
    return 1_000_000 + whole(change, 10_000)


def test_local_reductions(facts: list[Fact]) -> None:
    said = {
        (region_of(fact), period_of(fact), charged_ppm(fact)) for fact in keyed(facts, r"wii\.local\..+", at_least=3)
    }
    held = {(*where_when(entry), entry["value"]) for entry in entries("work_injury/reduction")}
    assert held == said


def test_window_of_likely_reductions(facts: list[Fact]) -> None:
    cuts = keyed(facts, r"wii\.reduction\..+", at_least=3)
    entry = only(entries("work_injury/reduction_window"))
    assert {where_when(entry)} == {(region_of(fact), period_of(fact)) for fact in cuts}
    assert entry["value"] == "likely"


def test_courier_rate(facts: list[Fact]) -> None:
    postal = only(entries("work_injury/industry_class"))["by_industry"]["邮政业"]
    postal_ppm = only(entries("work_injury/class_rate"))["by_risk_class"][postal]
    said = {}
    for fact in keyed(facts, r"wii\.courier_station\.rate", at_least=2):
        by_word = "postal-industry base rate" in str(fact["value"])
        value = postal_ppm if by_word else whole(fact["value"], 10_000)
        said[region_of(fact), period_of(fact)] = (value, "derived" if by_word else "quoted")
    held = {where_when(entry): (entry["value"], entry["evidence"]) for entry in entries("work_injury/courier_rate")}
    assert held == said


# Pilot: amounts


def amount_cells(entry: Entry) -> dict[tuple[str, ...], int]:
    """Industry, or industry and tier, to millifen."""
    cells: dict[tuple[str, ...], int] = {}
    for industry, value in entry["by_pilot_industry"].items():
        if isinstance(value, int):
            cells[(industry,)] = value
        else:
            cells |= {(industry, tier): cell for tier, cell in value["by_pilot_tier"].items()}
    return cells


def held_amounts() -> set[tuple[Any, ...]]:
    return {
        (*where_when(entry), cell, value)
        for entry in entries("work_injury/pilot_amount")
        for cell, value in amount_cells(entry).items()
    }


def said_amounts(facts: list[Fact], prefix: str) -> set[tuple[Any, ...]]:
    return {
        (
            region_of(fact),
            period_of(fact),
            tuple(fact["key"].removeprefix(prefix).split(".")),
            whole(fact["value"], 100_000),
        )
        for fact in facts
    }


def test_pilot_amounts_of_2022_are_from_memory(facts: list[Fact]) -> None:
    seen = keyed(facts, r"pilot\.base_per_order\.2022\..+", at_least=4)
    said = said_amounts(seen, "pilot.base_per_order.2022.")
    assert said == {held for held in held_amounts() if held[1][0] == "2022-07"}
    old = only([e for e in entries("work_injury/pilot_amount") if e["effective_from"] == "2022-07"])
    assert marks(old) == ("demonstration", "memory")
    assert {fact["confidence"] for fact in seen} == {MEMORY}
    assert set(old["note"]) == {"en", "zh"}


def test_pilot_amounts_of_2025(facts: list[Fact]) -> None:
    pattern = r"pilot\.base_per_order\.(ride_hailing|instant_delivery\.(low|high)|intracity_freight)"
    seen = keyed(facts, pattern, at_least=24)
    dated = [fact for fact in seen if fact["effective_from"]]
    assert len(dated) >= 20
    said = said_amounts(dated, "pilot.base_per_order.")
    assert said == {held for held in held_amounts() if held[1][0] != "2022-07"}


def test_a_draft_amount_is_no_entry(facts: list[Fact]) -> None:
    seen = keyed(facts, r"pilot\.base_per_order\..+", at_least=28)
    drafts = {region_of(fact) for fact in seen if "DRAFT" in fact.get("note", "")}
    assert len(drafts) >= 1
    assert not drafts & {held[0] for held in held_amounts()}


def test_a_platform_new_in_a_province_begins_low(facts: list[Fact]) -> None:
    first = only(keyed(facts, r"pilot\.instant_delivery\.first_time_rate", at_least=1))
    cell = ("instant_delivery", "low")
    low = (region_of(first), period_of(first), cell, whole(first["value"], 100_000))
    assert low in held_amounts()
    tiers = only(entries("work_injury/pilot_tier"))
    assert where_when(tiers) == (NATION, ("2025-07", None))
    assert tiers["by_platform_batch"] == {
        "batch_2022": {"by_province_batch": {"batch_2022": "required", "batch_2025": "low", "batch_2026": "low"}},
        "batch_2025": "low",
        "batch_2026": "low",
    }


def test_pilot_float_is_a_draft(facts: list[Fact]) -> None:
    step = only(keyed(facts, r"pilot\.float\.step_pct", at_least=1))
    limit = only(keyed(facts, r"pilot\.float\.max_pct", at_least=1))
    starts = only(keyed(facts, r"pilot\.float\.starts", at_least=1))
    entry = only(entries("work_injury/pilot_float"))
    assert "draft" in step["jurisdiction"]
    assert "draft" in limit["jurisdiction"]
    assert marks(entry) == ("draft", "quoted")
    assert entry["effective_from"] == starts["effective_from"][:7]
    assert entry["steps"] == {"step": step["value"], "limit": limit["value"]}


# Pilot: scope


def test_pilot_industries(facts: list[Fact]) -> None:
    old = only(keyed(facts, r"pilot\.industries\.2022", at_least=1))
    new = only(keyed(facts, r"pilot\.industries\.2025", at_least=1))
    said = {fact["effective_from"][:7]: {word.split(" (")[0] for word in fact["value"]} for fact in (old, new)}
    for name, factor in (
        ("work_injury/pilot_industry", "by_occupation"),
        ("work_injury/pilot_industry_read_as", "by_pilot_industry"),
    ):
        held = {entry["effective_from"]: set(entry[factor].values()) for entry in entries(name)}
        assert held == said, name


def test_pilot_platforms_are_cumulative(facts: list[Fact]) -> None:
    batches = keyed(facts, r"pilot\.platforms\.batch\d", at_least=3)
    so_far: dict[str, str] = {}
    said = []
    for fact in sorted(batches, key=lambda fact: fact["effective_from"]):
        month = fact["effective_from"][:7]
        so_far |= {PLATFORMS[name]: f"batch_{month[:4]}" for name in fact["value"]}
        said.append((month, dict(so_far)))
    held = [(e["effective_from"], e["by_platform"]) for e in entries("work_injury/pilot_platforms")]
    assert held == said
    assert len(so_far) >= 25


def test_platforms_bear_the_names_of_the_facts(facts: list[Fact]) -> None:
    batches = keyed(facts, r"pilot\.platforms\.batch\d", at_least=3)
    said = {PLATFORMS[name]: name for fact in batches for name in fact["value"]}
    assert {slug: words["zh"] for slug, words in table("platforms")["levels"].items()} == said


def joined(word: str, month: str) -> set[str]:
    """Provinces with an entry of their own that says they joined so."""
    return {
        entry["region"]
        for entry in entries("work_injury/pilot_provinces")
        if "region" in entry and (entry["value"], entry["effective_from"]) == (word, month)
    }


def test_pilot_provinces_of_2022_and_2025(facts: list[Fact]) -> None:
    first = only(keyed(facts, r"pilot\.provinces\.batch1", at_least=1))
    second = only(keyed(facts, r"pilot\.provinces\.batch2\.count", at_least=1))
    named = re.search(r"names seen on pages: ([^;]+);", second["note"])
    assert named
    assert len(first["value"]) >= 7
    assert len(named[1].split()) >= 5
    assert joined("batch_2022", "2022-07") == {PROVINCES[name] for name in first["value"]}
    assert joined("batch_2025", "2025-07") == {PROVINCES[name] for name in named[1].split()}


def test_pilot_scope_of_the_nation_and_of_jilin(facts: list[Fact]) -> None:
    second = only(keyed(facts, r"pilot\.provinces\.batch2\.count", at_least=1))
    everyone = only(keyed(facts, r"pilot\.provinces\.all", at_least=1))
    jilin = only(keyed(facts, r"pilot\.jilin\.start", at_least=1))
    held = entries("work_injury/pilot_provinces")
    nation = [(e["effective_from"], e["value"]) for e in held if e.get("region", NATION) == NATION]
    own = {(e["effective_from"], e["value"]) for e in held if e.get("region") == region_of(jilin)}
    assert nation == [
        ("2022-07", "out"),
        (second["effective_from"][:7], "not_established"),
        (everyone["effective_from"][:7], "batch_2026"),
    ]
    assert own == {("2025-07", "out"), (jilin["value"][:7], "batch_2026")}


def test_no_province_has_an_entry_without_a_fact(facts: list[Fact]) -> None:
    keyed(facts, r"pilot\.provinces\..+", at_least=3)
    own = {entry["region"] for entry in entries("work_injury/pilot_provinces") if "region" in entry}
    assert own == set(PROVINCES.values()) | {"220000"}


# Marks and dates


def test_what_is_known_from_memory_is_a_demonstration(facts: list[Fact]) -> None:
    remembered = {
        (region_of(fact), period_of(fact))
        for fact in facts
        if TABLED.match(fact["key"]) and fact["confidence"] == MEMORY and fact["value"] is not None
    }
    held = {
        (name, *where_when(entry))
        for name in LAW
        for entry in entries(name)
        if "memory" in marks(entry) or "demonstration" in marks(entry)
    }
    assert len(remembered) >= 1
    assert held == {("work_injury/pilot_amount", *place) for place in remembered}
    by_memory = [entry for name in LAW for entry in entries(name) if "memory" in marks(entry)]
    assert {marks(entry) for entry in by_memory} == {("demonstration", "memory")}


def test_only_what_rests_on_a_draft_is_a_draft(facts: list[Fact]) -> None:
    said = {region_of(fact) for fact in facts if TABLED.match(fact["key"]) and "draft" in fact["jurisdiction"]}
    held = {(name, *where_when(entry)) for name in LAW for entry in entries(name) if entry["status"] == "draft"}
    assert said == {"140000", "220000"}  # Shanxi's float, Jilin's start
    assert held == {
        ("work_injury/pilot_float", NATION, ("2027-01", None)),
        ("work_injury/pilot_provinces", "220000", ("2025-07", None)),
        ("work_injury/pilot_provinces", "220000", ("2026-07", None)),
    }


def last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def test_a_publication_date_is_one_of_the_facts_or_said_to_be_assumed(facts: list[Fact]) -> None:
    said = "\n".join(f"{f['source']} {f.get('note', '')} {f['jurisdiction']}" for f in facts)
    held = [entry for name in LAW for entry in entries(name)]
    assert len(held) >= 70
    for entry in held:
        known = entry["known_from"]
        if entry.get("known_from_assumed"):
            assert str(known) == f"{entry['effective_from']}-01", entry
        else:
            month_only = last_of_month(known) and f"{known:%Y-%m}" in said
            assert str(known) in said or month_only, entry
