"""Receiving an upload: its bytes go to disk as they come, hashed on the way, whatever their size.

Names that a sender gives to files are never names on this disk; they are only shown again. An upload is one file as the
body, or a form (multipart/form-data) with several files and texts. Called from a thread, with blocks of any size.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Protocol

from service.conventions.limits import too_large
from service.conventions.problems import Problem
from service.month.asked import SentFile

USAGE = "usage"
FILES = (USAGE, "platforms", "enrolments", "history")
_MOST_REGISTER = 20_000_000  # bytes: it is read whole
_LONGEST_NAME = 100
_KINDS = {"text/csv": ".csv", "application/vnd.apache.parquet": ".parquet"}
KINDS = tuple(_KINDS.values())
_SUFFIXES = {".csv": ".csv", ".txt": ".csv", ".parquet": ".parquet"}
TAKEN = (*_KINDS, "multipart/form-data")


class Receiver(Protocol):
    """Takes the blocks of a body in their order; `close` ends it, whole or broken off."""

    texts: dict[str, str]
    files: list[SentFile]

    def take(self, block: bytes) -> None:
        """The next bytes; Problem where they cannot be taken."""

    def finish(self) -> None:
        """All bytes have come; Problem where something is missing."""

    def close(self) -> None:
        """Let go of what is open."""


class Writing:
    """A file that is being written, counted and hashed."""

    def __init__(self, folder: Path, part: str, said: str, kind: str, number: int) -> None:
        self._part, self._said = part, said
        self._name = f"{part}-{number}{kind}"
        self._file = (folder / self._name).open("xb")
        self._digest, self._count = hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        """The next bytes; Problem 413 where a register is too long."""
        self._count += len(block)
        if self._part == "platforms" and self._count > _MOST_REGISTER:
            raise too_large(_MOST_REGISTER)
        self._file.write(block)
        self._digest.update(block)

    def finish(self) -> SentFile:
        """The file is whole and on the disk; Problem 422 where it is empty."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if not self._count:
            raise Problem(422, "empty_file", self._part, pointer="")
        return SentFile(self._part, self._name, self._said, self._count, "sha256:" + self._digest.hexdigest())

    def close(self) -> None:
        """Let go."""
        self._file.close()


class OneFile:
    """An upload that is one file of usage."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.texts: dict[str, str] = {}
        self.files: list[SentFile] = []
        self._writing = Writing(folder, USAGE, USAGE + _KINDS[kind], _KINDS[kind], 1)

    def take(self, block: bytes) -> None:
        """The next bytes of the file."""
        self._writing.write(block)

    def finish(self) -> None:
        """The file is whole."""
        self.files = [self._writing.finish()]

    def close(self) -> None:
        """Let go of the file."""
        self._writing.close()


def shown_name(said: str, part: str, kind: str) -> str:
    """A sender's name of a file as it may be shown: without folders and control characters, not too long."""
    last = re.split(r"[\\/]", said)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return plain[:_LONGEST_NAME] or part + kind


def kind_of(said: str, media_type: str, taken: tuple[str, ...] = KINDS) -> str:
    """What a file of a form is, by its name, else by its media type; Problem 415 where it is none that is taken."""
    suffix = Path(said).suffix.lower()
    kind = _SUFFIXES.get(suffix) or (_KINDS.get(media_type) if not suffix else None)
    if kind not in taken:
        known = ", ".join(kind for kind, suffix in _KINDS.items() if suffix in taken)
        raise Problem(415, "media_type_not_taken", "Content-Type", found=suffix or media_type, known=known)
    return kind
