"""Files of approvals and releases: read strictly, by one writer at a time."""

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
