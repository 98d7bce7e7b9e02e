"""The tariff in force as a running service holds it: read whole, replaced whole, never mixed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pricing.errors import TariffError
from pricing.tariff import Tariff
from service.releases.history import DEMONSTRATION, HISTORY, Event, Standing, in_force

_Stamp = tuple[int, int, int] | None
_NEVER = (-1, -1, -1)  # the stamp of no history, so that `refresh` looks again
_Standing = Callable[[Path], Standing]


@dataclass(frozen=True, slots=True)
class InForce:
    """One release as loaded: who takes it once for an answer has one tariff throughout. number: None where
    `LICHENG_TARIFF` names the folder.
    """

    tariff: Tariff
    number: int | None
    folder: Path | None = None
    event: Event | None = None  # of history that put it in force

    @property
    def demonstration(self) -> bool:
        """Whether it is the shipped demonstration."""
        return self.number == DEMONSTRATION


class Tariffs:
    """Gives what is in force now; `refresh` loads a new release beside the old one and puts it in its place."""

    def __init__(
        self,
        releases: Path,
        named: Path | None = None,
        standing: _Standing = in_force,
        instead: _Standing | None = None,
    ) -> None:
        """releases: their folder; named: a folder that is used whatever was released; standing: what is in force by a
        folder of releases, a TariffError where it may not be taken up; instead: what to begin with then.
        """
        self._releases, self._named, self._standing = releases, named, standing
        self._lock = threading.Lock()
        self._stamp = self._look()
        try:
            self._held = self._load(standing)
        except TariffError:
            if instead is None:
                raise
            self._held, self._stamp = self._load(instead), _NEVER

    def now(self) -> InForce:
        """What is in force."""
        return self._held

    def refresh(self) -> bool:
        """Whether history named another release, then in force; TariffError leaves the old one in its place."""
        with self._lock:
            stamp = self._look()
            if stamp == self._stamp:
                return False
            self._held, self._stamp = self._load(self._standing), stamp
            return True

    def _look(self) -> _Stamp:
        """What changes when history does."""
        try:
            found = (self._releases / HISTORY).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _load(self, standing_in: _Standing) -> InForce:
        if self._named is not None:
            return InForce(Tariff.load(self._named), None, self._named)
        standing = standing_in(self._releases)
        return InForce(Tariff.load(standing.folder), standing.number, standing.folder, standing.event)
