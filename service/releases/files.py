"""Files of approvals and releases: read strictly, written whole, by one writer at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from service.fields import object_of
from service.reading import read_json, read_text

# Names of folders that a crash left behind end so; they begin with a dot and are never in force.
WRITING = ".writing"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one writer; InputError where another command holds it. The lock ends with the process."""
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("release_locked", str(folder), folder=folder) from None
        yield
    finally:
        os.close(held)


def json_text(value: object) -> str:
    """A value as these files hold it."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def sha256_of(content: bytes) -> str:
    """`sha256:` and the hash of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def read_object(path: Path) -> Mapping[str, Any]:
    """A JSON object of a file; InputError where it is missing or something else."""
    return object_of(read_json(read_text(str(path)), str(path)), path.name)


def write_whole(path: Path, text: str) -> None:
    """A file in place of the one before: either the old or the new one is there, whatever happens in between."""
    fresh = path.with_name(f".{path.name}{WRITING}")
    fresh.write_text(text, encoding="utf-8")
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
