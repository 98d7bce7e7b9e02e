"""Whole folders of small months: money and rows are conserved; order, files and batches change nothing."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.payers import PAYER_NAMES
from service.engines.folder import DECLARATIONS, read_csv
from tests.months import Json, declared_sums, line_sums, lines, refusals, run, settle, totals, write_csv, write_parquet
from tests.properties.months import FOUR, THREE, months, of_platforms, register

BEIJING = "2025-08"
SCHEMES = ("pilot_per_order", "class_rate", "courier_single", "mileage_linked")
EARLY, LATE = "2025-09-01", "2025-10-15"  # Beijing's base of 2025-07 was published on 2025-09-18
COLUMNS = (
    *("month", "worker", "platform", "contractor", "region", "occupation", "vehicle", "employment", "risk_class"),
    *("orders", "distance_m", "income_fen", "active_days", "worker_ref"),
)


class Place:
    """A folder for months of one month's register."""

    def __init__(self, folder: str, month: str) -> None:
        self.folder, self.month = Path(folder), month
        self.register = write_csv(self.folder / "register.csv", register(month))

    def settle(self, name: str, rows: list[Json] | list[Path], known_on: str, *options: Any) -> Path:
        """The rows (or files) settled into a folder of this name."""
        files = [row for row in rows if isinstance(row, Path)]
        if not files:
            usage = [row for row in rows if isinstance(row, dict)]
            files = [write_csv(self.folder / f"{name}.csv", usage, COLUMNS)]
        known = ("--month", self.month, "--known-on", known_on, "--platforms", self.register, "--demonstration")
        settle(files, self.folder / name, *known, "--schemes", ",".join(SCHEMES), *options)
        return self.folder / name


@settings(max_examples=12)
@given(months(BEIJING))
def test_money_and_rows_are_conserved(rows: list[Json]) -> None:
    with TemporaryDirectory() as folder:
        out = Place(folder, BEIJING).settle("month", rows, LATE)
        found, refused, declared = totals(out), refusals(out), read_csv(out / DECLARATIONS)
        assert (found["rows"], tuple(found["schemes"])) == (len(rows), SCHEMES)
        for name, scheme in found["schemes"].items():
            own = [line for line in lines(out) if line["scheme"] == name]
            fen = sum(line["levy_fen"] for line in own)
            assert fen == scheme["levy_fen"] == sum(int(row["levy_fen"]) for row in declared if row["scheme"] == name)
            assert fen == sum(line[f"{payer}_fen"] for line in own for payer in PAYER_NAMES)
            assert {scheme["second"][by] for by in scheme["second"] if by.endswith("_fen")} == {fen}
            counts = (len(own), len([row for row in refused if row["scheme"] == name]), scheme["duplicate"])
            assert counts == (scheme["priced"], scheme["refused"], scheme["duplicate"])
            assert sum(counts) == len(rows)
        assert run("verify", out).code == 0


@pytest.mark.slow
@settings(max_examples=8)
@given(months(BEIJING, THREE, most=15), st.permutations(THREE), st.integers(0, 3))
def test_any_order_of_arrival_ends_with_the_same_sums(rows: list[Json], order: list[str], early: int) -> None:
    with TemporaryDirectory() as folder:
        place = Place(folder, BEIJING)
        at_once = place.settle("at_once", rows, LATE)
        chain: list[Path] = []
        for number, platform in enumerate([*order, order[0]]):
            previous = ("--previous", chain[-1]) if chain else ()
            known_on = EARLY if number < early else LATE
            chain.append(place.settle(f"step_{number}", of_platforms(rows, platform), known_on, *previous))
        assert line_sums(chain) == line_sums([at_once])
        assert declared_sums(chain) == declared_sums([at_once])
        counts = [
            {n: s[n] for n in ("read", "priced", "refused", "duplicate")} for s in totals(chain[-1])["schemes"].values()
        ]
        assert counts == [{n: s[n] for n in counts[0]} for s in totals(at_once)["schemes"].values()]
        assert run("verify", chain[-1]).code == 0


@pytest.mark.slow
@settings(max_examples=8)
@given(months(BEIJING, most=15), months(BEIJING, most=15), st.sampled_from(FOUR))
def test_a_platform_sent_again_is_replaced(rows: list[Json], again: list[Json], platform: str) -> None:
    with TemporaryDirectory() as folder:
        place = Place(folder, BEIJING)
        kept, sent = of_platforms(rows, *set(FOUR) - {platform}), of_platforms(again, platform)
        first = place.settle("first", rows, LATE)
        second = place.settle("second", sent, LATE, "--previous", first)
        expected = place.settle("expected", [*kept, *sent] if sent else rows, LATE)
        assert line_sums([first, second]) == line_sums([expected])
        assert declared_sums([first, second]) == declared_sums([expected])
        assert {line["reason"] for line in lines(second)} <= {"usage"}


@pytest.mark.slow
@settings(max_examples=8)
@given(months(BEIJING, most=20), st.integers(1, 4), st.integers())
def test_files_and_their_order_change_no_line(rows: list[Json], parts: int, seed: int) -> None:
    with TemporaryDirectory() as folder:
        place, shuffled = Place(folder, BEIJING), random.Random(seed).sample(rows, len(rows))
        files = [
            (write_parquet if number % 2 else write_csv)(place.folder / name, shuffled[number::parts] or shuffled[:1])
            for number, name in enumerate(["d.csv", "c.parquet", "b.csv", "a.parquet"][:parts])
        ]
        one, many = place.settle("one", rows, LATE), place.settle("many", files, LATE)
        assert lines(many) == lines(one)
        assert (many / DECLARATIONS).read_bytes() == (one / DECLARATIONS).read_bytes()
        told = [
            sorted((r["scheme"], r["code"], r["orders"], r["message"]) for r in refusals(out)) for out in (one, many)
        ]
        assert told[0] == told[1]
