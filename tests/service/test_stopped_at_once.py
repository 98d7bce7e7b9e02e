"""Whoever stops a command at any moment of its start sees nothing of its inside."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.house.test_imports import ROOT


@pytest.mark.parametrize("after_s", [0.2, 0.4, 0.6, 0.9, 1.2])
def test_a_command_that_is_stopped_early_says_nothing_of_its_inside(after_s: float, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.cli", "key", "create", "--role", "insurer", "--tenant", "picc"]
    environ = {**os.environ, "LICHENG_HOME": str(tmp_path)}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(sys.executable.encode()):
        time.sleep(0.005)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert str(ROOT / "service").encode() not in said, "what Python says while it starts itself is not ours"
