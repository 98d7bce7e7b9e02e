"""SIGTERM and SIGINT in a run: heard only where its month can be put down and handed back, else kept until then."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopSignal:
    """Whether a run was told to stop. Between the claim of a month and its settling nothing may break off: the month
    would stay claimed by a run that is over.
    """

    def __init__(self) -> None:
        self._told, self._heard = False, False

    def listen(self) -> None:
        """From here on these signals are this; in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside, KeyboardInterrupt once the run was told to stop, also where that was before."""
        self._heard = True
        try:
            if self._told:
                raise KeyboardInterrupt
            yield
        finally:
            self._heard = False

    def _on(self, number: int, frame: FrameType | None) -> None:
        self._told = True
        if self._heard:
            raise KeyboardInterrupt
