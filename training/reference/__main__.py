"""Make the reference tariff: `python -m training.reference --out DIR`, to look at, to check, to ship."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from pricing.words import say
from training.reference.book import Size
from training.reference.tariff import KNOWN_FROM, make


def main(arguments: list[str] | None = None) -> int:
    """0: done; 1: with --check, the shipped tables are others than these plans give."""
    asked = _parser().parse_args(arguments)
    size = Size(asked.workers, asked.months, asked.seed)
    made = make(asked.out, size, asked.known_on, lambda step, rows: print(f"{step} {rows:,}", file=sys.stderr))
    differing = made.differing()
    if asked.write:
        made.write()
        print(say("reference_written", "en", tables=", ".join(made.tables())))
        return 0
    facts = {"tables": ", ".join(made.tables()), "differing": ", ".join(differing), "folder": made.tariff}
    print(say("reference_differs" if differing else "reference_equal", "en", **facts))
    return int(bool(differing and asked.check))


def _parser() -> argparse.ArgumentParser:
    parser, usual = argparse.ArgumentParser(prog="python -m training.reference", description=__doc__), Size()
    parser.add_argument("--out", type=Path, required=True, help="new folder for data, runs, reports, model cards")
    parser.add_argument("--known-on", type=dt.date.fromisoformat, default=KNOWN_FROM, help="date of the entries")
    for name in ("workers", "months", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name), help="of the synthetic book")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="fail where the shipped tables differ")
    mode.add_argument("--write", action="store_true", help="put the tables in the place of the shipped ones")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
