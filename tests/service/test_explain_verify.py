"""Explain and verify: any line again to the fen from the folder alone, and a folder that is what it says."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from service.engines.explained import explain_line
from service.engines.verified import verify
from tests.months import line_sums, lines, run, settle, write_csv
from tests.properties.months import register

Json = dict[str, Any]
MONTH, EARLY, LATE, FLOATED = "2025-08", "2025-09-01", "2025-10-15", "2027-01"
UNLIKE = 5
SCHEMES = "pilot_per_order,class_rate,courier_single,mileage_linked"


def rows(month: str) -> list[Json]:
    """Nine workers: alone and over platforms, with a reduced float, broken rows, a duplicate, a courier."""
    whole = {"month": month, "region": "110000", "employment": "employee", "risk_class": 5, "vehicle": "e_bike"}
    made = []
    for number in range(9):
        for place, platform in enumerate(("meituan", "sf_intracity", "didi")[: number % 3 + 1]):
            made.append(
                {
                    **whole,
                    "worker": f"w_{number:08d}",
                    "platform": platform,
                    "occupation": "ride_hailing_driver" if platform == "didi" else "instant_rider",
                    "orders": 101 * number + place,
                    "distance_m": 310_000 * number + 7,
                    "income_fen": 90_000 * number + 101 * place,
                    "active_days": 3 * number + 1,
                }
            )
    courier = {**made[-1], "worker": "w_courier0", "occupation": "parcel_courier", "platform": "acme"}
    broken = {**made[-1], "worker": "w_broken00", "region": "990000"}
    return [*made, courier, broken, made[0]]


class Place:
    """Months of one register in a folder."""

    def __init__(self, folder: Path, month: str) -> None:
        self.folder, self.month = folder, month
        self.register = write_csv(folder / "register.csv", register(month))

    def settle(self, name: str, usage: list[Json], known_on: str, *options: Any) -> Path:
        """The rows settled into a folder of this name."""
        path = write_csv(self.folder / f"{name}.csv", usage)
        sides = ("--month", self.month, "--known-on", known_on, "--platforms", self.register)
        settle(path, self.folder / name, *sides, "--demonstration", "--schemes", SCHEMES, *options)
        return self.folder / name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("months"), MONTH)


@pytest.fixture(scope="module")
def first(place: Place) -> Path:
    """A first settlement, with yesterday's base of Beijing."""
    return place.settle("first", rows(MONTH), EARLY)


@pytest.fixture(scope="module")
def corrected(place: Place, first: Path) -> Path:
    """Its correction: meituan sends less, and Beijing's base and wage were published; the first folder is gone then."""
    again = [{**row, "orders": row["orders"] // 2} for row in rows(MONTH) if row["platform"] == "meituan"]
    kept = place.folder / "kept"
    shutil.copytree(first, kept)
    out = place.settle("corrected", again, LATE, "--previous", kept)
    shutil.rmtree(kept)
    return out


def test_a_correction_shares_no_file_with_what_it_corrects(place: Place, first: Path) -> None:
    out = place.settle("beside", rows(MONTH), LATE, "--previous", first)
    kept = list((out / "before").iterdir())
    assert len(kept) > 4
    assert [path.name for path in kept if path.read_bytes() != (first / path.name).read_bytes()] == []
    assert [path.name for path in kept if path.samefile(first / path.name)] == []


def test_every_line_is_explained_to_the_fen(first: Path, tmp_path: Path) -> None:
    settled = lines(first)
    assert {line["scheme"] for line in settled} == {"pilot_per_order", "class_rate", "mileage_linked"}
    for number, line in enumerate(settled, 1):
        found = explain_line(first, number, tmp_path, "en")
        assert found["line"] == {"number": number, **line}
        assert found["now"]["levy_fen"] == line["levy_fen"]
        assert found["now"]["worksheet"][-1]["running_millifen"] == 1000 * line["levy_fen"]
        assert not {"before", "allocated"} & set(found)


def test_every_difference_is_explained_to_the_fen(corrected: Path, tmp_path: Path) -> None:
    settled = lines(corrected)
    assert {line["reason"] for line in settled} == {"usage", "base", "scope"}
    assert {line["scheme"] for line in settled if line["reason"] == "scope"} == {"courier_single"}
    assert any(line["levy_fen"] < 0 for line in settled)
    for number, line in enumerate(settled, 1):
        found = explain_line(corrected, number, tmp_path, "en")
        assert found["now"]["levy_fen"] - found["before"]["levy_fen"] == line["levy_fen"], line
        assert "allocated" not in found


def test_under_a_float_what_the_declaration_gave_is_said(tmp_path: Path) -> None:
    folder = Place(tmp_path, FLOATED).settle("month", rows(FLOATED), "2027-02-10")
    told = 0
    for number, line in enumerate(lines(folder), 1):
        found = explain_line(folder, number, tmp_path, "en")
        told += "allocated" in found
        assert ("allocated" in found) == (found["now"]["levy_fen"] != line["levy_fen"])
        assert abs(found["now"]["levy_fen"] - line["levy_fen"]) <= 1
    assert told > 0


@pytest.mark.parametrize(("lang", "said"), [("en", "Charged before"), ("zh", "此前")])
def test_the_page_of_a_difference(lang: str, said: str, corrected: Path) -> None:
    number = next(n for n, line in enumerate(lines(corrected), 1) if line["reason"] == "base")
    done = run("explain", corrected, number, "--lang", lang)
    assert (done.code, done.err) == (0, "")
    assert said in done.out
    shown = json.loads(run("explain", corrected, number, "--json").out)
    assert set(shown) >= {"format", "edition", "line", "before", "now"}


def test_lines_that_are_not_there(first: Path) -> None:
    for number in (0, len(lines(first)) + 1, 10**9):
        done = run("explain", first, number)
        assert (done.code, "[no_such_line]" in done.err) == (3, True)


def test_untouched_folders_are_verified_wherever_they_lie(first: Path, corrected: Path, tmp_path: Path) -> None:
    """The folder that the correction corrected is not there any more."""
    for number, folder in enumerate((first, corrected)):
        moved = tmp_path / f"it's {number}"
        shutil.copytree(folder, moved)
        done = run("verify", moved, "--json")
        assert (done.code, json.loads(done.out)["unlike"]) == (0, [])
        assert "agrees" in run("verify", moved).out
        assert sorted(moved.rglob("*")) == sorted(moved / path.relative_to(folder) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["usage.parquet", "register.csv", "edition.json", "charged.json", "lines.parquet"])
def test_what_a_correction_keeps_of_before_is_hashed_too(name: str, corrected: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(corrected, changed)
    (changed / "before" / name).write_bytes(b"x")
    done = run("verify", changed)
    assert (done.code, f"before/{name}" in done.err, "[folder_changed]" in done.err) == (3, True, True)


def test_a_correction_of_a_correction_needs_only_the_last(place: Place, first: Path, corrected: Path) -> None:
    back = [row for row in rows(MONTH) if row["platform"] == "meituan"]
    third = place.settle("third", back, LATE, "--previous", corrected)
    at_once = place.settle("at_once", rows(MONTH), LATE)
    assert line_sums([first, corrected, third]) == line_sums([at_once])
    assert {line["settles"] for line in lines(third)} == {json.loads((corrected / "receipt.json").read_text())["run"]}
    assert verify(third, lambda stage, count: None)["unlike"] == []
    assert run("verify", third).code == 0 != UNLIKE
