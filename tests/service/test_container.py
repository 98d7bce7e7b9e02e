"""The container file and the check of a fresh machine, read as text: no daemon is needed to see what they promise."""

import json
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from service.serving_found import SETTINGS

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its words, continued lines joined."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    found = [(line.split(" ", 1)[0], " ".join(line.split(" ", 1)[1].split())) for line in lines]
    assert len(found) > 10
    return found


def of(name: str) -> list[str]:
    return [words for instruction, words in instructions() if instruction == name]


def test_images_are_slim_and_named_without_a_registry() -> None:
    names = [words.split()[0] for words in of("FROM")]
    assert names == ["python:3.11-slim"] * 2


def test_it_runs_as_nobody_special_with_one_volume() -> None:
    assert [name for name, _ in instructions()][-1] == "CMD"
    assert of("USER") == ["10001:10001"]
    assert of("VOLUME") == ["/var/lib/licheng"]
    last_root = max(place for place, (name, _) in enumerate(instructions()) if name == "RUN")
    assert last_root < [name for name, _ in instructions()].index("USER")


def test_its_settings_are_known_and_none_is_a_secret() -> None:
    set_here = dict(pair.split("=", 1) for words in of("ENV") for pair in words.split())
    ours = {name for name in set_here if name.startswith("LICHENG_")}
    assert ours <= {one.variable for one in SETTINGS}
    assert not ours & {one.variable for one in SETTINGS if one.hidden}
    assert of("ARG") == []
    assert (json.loads(of("ENTRYPOINT")[0]), json.loads(of("CMD")[0])) == (["licheng"], ["serve"])


def test_its_health_is_asked_by_python() -> None:
    [words] = of("HEALTHCHECK")
    command = json.loads(words.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "HEALTHCHECK", "exec")
    assert "/status/live" in command[2]


@pytest.mark.parametrize("line", [words for words in of("COPY") if "--from" not in words])
def test_what_it_copies_is_there_and_not_ignored(line: str) -> None:
    *sources, _ = line.split()
    let_in = [
        word.removeprefix("!")
        for word in (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
        if word.startswith("!")
    ]
    assert sources
    assert all((ROOT / source).exists() and any(fnmatch(source, word) for word in let_in) for source in sources)


def test_only_what_the_lock_holds_is_installed() -> None:
    [making] = [words for words in of("RUN") if "pip" in words]
    assert "--require-hashes" in making
    assert all(
        "--no-index" in one or "--require-hashes" in one for one in re.findall(r"pip (?:wheel|install)[^&]*", making)
    )


def test_the_check_of_a_fresh_machine_is_whole_shell() -> None:
    script = ROOT / ".ci" / "run"
    assert subprocess.run(["bash", "-n", script], capture_output=True, text=True).stderr == ""
    text = script.read_text(encoding="utf-8")
    assert [step for step in ("make lint", "make types", "make test-all") if f"\n{step}\n" not in text] == []
    assert "export CI=true" in text
