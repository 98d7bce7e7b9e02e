"""A run that is stopped, or whose disk is full: all files or none, in words, and the next run succeeds."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.months import settle
from tests.refusals.files.case import HEADER, MONTH, driver, written

pytestmark = pytest.mark.slow  # each test starts a program
ROOT = Path(__file__).resolve().parents[3]
UNREADABLE, INTERRUPTED, ROWS = 3, 130, 200_000
PILOT = (*MONTH, "--schemes", "pilot_per_order")


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes some seconds to settle."""
    path = tmp_path_factory.mktemp("usage") / "large.csv"
    tail = "," + driver().split(",", 2)[2]
    path.write_text(HEADER + "".join(f"2025-08,w_{n:08d}{tail}" for n in range(ROWS)), encoding="utf-8")
    return path


def started(usage: Path, out: Path, most_bytes: int = 0) -> subprocess.Popen[bytes]:
    """The program as anyone would start it; most_bytes: the greatest file that it may write."""
    command = [sys.executable, "-m", "service.cli", "levy", str(usage), *PILOT, "--out", str(out)]

    def limit() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job would have it ignored
        if most_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    kept = {key: value for key, value in os.environ.items() if not key.startswith("LICHENG_")}
    return subprocess.Popen(
        command, cwd=ROOT, env=kept, preexec_fn=limit, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def in_mid_run(folder: Path, running: subprocess.Popen[bytes]) -> None:
    """Wait until the run works on the month: its files are being made."""
    for _ in range(3000):
        if list(folder.glob(".month.making-*/usage.parquet")):
            return
        assert running.poll() is None, running.communicate()
        time.sleep(0.005)
    raise AssertionError("the run never began to write")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_publishes_nothing_and_the_next_one_succeeds(
    sent: signal.Signals, usage: Path, tmp_path: Path
) -> None:
    out = tmp_path / "month"
    running = started(usage, out)
    in_mid_run(tmp_path, running)
    running.send_signal(sent)
    said = running.communicate(timeout=60)[1].decode()
    assert not out.exists()
    if sent == signal.SIGKILL:
        assert (running.returncode, said) == (-sent, "")
    else:
        assert (running.returncode, list(tmp_path.iterdir())) == (INTERRUPTED, []), said
        assert "nothing was published" in said
        assert "[interrupted]" in said
        assert "Traceback" not in said
    left = set(tmp_path.iterdir())
    assert all(path.name.startswith((".month.making-", ".work-")) for path in left)
    totals = settle(usage, out, *PILOT)
    assert totals["rows"] == totals["schemes"]["pilot_per_order"]["priced"] == ROWS
    assert set(tmp_path.iterdir()) == {out, *left}


def test_a_file_that_cannot_grow(usage: Path, tmp_path: Path) -> None:
    running = started(usage, tmp_path / "month", most_bytes=500_000)
    said = running.communicate(timeout=60)[1].decode()
    assert (running.returncode, list(tmp_path.iterdir())) == (UNREADABLE, []), said
    assert "[folder_not_written]" in said
    assert "Nothing was published" in said


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few blocks, where this process may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no tmpfs here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(usage: Path, tiny_disk: Path) -> None:
    running = started(usage, tiny_disk / "month")
    said = running.communicate(timeout=60)[1].decode()
    assert (running.returncode, list(tiny_disk.iterdir())) == (UNREADABLE, []), said
    assert "[folder_not_written]" in said
    assert "No space left" in said


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    source = written({"a.csv": HEADER + driver()}, tmp_path / "usage")
    for place in (tmp_path / "usage" / "a.csv" / "month", Path("/proc/licheng/month")):
        running = started(source, place)
        said = running.communicate(timeout=60)[1].decode()
        assert (running.returncode, "[folder_not_written]" in said) == (UNREADABLE, True), said
    assert json.dumps(sorted(p.name for p in tmp_path.iterdir())) == '["usage"]'
