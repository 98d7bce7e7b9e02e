"""Backup of the data folder: one archive of database, releases and levies, made while serving goes on.

The database is copied first, in one view of it; then the history of releases, then the folders. Whatever is written
meanwhile is therefore more than the database names, never less: folders only come to be, and none is changed. The
secret is not in it: sealed documents and an archive that opens them do not belong into one file.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from pricing.errors import InputError
from service.clock import now
from service.disk import sync
from service.releases.history import HISTORY
from service.store import keyed_mark
from service.store.contents import contents
from service.store.database import connect

DATABASE, MANIFEST = "licheng.db", "backup.json"
RELEASES, LEVIES = FOLDERS = ("releases", "levies")
FORMAT = 1
_MADE = "made.tar"


def save(home: Path, database: Path | None, out: Path) -> dict[str, Any]:
    """Write an archive, whole or not at all; what it holds. database: the SQLite file, None: the folders alone."""
    if out.exists():
        raise InputError("backup_exists", str(out), file=out)
    if not out.parent.is_dir():  # a disk that is not there, or a slip of the pen: no backup where nobody looks for it
        raise InputError("folder_missing", str(out), folder=out.parent)
    making = out.with_name(f".{out.name}.making-{secrets.token_hex(4)}")
    try:
        making.mkdir()
        copied = {} if database is None else _copied(database, making / DATABASE)
        manifest: dict[str, Any] = {"format": FORMAT, "made_at": now().isoformat(), "database": copied or None}
        _archive(making, home, manifest)
        os.replace(making / _MADE, out)
        sync(out.parent)
    except (OSError, sqlite3.Error) as error:
        raise InputError("backup_not_written", str(out), reason=str(error)) from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return {"file": str(out), "bytes": out.stat().st_size, **manifest, "files": len(manifest["files"])}


def _copied(database: Path, copy: Path) -> dict[str, Any]:
    """A copy of the database as it stands at one moment, and what it holds. Writers do not wait for it."""
    if not database.is_file():
        raise InputError("store_missing", str(database.parent), folder=database.parent)
    copy.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    engine = connect(f"sqlite:///{copy}")
    try:
        return contents(engine)
    finally:
        engine.dispose()  # the write-ahead log is then in the file


def _archive(making: Path, home: Path, manifest: dict[str, Any]) -> None:
    """The archive inside the folder it is made in, its manifest as the last file."""
    files: dict[str, str] = {}
    with open(making / _MADE, "xb", opener=private) as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            # Twice, for a month that is settled meanwhile stands where its upload was gone the first time.
            for name, source in chain([(DATABASE, making / DATABASE)], _kept(home), _kept(home)):
                with _opened(source) as opened:
                    if opened is not None and name not in files:
                        files[name] = _added(archive, name, opened)
            manifest["files"] = files
            text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            _added(archive, MANIFEST, io.BytesIO(text), len(text))
        os.fsync(file.fileno())


def _kept(home: Path) -> Iterator[tuple[str, Path]]:
    """Name and place of the files below the kept folders, the history of releases and the mark of the log first; none
    that is being made.
    """
    history = home / RELEASES / HISTORY
    yield f"{RELEASES}/{HISTORY}", history
    yield keyed_mark.NAME, home / keyed_mark.NAME
    for name in FOLDERS:
        for folder, inside, files in os.walk(home / name):  # what vanishes meanwhile is passed over
            inside[:] = sorted(one for one in inside if not one.startswith(".") and not one.endswith(".receiving"))
            for path in (Path(folder) / file for file in sorted(files) if not file.startswith(".")):
                if path != history and not path.is_symlink():
                    yield path.relative_to(home).as_posix(), path


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | None]:
    """A file; None where there is none, or it went while others were copied."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file


def _added(archive: tarfile.TarFile, name: str, file: Any, size: int | None = None) -> str:
    """Add a file as long as it is now; its hash."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = os.fstat(file.fileno()).st_size if size is None else size, 0o600
    hashed = Hashed(file, member.size)
    archive.addfile(member, hashed)
    return hashed.sha256


class Hashed:
    """The first bytes of a file, hashed as they are read."""

    def __init__(self, file: Any, size: int) -> None:
        self._file, self._left, self._hash = file, size, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        part: bytes = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(part)
        self._hash.update(part)
        return part

    @property
    def sha256(self) -> str:
        """Hash of what was read."""
        return "sha256:" + self._hash.hexdigest()


def private(name: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(name, flags, 0o600)
