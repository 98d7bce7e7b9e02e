"""Files that must be on the disk: written whole or not at all, and waited for."""

from __future__ import annotations

import os
from pathlib import Path

# Names of what a crash left half written end so; they begin with a dot and never count.
WRITING = ".writing"


def write_whole(path: Path, content: bytes) -> None:
    """A file in place of the one before: either the old or the new one is there, whatever happens in between."""
    fresh = path.with_name(f".{path.name}{WRITING}")
    fresh.write_bytes(content)
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file or a folder's list of names is on the disk."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def sync_tree(folder: Path) -> None:
    """Wait until everything below a folder is on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
