"""The benchmarks' own command says what it knows, and runs nothing else."""

import subprocess
import sys

import pytest

from tests.house.readme import ROOT

NAMES = ("one", "command", "kernel", "month", "glm", "score", "http", "inference", "portfolios")


def asked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )


@pytest.mark.parametrize("words", [("--help",), ("http", "--help")])
def test_help_lists_the_benchmarks(words: tuple[str, ...]) -> None:
    done = asked(*words)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m benchmarks")
    assert [name for name in NAMES if f"\n  {name} " not in done.stdout] == []


@pytest.mark.parametrize("words", [("htpp",), ("one", "--fast"), ("one", "two")])
def test_an_unknown_word_is_refused_before_anything_runs(words: tuple[str, ...]) -> None:
    done = asked(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert words[-1] in done.stderr
