"""Comparisons: sums that equal the folders', bands that partition, a month worked out by hand, a page that is whole."""

import csv
import dataclasses
import datetime as dt
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.units import parse_month
from pricing.words import sentences
from service.documents.compare_page import page
from service.engines.compared_sides import sides_of
from service.engines.comparison import Comparison, compare
from service.engines.levy import Order, levy
from service.terminal.compare_figures import band_words, rate_words, share, signed
from training.simulate import simulate

ROOT = Path(__file__).parents[2]
TARIFF = Tariff.load()
LOW = tuple(
    {"platform": name, "region": "500000", "effective_from": "2025-07", "pilot_tier": "low"}
    for name in ("meituan", "dada")
)
PAIR = "pilot_per_order,class_rate"


def rider(worker: str, orders: int, income_fen: int, **more: object) -> dict[str, object]:
    row = {"month": "2025-08", "worker": worker, "platform": "meituan", "region": "500000", "occupation": "food_rider"}
    row |= {"vehicle": "e_bike", "employment": "employee", "risk_class": 5, "active_days": 31}
    return {**row, "orders": orders, "income_fen": income_fen, "distance_m": 1_000_000, **more}


# Pilot: 0.07 yuan an order. By class 5: 1.1 % of income (between floor and cap), by class 2: 0.4 %.
HAND = [
    rider("w_pays_less", 1000, 600_000, distance_m=400_000),  # 70.00 against 66.00
    rider("w_pays_more", 500, 600_000),  # 35.00 against 66.00
    rider("w_the_same0", 600, 400_000, distance_m=1_500_000),  # with the next row 1100 orders: 77.00
    rider("w_the_same0", 500, 300_000, distance_m=1_600_000, platform="dada"),  # with the row before 7000 yuan: 77.00
    rider("w_no_employer", 700, 600_000, employment="none"),  # 49.00 against nothing
    rider("w_a_seller", 0, 500_000, occupation="seller", risk_class=2, vehicle="none"),  # nothing against 20.00
]


def levied(out: Path, source: Path, schemes: str, known: str = "2025-11-30", register: object = LOW) -> Path:
    month = parse_month("2025-08")
    assert month is not None
    rows = tuple(register)
    names = tuple(schemes.split(","))
    order = Order((source,), month, rows, dt.date.fromisoformat(known), names, out, demonstration=True)
    levy(order, TARIFF, lambda stage, count: None)
    return out


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    return path


def compared(work: Path, schemes: str, *folders: Path) -> Comparison:
    work.mkdir(exist_ok=True)
    return compare(*sides_of(folders, schemes), work)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("hand")
    return levied(work / "month", written(work / "usage.csv", HAND), PAIR)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A synthetic month under two editions: before and after the bases of the year were published."""
    work = tmp_path_factory.mktemp("simulated")
    made = simulate(3000, 11, "2025-08", work / "usage")
    with made.platforms.open(encoding="utf-8-sig", newline="") as file:
        rows = [{name: cell for name, cell in row.items() if cell} for row in csv.DictReader(file)]
    whole = ("pilot_float_pct", "class_float_pct", "risk_class")
    register = [{name: int(cell) if name in whole else cell for name, cell in row.items()} for row in rows]
    schemes = "pilot_per_order,class_rate,mileage_linked"
    one, two = (levied(work / known, made.usage, schemes, known, register) for known in ("2025-09-01", "2025-11-30"))
    return one, two


def test_by_hand(by_hand: Path, tmp_path: Path) -> None:
    found = compared(tmp_path, PAIR, by_hand)
    verdicts = {name: (v.workers, v.alike, v.a_fen, v.b_fen) for name, v in found.verdicts.items()}
    assert verdicts == {
        "more": (1, 1, 3500, 6600),
        "less": (1, 1, 7000, 6600),
        "same": (1, 1, 7700, 7700),
        "only_a": (1, 0, 4900, 0),
        "only_b": (1, 0, 0, 2000),
    }
    assert (found.workers, found.unpriced, found.compared) == (5, 0, 3)
    assert (found.a.levy_fen, found.b.levy_fen) == (23_100, 22_900)
    assert [(c.worker, c.a_fen, c.b_fen) for c in found.increases] == [("w_pays_more", 3500, 6600)]
    assert [(c.worker, c.a_fen, c.b_fen) for c in found.decreases] == [("w_pays_less", 7000, 6600)]
    assert {(r.missing, r.code, r.workers, r.rows) for r in found.reasons} == {
        ("b", "no_employer", 1, 1),
        ("a", "industry_not_in_scope", 1, 1),
    }
    counted = {band_words(b): b.workers for b in found.bands if b.workers and b.by == "fen"}
    assert counted == {"−5 … −1": 1, "0": 1, "+20 … +50": 1}
    counted = {band_words(b): b.workers for b in found.bands if b.workers and b.by == "pct"}
    assert counted == {"−10 … −5": 1, "0": 1, "+50 … +100": 1}  # −5.7 %, +88.6 %


def test_by_hand_kilometres_are_merged_and_rates_are_of_like_rows(by_hand: Path, tmp_path: Path) -> None:
    bands = {band.low_m: band for band in compared(tmp_path, PAIR, by_hand).kilometres}
    assert {low: (b.workers, b.compared) for low, b in bands.items()} == {
        250_000: (1, 1),
        1_000_000: (3, 1),
        3_000_000: (1, 1),
    }
    merged = bands[3_000_000]
    assert (merged.orders, merged.a_orders_fen, merged.b_orders_fen) == (1100, 7700, 7700)
    assert (merged.distance_m, merged.a_distance_fen) == (3_100_000, 7700)
    assert (bands[1_000_000].orders, bands[1_000_000].a_fen, bands[1_000_000].b_fen) == (500, 8400, 8600)


def test_worksheets_end_in_what_was_charged(by_hand: Path, tmp_path: Path) -> None:
    found = compared(tmp_path, PAIR, by_hand)
    for change in (*found.increases, *found.decreases):
        for sheets, fen in ((change.a_sheets, change.a_fen), (change.b_sheets, change.b_fen)):
            assert sum(sheet.levy_fen for sheet in sheets) == fen
            assert all(sheet.steps[-1].running_millifen == sheet.alone_fen * 1000 for sheet in sheets)


@pytest.mark.parametrize("schemes", ["pilot_per_order,mileage_linked", "pilot_per_order+class_rate,mileage_linked"])
def test_sums_equal_the_folders_and_everything_partitions(
    schemes: str, simulated: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = simulated[0]
    totals = json.loads((folder / "totals.json").read_text(encoding="utf-8"))["schemes"]
    found = compared(tmp_path, schemes, folder)
    expected = [sum(totals[name]["levy_fen"] for name in side.split("+")) for side in schemes.split(",")]
    assert min(expected) > 0
    assert [found.a.levy_fen, found.b.levy_fen] == expected
    assert [sum(side.payers.values()) for side in (found.a, found.b)] == expected
    for parts in (
        list(found.verdicts.values()),
        list(found.kilometres),
        *([p for p in found.parts if p.kind == kind] for kind in ("platform", "region", "occupation")),
    ):
        assert [sum(p.a_fen for p in parts), sum(p.b_fen for p in parts)] == expected
    verdicts = found.verdicts
    assert sum(verdicts[name].workers for name in ("more", "less", "same")) == found.compared
    assert sum(v.workers for v in verdicts.values()) + found.unpriced == found.workers
    assert sum(k.workers for k in found.kilometres) == found.workers - found.unpriced
    for name in ("more", "less", "same"):
        assert sum(getattr(k, name) for k in found.kilometres) == verdicts[name].workers
    for by in ("fen", "pct"):
        bands = [band for band in found.bands if band.by == by]
        for name in ("more", "less", "same"):
            own = [band for band in bands if band.verdict == name]
            assert sum(b.workers for b in own) == verdicts[name].workers, (by, name)
            assert sum(b.b_fen - b.a_fen for b in own) == verdicts[name].b_fen - verdicts[name].a_fen


def test_two_editions_differ_where_the_base_was_published_late(simulated: tuple[Path, Path], tmp_path: Path) -> None:
    found = compared(tmp_path, "class_rate", *simulated)
    assert (found.a.known_on, found.b.known_on, found.same_usage) == ("2025-09-01", "2025-11-30", True)
    assert found.verdicts["more"].workers > 0
    assert found.verdicts["only_a"].workers == 0
    assert found.b.levy_fen - found.a.levy_fen == sum(v.b_fen - v.a_fen for v in found.verdicts.values())
    same = compared(tmp_path, "class_rate", simulated[0], simulated[0])
    assert same.verdicts["same"].workers == same.compared > 0


def test_a_correction_is_compared_as_a_whole_month(by_hand: Path, tmp_path: Path) -> None:
    late = written(tmp_path / "late.csv", [{**row, "orders": 1200} for row in HAND if row["platform"] == "dada"])
    month = parse_month("2025-08")
    assert month is not None
    order = Order((late,), month, (), dt.date(2025, 12, 1), (), tmp_path / "corrected", by_hand, demonstration=True)
    levy(order, TARIFF, lambda stage, count: None)
    found = compared(tmp_path / "work", "pilot_per_order", by_hand, tmp_path / "corrected")
    assert (found.a.levy_fen, found.b.levy_fen) == (23_100, 23_100 + 700 * 7)
    assert [(c.worker, c.a_fen, c.b_fen) for c in found.increases] == [("w_the_same0", 7700, 12_600)]
    assert not found.same_usage


class Words(HTMLParser):
    """Tags and the languages that a page speaks."""

    def __init__(self) -> None:
        super().__init__()
        self.languages: set[str] = set()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.languages |= {value or "" for name, value in attrs if name == "lang"}
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_whole_and_says_what_it_rests_on(lang: str, simulated: tuple[Path, Path], tmp_path: Path) -> None:
    found = compared(tmp_path, "pilot_per_order,mileage_linked", simulated[0])
    html = page(dataclasses.replace(found, synthetic=True), TARIFF, lang)
    seen = Words()
    seen.feed(html)
    assert {"en", "zh"} <= seen.languages
    assert seen.links == []
    assert not {"script", "link", "img", "iframe"} & seen.tags
    assert re.findall(r"https?://|url\((?!#)|@import", html) == []
    for words in ("compare_synthetic", "compare_demonstration"):
        assert all(sentences(one)[words].split("；")[0][:20] in html for one in ("en", "zh"))
    assert f'id="lang-{lang}" checked' in html
    assert html.count("<svg") > 7
    assert html == page(
        dataclasses.replace(compared(tmp_path, "pilot_per_order,mileage_linked", simulated[0]), synthetic=True),
        TARIFF,
        lang,
    )


def test_a_page_without_anyone_on_both_sides(tmp_path: Path) -> None:
    rows = [row for row in HAND if row["worker"] in ("w_no_employer", "w_a_seller")]
    folder = levied(tmp_path / "month", written(tmp_path / "usage.csv", rows), PAIR)
    found = compared(tmp_path / "work", PAIR, folder)
    assert (found.compared, found.increases, found.demonstration, found.synthetic) == (0, (), False, False)
    html = page(found, TARIFF)
    assert sentences("en")["compare_none"] in html
    assert sentences("en")["compare_demonstration"] not in html


@pytest.mark.parametrize("mark", ["receipt", "metadata"])
def test_synthetic_is_seen_in_receipt_or_usage(mark: str, by_hand: Path, tmp_path: Path) -> None:
    one, two = sides_of([by_hand], PAIR)
    assert not compare(one, two, tmp_path).synthetic
    if mark == "receipt":
        one = dataclasses.replace(one, receipt={**one.receipt, "synthetic": True})
    else:
        table = pq.read_table(one.usage).replace_schema_metadata({"licheng": json.dumps({"synthetic": True})})
        (tmp_path / "marked").mkdir()
        pq.write_table(table, tmp_path / "marked" / "usage.parquet")
        (tmp_path / "marked" / "refusals.csv").write_bytes((by_hand / "refusals.csv").read_bytes())
        one = dataclasses.replace(one, folder=tmp_path / "marked")
    assert compare(one, two, tmp_path).synthetic


@pytest.mark.parametrize(
    ("schemes", "two", "code"),
    [
        ("pilot_per_order", False, "compare_two_schemes"),
        (PAIR, True, "compare_one_scheme"),
        ("a,b", False, "request_value"),
    ],
)
def test_what_cannot_be_compared(schemes: str, two: bool, code: str, by_hand: Path) -> None:
    with pytest.raises(InputError) as error:
        sides_of([by_hand, by_hand] if two else [by_hand], schemes)
    assert error.value.code == code


def test_other_months_are_not_compared(by_hand: Path, tmp_path: Path) -> None:
    september = written(tmp_path / "usage.csv", [{**row, "month": "2025-09"} for row in HAND])
    month = parse_month("2025-09")
    assert month is not None
    order = Order((september,), month, LOW, dt.date(2025, 11, 30), tuple(PAIR.split(",")), tmp_path / "month")
    levy(order, TARIFF, lambda stage, count: None)
    with pytest.raises(InputError) as error:
        sides_of([by_hand, tmp_path / "month"], "class_rate")
    assert error.value.code == "compare_months"


@pytest.mark.parametrize(("lang", "said"), [("en", "Pay more"), ("zh", "多缴")])
def test_the_command(lang: str, said: str, by_hand: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli", "compare", str(by_hand), "--schemes", PAIR, "--lang", lang]
    out = tmp_path / "page.html"
    done = subprocess.run([*command, "--out", str(out)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said in done.stdout
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    done = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["verdicts"]["more"] == {"verdict": "more", "workers": 1, "alike": 1, "a_fen": 3500, "b_fen": 6600}
    done = subprocess.run([*command, "--out", "page.pdf"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "compare_page_name" in done.stderr) == (2, True)


def test_figures() -> None:
    assert [signed(fen) for fen in (-350, 0, 1200)] == ["−3.50", "0.00", "+12.00"]
    assert [share(1, 3), share(2, 3), share(0, 0)] == ["33.3 %", "66.7 %", "—"]
    assert [rate_words(7000), rate_words(123_456, 2), rate_words(None)] == ["0.0700", "1.23", "—"]
