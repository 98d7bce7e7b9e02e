"""The command line as a program: its exit codes, and one sentence on stderr where it fails."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pricing.tariff import SHIPPED

pytestmark = pytest.mark.slow  # each test starts a program
ROOT = Path(__file__).resolve().parents[2]
DONE, REFUSED, WRONG_CALL, UNREADABLE, NO_TARIFF = 0, 1, 2, 3, 4

DRIVER: dict[str, Any] = {
    "month": "2025-08",
    "known_on": "2025-11-30",
    "worker": "w_4KQ7ZB2M",
    "schemes": ["pilot_per_order"],
    "usage": [{"platform": "didi", "region": "110000", "occupation": "ride_hailing_driver", "orders": 100}],
}
TOTAL = {"month": "2025-08", "platform": "didi", "region": "110000", "pilot_industry": "ride_hailing", "orders": 100}
SECOND = {**TOTAL, "month": "2025-09"}


def run(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """`python -m service.cli` with standard input and environment, as anyone would call it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LICHENG_")}
    command = [sys.executable, "-m", "service.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, timeout=60, env={**kept, **environment})


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


def sentence(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line on stderr; nothing else was said."""
    lines = done.stderr.decode("utf-8").splitlines()
    assert len(lines) == 1, done.stderr.decode("utf-8", "replace")
    assert done.stdout == b"" or json.loads(done.stdout)["error"]["message"] in lines[0]
    assert lines[0].startswith("licheng: ")
    assert "Traceback" not in lines[0]
    return lines[0]


@pytest.mark.parametrize(("command", "given"), [("quote", DRIVER), ("declare", TOTAL), ("declare", [TOTAL, SECOND])])
def test_done(command: str, given: Any) -> None:
    done = run(command, "-", "--json", "--strict", given=text(given))
    assert (done.returncode, done.stderr) == (DONE, b"")
    assert json.loads(done.stdout)


def refused(command: str) -> bytes:
    if command == "quote":
        return text({**DRIVER, "usage": [{**DRIVER["usage"][0], "orders": -1}]})
    return text({**TOTAL, "orders": -1})


@pytest.mark.parametrize("command", ["quote", "declare"])
def test_refusals_are_done_and_one_only_under_strict(command: str) -> None:
    assert run(command, "-", "--json", given=refused(command)).returncode == DONE
    strict = run(command, "-", "--json", "--strict", given=refused(command))
    assert (strict.returncode, strict.stderr) == (REFUSED, b"")
    assert b"value_negative" in strict.stdout


@pytest.mark.parametrize(
    "arguments",
    [("quotte",), ("quote", "--orders", "many"), ("declare",), ("quote", "-", "--no-such-option"), ("tariff", "shown")],
)
def test_wrong_call(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == WRONG_CALL
    assert b"Traceback" not in done.stderr
    assert b"Usage" in done.stderr


UNREADABLE_INPUTS = {
    "json_unreadable": b'{"month": ',
    "nested_too_deeply": b"[" * 100_000,
    "request_month": b'{"month": "2025-13", "usage": [{}]}',
    "text_broken": b'{"month": "2025-08", "usage": [{"worker_ref": "\\ud800"}]}',
    "text_unreadable": b"\xff\x80\xfe",
}


@pytest.mark.parametrize("code", UNREADABLE_INPUTS)
def test_unreadable_input(code: str) -> None:
    done = run("quote", "-", "--json", given=UNREADABLE_INPUTS[code])
    assert done.returncode == UNREADABLE
    assert f"[{code}]" in sentence(done)
    assert json.loads(done.stdout)["error"]["code"] == code


@pytest.mark.parametrize("name", ["there is no such file.json", ".", "x" * 5000])
def test_no_such_file(name: str) -> None:
    done = run("declare", name)
    assert done.returncode == UNREADABLE
    assert "[file_not_found]" in sentence(done)


def test_the_sentence_in_chinese() -> None:
    done = run("quote", "-", given=b"[]", LICHENG_LANG="zh", PYTHONIOENCODING="utf-8")
    assert done.returncode == UNREADABLE
    assert "须为对象" in sentence(done)


def test_no_tariff(tmp_path: Path) -> None:
    done = run("quote", "-", given=text(DRIVER), LICHENG_TARIFF=str(tmp_path))
    assert done.returncode == NO_TARIFF
    assert "[tariff_not_found]" in sentence(done)


@pytest.mark.parametrize("command", ["quote", "declare"])
def test_broken_tariff(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "tariff"
    shutil.copytree(SHIPPED, folder)
    path = folder / "payers.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("unit: ppm", "unit: permille"), encoding="utf-8")
    done = run(command, "-", given=text(DRIVER if command == "quote" else TOTAL), LICHENG_TARIFF=str(folder))
    assert done.returncode == NO_TARIFF
    assert "[unknown_unit]" in sentence(done)
    assert "payers.yaml" in sentence(done)
