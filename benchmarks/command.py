"""`licheng quote` as a user runs it, from a warm disk, beside a Python that does nothing."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.machine import medians
from benchmarks.one import _ROW


def run() -> list[str]:
    """Whole processes: start, imports, reading the tariff, pricing, printing."""
    row = {name: value for name, value in _ROW.items() if name not in ("month", "worker")}
    request = json.dumps({"month": "2025-08", "worker": "w_4KQ7ZB2M", "known_on": "2025-11-30", "usage": [row]})

    def quote(*options: str) -> None:
        command = [sys.executable, "-m", "service.cli", "quote", "-", *options]
        subprocess.run(command, input=request, capture_output=True, text=True, check=True)

    def nothing() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    page, as_json, empty = medians(9, quote, lambda: quote("--json"), nothing)
    return [
        f"licheng quote, page for people: {page:.2f} s; --json: {as_json:.2f} s (aim 0.50 s); bare Python {empty:.2f} s"
    ]
