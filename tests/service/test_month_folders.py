"""What is said to be kept is on the disk: files, and the names in their folder, in that order."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pricing.errors import TariffError
from service.disk import sync
from service.month.folders import LevyFolder
from service.month.run import RunSettings, run
from service.month.stop_signal import StopSignal
from service.serving import Serving
from service.store import levies
from service.store.database import connect, reading
from service.store.levies import Levy
from tests.service.releases import law
from tests.service.sent_months import month_files, rows, send
from tests.service.serving import client, settings

Synced = list[tuple[int, frozenset[str]]]  # which file or folder, and the names in it at that moment


@pytest.fixture
def synced() -> Iterator[Synced]:
    """What this thread syncs from here on, as the interpreter tells of each call."""
    seen: Synced = []

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or called is not os.fsync or frame.f_code is not sync.__code__:
            return
        descriptor = frame.f_locals["held"]
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        seen.append((os.fstat(descriptor).st_ino, frozenset(os.listdir(path) if path.is_dir() else ())))

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def test_why_a_month_failed_is_on_the_disk_with_its_name(tmp_path: Path, synced: Synced) -> None:
    folder = LevyFolder(tmp_path, "lv_1")
    folder.root.mkdir(parents=True)
    folder.fail(b'{"code":"csv_unreadable"}')
    root = folder.root.stat().st_ino
    assert [inode for inode, _ in synced] == [folder.error.stat().st_ino, root]
    assert synced[-1] == (root, frozenset({"error.json"}))


def test_a_published_month_is_on_the_disk_before_its_upload_is_dropped(tmp_path: Path, synced: Synced) -> None:
    with client(tmp_path, runs=0) as idle:
        levy = send(idle, month_files(tmp_path, rows(3))[0].read_bytes()).json()["id"]
    serving, folder = settings(tmp_path), LevyFolder(tmp_path, levy)
    synced.clear()
    run(levy, RunSettings.of(serving, "one"), StopSignal())
    kept = {inode for inode, _ in synced}
    assert {path.stat().st_ino for path in folder.month.iterdir()} <= kept
    names = frozenset(path.name for path in folder.month.iterdir())
    assert (folder.month.stat().st_ino, names) in synced
    assert (folder.root.stat().st_ino, frozenset({"lock", "month", "upload"})) in synced
    assert stored(serving, levy).state == "done"


def stored(serving: Serving, levy: str) -> Levy:
    """The levy as the store has it."""
    engine = connect(serving.database)
    with reading(engine) as connection:
        found = levies.find(connection, levy)
    engine.dispose()
    assert found is not None
    return found


def test_a_month_whose_tariff_cannot_be_read_is_settled_later(tmp_path: Path) -> None:
    """That is the operator's to mend: the month is neither failed, nor counted as tried, and its upload stays."""
    named = law(tmp_path / "named")
    with client(tmp_path, runs=0) as idle:
        levy = send(idle, month_files(tmp_path, rows(3))[0].read_bytes()).json()["id"]
    serving, folder = replace(settings(tmp_path), tariff=named), LevyFolder(tmp_path, levy)
    schemes = (named / "schemes.yaml").rename(tmp_path / "schemes.yaml")
    with pytest.raises(TariffError):
        run(levy, RunSettings.of(serving, "one"), StopSignal())
    waiting = stored(serving, levy)
    assert (waiting.state, waiting.attempts, waiting.error) == ("queued", 0, None)
    assert sorted(path.name for path in folder.root.iterdir()) == ["lock", "upload"]
    schemes.rename(named / "schemes.yaml")
    run(levy, RunSettings.of(serving, "two"), StopSignal())
    assert (stored(serving, levy).state, stored(serving, levy).attempts) == ("done", 1)
