"""The reference tariff: its shipped entries are what its command gives, from a base without them, again and again."""

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from pricing.lint import lint
from pricing.tariff import SHIPPED, Tariff
from pricing.units import parse_month
from tests.evaluator import curve_at
from training.book import simulate_book
from training.claims_perils import CARGO_DAMAGE, THIRD_PARTY, WORK_INJURY
from training.reference.__main__ import main
from training.reference.book import Size
from training.reference.chinese import SOURCES, in_chinese
from training.reference.rows import ROWS, STEP_M, write_rows
from training.reference.stripped import sources, without, write_without
from training.reference.tariff import KNOWN_FROM, PLANS, Place, make

TABLES = (
    *("cargo_damage/frequency.yaml", "cargo_damage/severity.yaml"),
    *(f"third_party/{name}.yaml" for name in ("frequency", "night_share", "severity", "vehicle")),
    *(f"work_injury/{name}.yaml" for name in ("distance", "night_share", "vehicle")),
)


def quiet(step: str, rows: int) -> None:
    """No progress is shown."""


def entries(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((folder / name).read_text(encoding="utf-8"))["entries"]
    return found


def is_own(entry: dict[str, Any]) -> bool:
    return str(entry["source"]["title"]).startswith("synthetic_book_")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_without(SHIPPED, tmp_path_factory.mktemp("reference") / "base")


@pytest.mark.slow
def test_the_shipped_entries_are_what_the_command_gives(tmp_path: Path) -> None:
    """The whole book: about a minute and a half on one core."""
    made = make(tmp_path / "made", Size(), KNOWN_FROM, quiet)
    assert made.tables() == TABLES
    assert made.differing() == ()


def test_nine_tables_have_an_entry_each(base: Path) -> None:
    for name in TABLES:
        assert [is_own(entry) for entry in entries(SHIPPED, name)].count(True) == 1, name
        new = entries(SHIPPED, name)[-1]
        assert is_own(new), name
        assert (new["status"], new["evidence"]) == ("demonstration", "derived")
        assert (new["effective_from"], new["known_from"]) == ("2026-12", KNOWN_FROM)
        assert "seed_2026" in new["source"]["title"]
        assert re.match(r"data sha256:[0-9a-f]{16}; plan sha256:[0-9a-f]{16}; [\d,]+ claims", new["source"]["clause"])


def test_the_base_is_the_tariff_without_these_entries(base: Path) -> None:
    names = sorted(path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*.yaml"))
    assert sorted(path.relative_to(base).as_posix() for path in base.rglob("*.yaml")) == names
    for name in names:
        old, new = ((folder / name).read_bytes() for folder in (base, SHIPPED))
        assert (old != new) == (name in TABLES), name
        assert new.startswith(old), name
        if name in TABLES:
            assert entries(base, name) == [entry for entry in entries(SHIPPED, name) if not is_own(entry)]
    assert sources(base) == ()


def test_no_month_before_december_2026_moves(base: Path) -> None:
    old, new = Tariff.load(base), Tariff.load(SHIPPED)
    first, last = parse_month("2022-07"), parse_month("2026-11")
    assert first is not None
    assert last is not None
    late = dt.date(2030, 1, 1)
    assert [month for month in range(first, last + 1) if old.on(month, late).hash != new.on(month, late).hash] == []
    assert old.on(last + 1, late).hash != new.on(last + 1, late).hash
    before = KNOWN_FROM - dt.timedelta(days=1)
    assert old.on(last + 1, before).hash == new.on(last + 1, before).hash


def test_what_stands_after_the_entries_stays() -> None:
    own = '  - effective_from: 2026-12\n    source:\n      title: "synthetic_book_x, run seed_1"\n    value: 2\n'
    text = "name: x\nentries:\n  - effective_from: 2022-07\n    value: 1\n{}# a comment\nreview_by: 2027-01\n"
    for after in ("", "  - effective_from: 2027-01\n    value: 3\n"):
        whole = text.format(own + after)
        assert without(whole).replace("# a comment\n", "") == text.format(after).replace("# a comment\n", "")
    assert without(text.format("")) == text.format("")


def test_lint_finds_no_error() -> None:
    found = lint(Tariff.load(SHIPPED), dt.date(2026, 12, 1))
    assert found
    assert [finding.place for finding in found if finding.severity == "error"] == []


@pytest.mark.parametrize(("name", "bound"), [("motorcycle", 0.15), ("car", 0.15), ("van", 0.15), ("truck", 0.2)])
def test_vehicles_of_work_injury_are_those_the_book_was_drawn_from(name: str, bound: float) -> None:
    shown = entries(SHIPPED, "work_injury/vehicle.yaml")[-1]["by_vehicle"]
    assert shown[name] / 1e6 == pytest.approx(WORK_INJURY.frequency.vehicles[name], rel=bound)


@pytest.mark.parametrize("kilometres", [400, 1000, 2000, 3000, 4000, 5500])
def test_the_distance_curve_is_that_of_the_book(kilometres: int) -> None:
    knots = entries(SHIPPED, "work_injury/distance.yaml")[-1]["curve"]
    true = (kilometres / 833) ** WORK_INJURY.frequency.elasticity
    assert curve_at(knots, kilometres * 1000) / 1e6 == pytest.approx(true, rel=0.1)


def test_technical_tables_are_those_of_the_book() -> None:
    cost, claims = (entries(SHIPPED, f"third_party/{name}.yaml")[-1]["by_peril"] for name in ("severity", "frequency"))
    assert claims["injury"] == pytest.approx(408, rel=0.05)
    mean = 100 * sum(one.share * one.cost for one in THIRD_PARTY.outcomes)
    assert cost["injury"] == pytest.approx(mean, rel=0.1)
    goods = entries(SHIPPED, "cargo_damage/frequency.yaml")[-1]["by_peril"]
    shares = {one.name: one.share for one in CARGO_DAMAGE.outcomes}
    assert goods["loss"] / sum(goods.values()) == pytest.approx(shares["loss"], rel=0.02)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The plans' rows of a small book, and that book as `licheng simulate` writes it."""
    folder = tmp_path_factory.mktemp("rows")
    write_rows(Size(900, 6), folder / "rows")
    return folder / "rows", simulate_book(900, 6, 2026, "2025-01", folder / "book").folder


def test_the_rows_are_the_months_of_the_simulated_book(drawn: tuple[Path, Path]) -> None:
    months, claims = (pd.read_parquet(drawn[1] / f"{name}.parquet") for name in ("exposure", "claims"))
    injury, third, goods = (pd.read_parquet(drawn[0] / f"{name}.parquet") for name in PLANS)
    months["set"] = ["train" if (int(name[2:]) - 1) % 5 else "test" for name in months["worker"]]
    months["month_distance_m"] = (months["distance_m"] + STEP_M // 2) // STEP_M * STEP_M
    months["night_share_ppm"] = (months["night_share"] * 100).round().astype(int) * 10_000
    keys = ["trade", "vehicle", "set", "night_share_ppm", "month_distance_m"]
    plain = months.astype(dict.fromkeys(keys[:3], str))
    sums = plain.groupby(keys)[["insured_months", "work_injury_claims"]].sum().astype(int)
    found = injury.set_index(keys)[["insured_months", "work_injury_claims"]].sort_index()
    assert len(found) > 500
    assert found.equals(sums.sort_index())
    assert third["distance_m"].sum() == months["distance_m"].sum()
    assert third["third_party_fen"].sum() == months["third_party_fen"].sum()
    carries = months["trade"] != "ride_hailing"
    assert goods["orders"].sum() == months["orders"][carries].sum() < months["orders"].sum()
    assert set(goods["trade"]) == {"rider", "courier", "freight"}
    kind = claims[(claims["peril"] == "cargo_damage") & (claims["trade"] != "ride_hailing")]
    for outcome in ("damage", "loss"):
        own = kind[kind["outcome"] == outcome]
        assert (goods[f"{outcome}_claims"].sum(), goods[f"{outcome}_fen"].sum()) == (len(own), own["amount_fen"].sum())
        assert len(own) > 20


def test_the_rows_are_the_same_bytes_again(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    write_rows(Size(900, 6), tmp_path)
    for name in ROWS:
        assert (tmp_path / f"{name}.parquet").read_bytes() == (drawn[0] / f"{name}.parquet").read_bytes()


@pytest.mark.slow
def test_made_anew_from_its_own_result_it_is_the_same(tmp_path: Path) -> None:
    tariff, words, plans = tmp_path / "rates", tmp_path / "sources.zh.yaml", tmp_path / "plans"
    shutil.copytree(SHIPPED, tariff)
    shutil.copyfile(SOURCES, words)
    plans.mkdir()
    for path in (SOURCES.parents[2] / "training" / "reference").glob("*.yaml"):
        loose = path.read_text(encoding="utf-8").replace("fidelity_mean: 0.06", "fidelity_mean: 0.9")
        (plans / path.name).write_text(loose, encoding="utf-8")
    place, size = Place(tariff, words, plans), Size(40_000, 12)
    first = make(tmp_path / "first", size, KNOWN_FROM, quiet, place)
    assert first.differing() == (*TABLES, words.name)  # another book gives other figures
    first.write()
    assert make(tmp_path / "again", size, KNOWN_FROM, quiet, place).differing() == ()
    later = make(tmp_path / "later", size, KNOWN_FROM + dt.timedelta(days=1), quiet, place)
    assert later.differing() == TABLES  # the date alone, which the words do not hold
    assert [entries(later.tariff, name)[:-1] for name in TABLES] == [entries(later.base, name) for name in TABLES]


def test_every_source_has_its_chinese(base: Path) -> None:
    known = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))
    found = sources(SHIPPED)
    assert len(found) > 8
    assert {source: known.get(source) for source in found} == {source: in_chinese(source) for source in found}
    with pytest.raises(ValueError, match="no Chinese words"):
        in_chinese("seen nowhere")


def test_a_folder_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        main(["--out", str(tmp_path), "--workers", "10"])
