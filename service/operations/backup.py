"""Backup and restore of the data folder: one archive of database, releases and levies, made while serving goes on.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.clock import now
from service.disk import sync, sync_tree
from service.releases.history import HISTORY
from service.store import keyed_mark, keys, schema, sealed_with, sessions
from service.store.audit import OPERATOR
from service.store.contents import contents
from service.store.database import Engine, connect, writing

DATABASE, MANIFEST = "licheng.db", "backup.json"
RELEASES, LEVIES = FOLDERS = ("releases", "levies")
_SINGLE = (DATABASE, MANIFEST, keyed_mark.NAME)
FORMAT = 1
_PART = 1 << 20  # bytes that are copied at once
_MADE = "made.tar"


def save(home: Path, database: Path | None, out: Path) -> dict[str, Any]:
    """Write an archive, whole or not at all; what it holds. database: the SQLite file, None: the folders alone."""
    if out.exists():
        raise InputError("backup_exists", str(out), file=out)
    making = out.with_name(f".{out.name}.making-{secrets.token_hex(4)}")
    try:
        making.mkdir(parents=True)
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


def restore(
    archive: Path, home: Path, secret: bytes = b"", keep: Sequence[str] = (), beside: Engine | None = None
) -> dict[str, Any]:
    """Put an archive into a data folder that holds none of its parts; every file as its hash says, or nothing.

    Keys that hold in it are revoked, but for those to keep (`keys.ALL`: none is): which were revoked since the backup,
    it cannot know, nor which sessions were ended: those that began before now are void. secret: that it was sealed
    with; beside: the store, where the archive holds the folders alone.
    """
    taken = [name for name in (DATABASE, *FOLDERS) if (home / name).exists()]
    if taken:
        raise InputError("restore_not_empty", str(home), folder=home, names=", ".join(taken))
    making = home / f".restoring-{secrets.token_hex(4)}"
    try:
        making.mkdir(parents=True, mode=0o700)
        manifest = _unpacked(archive, making)
        ended = _revoked(making / DATABASE, secret, keep) if (making / DATABASE).exists() else []
        sync_tree(making)
        if beside is not None:  # before anything stands in its place, so that a refusal leaves nothing half done
            ended += revoked(beside, keep)
        # The database last: without it nothing here counts as a store.
        for name in (*FOLDERS, keyed_mark.NAME, DATABASE):
            if (making / name).exists():
                os.replace(making / name, home / name)
        sync(home)
    except FileNotFoundError:
        raise InputError("file_not_found", str(archive), path=archive) from None
    except (tarfile.TarError, EOFError):
        raise _broken(archive) from None
    except OSError as error:
        raise InputError("backup_not_written", str(home), reason=str(error)) from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return {"home": str(home), **manifest, "files": len(manifest["files"]), "revoked": ended}


def _revoked(database: Path, secret: bytes, keep: Sequence[str]) -> list[str]:
    engine = connect(f"sqlite:///{database}", Keyring.of(secret).chaining if secret else None)
    try:
        sealed_with.check(engine, secret)
        schema.upgrade(engine, home=database.parent)  # with the mark that the archive held, if any
        return revoked(engine, keep)
    finally:
        engine.dispose()  # the write-ahead log is then in the file


def revoked(engine: Engine, keep: Sequence[str]) -> list[str]:
    """Ids of the keys that a restored store held as valid, now revoked but for those to keep; its sessions end."""
    with writing(engine) as connection:
        sessions.end_all(connection)
        return [key.id for key in keys.revoke_but(connection, keep, OPERATOR)]


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
    with open(making / _MADE, "xb", opener=_private) as file:
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
    hashed = _Hashed(file, member.size)
    archive.addfile(member, hashed)
    return hashed.sha256


class _Hashed:
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


def _unpacked(archive: Path, making: Path) -> Mapping[str, Any]:
    """The files of an archive in a folder, and its manifest; InputError where it is not one of ours, or not whole."""
    hashes: dict[str, str] = {}
    with tarfile.open(archive, "r:") as opened:
        for member in opened:
            source = opened.extractfile(member) if member.isreg() else None
            if source is None or not _is_ours(member.name):
                raise _broken(archive)
            place = making / member.name
            _made(place.parent, making)
            hashed = _Hashed(source, member.size)
            with open(place, "xb", opener=_private) as file:
                shutil.copyfileobj(hashed, file, _PART)
            hashes[member.name] = hashed.sha256
    try:
        manifest: Mapping[str, Any] = json.loads((making / MANIFEST).read_bytes())
        whole = manifest["format"] == FORMAT and manifest["files"] == {
            name: found for name, found in hashes.items() if name != MANIFEST
        }
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise _broken(archive)
    return manifest


def _made(folder: Path, top: Path) -> None:
    """A folder below `top` with those above it, each closed to others."""
    for path in reversed((folder, *folder.parents)):
        if path.is_relative_to(top):
            path.mkdir(mode=0o700, exist_ok=True)


def _private(name: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(name, flags, 0o600)


def _is_ours(name: str) -> bool:
    """Whether a name in an archive lies where ours do, and nowhere else."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == name and "\0" not in name
    return plain and (name in _SINGLE or (path.parts[0] in FOLDERS and len(path.parts) > 1))


def _broken(archive: Path) -> InputError:
    return InputError("backup_broken", str(archive), file=archive)
