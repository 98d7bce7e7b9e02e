"""The life of a tariff: approved by two people, released, priced with, rolled back; nothing lost, nothing half done."""

import datetime as dt
import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pricing.errors import InputError
from pricing.folder_hash import folder_hash
from pricing.tariff import SHIPPED, Tariff
from service.prices.quote import quote
from service.releases.approval import Wish, approve
from service.releases.files import locked
from service.releases.history import in_force, read_history, strays
from service.releases.release import release, rollback
from service.settings import tariff_folder
from tests.service.releases import BASE_ID, DISTANCE_ID, NOON, approved, law, number_in_force, released, run_folder

RIDER = {
    "month": "2026-08",
    "known_on": "2026-11-26",
    "worker": "w_4KQ7ZB2M",
    "schemes": ["class_rate"],
    "usage": [
        {
            "platform": "meituan",
            "region": "110000",
            "occupation": "food_rider",
            "vehicle": "e_bike",
            "employment": "employee",
            "risk_class": 5,
            "orders": 760,
            "active_days": 31,
            "income_fen": 630_000,
        }
    ],
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the settings name."""
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    return tmp_path / "home"


def premium() -> int:
    [scheme] = quote(RIDER, Tariff.load(tariff_folder()), NOON.date(), "en")["schemes"]
    found: int = scheme["premium_fen"]
    return found


def test_a_new_base_changes_the_price_and_a_rollback_brings_it_back(home: Path, tmp_path: Path) -> None:
    releases = home / "releases"
    # The pay of 6,300.00 lies below both floors; class 5 pays 1.1 %: 7,162.00 → 78.782, 7,500.00 → 82.50.
    assert (tariff_folder(), premium()) == (SHIPPED, 7878)
    shown = released(law(tmp_path / "base_2026"), releases)
    assert (shown["number"], shown["previous"], number_in_force(releases)) == (1, 0, 1)
    assert (tariff_folder(), premium()) == (releases / "0001", 8250)
    rollback(releases, 0, Wish("Zhao Min", NOON, "the notice was withdrawn"))
    assert (tariff_folder(), premium()) == (SHIPPED, 7878)
    rollback(releases, 1, Wish("Zhao Min", NOON, "it was not"))
    assert premium() == 8250
    assert [(event.event, event.number) for event in read_history(releases)] == [
        ("release", 1),
        ("rollback", 0),
        ("rollback", 1),
    ]


def test_a_release_holds_the_whole_tariff_and_says_where_it_comes_from(tmp_path: Path) -> None:
    candidate = law(tmp_path / "base_2026")
    shown = released(candidate, tmp_path / "releases")
    folder = tmp_path / "releases" / "0001"
    written = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    assert folder_hash(folder) == folder_hash(candidate) == written["tariff_sha256"]
    assert {name: shown[name] for name in written} == written
    assert [(one["by"], one["kind"]) for one in written["approvals"]] == [
        ("Li Wei", "unauthenticated"),
        ("陈宇", "unauthenticated"),
    ]
    assert (written["number"], written["by"], written["candidate"]) == (1, "Zhao Min", None)
    assert (written["released_at"], written["previous"]) == ("2026-11-26T12:00:00+08:00", 0)
    assert written["previous_sha256"] == folder_hash(SHIPPED)
    nothing = {"altered": [], "gone": [], "frame": False}
    assert written["changes"] == {
        "tables": [{"table": "contribution_base", "new": [BASE_ID], **nothing}],
        "parts": [],
    }
    marks = {"status": "enacted", "evidence": "quoted"}
    source = {"source": "A notice made up for a test", "clause": "lower and upper limit"}
    assert written["sources"] == [{"entry": BASE_ID, "change": "new", **source, **marks}]


def test_a_run_goes_with_its_papers_and_its_facts(tmp_path: Path) -> None:
    shown = released(run_folder(tmp_path / "run_7"), tmp_path / "releases")
    folder = tmp_path / "releases" / "0001"
    papers = {"candidate.json", "gates.json", "report.html", "model_card.md", "model_card.zh.md"}
    assert set(shown["papers"]) == papers
    assert (folder / "report.html").read_text(encoding="utf-8") == "of run_7"
    facts = shown["candidate"]
    assert (facts["run"], facts["plan"], facts["data_sha256"], facts["commit"]) == (
        "run_7",
        "riders",
        "sha256:da7a",
        None,
    )
    assert [table["new"] for table in shown["changes"]["tables"]] == [[DISTANCE_ID]]
    assert in_force(tmp_path / "releases").folder == folder
    assert DISTANCE_ID in [entry.id for entry in Tariff.load(folder).tables["work_injury/distance"].entries["000000"]]


@pytest.mark.slow
def test_papers_of_an_earlier_run_do_not_go_with_law_made_from_its_release(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    released(run_folder(tmp_path / "run"), releases)
    shown = released(law(tmp_path / "base_2026", base=releases / "0001"), releases)
    assert (shown["number"], shown["candidate"], shown["papers"]) == (2, None, {})
    assert not (releases / "0002" / "report.html").exists()
    assert [table["new"] for table in shown["changes"]["tables"]] == [[BASE_ID]]
    assert number_in_force(releases) == 2


@pytest.mark.slow
def test_a_failed_gate_is_released_only_with_its_reason(tmp_path: Path) -> None:
    run, releases = run_folder(tmp_path / "run", failed=("deviance",)), tmp_path / "releases"
    for name in ("Li Wei", "陈宇"):
        with pytest.raises(InputError) as caught:
            approve(run, releases, Wish(name, NOON))
        assert (caught.value.code, caught.value.values["gates"]) == ("gates_failed", "deviance/injury")
    approve(run, releases, Wish("Li Wei", NOON, overrides=(("deviance/injury", "only four claims"),)))
    approve(run, releases, Wish("陈宇", NOON))
    shown = release(run, releases, "Zhao Min", NOON)
    assert shown["overrides"] == [{"by": "Li Wei", "gate": "deviance/injury", "reason": "only four claims"}]


@pytest.mark.slow
def test_a_crash_before_the_event_leaves_the_tariff_in_force(home: Path, tmp_path: Path) -> None:
    releases = home / "releases"
    released(law(tmp_path / "first"), releases)
    shutil.copytree(law(tmp_path / "half", 800_000), releases / ".0002-1.writing")  # broken off while writing
    shutil.copytree(releases / "0001", releases / "0002")  # broken off between the renaming and the event
    assert (tariff_folder(), premium()) == (releases / "0001", 8250)
    assert strays(releases) == ["0002", ".0002-1.writing"]
    with pytest.raises(InputError) as caught:
        rollback(releases, 2, Wish("Zhao Min", NOON, "it is there"))
    assert caught.value.code == "rollback_unknown"
    shown = released(law(tmp_path / "second", 760_000, SHIPPED), releases)
    assert (shown["number"], number_in_force(releases)) == (3, 3)
    assert shown["strays"] == ["0002", ".0002-1.writing"]
    assert (releases / "0002" / "release.json").is_file()


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    candidate = approved(law(tmp_path / "law"), releases)
    (candidate / "regions.yaml").write_text("levels: {", encoding="utf-8")
    with pytest.raises(Exception, match="YAML"):
        release(candidate, releases, "Zhao Min", NOON)
    assert not releases.exists() or list(releases.iterdir()) == []


@pytest.mark.slow
def test_two_releases_at_once_never_take_one_number(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    candidates = [law(tmp_path / f"law_{number}") for number in range(3)]
    for candidate in candidates:  # alike but for a note, so that none undoes another
        (candidate / "note.md").write_text(candidate.name, encoding="utf-8")
        approved(candidate, releases)
    start = threading.Barrier(len(candidates))

    def attempt(candidate: Path) -> str:
        start.wait()
        try:
            return str(release(candidate, releases, "Zhao Min", NOON)["number"])
        except InputError as error:
            return error.code

    with ThreadPoolExecutor(len(candidates)) as pool:
        answers = list(pool.map(attempt, candidates))
    numbers = sorted(answer for answer in answers if answer.isdigit())
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert numbers
    assert set(answers) - set(numbers) <= {"release_locked"}
    assert [event.number for event in read_history(releases)] == [int(number) for number in numbers]
    assert strays(releases) == []


def test_a_held_folder_is_refused_by_name(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    candidate = approved(law(tmp_path / "law"), releases)
    releases.mkdir()
    with locked(releases), pytest.raises(InputError) as caught:
        release(candidate, releases, "Zhao Min", NOON)
    assert caught.value.code == "release_locked"
    assert release(candidate, releases, "Zhao Min", NOON)["number"] == 1


def test_a_setting_stands_above_every_release(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(law(tmp_path / "law"), home / "releases")
    monkeypatch.setenv("LICHENG_TARIFF", str(SHIPPED))
    assert (tariff_folder(), premium()) == (SHIPPED, 7878)


def test_known_on_names_the_release_of_that_day(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    released(law(tmp_path / "law"), releases, NOON)
    rollback(releases, 0, Wish("Zhao Min", NOON + dt.timedelta(days=2), "withdrawn"))
    numbers = [in_force(releases, NOON.date() + dt.timedelta(days=days)).number for days in (-1, 0, 1, 2, 3)]
    assert numbers == [0, 1, 1, 0, 0]
