"""Where the files of an uploaded month lie, and who works on them: one folder per levy under the data folder.

levies/ID.receiving/   while the upload comes in; what a broken connection or a dead server leaves is swept away
levies/ID/upload/      as it was sent, until the month is settled
levies/ID/month/       the published folder, the same as that of the command line
levies/ID/error.json   instead of it, where the month cannot be settled as it was sent
levies/ID/lock         held by whoever works on it; the system lets it go when that process dies
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.disk import sync, sync_tree, write_whole

_RECEIVING = ".receiving"
_LOCK, _UPLOAD, _MONTH = "lock", "upload", "month"


@dataclass(frozen=True, slots=True)
class LevyFolder:
    """The folder of one levy. home: the data folder; id: made here, never a name that somebody sent."""

    home: Path
    id: str

    @property
    def root(self) -> Path:
        """Where it lies once it was received."""
        return self.home / "levies" / self.id

    @property
    def receiving(self) -> Path:
        """Where it lies while it is received."""
        return self.root.with_name(self.id + _RECEIVING)

    @property
    def receiving_upload(self) -> Path:
        """What is being sent."""
        return self.receiving / _UPLOAD

    @property
    def upload(self) -> Path:
        """What was sent."""
        return self.root / _UPLOAD

    @property
    def month(self) -> Path:
        """The settled month; it is there whole or not at all."""
        return self.root / _MONTH

    @property
    def error(self) -> Path:
        """Why there is no month, where it cannot be settled as it was sent."""
        return self.root / "error.json"

    def begin(self) -> None:
        """Make the folder to receive into, for its owner alone."""
        (self.receiving / _UPLOAD).mkdir(mode=0o700, parents=True)
        os.chmod(self.receiving, 0o700)

    def received(self) -> None:
        """All is in and known to the store: the folder gets its name."""
        self.receiving.rename(self.root)
        sync(self.root.parent)

    def fail(self, error: bytes) -> None:
        """Keep why the month cannot be settled, whole."""
        write_whole(self.error, error)

    def keep_month(self) -> None:
        """The published month is on the disk, its files and their names, before the upload is dropped."""
        sync_tree(self.month)
        sync(self.root)

    def discard(self) -> None:
        """Nothing of what was sent is kept."""
        shutil.rmtree(self.receiving, ignore_errors=True)

    def tidy(self) -> None:
        """Take away what a run left that was broken off."""
        for left in (*self.root.glob(f".{_MONTH}.making-*"), *self.root.glob(".work-*")):
            shutil.rmtree(left, ignore_errors=True)

    def drop_upload(self) -> None:
        """The raw upload, with the ids as they were given, is kept no longer than it is needed."""
        shutil.rmtree(self.upload, ignore_errors=True)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the folder while the block runs; False where another process does, or there is no folder."""
        root = self.receiving if self.receiving.is_dir() else self.root
        try:
            descriptor = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)


def left_receiving(home: Path) -> list[LevyFolder]:
    """Folders into which something is, or was, being received."""
    return [LevyFolder(home, path.name.removesuffix(_RECEIVING)) for path in (home / "levies").glob(f"*{_RECEIVING}")]


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
