"""A simulated month is exact in size, repeatable, clean, priced by the engine, and near the facts it names."""

import csv
import datetime as dt
import json
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing import Tariff, Usage, parse_month, read_register, settle
from pricing.coding import COLUMN
from pricing.errors import CODE
from pricing.register import COLUMNS as REGISTER_COLUMNS
from pricing.register import Terms
from pricing.usage import BY_NAME, COLUMNS
from training.draw import LARGEST_BLOCK
from training.simulate import BLOCK_ROWS, SimulatedMonth, simulate

Floats = npt.NDArray[np.float64]

ROWS, SEED, MONTH = 300_001, 2026, "2025-08"
RIDERS = ("food_rider", "instant_rider")
MOVERS = (*RIDERS, "ride_hailing_driver", "freight_driver", "parcel_courier")
# What a clean row may be refused with: it is outside the scheme, or the law has no value where it is.
OUTSIDE = {
    "pilot_per_order": {"industry_not_in_scope", "scope_not_established", "platform_not_in_scope"},
    "class_rate": {"no_employer", "contribution_base_not_known"},
    "courier_single": {"occupation_not_in_scope", "scope_not_established", "average_wage_not_known"},
    "mileage_linked": {"distance_missing", "contribution_base_not_known"},
}


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMonth:
    return simulate(ROWS, SEED, MONTH, tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="module")
def table(month: SimulatedMonth) -> pa.Table:
    return pq.read_table(month.usage).combine_chunks()


@pytest.fixture(scope="module")
def register(month: SimulatedMonth) -> tuple[Terms, ...]:
    with month.platforms.open(encoding="utf-8", newline="") as file:
        rows = [{k: int(v) if v and k.endswith("_pct") else v for k, v in row.items()} for row in csv.DictReader(file)]
    assert tuple(rows[0]) == REGISTER_COLUMNS
    return read_register(rows, ("low", "high"), Tariff.load().regions)


def texts(table: pa.Table, name: str) -> npt.NDArray[np.str_]:
    return np.array([text or "" for text in table[name].cast(pa.string()).to_pylist()])


def numbers(table: pa.Table, name: str) -> Floats:
    found: Floats = np.nan_to_num(table[name].to_numpy().astype(np.float64), nan=-1)
    return found


def starts(table: pa.Table) -> npt.NDArray[np.int64]:
    worker = texts(table, "worker")
    return np.flatnonzero(np.r_[True, worker[1:] != worker[:-1]])


def summed(table: pa.Table, name: str) -> Floats:
    """Per worker, unknown as nothing."""
    return np.add.reduceat(np.maximum(numbers(table, name), 0), starts(table))


def greatest(table: pa.Table, name: str) -> Floats:
    return np.maximum.reduceat(numbers(table, name), starts(table))


def test_there_are_exactly_as_many_rows_in_bounded_groups(month: SimulatedMonth, table: pa.Table) -> None:
    file = pq.ParquetFile(month.usage)
    sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert (month.rows, table.num_rows, sizes) == (ROWS, ROWS, [BLOCK_ROWS, ROWS - BLOCK_ROWS])
    assert BLOCK_ROWS <= LARGEST_BLOCK


@pytest.mark.parametrize("rows", [1, 2, 3, 17])
def test_small_months(rows: int, tmp_path: Path) -> None:
    told: list[int] = []
    assert simulate(rows, 1, "2026-02", tmp_path, told.append).rows == rows
    assert (pq.read_metadata(tmp_path / "usage.parquet").num_rows, told) == (rows, [rows])


def test_columns_are_those_of_usage(table: pa.Table) -> None:
    left_out = {"risk_class", "worker_ref"}
    assert table.column_names == [column.name for column in COLUMNS if column.name not in left_out]
    kinds = {"text": pa.dictionary(pa.int32(), pa.string()), "whole": pa.int64()}
    assert [field.type for field in table.schema] == [kinds[BY_NAME[name].kind] for name in table.column_names]


def test_the_file_says_that_it_is_synthetic(month: SimulatedMonth) -> None:
    marks = json.loads(pq.read_metadata(month.usage).metadata[b"licheng"])
    assert marks == {"synthetic": True, "seed": SEED, "month": MONTH}
    said = month.note.read_text(encoding="utf-8")
    assert all(text in said for text in ("synthetic", "合成数据", f"{SEED}", MONTH, "`rider.hours`", "assumption"))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(month: SimulatedMonth, tmp_path: Path) -> None:
    again = simulate(ROWS, SEED, MONTH, tmp_path / "again")
    for name in ("usage", "platforms", "note"):
        assert getattr(month, name).read_bytes() == getattr(again, name).read_bytes()
    small = partial(simulate, 1000)
    files = [small(seed, m, tmp_path / f"{seed}_{m}").usage for seed, m in ((1, MONTH), (2, MONTH), (1, "2025-09"))]
    worker_sets = [set(texts(pq.read_table(file), "worker")) for file in files]
    assert not worker_sets[0] & (worker_sets[1] | worker_sets[2])


def test_nothing_is_overwritten_and_nonsense_is_refused(month: SimulatedMonth, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        simulate(1, 1, MONTH, month.usage.parent)
    for rows, seed, text in ((0, 1, MONTH), (1, -1, MONTH), (1, 1, "2025-13")):
        with pytest.raises(ValueError, match="YYYY-MM"):
            simulate(rows, seed, text, tmp_path)


def test_a_workers_rows_stand_together_and_pseudonyms_are_unique(month: SimulatedMonth, table: pa.Table) -> None:
    worker, first = texts(table, "worker"), starts(table)
    assert len(first) == len(set(worker)) == month.workers
    assert all(len(name) == 12 and name.startswith("w_") and name[2:].isalnum() for name in worker[:1000])
    rows = np.diff(np.r_[first, ROWS])
    riders = np.isin(texts(table, "occupation")[first], RIDERS)
    assert [np.mean(rows[riders] == n) for n in (1, 2, 3)] == pytest.approx([0.78, 0.18, 0.04], abs=0.01)
    pairs = {*zip(worker, texts(table, "platform"), strict=True)}
    assert len(pairs) == ROWS


def test_values_are_within_their_limits(table: pa.Table) -> None:
    for name in table.column_names:
        if BY_NAME[name].kind == "whole":
            values = table[name].drop_null().to_numpy()
            assert 0 <= values.min() <= values.max() <= BY_NAME[name].greatest, name
    worked, days = numbers(table, "worked_min"), numbers(table, "active_days")
    assert (numbers(table, "night_min") <= worked).all()
    assert ((days >= 1) & (worked <= days * 24 * 60)).all()
    desk = table["live_min"].is_valid().to_numpy()
    assert (numbers(table, "live_min") + numbers(table, "desk_min") == worked)[desk].all()
    assert (numbers(table, "longest_sitting_min") <= worked)[desk].all()
    moving = np.isin(texts(table, "occupation"), MOVERS)
    assert (desk == ~moving).all()
    assert (table["distance_m"].is_valid().to_numpy() == moving).all()
    assert (texts(table, "first_month") <= MONTH).all()
    by_bicycle = np.isin(texts(table, "vehicle"), ("bicycle", "e_bike"))
    assert (numbers(table, "distance_m") <= 600 * worked)[by_bicycle].all()


def test_every_row_passes_the_check_of_the_schemes_it_belongs_to(table: pa.Table, register: tuple[Terms, ...]) -> None:
    sample = table.slice(100_000, 5_000)
    number = parse_month(MONTH)
    assert number is not None
    edition = Tariff.load().on(number, dt.date(2026, 12, 31), register)
    settled = settle(Usage.of(sample.to_pylist()), edition, Tariff.load().work_injury)
    for scheme, refusals in settled.refusals.items():
        assert set((refusals % COLUMN).tolist()) <= {0, *(CODE[code] for code in OUTSIDE[scheme])}, scheme
        assert settled.priced[scheme] is not None
    mileage = settled.refusals["mileage_linked"] % COLUMN
    occupation, region = (texts(sample, name).take(settled.checked.order) for name in ("occupation", "region"))
    based = ~np.isin(region, ("130100", "370100", "410100", "420100"))
    assert (mileage[np.isin(occupation, MOVERS) & based] == 0).all()
    assert (np.isin(occupation, MOVERS) == (mileage != CODE["distance_missing"])).all()


def test_the_register_names_a_tier_wherever_one_is_needed(register: tuple[Terms, ...]) -> None:
    tiers = {(term.platform, term.region): term.pilot_tier for term in register if term.pilot_tier}
    assert set(tiers.values()) == {"low", "high"}
    assert len({platform for platform, _ in tiers}) == len({region for _, region in tiers}) == 7
    assert len(tiers) == 49
    assert any(term.class_float_pct for term in register)


def test_shares_are_the_stated_ones(table: pa.Table) -> None:
    first = starts(table)
    occupation, riders = texts(table, "occupation")[first], np.isin(texts(table, "occupation")[first], RIDERS)
    stated = {"ride_hailing_driver": 0.14, "freight_driver": 0.06, "parcel_courier": 0.06, "host": 0.06}
    stated |= {"promoter": 0.02, "seller": 0.02, "shop_operator": 0.01, "task_worker": 0.01}
    assert riders.mean() == pytest.approx(0.62, abs=0.005)
    for name, share in stated.items():
        assert np.mean(occupation == name) == pytest.approx(share, abs=0.003), name
    assert np.mean(texts(table, "contractor")[first][riders] != "") == pytest.approx(0.5, abs=0.01)
    employed = texts(table, "employment") != "none"
    assert set(texts(table, "industry")[employed]) == {"邮政业"}


def test_riders_are_near_the_facts(table: pa.Table) -> None:
    riders = np.isin(texts(table, "occupation")[starts(table)], RIDERS)
    minutes, days = summed(table, "worked_min")[riders], greatest(table, "active_days")[riders]
    hours, orders = minutes / days / 60, summed(table, "orders")[riders]
    mix = [np.mean(hours < 4), np.mean((hours >= 4) & (hours < 8)), np.mean(hours >= 8)]
    assert mix == pytest.approx([0.52, 0.39, 0.09], abs=0.01)
    assert days.mean() == pytest.approx(16.1, abs=0.2)
    assert summed(table, "income_fen")[riders].sum() / orders.sum() == pytest.approx(474, rel=0.01)
    assert orders.sum() / minutes.sum() * 60 == pytest.approx(3.5, rel=0.02)
    assert summed(table, "distance_m")[riders].sum() / orders.sum() == pytest.approx(2700, rel=0.02)
    assert summed(table, "income_fen")[riders].mean() == pytest.approx(148_000, rel=0.02)  # as the note says
    assert summed(table, "night_min")[riders].sum() / minutes.sum() == pytest.approx(0.17, abs=0.01)


def test_hosts_and_sellers_are_near_the_facts(table: pa.Table) -> None:
    occupation, revenue = texts(table, "occupation")[starts(table)], summed(table, "revenue_fen") / 100
    host = occupation == "host"
    assert revenue[host].mean() == pytest.approx(10_570, rel=0.05)
    assert np.mean(revenue[host] < 10_000) == pytest.approx(0.72, abs=0.05)
    assert np.mean(greatest(table, "longest_sitting_min")[host] > 600) == pytest.approx(0.178, abs=0.03)
    assert np.mean(texts(table, "first_month")[starts(table)][host] >= "2024-09") == pytest.approx(0.582, abs=0.02)
    assert 33_767 < revenue[occupation == "seller"].mean() < 49_000
