"""The chain of events, and folders that are not what it says: found by name and place, and nothing used instead."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pricing.errors import InputError, TariffError
from service.releases.approval import Wish
from service.releases.files import sha256_of
from service.releases.history import HISTORY, in_force, read_history
from service.releases.release import rollback
from service.settings import tariff_folder
from tests.service.releases import NOON, law, released

Lines = list[str]


@pytest.fixture(scope="module")
def three_events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Released, rolled back, rolled back to the release."""
    folder = tmp_path_factory.mktemp("history")
    releases = folder / "home" / "releases"
    released(law(folder / "law"), releases)
    rollback(releases, 0, Wish("Zhao Min", NOON, "withdrawn\u2028or not"))
    rollback(releases, 1, Wish("Zhao Min", NOON, "it was not"))
    return releases


@pytest.fixture
def releases(three_events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them in a data folder that the settings name."""
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    return shutil.copytree(three_events, tmp_path / "releases")


def said_by_settings() -> TariffError:
    with pytest.raises(TariffError) as caught:
        tariff_folder()
    return caught.value


def test_each_event_is_linked_to_the_one_before(releases: Path) -> None:
    events = read_history(releases)
    assert [event.number for event in events] == [1, 0, 1]
    assert [event.previous for event in events] == [None, events[0].hash, events[1].hash]
    assert events[0].reason is None
    assert events[1].at == "2026-11-26T12:00:00+08:00"
    # The hash by hand: of the JSON without it, keys in order, no blanks.
    line = (releases / HISTORY).read_text(encoding="utf-8").split("\n")[1]
    said = {name: value for name, value in json.loads(line).items() if name != "hash"}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert events[1].hash == sha256_of(text.encode())


def other_hand(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace("Zhao Min", "Nobody"), lines[2]]


def last_edited(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace('"number": 1', '"number": 0')]


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (other_hand, 2, "history_why_hash"),
        (last_edited, 3, "history_why_hash"),
        (lambda lines: [lines[0], lines[2]], 2, "history_why_previous"),
        (lambda lines: lines[1:], 1, "history_why_previous"),
        (lambda lines: [lines[1], lines[0], lines[2]], 1, "history_why_previous"),
        (lambda lines: [*lines, lines[2]], 4, "history_why_previous"),
        (lambda lines: [*lines[:2], lines[2][:50]], 3, "history_why_json"),
        (lambda lines: [*lines, "[]"], 4, "history_why_json"),
        (lambda lines: [*lines, "{}"], 4, "history_why_form"),
        (lambda lines: [lines[0].replace("+08:00", ""), *lines[1:]], 1, "history_why_form"),
        (lambda lines: [lines[0].replace('"number": 1', '"number": true'), *lines[1:]], 1, "history_why_form"),
        (lambda lines: [lines[0].replace("release", "publish", 1), *lines[1:]], 1, "history_why_form"),
    ],
)
def test_a_broken_chain_says_where(releases: Path, change: Callable[[Lines], Lines], line: int, why: str) -> None:
    lines = (releases / HISTORY).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    (releases / HISTORY).write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    error = said_by_settings()
    assert (error.code, error.place) == ("history_chain_broken", f"{releases / HISTORY}, line {line}")
    assert error.values["why"].code == why
    assert f"第 {line} 行" in error.message("zh")
    with pytest.raises(TariffError) as caught:
        rollback(releases, 0, Wish("Zhao Min", NOON, "for all that"))
    assert caught.value.code == "history_chain_broken"


def missing(folder: Path) -> None:
    shutil.rmtree(folder)


def half_written(folder: Path) -> None:
    (folder / "release.json").unlink()


def rewritten(folder: Path) -> None:
    path = folder / "release.json"
    path.write_text(path.read_text(encoding="utf-8").replace("陈宇", "Somebody"), encoding="utf-8")


def table_gone(folder: Path) -> None:
    (folder / "average_wage.yaml").unlink()


def table_more(folder: Path) -> None:
    shutil.copyfile(folder / "average_wage.yaml", folder / "average_wage_2.yaml")


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (missing, "release_missing"),
        (half_written, "release_half_written"),
        (rewritten, "release_altered"),
        (table_gone, "release_altered"),
        (table_more, "release_altered"),
    ],
)
def test_a_folder_that_is_not_what_history_says(releases: Path, damage: Callable[[Path], None], code: str) -> None:
    assert in_force(releases).folder == tariff_folder() == releases / "0001"
    damage(releases / "0001")
    error = said_by_settings()
    assert (error.code, error.place) == (code, str(releases / "0001"))
    # What helps is a rollback, by name.
    rollback(releases, 0, Wish("Zhao Min", NOON, "the folder is damaged"))
    assert in_force(releases).number == 0


def test_a_clock_that_was_set_back(releases: Path) -> None:
    before = (releases / HISTORY).read_bytes()
    with pytest.raises(InputError) as caught:
        rollback(releases, 0, Wish("Zhao Min", NOON - dt.timedelta(seconds=1), "withdrawn"))
    assert caught.value.code == "history_clock_back"
    assert (releases / HISTORY).read_bytes() == before


def test_a_history_that_is_gone(releases: Path) -> None:
    (releases / HISTORY).unlink()
    assert said_by_settings().code == "history_lost"


def test_another_demonstration_than_was_rolled_back_to(releases: Path, tmp_path: Path) -> None:
    rollback(releases, 0, Wish("Zhao Min", NOON, "withdrawn"))
    lines = (releases / HISTORY).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    # As another version of the program would have written it.
    said = {**json.loads(lines[3]), "folder_sha256": "sha256:00", "tariff_sha256": "sha256:00"}
    del said["hash"]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    lines[3] = json.dumps({**said, "hash": sha256_of(text.encode())}, ensure_ascii=False)
    (releases / HISTORY).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert said_by_settings().code == "release_shipped_differs"
    rollback(releases, 0, Wish("Zhao Min", NOON, "this program's demonstration"))
    assert in_force(releases).number == 0


def test_no_history_at_all(tmp_path: Path) -> None:
    assert in_force(tmp_path / "releases").event is None
    (tmp_path / "releases" / "2026").mkdir(parents=True)  # a folder of somebody else's
    assert in_force(tmp_path / "releases").number == 0
