"""Files of a published month are given out only as they were published.

The store holds the receipt's hash, the receipt those of the files. A file is hashed when it is first given out, and
again when its size, its times or its place on the disk are others: after that a look at those is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pricing.errors import InputError
from service.engines.folder import RECEIPT, sha256, signed_receipt
from service.store.levies import Levy
from service.telemetry.logs import Log

_REMEMBERED = 4_096  # files
_Stamp = tuple[int, int, int, int]


def check_unchanged(levy: Levy, folder: Path, names: Iterable[str], log: Log | None = None) -> None:
    """InputError `levy_files_changed` where the receipt, or one of these files, is not as it was published, and a line
    in the log. A file that the month did not publish may be missing, but not be there.
    """
    for name in _changed(levy, folder, names):
        if log is not None:
            log.error("levy_files_changed", levy=levy.id, at=name)
        raise InputError("levy_files_changed", levy.id, id=levy.id, file=name)


def _changed(levy: Levy, folder: Path, names: Iterable[str]) -> Iterable[str]:
    """Names of the files that are others, one by one."""
    written = _written(folder, levy.receipt)
    if written is None:
        yield RECEIPT
        return
    yield from (name for name in names if _hash_now(folder / name) != written.get(name))


def _written(folder: Path, known: str | None) -> Mapping[str, str] | None:
    """Hashes of the files as the receipt names them; None where it is not the one that is known, or cannot be read.

    known: None of a month from before the store kept it, whose receipt has only itself to vouch for it.
    """
    path = folder / RECEIPT
    if known is not None and _hash_now(path) != known:
        return None
    try:
        return _named(path, _stamp(path))
    except (OSError, InputError):
        return None


def _hash_now(path: Path) -> str | None:
    """Hash of a file, None where there is none."""
    try:
        return _hash(path, _stamp(path))
    except OSError:
        return None


@lru_cache(_REMEMBERED)
def _hash(path: Path, _stamped: _Stamp) -> str:
    return sha256(path)


@lru_cache(_REMEMBERED)
def _named(path: Path, _stamped: _Stamp) -> Mapping[str, str]:
    files: Mapping[str, str] = signed_receipt(path)["files"]
    return files


def _stamp(path: Path) -> _Stamp:
    """What is another when a file was written or put in the place of another."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
