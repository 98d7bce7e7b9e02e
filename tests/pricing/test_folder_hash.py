"""A folder's hash moves with any file of it, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from pricing.folder_hash import folder_hash
from pricing.tariff import SHIPPED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED, tmp_path / "tariff")


def test_a_copy_has_the_same_hash(folder: Path) -> None:
    assert folder_hash(folder) == folder_hash(SHIPPED)
    assert folder_hash(folder).removeprefix("sha256:").isalnum()


@pytest.mark.parametrize("name", ["release.json", "approvals.json", ".DS_Store", "__pycache__/x.pyc"])
def test_what_is_written_about_it_does_not_count(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("later", encoding="utf-8")
    assert folder_hash(folder) == folder_hash(SHIPPED)


def test_every_change_counts(folder: Path) -> None:
    found = {folder_hash(folder)}
    table = folder / "payers.yaml"
    table.write_bytes(table.read_bytes() + b"\n")
    found.add(folder_hash(folder))
    table.rename(folder / "payers2.yaml")
    found.add(folder_hash(folder))
    (folder / "lumbar" / "release.json").write_text("{}", encoding="utf-8")  # only at the top is it beside the tariff
    found.add(folder_hash(folder))
    (folder / "lumbar" / "release.json").unlink()
    (folder / "payers2.yaml").unlink()
    found.add(folder_hash(folder))
    assert len(found) == 5


def test_moving_a_boundary_between_files_counts(tmp_path: Path) -> None:
    """The same bytes one after another, cut elsewhere."""
    one, other = tmp_path / "one", tmp_path / "other"
    for where, parts in ((one, ("ab", "c")), (other, ("a", "bc"))):
        where.mkdir()
        for name, text in zip(("1", "2"), parts, strict=True):
            (where / name).write_text(text, encoding="utf-8")
    assert folder_hash(one) != folder_hash(other)
