"""Run the benchmarks: `python -m benchmarks [NAME…]`; `--help` lists them."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

# One thread per library, so that a figure "per core" is one.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

USUAL = ("one", "command", "kernel", "month", "glm", "score", "http", "inference")
KNOWN = (*USUAL, "portfolios")  # half an hour: only when asked for


def main() -> None:
    """Print the machine, then the lines of each benchmark asked for."""
    asked = _asked()
    from benchmarks.machine import describe

    print(describe())
    for name in asked:
        for line in import_module(f"benchmarks.{name}").run():
            print(line, flush=True)


def _asked() -> list[str]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(["benchmarks:", *(f"  {name:12}{_subject(name)}" for name in KNOWN)]),
    )
    named = f"one or more of those below; without a name all but {KNOWN[-1]}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=named)
    names: list[str] = parser.parse_args().names
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(KNOWN)}")
    return names or list(USUAL)


def _subject(name: str) -> str:
    """The first line of a benchmark, read without its libraries."""
    return Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8").split('"""')[1].split("\n")[0]


main()
