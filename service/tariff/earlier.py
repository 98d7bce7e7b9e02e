"""The tariff of a release that may no longer be in force, loaded from its folder as its hash says."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pricing.errors import InputError, TariffError
from pricing.tariff import Tariff
from service.releases.history import DEMONSTRATION, checked_folder, folder_of, read_history
from service.tariff.held import Tariffs

_OLDER = 4  # tariffs of earlier releases that are kept loaded


def tariff_of(release: int | None, tariffs: Tariffs, releases: Path) -> Tariff:
    """The tariff of a release; that of `LICHENG_TARIFF` where a quote was answered by it, as the folder is today."""
    held = tariffs.now()
    if held.number == release:
        return held.tariff
    if release is None:
        raise InputError("quote_tariff_gone", "LICHENG_TARIFF")
    events = [event for event in read_history(releases) if event.number == release]
    if not events and release != DEMONSTRATION:
        raise TariffError("release_missing", "", number=release, folder=folder_of(releases, release))
    folder = checked_folder(releases, events[-1]) if events else folder_of(releases, release)
    return _loaded(folder, events[-1].folder_sha256 if events else "")


@lru_cache(_OLDER)
def _loaded(folder: Path, folder_sha256: str) -> Tariff:
    """A tariff that is not in force; held by its folder's hash, so that an altered folder is never answered from."""
    return Tariff.load(folder)
