"""The commands of releases: what they print in both languages and as JSON, and `tariff which` for a month and a day."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pricing.errors import InputError
from pricing.folder_hash import folder_hash
from pricing.tariff import SHIPPED
from service.cli.main import app
from service.cli.release import approve, release, releases_list, rollback, tariff_which
from service.tariff.which import which
from tests.service.releases import BASE_ID, DISTANCE_ID, NOON, law, number_in_force, released, run_folder

JANUARY, DAY = 2027 * 12, NOON.date()
BEFORE_ID = "contribution_base@2025-07/110000"


@pytest.fixture(scope="module")
def three_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Law on the first day, a run on the second, law again on the third."""
    folder = tmp_path_factory.mktemp("which")
    releases = folder / "home" / "releases"
    released(law(folder / "law"), releases, NOON)
    released(run_folder(folder / "run_7", base=releases / "0001"), releases, NOON + dt.timedelta(1))
    (folder / "more").mkdir()
    shutil.copytree(releases / "0002", folder / "more" / "law")
    path = folder / "more" / "law" / "contribution_base.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("cap: 3700000", "cap: 3700001"), encoding="utf-8")
    released(folder / "more" / "law", releases, NOON + dt.timedelta(2))
    return releases


@pytest.fixture
def home(three_releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them in a data folder that the settings name."""
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    shutil.copytree(three_releases, tmp_path / "home" / "releases")
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so wide that no cell is broken, however long the paths of a test are."""
    monkeypatch.setenv("COLUMNS", "240")


def bare(text: str) -> str:
    """A text without its blanks: pages wrap where the paths of a test make them."""
    return "".join(text.split())


def entries(shown: dict[str, Any]) -> dict[str, Any]:
    return {one["entry"]: one["release"] for one in shown["entries"]}


@pytest.mark.parametrize(
    ("days", "number", "by", "base", "curve"),
    [
        (-1, 0, "shipped", (BEFORE_ID, None), ("work_injury/distance@2022-07", None)),
        (0, 1, "history", (BASE_ID, 1), ("work_injury/distance@2026-12", None)),
        (1, 2, "history", (BASE_ID, 1), (DISTANCE_ID, 2)),
        (2, 3, "history", (BASE_ID, 3), (DISTANCE_ID, 2)),
        (9, 3, "history", (BASE_ID, 3), (DISTANCE_ID, 2)),
    ],
)
def test_as_known_on_a_day(
    three_releases: Path, days: int, number: int, by: str, base: tuple[str, int], curve: tuple[str, int]
) -> None:
    shown = which(three_releases, (JANUARY, DAY + dt.timedelta(days)), region="110000")
    assert (shown["number"], shown["by"], shown["month"]) == (number, by, "2027-01")
    found = entries(shown)
    assert (base[0], found[base[0]]) == base
    assert (curve[0], found[curve[0]]) == curve
    assert [one["by"] for one in shown["approvals"]] == (["Li Wei", "陈宇"] if number else [])


def test_a_model_is_held_also_by_later_law(three_releases: Path) -> None:
    shown = which(three_releases, (JANUARY, DAY + dt.timedelta(2)))
    [model] = shown["models"]
    assert (model["release"], model["run"], model["plan"], model["data_sha256"]) == (
        2,
        "run_7",
        "riders",
        "sha256:da7a",
    )
    assert [one["entry"] for one in model["tables"]] == [DISTANCE_ID]
    assert which(three_releases, (JANUARY, DAY))["models"] == []
    assert sum(shown["law"].values()) == len(shown["entries"])


def test_one_table_of_one_region(three_releases: Path) -> None:
    shown = which(three_releases, (2026 * 12 + 7, DAY), region="110000", table="contribution_base")
    [entry] = shown["entries"]
    assert entry == {
        "table": "contribution_base",
        "entry": BASE_ID,
        "region": "110000",
        "effective_from": "2026-07",
        "known_from": "2026-08-20",
        "status": "enacted",
        "evidence": "quoted",
        "source": "A notice made up for a test · lower and upper limit",
        "carried_forward": False,
        "release": 1,
    }
    with pytest.raises(InputError):
        which(three_releases, (JANUARY, DAY), table="wages")


def test_a_setting_that_names_a_release(three_releases: Path, tmp_path: Path) -> None:
    shown = which(three_releases, (JANUARY, DAY), three_releases / "0002")
    assert (shown["by"], shown["number"]) == ("LICHENG_TARIFF", 2)
    shown = which(three_releases, (JANUARY, DAY), law(tmp_path / "other", 800_000))
    assert (shown["by"], shown["number"], shown["event"], shown["approvals"]) == ("LICHENG_TARIFF", None, None, [])
    assert shown["tariff_sha256"] == folder_hash(tmp_path / "other")


def printed(capsys: pytest.CaptureFixture[str], act: Callable[[], None]) -> str:
    act()
    return capsys.readouterr().out


@pytest.mark.parametrize(("lang", "said"), [("en", "Approvals still missing"), ("zh", "还缺 1 项")])
def test_pages_of_a_life(
    lang: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LICHENG_TARIFF", str(SHIPPED))
    run, releases = run_folder(tmp_path / "run", failed=("deviance",)), tmp_path / "home" / "releases"
    bear: dict[str, Any] = {"override": ["deviance"], "reason": ["only four claims"], "lang": lang}
    page = printed(capsys, lambda: approve(run, "Li Wei", "read", **bear))
    for words in (said, "Li Wei", "only four claims", "deviance/injury", DISTANCE_ID, folder_hash(run / "tariff")[:30]):
        assert bare(words) in bare(page)
    assert "only four claims" in printed(capsys, lambda: approve(run, "陈宇", lang=lang))
    page = printed(capsys, lambda: release(run, "Zhao Min", lang=lang))
    for words in ("0001", "Li Wei", "陈宇", DISTANCE_ID, "A model made up for a test", "LICHENG_TARIFF"):
        assert bare(words) in bare(page)
    page = printed(capsys, lambda: rollback(0, "Zhao Min", "prices doubled", lang=lang))
    assert bare("prices doubled") in bare(page)
    (releases / ".0002-1.writing").mkdir()
    page = printed(capsys, lambda: releases_list(lang=lang))
    for words in ("prices doubled", ".0002-1.writing", "Zhao Min", {"en": "rolled back", "zh": "回退"}[lang]):
        assert bare(words) in bare(page)
    assert number_in_force(releases) == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_of_which(lang: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, lambda: tariff_which("2027-01", "2026-11-30", "110000", lang=lang))
    for words in (BASE_ID, DISTANCE_ID, "run_7", "riders", "sha256:da7a", "陈宇", "A notice made up for a test"):
        assert bare(words) in bare(page)
    before = printed(capsys, lambda: tariff_which("2027-01", "2026-11-25", "110000", "contribution_base", lang=lang))
    assert bare(BEFORE_ID) in bare(before)
    assert {"en": "nothing had been released", "zh": "尚未发布任何费率"}[lang] in before


def test_shape_of_the_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    candidate = law(tmp_path / "law")
    approval = json.loads(printed(capsys, lambda: approve(candidate, "Li Wei", as_json=True)))
    assert list(approval) == [
        *("format", "candidate", "tariff_sha256", "approvals", "missing", "gates", "in_force", "changes"),
    ]
    assert (approval["missing"], approval["in_force"], approval["gates"]) == (1, 0, [])
    assert [table["new"] for table in approval["changes"]["tables"]] == [[BASE_ID]]
    assert json.loads(printed(capsys, lambda: approve(candidate, "陈宇", as_json=True)))["missing"] == 0
    shown = json.loads(printed(capsys, lambda: release(candidate, "Zhao Min", as_json=True)))
    assert (shown["number"], shown["event"]["number"], shown["setting"], shown["strays"]) == (1, 1, None, [])
    back = json.loads(printed(capsys, lambda: rollback(0, "Zhao Min", "no", as_json=True)))
    assert (back["number"], back["previous"], back["event"]["reason"]) == (0, 1, "no")
    listed = json.loads(printed(capsys, lambda: releases_list(as_json=True)))
    assert (listed["in_force"], [event["number"] for event in listed["events"]]) == (0, [1, 0])
    asked = json.loads(printed(capsys, lambda: tariff_which("2027-01", as_json=True)))
    assert (asked["number"], asked["by"], asked["event"]["reason"], asked["setting"]) == (0, "history", "no", None)


@pytest.mark.parametrize("name", ["approve", "release", "rollback", "releases"])
def test_every_command_has_examples(name: str) -> None:
    command = get_command(app).commands[name]
    assert "Examples" in command.help
    assert command.help.count(f"licheng {name}") >= 2
