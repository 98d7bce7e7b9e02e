"""A month in batches: wherever it is cut, the lines are the same; under a float they sum to what is due."""

import datetime as dt
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing import Edition, parse_month, read_register
from pricing.arrow import settle_batches, settled
from pricing.month import allocation
from pricing.units import IntArray
from service.engines.local import batches_of
from tests.months import Json, lines, settle, write_csv
from tests.properties.answers import TARIFF
from tests.properties.months import months, register

FLOATED, KNOWN = "2027-01", "2027-02-10"
NAMES = ("pilot_per_order", "class_rate", "courier_single", "mileage_linked")


def edition(month: str, known_on: str) -> Edition:
    """The tables of a month with its register."""
    number = parse_month(month)
    assert number is not None
    rows = read_register(register(month), TARIFF.factors["pilot_tier"].levels, TARIFF.regions)
    return TARIFF.on(number, dt.date.fromisoformat(known_on), rows)


def folder_of(rows: list[Json], month: str, known_on: str, folder: Path) -> Path:
    """The rows settled by the command line."""
    sides = (
        "--platforms",
        write_csv(folder / "register.csv", register(month)),
        "--demonstration",
        "--schemes",
        ",".join(NAMES),
    )
    usage = write_csv(folder / "usage.csv", rows)
    settle(usage, folder / "month", "--month", month, "--known-on", known_on, *sides)
    return folder / "month"


def cut(usage: pa.Table, sizes: list[int]) -> list[pa.RecordBatch]:
    """A month's usage in batches of these sizes, taken in turn."""
    batches, place = [], 0
    while place < len(usage):
        size = sizes[len(batches) % len(sizes)]
        batches += usage.slice(place, size).combine_chunks().to_batches()
        place += size
    return batches


def in_batches(batches: list[pa.RecordBatch], tables: Edition) -> list[Json]:
    """Lines of `settle_batches`, with the first pass that a declared scheme needs, in key order."""
    declared = [name for name in NAMES if tables.schemes[name].declared]
    shares = allocation(settled(batches, tables, declared), tables)

    def extra(name: str, number: int, rows: int) -> IntArray:
        return shares[name].extra(number, rows)

    found: list[Json] = [row for batch in settle_batches(batches, tables, NAMES, extra) for row in batch.to_pylist()]
    return sorted(found, key=place)


def place(line: Json) -> tuple[Any, ...]:
    """Key order, a row's schemes in the order of the edition."""
    key = ("worker", "platform", "contractor", "region", "occupation", "vehicle")
    return (*(line[name] for name in key), NAMES.index(line["scheme"]))


@settings(max_examples=8)
@given(
    st.data(), st.sampled_from([("2025-08", "2025-10-15"), (FLOATED, KNOWN)]), st.lists(st.integers(1, 9), min_size=1)
)
def test_wherever_the_month_is_cut_the_lines_are_the_same(
    data: st.DataObject, when: tuple[str, str], sizes: list[int]
) -> None:
    rows, tables = data.draw(months(when[0])), edition(*when)
    with TemporaryDirectory() as name:
        folder = folder_of(rows, *when, Path(name))
        usage = pa.Table.from_batches(batches_of(folder / "usage.parquet"))
        whole = in_batches(cut(usage, [len(usage)]), tables)
        assert in_batches(cut(usage, sizes), tables) == in_batches(cut(usage, [1]), tables) == whole
        assert lines(folder) == whole


def largest_remainders(own: list[Json]) -> list[int]:
    """What the contract allocates to a declaration's lines, written out once more: half up, then the greatest first."""
    exact = [line["premium_millifen"] for line in own]
    fen = [each // 1000 for each in exact]
    left = (sum(exact) + 500) // 1000 - sum(fen)
    for number in sorted(range(len(own)), key=lambda n: (-(exact[n] % 1000), place(own[n])))[:left]:
        fen[number] += 1
    return fen


@settings(max_examples=8)
@given(months(FLOATED, least=10))
def test_under_a_float_lines_are_the_declaration_by_largest_remainder(rows: list[Json]) -> None:
    entities = {(row["platform"], row["region"]): row["entity"] for row in register(FLOATED)}

    def entity(line: Json) -> str:
        wider = (line["region"], line["region"][:4] + "00", line["region"][:2] + "0000", "")
        return next((entities[line["platform"], r] for r in wider if (line["platform"], r) in entities), "")

    with TemporaryDirectory() as name:
        groups: dict[tuple[str, ...], list[Json]] = defaultdict(list)
        for line in lines(folder_of(rows, FLOATED, KNOWN, Path(name))):
            if line["scheme"] == "pilot_per_order":
                industry = {"food_rider": "instant_rider"}.get(line["occupation"], line["occupation"])
                groups[line["platform"], line["region"][:2], industry, entity(line)].append(line)
    for own in groups.values():
        assert [line["levy_fen"] for line in own] == largest_remainders(own)


def test_a_float_leaves_fen_to_allocate(tmp_path: Path) -> None:
    row = {"month": FLOATED, "platform": "didi", "region": "110000", "occupation": "ride_hailing_driver"}
    rows = [{**row, "worker": f"w_{n:08d}", "orders": orders} for n, orders in enumerate((1, 1, 1, 7, 4))]
    own = [line for line in lines(folder_of(rows, FLOATED, KNOWN, tmp_path)) if line["scheme"] == "pilot_per_order"]
    assert [line["premium_millifen"] for line in own] == [900, 900, 900, 6300, 3600]
    assert [line["levy_fen"] for line in own] == [1, 1, 1, 6, 4]
    assert sum(line["levy_fen"] for line in own) == (900 * 14 + 500) // 1000
