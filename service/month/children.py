"""The processes that settle months: how many at once, and each started, waited for and ended.

As many months as the setting `runs` says are settled at once, whatever they are. One more process is kept for months
whose upload is small, in less memory, so that a short month need not wait for a long one. What an upload unfolds to is
not known before it is read: a month that failed there is tried again among all others.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from dataclasses import dataclass

from service.month.asked import Asked
from service.month.process import command, surroundings
from service.month.run import MOST_MEMORY, SMALL_MEMORY, RunSettings
from service.serving import Serving
from service.store.levies import Levy

SMALL = 1_000_000  # bytes of CSV: some thousand rows, settled in seconds
_PACKED = 10  # so many times more rows are in the bytes of a Parquet file
_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class _Child:
    """A process. small: whether it has the place of the small ones."""

    process: subprocess.Popen[bytes]
    small: bool


def is_small(levy: Levy) -> bool:
    """Whether a month is settled in seconds, as far as its upload tells; not one that was begun before, nor one whose
    order cannot be read, which its run will say.
    """
    try:
        files = Asked.read(levy.order).files
    except (ValueError, KeyError, TypeError):
        return False
    weight = sum(file.bytes * (_PACKED if file.name.endswith(".parquet") else 1) for file in files)
    return levy.attempts == 0 and weight <= SMALL


class Children:
    """Processes by the levy that each settles. pause_s: after one that failed, before its month is tried again."""

    def __init__(self, serving: Serving, pause_s: float) -> None:
        self._serving, self._pause_s = serving, pause_s
        self._children: dict[str, _Child] = {}
        self._not_before: dict[str, float] = {}

    def __contains__(self, levy_id: str) -> bool:
        return levy_id in self._children

    def reap(self) -> None:
        """Let go of processes that have ended; where one failed, its month waits a little."""
        for levy_id, child in list(self._children.items()):
            if child.process.poll() is not None:
                del self._children[levy_id]
                if child.process.returncode:
                    self._not_before[levy_id] = time.monotonic() + self._pause_s

    def begin(self, levy: Levy) -> None:
        """Start a process, where there is a place for one. OSError where the system has none."""
        ready = time.monotonic() >= self._not_before.get(levy.id, 0)
        if ready:
            self._not_before.pop(levy.id, None)
        small = self._free(small=True) and is_small(levy)
        if levy.id in self._children or not ready or not (small or self._free(small=False)):
            return
        runner = f"{os.uname().nodename[:40]}:{secrets.token_hex(8)}"
        settings = RunSettings.of(self._serving, runner, SMALL_MEMORY if small else MOST_MEMORY)
        process = subprocess.Popen(
            command("service.month.run", levy.id),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=surroundings(),
        )
        self._children[levy.id] = _Child(process, small)
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(settings.text)

    def end(self, levy_id: str) -> None:
        """End a process at once."""
        child = self._children.pop(levy_id)
        child.process.kill()
        child.process.wait()

    def stop(self) -> None:
        """Tell all to end, and hand back what they do."""
        for child in self._children.values():
            child.process.terminate()
        for child in self._children.values():
            try:
                child.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _free(self, small: bool) -> bool:
        """Whether there is a place; where no month is settled at all, none for a small one either."""
        taken = sum(child.small == small for child in self._children.values())
        return taken < (min(1, self._serving.runs) if small else self._serving.runs)
