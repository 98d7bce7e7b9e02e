"""Every broken tariff of `tables/` is refused with its code, its place and key words in both languages."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricing.errors import TariffError
from pricing.tariff import SHIPPED, Tariff

CASES = sorted((Path(__file__).parent / "tables").glob("*.yaml"))
Case = dict[str, Any]


def read(path: Path) -> Case:
    found: Case = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def broken_tariff(case: Case, folder: Path) -> Path:
    """A copy of the shipped tariff with one file replaced, patched or removed."""
    shutil.copytree(SHIPPED, folder)
    path = folder / case["file"]
    if case.get("remove"):
        path.unlink()
        return folder
    if "replace" in case:
        before = path.read_text(encoding="utf-8")
        assert case["replace"]["from"] in before, "the shipped file has changed: mend the case"
        text = before.replace(case["replace"]["from"], case["replace"]["to"], 1)
    else:
        text = case["text"]
    path.write_bytes(text.encode(case.get("encoding", "utf-8")))
    return folder


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_broken_tariff(path: Path, tmp_path: Path) -> None:
    case = read(path)
    with pytest.raises(TariffError) as caught:
        Tariff.load(broken_tariff(case, tmp_path / "tariff"))
    error = caught.value
    assert (error.code, case["place"] in error.place) == (case["code"], True), str(error)
    english, chinese = error.message("en"), error.message("zh")
    assert [word for word in case["words"] if word not in english] == [], english
    assert [word for word in case["words_zh"] if word not in chinese] == [], chinese


def test_there_are_cases() -> None:
    assert len(CASES) >= 35


def test_the_copy_itself_loads(tmp_path: Path) -> None:
    case = {"file": "x_note.md", "text": "no table"}
    assert Tariff.load(broken_tariff(case, tmp_path / "tariff")).schemes


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    case = {"file": "trial.yaml", "text": "name: " + "[" * 100_000}
    with pytest.raises(TariffError) as caught:
        Tariff.load(broken_tariff(case, tmp_path / "tariff"))
    assert caught.value.code == "yaml_unreadable"
