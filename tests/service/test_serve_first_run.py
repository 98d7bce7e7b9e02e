"""`make run` ends by serving: its last lines are an address, a key and a call that works when pasted."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import httpx
import pytest

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("LICHENG_")}
COMMAND = [sys.executable, "-m", "service.cli.first_run"]


def started(home: Path, **environ: str) -> "subprocess.Popen[str]":
    """The first run, its output in a pipe as of a program that reads it."""
    world = {**CLEAN, "LICHENG_HOME": str(home), **environ}
    out = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(COMMAND, env=world, text=True, start_new_session=True, **out)  # type: ignore[call-overload, no-any-return]


def said_until_the_call(process: "subprocess.Popen[str]") -> list[str]:
    """All lines, up to the one to paste; what is printed later is read and left."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.strip().startswith("curl "):
            break
    threading.Thread(target=_read_on, args=(process.stdout,), daemon=True).start()
    return lines


def _read_on(stream: IO[str]) -> None:
    with stream:
        stream.read()


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_ends_by_serving_and_the_call_it_prints_works_when_pasted(tmp_path: Path, lang: str) -> None:
    elsewhere = {"LICHENG_DATABASE_URL": "postgresql://nowhere/licheng", "LICHENG_HOST": "0.0.0.0"}
    process = started(tmp_path, LICHENG_LANG=lang, **elsewhere)
    try:
        lines = said_until_the_call(process)
        call = lines[-1].strip()
        address = next(word for line in lines for word in line.split() if word.startswith("http://127.0.0.1:"))
        pasted = subprocess.run(["bash", "-c", call], cwd="/", capture_output=True, text=True, timeout=30)
        answer = json.loads(pasted.stdout)
        assert [scheme["scheme"] for scheme in answer["schemes"] if scheme["due"]] == ["pilot_per_order"]
        assert answer["schemes"][0]["premium_fen"] == 5_320, "620 + 140 orders of 0.07 yuan"
        assert httpx.get(address.rstrip("/") + "/").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert (tmp_path / "first-run" / "service" / "licheng.db").is_file()
        while not process.stdout.closed:  # type: ignore[union-attr]
            time.sleep(0.05)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.slow
def test_a_script_may_ask_it_not_to_serve_and_what_was_served_stays(tmp_path: Path) -> None:
    stored, settled = tmp_path / "first-run" / "service" / "licheng.db", tmp_path / "first-run" / "settled" / "old.csv"
    for path in (stored, settled):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of an earlier first look")
    process = started(tmp_path, LICHENG_SERVE="no")
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "127.0.0.1" not in said
    assert stored.read_bytes() == b"of an earlier first look"
    assert not settled.exists()
