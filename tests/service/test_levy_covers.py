"""Covers in a month: enrolments and histories beside usage, what is refused of them, payers, corrections, verify."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing.arrow_usage import whole_workers
from pricing.payers import PAYER_NAMES
from pricing.tariff import Tariff
from pricing.usage import NUMBERS
from service.engines.beside import Beside
from service.engines.folder import ENROLMENTS, HISTORY, SIDE_REFUSALS, read_receipt
from service.engines.month_files import MonthFiles
from service.prices.quote import quote
from tests.months import lines, refusals, run, settle, side_refusals, totals, write_csv

Json = dict[str, Any]
MONTH, KNOWN = "2025-10", "2025-11-24"
TARIFF = Tariff.load()
COVERS = TARIFF.covers
RIDER = {
    "month": MONTH,
    "platform": "meituan",
    "region": "500000",
    "occupation": "food_rider",
    "vehicle": "e_bike",
    "orders": 620,
    "distance_m": 2_790_000,
    "worked_min": 10_920,
    "night_min": 1_800,
    "income_fen": 520_000,
    "goods_value_fen": 3_100_000,
}
HOST = {
    "month": MONTH,
    "platform": "douyin",
    "region": "110000",
    "occupation": "host",
    "live_min": 7_200,
    "desk_min": 3_600,
    "longest_sitting_min": 300,
    "night_min": 2_400,
    "revenue_fen": 1_100_000,
    "first_month": "2023-04",
}
GROUP = {"group": "mcn_17", "eligible": 120, "enrolled": 96}
OPTIONS: Mapping[str, Json] = {
    "lumbar": {"waiting_days": 90},
    "stress": {"waiting_days": 90},
    "income_interruption": {"replaced_ppm": 500_000, "elimination_days": 30, "max_months": 3, "waiting_days": 90},
}
HOSTS = ("w_host_0001", "w_host_0002", "w_host_0003", "w_host_0004")
AMOUNTS = [980_000 + 10_000 * (place % 3) for place in range(12)]
MONTHS = [*(f"2024-{month}" for month in (10, 11, 12)), *(f"2025-{month:02d}" for month in range(1, 10))]


def usage() -> list[Json]:
    """Two riders, one of them with a contractor and on two platforms; four hosts, one with an agency."""
    contracted = {"worker": "w_rider_0002", "contractor": "agency/station_3"}
    riders = [
        {**RIDER, "worker": "w_rider_0001"},
        {**RIDER, **contracted, "orders": 311, "distance_m": 830_001},
        {**RIDER, "worker": "w_rider_0002", "platform": "sf_intracity", "occupation": "instant_rider", "orders": 17},
    ]
    hosts = [{**HOST, "worker": worker, "contractor": "mcn/17" if worker == HOSTS[1] else ""} for worker in HOSTS]
    return [*riders, *hosts]


def enrolment(worker: str, cover: str, **more: Any) -> Json:
    return {"worker": worker, "cover": cover, "from_month": MONTH, **OPTIONS.get(cover, {}), **GROUP, **more}


def enrolments() -> list[Json]:
    """Two hosts in all three covers, one rider with another limit; the fourth host in none."""
    hosts = [enrolment(worker, cover) for worker in HOSTS[:2] for cover in OPTIONS]
    return [*hosts, {"worker": "w_rider_0001", "cover": "third_party", "from_month": MONTH, "limit_fen": 50_000_000}]


def revenue(worker: str, amounts: Sequence[Any] = AMOUNTS, months: Sequence[str] = MONTHS) -> list[Json]:
    pairs = zip(months, amounts, strict=True)
    return [{"worker": worker, "platform": "douyin", "month": month, "revenue_fen": amount} for month, amount in pairs]


def history() -> list[Json]:
    return [row for worker in HOSTS[:2] for row in revenue(worker)]


class Place:
    """Months in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def options(self, name: str, enrolled: Sequence[Json], earned: Sequence[Json]) -> list[Any]:
        """The side files of a run, as options."""
        one = write_csv(self.folder / f"{name}_enrolments.csv", enrolled)
        two = write_csv(self.folder / f"{name}_history.csv", earned)
        return ["--enrolments", one, "--history", two]

    def settle(self, name: str, *options: Any, rows: Sequence[Json] | None = None, covers: str = "all") -> Path:
        """A month with covers."""
        path = write_csv(self.folder / f"{name}.csv", usage() if rows is None else rows)
        asked = ("--covers", covers) if covers else ()
        known = ("--month", MONTH, "--known-on", KNOWN, "--demonstration", "--schemes", "mileage_linked")
        settle(path, self.folder / name, *known, *asked, *options)
        return self.folder / name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("covers"))


@pytest.fixture(scope="module")
def first(place: Place) -> Path:
    """The month as it was settled first."""
    return place.settle("first", *place.options("first", enrolments(), history()))


def quoted(worker: str, enrolled: Sequence[Json], earned: Sequence[Json]) -> dict[tuple[str, str], Json]:
    """What the quote door says of a worker: levy and payers per cover and platform."""
    frame = ("worker", "cover", "group", "eligible", "enrolled")
    body: Json = {
        row["cover"]: {name: value for name, value in row.items() if name not in frame}
        for row in enrolled
        if row["worker"] == worker
    }
    if any("group" in row for row in enrolled if row["worker"] == worker):
        body["group"] = {"id": GROUP["group"], "eligible": GROUP["eligible"], "enrolled": GROUP["enrolled"]}
    own = [row for row in usage() if row["worker"] == worker]
    sent = [{name: value for name, value in row.items() if value != "" and name != "worker"} for row in own]
    request: Json = {
        "month": MONTH,
        "known_on": KNOWN,
        "worker": worker,
        "usage": sent,
        "schemes": [],
        "covers": COVERS,
    }
    request = json.loads(json.dumps(request))
    request["enrolment"] = body
    request["history"] = {"revenue_fen": {r["month"]: r["revenue_fen"] for r in earned if r["worker"] == worker}}
    answer = quote(request, TARIFF, dt.date(2025, 11, 24))
    priced = [cover for cover in answer["covers"] if cover["premium_fen"] is not None]
    return {(cover["cover"], share["platform"]): share for cover in priced for share in cover["shares"]}


def test_every_line_is_what_a_quote_says(first: Path) -> None:
    found = [line for line in lines(first) if line["scheme"] in COVERS]
    expected = {
        (worker, *key): share
        for worker in sorted({row["worker"] for row in usage()})
        for key, share in quoted(worker, enrolments(), history()).items()
    }
    assert {(line["worker"], line["scheme"], line["platform"]): line["levy_fen"] for line in found} == {
        key: share["levy_fen"] for key, share in expected.items()
    }
    for line in found:
        payers = expected[line["worker"], line["scheme"], line["platform"]]["payers"]
        assert {name: line[f"{name}_fen"] for name in PAYER_NAMES if line[f"{name}_fen"]} == {
            name: fen for name, fen in payers.items() if fen
        }
    assert {line["scheme"] for line in found} == set(COVERS)


def test_totals_account_for_every_row_and_every_fen(first: Path) -> None:
    found = totals(first)
    assert set(found["covers"]) == set(COVERS)
    for name, cover in found["covers"].items():
        own = [line for line in lines(first) if line["scheme"] == name]
        counted = cover["priced"] + cover["refused"] + cover["out_of_scope"] + cover["duplicate"]
        assert counted == cover["read"] == len(usage())
        assert cover["levy_fen"] == sum(line["levy_fen"] for line in own) == sum(cover["payers"].values()) > 0
        for payer, fen in cover["payers"].items():
            assert fen == sum(line[f"{payer}_fen"] for line in own)
    assert found["covers"]["lumbar"]["out_of_scope"] == len(usage()) - 2
    scheme = found["schemes"]["mileage_linked"]
    assert sum(scheme["payers"].values()) == scheme["levy_fen"] > 0
    assert [row for row in refusals(first) if row["scheme"] in COVERS] == [], "who is in no cover is not listed"


def test_the_side_files_are_accounted_for(first: Path) -> None:
    assert totals(first)["side"] == {
        "enrolments": {"read": 7, "used": 7, "refused": 0, "unsettled": 0},
        "history": {"read": 24, "used": 24, "refused": 0, "unsettled": 0},
    }
    assert side_refusals(first) == []
    receipt = read_receipt(first)
    assert {ENROLMENTS, HISTORY, SIDE_REFUSALS} <= set(receipt["files"])
    assert receipt["covers"] == list(COVERS)
    assert [one["file"] for one in receipt["inputs"]] == ["first.csv", "first_enrolments.csv", "first_history.csv"]


def test_verify_and_explain(first: Path) -> None:
    done = run("verify", first, "--json")
    assert (done.code, json.loads(done.out)["unlike"]) == (0, [])
    for number, line in enumerate(lines(first), 1):
        if line["scheme"] in COVERS:
            found = json.loads(run("explain", first, number, "--json").out)
            assert found["now"]["levy_fen"] == line["levy_fen"]
            assert found["now"]["worksheet"]


def test_a_changed_side_file_is_noticed(place: Place) -> None:
    folder = place.settle("spoiled", *place.options("spoiled", enrolments(), history()))
    table = pq.read_table(folder / HISTORY)
    pq.write_table(table.slice(1), folder / HISTORY)
    assert run("verify", folder).code != 0


def test_covers_are_settled_only_when_named(place: Place) -> None:
    folder = place.settle("none", covers="")
    assert (totals(folder)["covers"], totals(folder)["side"], totals(folder)["left_out"]) == ({}, {}, {})
    assert not (folder / SIDE_REFUSALS).exists()
    assert {line["scheme"] for line in lines(folder)} == {"mileage_linked"}


def test_a_package_stands_for_its_covers(place: Place) -> None:
    folder = place.settle("package", *place.options("package", enrolments(), history()), covers="occupational_health")
    assert list(totals(folder)["covers"]) == list(TARIFF.packages["occupational_health"].covers)
    assert totals(folder)["side"]["enrolments"] == {"read": 7, "used": 6, "refused": 0, "unsettled": 1}


@pytest.mark.parametrize("named", ["all", "lumbar", "occupational_health"])
def test_a_cover_is_a_demonstration(tmp_path: Path, named: str) -> None:
    path = write_csv(tmp_path / "usage.csv", usage())
    done = run("levy", path, "--month", MONTH, "--known-on", KNOWN, "--covers", named, "--out", tmp_path / "month")
    assert done.code == 4
    assert "levy_demonstration" in done.err
    assert not (tmp_path / "month").exists()


def test_an_unknown_cover_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "usage.csv", usage())
    done = run("levy", path, "--month", MONTH, "--covers", "dental", "--demonstration", "--out", tmp_path / "month")
    assert done.code != 0
    assert "dental" in done.err
    assert "occupational_health" in done.err


def test_a_late_enrolment_is_a_correction(place: Place, first: Path) -> None:
    late = [*enrolments(), *(enrolment(HOSTS[2], cover) for cover in ("lumbar", "stress"))]
    path = write_csv(place.folder / "late_enrolments.csv", late)
    folder = place.settle("late", "--previous", first, "--enrolments", path, covers="")
    found = lines(folder)
    assert {(line["worker"], line["scheme"], line["reason"]) for line in found} == {
        (HOSTS[2], "lumbar", "enrolment"),
        (HOSTS[2], "stress", "enrolment"),
    }
    expected = {cover: share["levy_fen"] for (cover, _), share in quoted(HOSTS[2], late, []).items()}
    assert {line["scheme"]: line["levy_fen"] for line in found} == expected
    assert totals(folder)["covers"]["lumbar"]["payers"] == {
        payer: sum(line[f"{payer}_fen"] for line in found if line["scheme"] == "lumbar")
        for payer in ("platform", "worker", "subsidy")
    }
    assert json.loads(run("verify", folder, "--json").out)["unlike"] == []
    explained = json.loads(run("explain", folder, 1, "--json").out)
    assert explained["before"]["levy_fen"] == 0
    assert explained["now"]["levy_fen"] == found[0]["levy_fen"]
    compared = json.loads(run("compare", first, folder, "--scheme", "lumbar", "--json").out)
    assert (compared["verdicts"]["only_b"]["workers"], compared["verdicts"]["same"]["workers"]) == (1, 2)


def test_a_changed_history_is_a_correction_of_one_cover(place: Place, first: Path) -> None:
    wild = [400_000, 1_900_000] * 6
    changed = [*revenue(HOSTS[0], wild), *revenue(HOSTS[1])]
    path = write_csv(place.folder / "changed_history.csv", changed)
    folder = place.settle("changed", "--previous", first, "--history", path, covers="")
    was, now = (quoted(HOSTS[0], enrolments(), earned) for earned in (history(), changed))
    key = ("income_interruption", "douyin")
    difference = now[key]["levy_fen"] - was[key]["levy_fen"]
    assert difference > 0
    assert [(line["worker"], line["scheme"], line["levy_fen"], line["reason"]) for line in lines(folder)] == [
        (HOSTS[0], "income_interruption", difference, "enrolment")
    ]
    assert json.loads(run("verify", folder, "--json").out)["unlike"] == []
    assert json.loads(run("explain", folder, 1, "--json").out)["line"]["levy_fen"] == difference


def test_usage_corrected_keeps_the_side_files(place: Place, first: Path) -> None:
    more = [{**row, "live_min": 14_000} if row["worker"] == HOSTS[0] else row for row in usage()]
    folder = place.settle("usage_again", "--previous", first, rows=more, covers="")
    found = lines(folder)
    assert {line["worker"] for line in found} == {HOSTS[0]}
    assert {line["reason"] for line in found} == {"usage"}
    assert "stress" in {line["scheme"] for line in found}
    assert totals(folder)["side"] == totals(first)["side"]
    assert json.loads(run("verify", folder, "--json").out)["unlike"] == []


def test_two_covers_of_one_month_are_compared(first: Path) -> None:
    found = json.loads(run("compare", first, "--schemes", "lumbar,stress", "--json").out)
    sums = {name: totals(first)["covers"][name] for name in ("lumbar", "stress")}
    assert (found["a"]["levy_fen"], found["b"]["levy_fen"]) == (sums["lumbar"]["levy_fen"], sums["stress"]["levy_fen"])
    assert found["a"]["payers"] == sums["lumbar"]["payers"]
    assert found["compared"] == 2


def swapped(rows: list[Json]) -> list[Json]:
    return [rows[1], rows[0], *rows[2:]]


FALLING = [1_000_000] * 6 + [700_000] * 6
BROKEN_HISTORY = [
    ("a gap", [row for row in revenue(HOSTS[0]) if row["month"] != "2025-03"], "history_gap", 0),
    ("too short", revenue(HOSTS[0])[6:], "history_too_short", 0),
    ("out of order", swapped(revenue(HOSTS[0])), "history_out_of_order", 1),
    ("twice", [*revenue(HOSTS[0]), revenue(HOSTS[0])[-1]], "history_twice", 2),
    ("negative", revenue(HOSTS[0], [-1, *AMOUNTS[1:]]), "history_amount", 1),
    ("no number", revenue(HOSTS[0], ["much", *AMOUNTS[1:]]), "history_amount", 1),
    ("no month", revenue(HOSTS[0], months=["2024-13", *MONTHS[1:]]), "history_month", 1),
    ("mean zero", revenue(HOSTS[0], [0] * 12), "history_mean_zero", 0),
    ("falling", revenue(HOSTS[0], FALLING), "revenue_falling", 0),
    ("missing", [], "history_missing", 0),
    ("too large", revenue(HOSTS[0], [10**15, *AMOUNTS[1:]]), "history_amount", 1),
]
NEEDED = "Needed: every month from 2024-10 to 2025-09. Sent: "
# What follows the sentence of a refusal: months needed and sent, or the cell that is wrong.
TOLD = {
    "a gap": NEEDED + "2024-10 to 2025-02, 2025-04 to 2025-09.",
    "too short": NEEDED + "2025-04 to 2025-09.",
    "missing": NEEDED + "none.",
    "negative": "Of 2024-10 was sent -1; a whole number from 0 to 1,000,000,000,000, without quotes, is needed.",
    "no number": 'Of 2024-10 was sent "much"; a whole number from 0 to 1,000,000,000,000, without quotes, is needed.',
    "too large": "Of 2024-10 was sent 1000000000000000; a whole number from 0 to 1,000,000,000,000, "
    "without quotes, is needed.",
    "no month": "Found: 2024-13.",
}


@pytest.mark.parametrize(("name", "rows", "code", "refused"), BROKEN_HISTORY, ids=[case[0] for case in BROKEN_HISTORY])
def test_a_broken_history(tmp_path: Path, name: str, rows: list[Json], code: str, refused: int) -> None:
    place = Place(tmp_path)
    folder = place.settle("month", *place.options("month", enrolments(), [*rows, *revenue(HOSTS[1])]))
    assert [(row["code"], row["scheme"]) for row in refusals(folder) if row["scheme"] in COVERS] == [
        (code, "income_interruption")
    ]
    listed = [row for row in side_refusals(folder) if row["side"] == "history"]
    assert {row["code"] for row in listed} == ({code} if refused else set())
    said = [row["message"] for row in [*refusals(folder), *listed] if row["code"] == code]
    assert [message for message in said if not message.endswith(TOLD.get(name, ""))] == []
    counts = totals(folder)["side"]["history"]
    assert (counts["read"], counts["used"], counts["refused"]) == (len(rows) + 12, len(rows) + 12 - refused, refused)
    priced = {(line["worker"], line["scheme"]) for line in lines(folder)}
    assert (HOSTS[1], "income_interruption") in priced
    assert (HOSTS[0], "income_interruption") not in priced
    assert (HOSTS[0], "lumbar") in priced


ALONE = {"group": "", "eligible": "", "enrolled": ""}
BROKEN_ENROLMENTS = [
    ("unfit", [enrolment(HOSTS[2], "lumbar", enrolled=121)], ["group_figures"], "enrolled is 121, eligible is 120"),
    ("bad cell", [enrolment(HOSTS[2], "lumbar", enrolled="many")], ["group_figures"], 'enrolled is "many"'),
    ("too few", [enrolment(HOSTS[2], "lumbar", group="mcn_18", enrolled=60)], ["participation_too_low"], "50 %"),
    ("alone", [enrolment(HOSTS[2], "lumbar", **ALONE)], ["outside_enrolment_window"], "1, 7"),
    ("no option", [enrolment(HOSTS[2], "lumbar", waiting_days="")], ["option_missing"], "waiting_days"),
    ("no price", [enrolment(HOSTS[2], "lumbar", waiting_days=91)], ["option_not_priced"], "91"),
    ("months", [enrolment(HOSTS[2], "lumbar", to_month="2025-09")], ["enrolment_months"], "from_month"),
    ("no month", [enrolment(HOSTS[2], "lumbar", from_month="2025-1")], ["month_not_valid"], "2025-1"),
    (
        "overlap",
        [enrolment(HOSTS[2], "lumbar", from_month=m) for m in ("2025-07", MONTH)],
        ["enrolment_overlaps"] * 2,
        "",
    ),
    ("nobody", [enrolment("w_nobody_01", "lumbar")], ["enrolment_worker_unknown"], MONTH),
    ("no worker", [enrolment("", "lumbar")], ["side_worker_missing"], "worker"),
    ("no cover", [enrolment(HOSTS[2], "dental")], ["cover_not_known"], "dental"),
]


@pytest.mark.parametrize(
    ("name", "rows", "codes", "told"), BROKEN_ENROLMENTS, ids=[case[0] for case in BROKEN_ENROLMENTS]
)
def test_a_broken_enrolment(tmp_path: Path, name: str, rows: list[Json], codes: list[str], told: str) -> None:
    place = Place(tmp_path)
    folder = place.settle("month", *place.options("month", [*enrolments(), *rows], history()))
    found = side_refusals(folder)
    assert [row["code"] for row in found] == codes
    assert all(told in row["message"] and "{" not in row["message"] for row in found)
    assert [int(row["row"]) for row in found] == [9 + place for place in range(len(rows))]
    assert {(row["worker"], row["cover"]) for row in found} == {(row["worker"], row["cover"]) for row in rows}
    counts = totals(folder)["side"]["enrolments"]
    assert (counts["read"], counts["used"], counts["refused"]) == (7 + len(rows), 7, len(rows))
    of_usage = [row for row in refusals(folder) if row["scheme"] in COVERS]
    in_month = name not in ("nobody", "no worker", "no cover", "no month")
    assert [row["code"] for row in of_usage if name != "no month"] == (codes[:1] if in_month else [])
    assert all(told in row["message"] for row in of_usage)
    assert (HOSTS[0], "lumbar") in {(line["worker"], line["scheme"]) for line in lines(folder)}


def test_one_group_has_one_pair_of_figures(tmp_path: Path) -> None:
    """Whoever gives his group figures of its own spoils it for those of that group and first month, for no one else."""
    place = Place(tmp_path)
    one = {"group": "mcn_99", "eligible": 100}
    rows = [enrolment(HOSTS[2], "lumbar", **one, enrolled=80), enrolment(HOSTS[3], "lumbar", **one, enrolled=90)]
    alike = [enrolment(worker, "stress", **one, enrolled=80) for worker in HOSTS[2:]]
    folder = place.settle("month", *place.options("month", [*enrolments(), *rows, *alike], history()))
    found = side_refusals(folder)
    assert [(row["worker"], row["cover"], row["code"]) for row in found] == [
        (worker, "lumbar", "group_contradicts") for worker in HOSTS[2:]
    ]
    priced = {(line["worker"], line["scheme"]) for line in lines(folder)}
    assert {(worker, "stress") for worker in HOSTS} <= priced
    assert {worker for worker, cover in priced if cover == "lumbar"} == set(HOSTS[:2])


def test_a_group_is_not_larger_than_it_says(tmp_path: Path) -> None:
    """Three are enrolled of a group that says two; another cover says other eligible: both are refused, no one else."""
    place = Place(tmp_path)
    three = {"group": "mcn_99", "eligible": 3, "enrolled": 3}
    two = [enrolment(worker, "lumbar", **{**three, "enrolled": 2}) for worker in HOSTS[1:]]
    other = [enrolment(HOSTS[3], "stress", **{**three, "eligible": 4, "group": "mcn_98"})]
    other.append(enrolment(HOSTS[2], "lumbar", **{**three, "group": "mcn_98"}))
    for rows in (two, other):
        good = [row for row in enrolments() if (row["worker"], row["cover"]) != (HOSTS[1], "lumbar")]
        folder = place.settle(f"month{len(rows)}", *place.options("month", [*good, *rows], history()))
        codes = {(row["worker"], row["cover"], row["code"]) for row in side_refusals(folder)}
        assert codes == {(row["worker"], row["cover"], "group_contradicts") for row in rows}


def test_a_line_that_is_no_row_is_set_aside(tmp_path: Path) -> None:
    place = Place(tmp_path)
    options = place.options("month", enrolments(), history())
    path = tmp_path / "month_history.csv"
    path.write_text(path.read_text(encoding="utf-8") + "w_host_0001,douyin\n", encoding="utf-8")
    folder = place.settle("month", *options)
    assert [(row["row"], row["code"]) for row in side_refusals(folder)] == [("26", "row_cells")]
    assert totals(folder)["side"]["history"] == {"read": 25, "used": 24, "refused": 1, "unsettled": 0}


@pytest.mark.parametrize(
    ("more", "code"),
    [({"wait_days": 90}, "unknown_column"), ({"revenue_fen": 5}, "unknown_column"), ({"x_own": 1}, "")],
)
def test_a_column_that_is_no_option(tmp_path: Path, more: Json, code: str) -> None:
    path = write_csv(tmp_path / "usage.csv", usage())
    side = write_csv(tmp_path / "enrolments.csv", [{**row, **more} for row in enrolments()])
    asked = ("--covers", "all", "--demonstration", "--schemes", "mileage_linked", "--month", MONTH)
    done = run("levy", path, *asked, "--enrolments", side, "--out", tmp_path / "month")
    assert (done.code == 0) == (code == "")
    assert code in done.err
    assert all(name in done.err for name in (more if code else ()))


@pytest.mark.parametrize("kind", ["bom", "gb18030", "parquet"])
def test_side_files_of_every_kind_give_the_same_lines(tmp_path: Path, first: Path, kind: str) -> None:
    place = Place(tmp_path)
    options = place.options("month", enrolments(), history())
    for path in (options[1], options[3]):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("mcn_17", "机构十七"), encoding="utf-8-sig" if kind == "bom" else "gb18030")
    if kind == "parquet":
        options = [
            as_parquet(option, rows) for option, rows in zip(options, ("", enrolments(), "", history()), strict=True)
        ]
    folder = place.settle("month", *options)
    assert lines(folder) == lines(first)


def as_parquet(path: Any, rows: Any) -> Any:
    if not rows:
        return path
    names = list(dict.fromkeys(name for row in rows for name in row))
    whole = {*NUMBERS, "eligible", "enrolled", *(name for name in names if name.endswith(("_days", "_ppm", "_months")))}
    kinds = {name: pa.int64() if name in whole else pa.string() for name in names}
    cells = {name: [row.get(name) for row in rows] for name in names}
    columns = {
        name: pa.array([None if c is None else c if name in whole else str(c) for c in cells[name]], kinds[name])
        for name in names
    }
    pq.write_table(pa.table(columns), path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def test_check_reads_the_side_files(tmp_path: Path) -> None:
    place = Place(tmp_path)
    options = place.options("month", [*enrolments(), enrolment("w_nobody_01", "lumbar")], history())
    path = write_csv(tmp_path / "usage.csv", usage())
    done = run("check", path, "--month", MONTH, "--covers", "all", "--demonstration", *options, "--json")
    found = json.loads(done.out)
    assert found["refusals"]["enrolment_worker_unknown"] == 1
    assert found["side"]["enrolments"]["refused"] == 1
    assert run("check", path, "--month", MONTH, "--covers", "all", "--demonstration", *options, "--strict").code == 1


@pytest.fixture(scope="module")
def many(place: Place) -> Path:
    """Thirty hosts with usage; side files that name twice as many, in the opposite order."""
    names = [f"w_many_{number:05d}" for number in range(60)]
    enrolled = [enrolment(name, cover) for name in reversed(names) for cover in ("stress", "lumbar")]
    earned = [row for name in reversed(names) for row in revenue(name)]
    rows = [{**HOST, "worker": name} for name in names[::2]]
    return place.settle("many", *place.options("many", enrolled, earned), rows=rows)


def test_workers_without_usage_are_told_and_the_rest_goes_on(many: Path) -> None:
    assert totals(many)["side"] == {
        "enrolments": {"read": 120, "used": 60, "refused": 60, "unsettled": 0},
        "history": {"read": 720, "used": 360, "refused": 360, "unsettled": 0},
    }
    assert totals(many)["covers"]["stress"]["priced"] == 30
    assert {row["worker"] for row in side_refusals(many)} == {f"w_many_{number:05d}" for number in range(1, 60, 2)}


@pytest.mark.parametrize(("usage_rows", "side_rows"), [(1, 1), (4, 7), (30, 100), (30, 65_536)])
def test_side_files_meet_their_workers_wherever_batches_are_cut(many: Path, usage_rows: int, side_rows: int) -> None:
    unknown: list[tuple[str, str]] = []

    def tell(side: str, batch: pa.RecordBatch) -> None:
        unknown.extend((side, worker) for worker in batch.column("worker").to_pylist())

    month = MonthFiles.of(many)
    beside = Beside(month, tell, side_rows)
    met = 0
    for batch in whole_workers(pq.ParquetFile(month.usage).iter_batches(batch_size=usage_rows)):
        side, workers = beside(batch), set(batch.column("worker").to_pylist())
        for table, rows in ((side.enrolments, 2), (side.history, 12)):
            assert table.rows == rows * len(workers)
            assert set(table.texts["worker"]) == workers
            met += table.rows
    beside.finish()
    assert (met, len(unknown)) == (420, 420)
