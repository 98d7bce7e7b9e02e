"""Restore of a data folder from an archive of `service.operations.backup`: all of it in its place, or nothing."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from pricing.errors import InputError
from service.auth.keyring import Keyring
from service.disk import sync, sync_tree
from service.operations.backup import DATABASE, FOLDERS, FORMAT, MANIFEST, Hashed, private
from service.store import keyed_mark, keys, schema, sealed_with, sessions
from service.store.audit import OPERATOR
from service.store.database import Engine, connect, writing

_SINGLE = (DATABASE, MANIFEST, keyed_mark.NAME)
_OF_SQLITE = ("", "-wal", "-shm", "-journal")  # endings of the files of one database
_PART = 1 << 20  # bytes that are copied at once


def restore(
    archive: Path, home: Path, *, secret: bytes, into: Engine | Path, keep: Sequence[str] = ()
) -> dict[str, Any]:
    """Put an archive into a data folder that holds none of its parts; every file as its hash says, or nothing.

    Keys that hold in it are revoked, but for those to keep (`keys.ALL`: none is): which were revoked since the backup,
    it cannot know, nor which sessions were ended: those that began before now are void. secret: that it was sealed
    with; into: the SQLite file that is made, or the store whose dump stands already, beside folders alone.

    InputError where the archive is not there or not whole, where something stands in its place, or where it cannot be
    written (`restore_not_done`): then nothing of it stays, and no key of a store that stood before was revoked.
    """
    file = into if isinstance(into, Path) else None
    _check_free(home, file)
    try:
        with _opened(archive) as tar, _staging(home, file) as (parts, database):
            manifest = _unpacked(tar, parts, database)
            ended = _end_access_in(database, parts, secret, keep) if database and database.exists() else []
            sync_tree(parts)
            # The database last: without it nothing here counts as a store.
            moves = [(parts / name, home / name) for name in (*FOLDERS, keyed_mark.NAME)]
            if file and database:
                sync_tree(database.parent)
                moves.append((database, file))
            with _placed(moves):
                if isinstance(into, Engine):  # last: no key there ends for a restore that fails
                    ended = end_access(into, keep)
                elif DATABASE in manifest["files"]:
                    with _connected(into, secret) as engine:
                        check_revoked(engine, ended)
    except (tarfile.TarError, EOFError):
        raise _broken(archive) from None
    except OSError as error:
        raise InputError("restore_not_done", str(home), reason=str(error)) from None
    found = {"home": str(home), **manifest, "files": len(manifest["files"]), "revoked": ended}
    return {**found, "database_file": str(into)} if DATABASE in manifest["files"] else found


def check_dumped(engine: Engine) -> None:
    """InputError `restore_without_dump` where a database that is not in the archive holds no store yet: an empty one,
    made there, would keep its dump out.
    """
    if schema.current(engine) is None:
        raise InputError("restore_without_dump", "LICHENG_DATABASE_URL")


def end_access(engine: Engine, keep: Sequence[str]) -> list[str]:
    """Ids of the keys that a restored store held as valid, now revoked but for those to keep; its sessions end."""
    with writing(engine) as connection:
        sessions.end_all(connection)
        return [key.id for key in keys.revoke_but(connection, keep, OPERATOR)]


def check_revoked(engine: Engine, ended: Sequence[str]) -> None:
    """InputError `restore_not_revoked` where a key holds in a store in its place that was revoked before it got there:
    another program wrote beside it meanwhile.
    """
    held = sorted(keys.holding(engine).intersection(ended))
    if held:
        raise InputError("restore_not_revoked", str(engine.url.database), keys=", ".join(held))


def _check_free(home: Path, file: Path | None) -> None:
    """InputError where something stands already in the place of what is restored, or where SQLite would play the log of
    an earlier database into the one restored.
    """
    taken = [name for name in (DATABASE, *FOLDERS) if os.path.lexists(home / name)]
    if taken:
        raise InputError("restore_not_empty", str(home), folder=home, names=", ".join(taken))
    there = [f"{file}{ending}" for ending in _OF_SQLITE if file and os.path.lexists(f"{file}{ending}")]
    if there:
        raise InputError("restore_database_there", str(file), names=", ".join(there))


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    with ExitStack() as held:
        try:
            tar = held.enter_context(tarfile.open(archive, "r:"))
        except FileNotFoundError:
            raise InputError("file_not_found", str(archive), path=archive) from None
        yield tar


@contextmanager
def _staging(home: Path, file: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """A folder for all that is not yet in its place, and the path of a database not yet in its own: each on the disk of
    its place. Folders above them are closed to others; where it fails, those that were made for it go again.
    """
    name = f".restoring-{secrets.token_hex(4)}"
    with ExitStack() as on_failure, ExitStack() as at_end:
        for place in (home, file.parent) if file else (home,):
            for folder in _make(place):
                on_failure.callback(_remove_empty, folder)
            at_end.callback(shutil.rmtree, place / name, ignore_errors=True)
            (place / name).mkdir(mode=0o700, exist_ok=True)
        yield home / name, file.parent / name / DATABASE if file else None
        on_failure.pop_all()


def _make(folder: Path) -> Iterator[Path]:
    """Folders that were missing, each as it is made."""
    for path in reversed((folder, *folder.parents)):
        if not path.is_dir():
            path.mkdir(mode=0o700)
            yield path


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # somebody put something there meanwhile
        folder.rmdir()


@contextmanager
def _placed(moves: Sequence[tuple[Path, Path]]) -> Iterator[None]:
    """Parts in their places, those that the archive has; taken back, with what they replaced, where anything fails."""
    with ExitStack() as on_failure:
        for source, place in moves:
            if source.exists():
                earlier = source.with_name(f"{source.name}.earlier")
                if place.is_file():
                    os.replace(place, earlier)
                    on_failure.callback(os.replace, earlier, place)
                os.replace(source, place)
                on_failure.callback(os.replace, place, source)
                sync(place.parent)
        yield
        on_failure.pop_all()


def _end_access_in(database: Path, home: Path, secret: bytes, keep: Sequence[str]) -> list[str]:
    with _connected(database, secret) as engine:
        sealed_with.check(engine, secret)
        schema.upgrade(engine, home=home)  # with the mark that the archive held, if any
        return end_access(engine, keep)


@contextmanager
def _connected(database: Path, secret: bytes) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{database}", Keyring.of(secret).chaining if secret else None)
    try:
        yield engine
    finally:
        engine.dispose()  # the write-ahead log is then in the file


def _unpacked(tar: tarfile.TarFile, parts: Path, database: Path | None) -> Mapping[str, Any]:
    """The manifest of an archive, its database put where it is named, its other files into `parts`; InputError where it
    is not one of ours, or not whole, or where no database is to come.
    """
    archive, hashes = Path(str(tar.name)), dict[str, str]()
    for member in tar:
        source = tar.extractfile(member) if member.isreg() else None
        if source is None or not _is_ours(member.name):
            raise _broken(archive)
        if member.name == DATABASE and database is None:
            raise InputError("restore_of_sqlite", str(archive))
        place = database if database and member.name == DATABASE else parts / member.name
        for _ in _make(place.parent):
            pass
        hashed = Hashed(source, member.size)
        with open(place, "xb", opener=private) as file:
            shutil.copyfileobj(hashed, file, _PART)
        hashes[member.name] = hashed.sha256
    try:
        manifest: Mapping[str, Any] = json.loads((parts / MANIFEST).read_bytes())
        whole = manifest["format"] == FORMAT and manifest["files"] == {
            name: found for name, found in hashes.items() if name != MANIFEST
        }
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise _broken(archive)
    return manifest


def _is_ours(name: str) -> bool:
    """Whether a name in an archive lies where ours do, and nowhere else."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == name and "\0" not in name
    return plain and (name in _SINGLE or (path.parts[0] in FOLDERS and len(path.parts) > 1))


def _broken(archive: Path) -> InputError:
    return InputError("backup_broken", str(archive), file=archive)
