"""The impact of a tariff: sums that equal those of settle, of the levy, to the fen; terms that sum; a month by hand."""

import csv
import datetime as dt
import json
import shutil
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing.arrow_usage import usage_of
from pricing.errors import InputError
from pricing.register import read_register
from pricing.settle import settle
from pricing.tariff import Tariff
from pricing.units import parse_month
from service.engines.levy import Order, levy
from service.engines.previous import register_rows
from tests.evaluator import half_up
from tests.plain import PLAIN
from training.impact import impact
from training.impact_month import read_month
from training.simulate import simulate

TARIFF = Tariff.load()
MILEAGE = "mileage_linked"
SCHEMES = ("pilot_per_order", "class_rate", "courier_single", MILEAGE)
TERMS = ("usage_fen", "mix_fen", "law_fen", "model_fen", "limits_fen")
KNOWN = dt.date(2026, 11, 26)
MARKS = """\
  - effective_from: 2026-12
    known_from: 2026-11-20
    status: demonstration
    evidence: none
    source: {title: "made for a test"}
"""
CLASS_RATES = (
    MARKS + "    by_risk_class: {1: 2400, 2: 4800, 3: 8400, 4: 10800, 5: 13200, 6: 15600, 7: 19200, 8: 22800}\n"
)
CURVE = MARKS + "    curve:\n      - [0, 600000]\n      - [833000, 1000000]\n      - [4000000, 2400000]\n"
CURVE += "    off_balance_ppm: 1250000\n    reference_portfolio: riders_2024\n"


def tariff(folder: Path, **entries: str) -> Path:
    """The shipped tariff with more entries, by the name of their table of work injury."""
    shutil.copytree(PLAIN, folder, ignore=shutil.ignore_patterns("README.md"))
    for name, text in entries.items():
        with (folder / "work_injury" / f"{name}.yaml").open("a", encoding="utf-8") as file:
            file.write(text)
    return folder


def levied(out: Path, source: Path, month: str, register: Any) -> Path:
    number = parse_month(month)
    assert number is not None
    order = Order((source,), number, tuple(register), dt.date(2025, 11, 30), SCHEMES, out, demonstration=True)
    levy(order, TARIFF, lambda stage, count: None)
    return out


def silent(step: str, rows: int) -> None:
    assert rows > 0


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two synthetic months, levied."""
    work, found = tmp_path_factory.mktemp("months"), {}
    for month in ("2025-07", "2025-08"):
        drawn = simulate(2500, 11, month, work / month)
        found[month] = levied(work / f"levy-{month}", drawn.usage, month, register_rows(drawn.platforms))
    return found


@pytest.fixture(scope="module")
def tariffs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    work = tmp_path_factory.mktemp("tariffs")
    return {
        "model": tariff(work / "model", distance=CURVE),
        "law": tariff(work / "law", class_rate=CLASS_RATES),
        "both": tariff(work / "both", distance=CURVE, class_rate=CLASS_RATES),
    }


@pytest.fixture(scope="module")
def of_both(months: dict[str, Path], tariffs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("impact")
    impact(months["2025-08"], PLAIN, tariffs["both"], out, silent, months["2025-07"])
    return out


def read(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "impact.json").read_text(encoding="utf-8"))
    return found


def by_platform(folder: Path, tables: Path, scheme: str, month: str) -> Counter[str]:
    """Fen per platform by `settle` of the whole month at once, its rows written with another month."""
    used = pq.read_table(folder / "usage.parquet")
    assert set(used.column("month").to_pylist()) != {month}
    used = used.set_column(used.schema.get_field_index("month"), "month", pa.array([month] * len(used)))
    [batch] = used.combine_chunks().to_batches()
    loaded = Tariff.load(tables)
    register = read_register(
        register_rows(folder / "register.csv"), loaded.factors["pilot_tier"].levels, loaded.regions
    )
    number = parse_month(month)
    assert number is not None
    settlement = settle(usage_of(batch), loaded.on(number, KNOWN, register), [scheme])
    priced = settlement.priced[scheme]
    assert priced is not None
    sums: Counter[str] = Counter()
    platforms = batch.column("platform").to_pylist()
    for place, fen in zip(settlement.checked.order[priced.kept].tolist(), priced.levy_fen.tolist(), strict=True):
        sums[platforms[place]] += fen
    return sums


def test_totals_are_those_of_settle(of_both: Path, months: dict[str, Path], tariffs: dict[str, Path]) -> None:
    report = read(of_both)
    assert (report["month"], report["priced_as"], report["earlier_month"]) == ("2025-08", "2026-12", "2025-07")
    for name in ("class_rate", MILEAGE):
        one = report["schemes"][name]
        old, new, before = (
            by_platform(months[month], tables, name, "2026-12")
            for month, tables in (("2025-08", PLAIN), ("2025-08", tariffs["both"]), ("2025-07", PLAIN))
        )
        assert (one["total"]["old_fen"], one["total"]["new_fen"]) == (old.total(), new.total())
        assert one["total"]["old_fen"] != one["total"]["new_fen"]
        segment = {line["value"]: line for line in one["segments"]["platform"]}
        for line in one["platforms"]:
            platform = line["platform"]
            assert (line["old_fen"], line["new_fen"]) == (before[platform], new[platform])
            assert segment[platform]["old_fen"] == old[platform]
        assert {line["platform"] for line in one["platforms"]} == set(new) | set(before)


def test_an_unchanged_tariff_is_the_levy_itself(months: dict[str, Path], tmp_path: Path) -> None:
    report = impact(months["2025-08"], PLAIN, PLAIN, tmp_path, silent)
    totals = json.loads((months["2025-08"] / "totals.json").read_text(encoding="utf-8"))["schemes"]
    assert report["priced_as"] == "2025-08"
    assert report["changed"] == []
    assert set(report["schemes"]) == set(SCHEMES)
    for name, one in report["schemes"].items():
        assert one["total"]["old_fen"] == one["total"]["new_fen"] == totals[name]["levy_fen"] > 0
        assert sum(one["refused"]["old"].values()) == totals[name]["refused"]
        assert one["largest"] == []


@pytest.mark.parametrize("name", ["class_rate", MILEAGE])
def test_terms_sum_to_the_fen(of_both: Path, name: str) -> None:
    one = read(of_both)["schemes"][name]
    for line in (*one["platforms"], one["explained"]):
        assert line["old_fen"] + sum(line[term] for term in TERMS) == line["new_fen"]
        assert line["change_fen"] == line["new_fen"] - line["old_fen"]
    for term in ("old_fen", *TERMS, "new_fen"):
        assert one["explained"][term] == sum(line[term] for line in one["platforms"])
    moved = {term for term in TERMS if one["explained"][term]}
    assert moved == ({"usage_fen", "mix_fen", "law_fen"} if name == "class_rate" else set(TERMS))


def test_usage_is_the_change_of_units_at_the_old_average(of_both: Path, months: dict[str, Path]) -> None:
    one = read(of_both)["schemes"][MILEAGE]
    assert one["unit"] == "distance_m"
    assert len(one["platforms"]) > 5
    for line in one["platforms"]:
        average = Fraction(line["old_fen"], line["units_before"])
        assert line["usage_fen"] == half_up(average * (line["units"] - line["units_before"]))


@pytest.mark.parametrize(("which", "term"), [("model", "law_fen"), ("law", "model_fen")])
def test_one_month_and_one_part_leave_the_other_terms_at_nothing(
    which: str, term: str, months: dict[str, Path], tariffs: dict[str, Path], tmp_path: Path
) -> None:
    report = impact(months["2025-08"], PLAIN, tariffs[which], tmp_path, silent)
    assert {one["part"] for one in report["changed"]} == {which}
    assert set(report["schemes"]) == ({MILEAGE} if which == "model" else {MILEAGE, "class_rate"})
    for one in report["schemes"].values():
        assert {one["explained"][key] for key in ("usage_fen", "mix_fen", term)} == {0}
        assert one["explained"][f"{which}_fen"] + one["explained"]["limits_fen"] == one["total"]["change_fen"] != 0


def test_bands_segments_and_rows_are_the_whole(of_both: Path) -> None:
    rows = pq.read_table(of_both / "impact.parquet").to_pylist()
    assert len({(row["scheme"], row["worker"], row["platform"]) for row in rows}) == len(rows)
    for name, one in read(of_both)["schemes"].items():
        own, total = [row for row in rows if row["scheme"] == name], one["total"]
        assert len(own) == total["payers"]
        for side in ("old_fen", "new_fen"):
            assert sum(row[side] or 0 for row in own) == total[side]
            for lines in one["segments"].values():
                assert sum(line[side] for line in lines) == total[side]
        changes = [row["change_fen"] for row in own if row["change_fen"] is not None]
        assert (sum(c > 0 for c in changes), sum(c < 0 for c in changes)) == (total["more"], total["less"])
        for by, edge in (("fen", 100), ("pct", 10)):
            assert sum(band["payers"] for band in one["bands"][by]) == len(changes)
            [band] = [band for band in one["bands"][by] if band["low"] == edge]
            size = {"fen": lambda r: r["change_fen"], "pct": lambda r: Fraction(100 * r["change_fen"], r["old_fen"])}
            within = [row for row in own if row["change_fen"] and edge < size[by](row) <= band["high"]]
            assert (band["payers"], band["new_fen"]) == (len(within), sum(row["new_fen"] for row in within))
            assert within


def test_the_largest_changes_have_both_worksheets(of_both: Path) -> None:
    rows = pq.read_table(of_both / "impact.parquet").to_pylist()
    one = read(of_both)["schemes"][MILEAGE]
    largest = one["largest"]
    sizes = sorted((abs(r["change_fen"]) for r in rows if r["scheme"] == MILEAGE and r["change_fen"]), reverse=True)
    assert [abs(change["change_fen"]) for change in largest] == sizes[:10]
    for change in largest:
        for side in ("old", "new"):
            ends = [row["steps"][-1][side] for row in change["rows"]]
            assert sum(end["running_millifen"] for end in ends) == change[f"{side}_fen"] * 1000
        for row in change["rows"]:
            steps = {step["step"]: step for step in row["steps"]}
            assert steps["distance"]["old"]["entry"] == "work_injury/distance@2022-07"
            assert steps["distance"]["new"]["entry"] == "work_injury/distance@2026-12"
            assert steps["distance"]["old"]["text_zh"] != steps["distance"]["old"]["text"]
            assert row["steps"][-1]["step"] == "round"


def test_per_order_against_mileage_is_what_the_lines_say(months: dict[str, Path], tmp_path: Path) -> None:
    compared = impact(months["2025-08"], PLAIN, PLAIN, tmp_path, silent)["per_order_against_mileage"]
    priced: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for line in pq.read_table(months["2025-08"] / "lines.parquet").to_pylist():
        key = tuple(line[name] for name in ("worker", "platform", "contractor", "region", "occupation", "vehicle"))
        priced[key][line["scheme"]] = line["levy_fen"]
    payers: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    alone = 0
    for key, fen in priced.items():
        if {"pilot_per_order", MILEAGE} <= set(fen):
            payers[key[:2]][0] += fen["pilot_per_order"]
            payers[key[:2]][1] += fen[MILEAGE]
        elif MILEAGE in fen:
            alone += fen[MILEAGE]
    total = compared["total"]
    assert total["payers"] == len(payers)
    assert total["more"] == sum(new > old for old, new in payers.values()) > 0
    assert total["less"] == sum(new < old for old, new in payers.values()) > 0
    assert (total["old_fen"], total["new_fen"]) == tuple(map(sum, zip(*payers.values(), strict=True)))
    assert compared["alone"][MILEAGE]["fen"] == alone > 0


def rider(worker: str, km: int, **more: object) -> dict[str, object]:
    row = {"month": "2025-08", "worker": worker, "platform": "meituan", "region": "500000", "occupation": "food_rider"}
    row |= {"vehicle": "e_bike", "employment": "none", "risk_class": 5, "active_days": 31, "orders": 500}
    return {**row, "income_fen": 600_000, "distance_m": km * 1000, **more}


def by_hand(folder: Path) -> Path:
    rows = [
        rider("w_at_the_base", 833),
        rider("w_above_both_limits", 5000),
        rider("w_two_platforms", 1200),
        rider("w_two_platforms", 800, platform="dada"),
        rider("w_of_another_month", 833, month="2026-12"),
    ]
    with (folder / "usage.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    low = {"region": "500000", "effective_from": "2025-07", "pilot_tier": "low"}
    return levied(
        folder / "levy", folder / "usage.csv", "2025-08", [{"platform": p, **low} for p in ("meituan", "dada")]
    )


def test_a_month_by_hand(tmp_path: Path) -> None:
    """6,000 yuan × 1.1 % = 66.00 yuan, × ratio. No night and no minutes are sent: the ratio is g(km) ÷ ω."""
    new = tariff(tmp_path / "new", distance=CURVE)
    one = impact(by_hand(tmp_path), PLAIN, new, tmp_path / "out", silent)["schemes"][MILEAGE]
    rows = {
        (row["worker"], row["platform"]): row for row in pq.read_table(tmp_path / "out" / "impact.parquet").to_pylist()
    }
    assert len(rows) == 4  # the row of 2026-12 is of no month of this folder, also where that is the month priced as
    assert one["refused"]["old"] == {"month_differs": 1}
    base = rows["w_at_the_base", "meituan"]  # 66 ÷ 1.191072 and 66 ÷ 1.25
    assert (base["old_fen"], base["new_fen"]) == (5541, 5280)
    limit = rows["w_above_both_limits", "meituan"]  # 1.779 ÷ 1.191072 = 1.493613 and 2.4 ÷ 1.25 = 1.92, held at 1.5
    assert (limit["old_fen"], limit["new_fen"]) == (9858, 9900)
    # Two platforms, 2,000 km and 12,000 yuan together, each row with its share by kilometres of 132.00 yuan × ratio:
    # g was 1 + 1,167 km × 0.237 ÷ 1,250 km and is 1 + 1,167 km × 1.4 ÷ 3,167 km.
    heights = (1_000_000 + Fraction(1167 * 237_000, 1250), 1_000_000 + Fraction(1167 * 1_400_000, 3167))
    ratios = [
        half_up(Fraction(half_up(height) * 1_000_000, omega))
        for height, omega in zip(heights, (1_191_072, 1_250_000), strict=True)
    ]
    assert max(ratios) < 1_500_000
    old, new_fen = (half_up(Fraction(13_200 * ratio, 1_000_000)) for ratio in ratios)
    both = [rows["w_two_platforms", platform] for platform in ("meituan", "dada")]
    assert sum(row["old_fen"] for row in both) == old
    assert sum(row["new_fen"] for row in both) == new_fen
    lines = {line["platform"]: line for line in one["platforms"]}
    # Without limits 66 × 1.92 = 126.72 would be charged; what the limit takes back is 126.72 − 99.00.
    free = (
        lines["meituan"]["model_fen"]
        + base["old_fen"]
        + limit["old_fen"]
        + rows["w_two_platforms", "meituan"]["old_fen"]
    )
    assert free == 12672 + base["new_fen"] + rows["w_two_platforms", "meituan"]["new_fen"]
    assert lines["meituan"]["limits_fen"] == 9900 - 12672
    assert (lines["dada"]["law_fen"], lines["dada"]["limits_fen"]) == (0, 0)


def test_law_comes_before_model_and_limits_last(tmp_path: Path) -> None:
    """Class 5 from 1.1 % to 1.32 %: 66.00 yuan become 79.20, both × ratio; the new curve comes after that."""
    new = tariff(tmp_path / "new", distance=CURVE, class_rate=CLASS_RATES)
    explained = impact(by_hand(tmp_path), PLAIN, new, tmp_path / "out", silent)["schemes"][MILEAGE]["explained"]
    # Premium at the base rate and ratio of each worker; g over ω at 833, 5,000 and, of twice the income, 2,000 km.
    two = [1_000_000 + Fraction(1167 * 237_000, 1250), 1_000_000 + Fraction(1167 * 1_400_000, 3167)]
    heights = [(1_000_000, 1_779_000, half_up(two[0])), (1_000_000, 2_400_000, half_up(two[1]))]
    old, changed = (
        [half_up(Fraction(height * 1_000_000, omega)) for height in side]
        for side, omega in zip(heights, (1_191_072, 1_250_000), strict=True)
    )

    def charged(ratios: list[int], rate_ppm: int) -> int:
        bases = (600_000, 600_000, 1_200_000)
        return sum(half_up(Fraction(b * rate_ppm * r, 10**12)) for b, r in zip(bases, ratios, strict=True))

    assert explained["old_fen"] == charged(old, 11_000)
    assert explained["law_fen"] == charged(old, 13_200) - charged(old, 11_000)
    assert explained["model_fen"] == charged(changed, 13_200) - charged(old, 13_200)
    held = [min(ratio, 1_500_000) for ratio in changed]
    assert explained["limits_fen"] == charged(held, 13_200) - charged(changed, 13_200) < 0
    assert explained["new_fen"] == charged(held, 13_200)


def test_the_other_month_comes_before(months: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        impact(months["2025-07"], PLAIN, PLAIN, tmp_path, silent, months["2025-08"])
    assert error.value.code == "impact_not_earlier"
    assert list(tmp_path.iterdir()) == []


def test_a_month_that_neither_tariff_can_price_is_refused(tmp_path: Path) -> None:
    """In 2029 no contribution base is known any more; the message names what refuses the rows."""
    later = CURVE.replace("effective_from: 2026-12", "effective_from: 2029-01")
    with pytest.raises(InputError, match="contribution_base_not_known") as error:
        impact(by_hand(tmp_path), PLAIN, tariff(tmp_path / "new", distance=later), tmp_path / "out", silent)
    assert error.value.code == "impact_nothing_priced"
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_was_changed_is_refused(months: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_month(tmp_path)
    assert error.value.code == "no_receipt"
    shutil.copytree(months["2025-08"], tmp_path / "levy")
    with (tmp_path / "levy" / "register.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(InputError) as error:
        read_month(tmp_path / "levy")
    assert error.value.code == "folder_changed"
