"""A candidate: the tariff in force with new entries, its other text as it was, balanced anew, refused by name."""

import datetime as dt
import json
import math
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from models.bands import Bands
from models.curve import Curve
from models.design import Coding
from models.factor_spec import FactorSpec
from models.levels import Levels
from models.tables import Tables
from pricing.errors import InputError, LichengError
from pricing.folder_hash import folder_hash
from pricing.strict_yaml import read_yaml
from pricing.tariff import Tariff
from tests.evaluator import curve_at, half_up
from tests.plain import PLAIN
from training.candidate import make_candidate
from training.candidate_spec import CandidateFrame, CandidateSpec, Experience, read_candidate
from training.published import Frame, Published, write_tables

KNOWN = dt.date(2026, 11, 26)
FRAME = CandidateFrame(
    plan="riders",
    run="riders-7",
    known_from=KNOWN,
    data_sha256="sha256:" + "ab" * 32,
    plan_sha256="sha256:" + "cd" * 32,
    program="0.1.0",
    seed=2026,
    gates_passed=True,
    months=("2025-01", "2026-06"),
    experience={"injury": Experience(1234, 90_000), "treatment": Experience(3000, 2_000_000_000, 27_000_000_00)},
)
KM = Curve(np.array([100_000, 1_000_000, 4_000_000]), np.array([0.4, 1.3, 2.9]))
NIGHT = Curve(np.array([0, 300_000, 900_000]), np.array([0.8, 1.0, 1.5]))
VEHICLES = ("e_bike", "bicycle", "motorcycle")
RELATIVE = (0.0, math.log(0.8), math.log(1.35))
DISTANCE, VEHICLE, NIGHT_SHARE = (f"work_injury/{name}" for name in ("distance", "vehicle", "night_share"))


def fitted(folder: Path, *, km: Curve = KM, vehicles: tuple[str, ...] = VEHICLES, exposure: str = "months") -> Path:
    """Tables of a fit with two curves, one table by names and one by bands; perils injury and treatment alike."""
    vehicle = Levels(
        FactorSpec("vehicle", "categorical"), vehicles, len(vehicles), missing=False, unseen=False, base_code=0
    )
    worked = Bands(FactorSpec("worked_min"), np.array([0.0, 9000]), missing=False, unseen=False, base_code=0)
    distance, night = (
        Bands(FactorSpec(name, shape="curve"), np.array([0.0, 1]), missing=False, unseen=False, base_code=0)
        for name in ("distance_m", "night_share")
    )
    coding = Coding((vehicle, worked, distance, night))
    mains = {0: np.array(RELATIVE[: len(vehicles)]), 1: np.array([0.0, 0.1]), 2: np.zeros(2), 3: np.zeros(2)}
    frequency = Tables(coding.sizes, math.log(0.01), mains)
    perils = [Published(name, (exposure,), coding, frequency, {2: km, 3: NIGHT}) for name in ("injury", "treatment")]
    write_tables(folder, perils, Frame("2026-11", "2026-11-01", "riders", "synthetic"))
    return folder


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("fit") / "tables")


def spec(month: str = "2026-12", **publish: Any) -> CandidateSpec:
    whole = publish or {"injury": {"distance_m": DISTANCE, "night_share": NIGHT_SHARE, "vehicle": VEHICLE}}
    return read_candidate({"product": "riders", "effective_from": month, "publish": whole}, "plan, candidate")


@pytest.fixture(scope="module")
def made(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("run") / "tariff"
    return out, make_candidate(tables, PLAIN, spec(), out, FRAME)


def entries(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((folder / f"{table}.yaml").read_text(encoding="utf-8"))["entries"]
    return found


def code_of(tables: Path, out: Path, one: CandidateSpec, frame: CandidateFrame = FRAME, base: Path = PLAIN) -> str:
    with pytest.raises(LichengError) as error:
        make_candidate(tables, base, one, out, frame)
    assert not out.exists()
    assert error.value.message("zh")
    return error.value.code


def test_files_that_are_not_named_are_as_they_were(made: tuple[Path, dict[str, Any]]) -> None:
    out, _ = made
    named = {f"{table}.yaml" for table in (DISTANCE, NIGHT_SHARE, VEHICLE)}
    files = [path.relative_to(PLAIN) for path in PLAIN.rglob("*.yaml")]
    assert len(files) > 50
    unlike = [path.as_posix() for path in files if (out / path).read_bytes() != (PLAIN / path).read_bytes()]
    assert sorted(unlike) == sorted(named)
    for name in named:  # the new entry stands after every byte of the old text
        assert (out / name).read_bytes().startswith((PLAIN / name).read_bytes())


def test_candidate_json_names_what_it_is(made: tuple[Path, dict[str, Any]]) -> None:
    out, told = made
    assert told["tariff_sha256"] == folder_hash(out)
    assert told["base_sha256"] == folder_hash(PLAIN)
    assert told["effective_from"] == "2026-12"
    assert told["tables"][0] == {
        "table": DISTANCE,
        "entry": f"{DISTANCE}@2026-12",
        "peril": "injury",
        "factor": "distance_m",
    }
    assert [one["code"] for one in told["notices"]] == ["candidate_levels_kept"]
    assert all(finding["severity"] != "error" for finding in told["findings"])
    assert told["findings"], "lint always notes what one order costs"


def test_a_curve_is_one_where_the_tariff_was(made: tuple[Path, dict[str, Any]]) -> None:
    new = entries(made[0], DISTANCE)[-1]
    knots, at = new["curve"], Fraction(833_000)
    assert [x for x, _ in knots] == [100_000, 1_000_000, 4_000_000]
    unit = 400_000 + (at - 100_000) * Fraction(900_000, 900_000)  # the fitted height at the tariff's base point
    assert [y for _, y in knots] == [half_up(y * 1_000_000 / unit) for y in (400_000, 1_300_000, 2_900_000)]
    assert abs(curve_at(knots, 833_000) - 1_000_000) <= 1
    assert (str(new["known_from"]), new["status"], new["evidence"]) == ("2026-11-26", "demonstration", "derived")
    assert "riders-7" in new["source"]["title"]
    for part in ("sha256:" + "ab" * 8, "sha256:" + "cd" * 8, "2025-01 to 2026-06", "1,234 claims"):
        assert part in new["source"]["clause"]


def test_levels_have_the_fit_and_the_rest_stays(made: tuple[Path, dict[str, Any]]) -> None:
    new = entries(made[0], VEHICLE)[-1]["by_vehicle"]
    assert new == {
        "foot": 700_000,
        "bicycle": 800_000,
        "e_bike": 1_000_000,
        "motorcycle": 1_350_000,
        "car": 800_000,
        "van": 850_000,
        "truck": 900_000,
        "none": 1_000_000,
    }


def portfolio_gap(folder: Path, omega: int) -> Fraction:
    """Premium of the reference portfolio against what it was without relativities, from the YAML alone."""
    vehicle = entries(folder, VEHICLE)[-1]["by_vehicle"]
    curves = {name: entries(folder, f"work_injury/{name}")[-1]["curve"] for name in ("distance", "night_share")}
    fatigue = entries(folder, "work_injury/worked_min")[-1]["curve"]
    total = Fraction(0)
    cells = read_yaml(folder / "reference_portfolios.yaml")["portfolios"]["riders_2024"]["cells"]
    for cell in cells:
        km, worked, night = (int(cell[name]) for name in ("distance_m", "worked_min", "night_min"))
        ratio = half_up(curve_at(curves["distance"], km))
        share = half_up(Fraction(night * 1_000_000, worked))
        for factor in (
            vehicle[cell["vehicle"]],
            half_up(curve_at(curves["night_share"], share)),
            half_up(curve_at(fatigue, worked)),
        ):
            ratio = half_up(Fraction(ratio * factor, 1_000_000))
        clamped = min(max(half_up(Fraction(ratio * 1_000_000, omega)), 500_000), 1_500_000)
        total += int(cell["weight"]) * int(cell["base_fen"]) * Fraction(clamped - 1_000_000, 1_000_000)
    return total


def test_the_off_balance_is_solved_anew(made: tuple[Path, dict[str, Any]]) -> None:
    out, told = made
    new = entries(out, DISTANCE)[-1]
    omega = new["off_balance_ppm"]
    assert new["reference_portfolio"] == "riders_2024"
    [step] = told["off_balance"]
    assert (step["before_ppm"], step["after_ppm"]) == (1_191_072, omega)
    gaps = {near: abs(portfolio_gap(out, near)) for near in (omega - 1, omega, omega + 1)}
    assert gaps[omega] == min(gaps.values())
    assert abs(portfolio_gap(out, 1_191_072)) > 1000 * gaps[omega]  # the old one does not keep the premium


def test_before_its_month_nothing_changes(made: tuple[Path, dict[str, Any]]) -> None:
    month = 2026 * 12 + 10
    old, new = (Tariff.load(folder).on(month, KNOWN) for folder in (PLAIN, made[0]))
    assert old.hash == new.hash
    assert old.hash != Tariff.load(made[0]).on(month + 1, KNOWN).hash


def test_a_scheme_whose_levels_change_is_balanced_too(tables: Path, tmp_path: Path) -> None:
    told = make_candidate(tables, PLAIN, spec(injury={"vehicle": VEHICLE}), tmp_path / "tariff", FRAME)
    assert [one["factor"] for one in told["tables"]] == ["vehicle", "off_balance"]
    old, new = entries(tmp_path / "tariff", DISTANCE)
    assert new["curve"] == old["curve"]
    assert new["off_balance_ppm"] != old["off_balance_ppm"]
    assert "off-balance solved anew" in new["source"]["clause"]


def test_comments_and_the_keys_after_stay(tables: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(PLAIN, base)
    path = base / f"{VEHICLE}.yaml"
    text = path.read_text(encoding="utf-8").replace("\n  - ", "\n# by size only\n  - ")
    path.write_text(text + "      # trucks last\n\nreview_by: 2030-01\n", encoding="utf-8")
    make_candidate(tables, base, spec(injury={"vehicle": VEHICLE}), tmp_path / "tariff", FRAME)
    new = (tmp_path / "tariff" / f"{VEHICLE}.yaml").read_text(encoding="utf-8")
    before, after = new.split("  - effective_from: 2026-12\n")
    assert before == text + "      # trucks last\n"
    assert after.endswith("none: 1000000\n\nreview_by: 2030-01\n")


def test_expected_cost_takes_the_means_of_the_data(tmp_path: Path) -> None:
    tables = fitted(tmp_path / "tables", exposure="orders")
    publish = {"frequency": "work_injury/frequency", "severity": "work_injury/severity"}
    told = make_candidate(tables, PLAIN, spec(treatment=publish), tmp_path / "tariff", FRAME)
    # 3,000 claims on 2,000 million orders; 27 million yuan for them
    assert entries(tmp_path / "tariff", "work_injury/frequency")[-1]["by_peril"] == {
        "treatment": 1_500_000,
        "disability": 90_000,
        "death": 3000,
    }
    assert entries(tmp_path / "tariff", "work_injury/severity")[-1]["by_peril"]["treatment"] == 900_000
    assert [one["code"] for one in told["notices"]] == ["candidate_levels_kept"] * 2
    assert told["off_balance"] == []


REFUSED = {
    "candidate_no_table": {"injury": {"distance_m": "work_injury/mileage"}},
    "candidate_no_peril": {"harm": {"distance_m": DISTANCE}},
    "candidate_no_factor": {"injury": {"weather": DISTANCE}},
    "candidate_staircase": {"injury": {"worked_min": "work_injury/worked_min"}},
    "candidate_no_levels": {"injury": {"distance_m": VEHICLE}},
    "candidate_table_shape": {"injury": {"vehicle": "third_party/base_rate"}},
    "candidate_exposure_differs": {"treatment": {"frequency": "work_injury/frequency"}},
    "candidate_no_experience": {"treatment": {"severity": "work_injury/severity"}},
}


@pytest.mark.parametrize("code", sorted(REFUSED))
def test_what_cannot_be_published_is_refused_by_name(code: str, tables: Path, tmp_path: Path) -> None:
    frame = replace(FRAME, experience={}) if code == "candidate_no_experience" else FRAME
    assert code_of(tables, tmp_path / "tariff", spec(**REFUSED[code]), frame) == code


def test_a_distance_that_falls_or_is_of_another_unit_is_refused(tmp_path: Path) -> None:
    falling = Curve(KM.x, np.array([0.4, 2.9, 1.3]))
    kilometres = Curve(KM.x // 1000, KM.y)
    ten_times = Curve(KM.x, np.array([0.01, 1.0, 20.0]) * 0.4)
    for number, (curve, code) in enumerate(
        [
            (falling, "candidate_lint"),
            (Curve(KM.x // 10_000, KM.y), "candidate_unlike_units"),
            (kilometres, "candidate_unlike_units"),
            (ten_times, "candidate_not_allowed"),
        ]
    ):
        tables = fitted(tmp_path / f"tables{number}", km=curve)
        assert code_of(tables, tmp_path / "tariff", spec(injury={"distance_m": DISTANCE})) == code


def test_a_level_that_the_tariff_does_not_know_is_refused(tmp_path: Path) -> None:
    tables = fitted(tmp_path / "tables", vehicles=("e_bike", "rickshaw"))
    assert code_of(tables, tmp_path / "tariff", spec(injury={"vehicle": VEHICLE})) == "candidate_level_not_known"


def test_an_entry_comes_after_the_last_and_is_known_before_it_holds(tables: Path, tmp_path: Path) -> None:
    out = tmp_path / "tariff"
    assert code_of(tables, out, spec("2022-06")) == "candidate_not_later"
    assert code_of(tables, out, spec("2026-10")) == "candidate_lint"  # known on 2026-11-26: only law may be known later


def test_a_file_of_another_form_is_refused(tables: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(PLAIN, base)
    path = base / f"{VEHICLE}.yaml"
    raw = read_yaml(path)
    path.write_text(json.dumps(raw), encoding="utf-8")  # one line of JSON is YAML too
    assert code_of(tables, tmp_path / "tariff", spec(injury={"vehicle": VEHICLE}), base=base) == "candidate_file_form"


def test_limits_that_bind_too_hard_are_refused(tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(PLAIN, base)
    path = base / "work_injury" / "ratio_limits.yaml"
    text = path.read_text(encoding="utf-8")
    assert "least: 500000" in text
    path.write_text(text.replace("least: 500000", "least: 1000001"), encoding="utf-8")
    tables = fitted(tmp_path / "tables")
    assert code_of(tables, tmp_path / "tariff", spec(), base=base) == "candidate_not_balanced"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"product": "riders"}, "missing_key"),
        ({"effective_from": "2026-12", "publish": {"injury": {"vehicle": VEHICLE}}}, "missing_key"),
        ({"product": "riders", "effective_from": "2026-13", "publish": {}}, "table_month_not_valid"),
        ({"product": "riders", "effective_from": "2026-12", "publish": {}}, "missing_key"),
        ({"product": "riders", "effective_from": "2026-12", "publish": {"injury": VEHICLE}}, "not_a_mapping"),
        ({"product": "riders", "effective_from": "2026-12", "publish": {"injury": {"vehicle": []}}}, "plan_not_a_word"),
        ({"product": "riders", "from": "2026-12", "publish": {}}, "unknown_key"),
        (
            {
                "product": "riders",
                "effective_from": "2026-12",
                "publish": {"injury": {"vehicle": VEHICLE}, "death": {"vehicle": VEHICLE}},
            },
            "candidate_table_twice",
        ),
    ],
)
def test_a_section_is_read_strictly(raw: dict[str, Any], code: str) -> None:
    with pytest.raises(LichengError) as error:
        read_candidate(raw, "plan, candidate")
    assert error.value.code == code
    assert error.value.message("zh")


def test_a_factor_that_the_fit_did_not_keep_is_said(tables: Path, tmp_path: Path) -> None:
    frame = replace(FRAME, factors=("vehicle", "night_share", "weather"))
    both = spec(injury={"weather": "work_injury/worked_min", "vehicle": VEHICLE})
    told = make_candidate(tables, PLAIN, both, tmp_path / "tariff", frame)
    assert [one["code"] for one in told["notices"]] == ["candidate_not_kept", "candidate_levels_kept"]
    assert len(entries(tmp_path / "tariff", "work_injury/worked_min")) == 1
    alone = spec(injury={"weather": "work_injury/worked_min"})
    assert code_of(tables, tmp_path / "other", alone, frame) == "candidate_nothing"


def test_a_folder_that_stands_is_not_overwritten(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "tariff").mkdir()
    with pytest.raises(InputError, match="tariff"):
        make_candidate(tables, PLAIN, spec(), tmp_path / "tariff", FRAME)
    assert [path.name for path in tmp_path.iterdir()] == ["tariff"]
