"""Restore of a data folder from an archive of `service.operations.backup`: all of it in its place, or nothing."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
_PART = 1 << 20  # bytes that are copied at once


def restore(
    archive: Path,
    home: Path,
    secret: bytes = b"",
    keep: Sequence[str] = (),
    beside: Engine | None = None,
    database: Path | None = None,
) -> dict[str, Any]:
    """Put an archive into a data folder that holds none of its parts; every file as its hash says, or nothing.

    Keys that hold in it are revoked, but for those to keep (`keys.ALL`: none is): which were revoked since the backup,
    it cannot know, nor which sessions were ended: those that began before now are void. secret: that it was sealed
    with; beside: the store, where the archive holds the folders alone; database: the SQLite file, where it is not in
    the data folder.
    """
    into = home / DATABASE if database is None else database
    _check_free(home, into)
    try:
        with _folders(home, into) as (making, made):
            manifest = _unpacked(archive, making, made)
            ended = _revoked(made / DATABASE, making, secret, keep) if (made / DATABASE).exists() else []
            sync_tree(making)
            sync_tree(made)
            if beside is not None:  # before anything stands in its place, so that a refusal leaves nothing half done
                ended += revoked(beside, keep)
            # The database last: without it nothing here counts as a store.
            for name in (*FOLDERS, keyed_mark.NAME):
                _put(making / name, home / name)
            _put(made / DATABASE, into)
    except FileNotFoundError:
        raise InputError("file_not_found", str(archive), path=archive) from None
    except (tarfile.TarError, EOFError):
        raise _broken(archive) from None
    except OSError as error:
        raise InputError("backup_not_written", str(home), reason=str(error)) from None
    found = {"home": str(home), **manifest, "files": len(manifest["files"]), "revoked": ended}
    return {**found, "database_file": str(into)} if DATABASE in manifest["files"] else found


def check_dumped(engine: Engine) -> None:
    """InputError `restore_without_dump` where a database that is not in the archive holds no store yet: an empty one,
    made there, would keep its dump out.
    """
    if schema.current(engine) is None:
        raise InputError("restore_without_dump", "LICHENG_DATABASE_URL")


@contextmanager
def _folders(home: Path, database: Path) -> Iterator[tuple[Path, Path]]:
    """Where all is made before it is put in its place, and where the database is: each on the disk of its place."""
    name = f".restoring-{secrets.token_hex(4)}"
    making, made = home / name, database.parent / name
    try:
        making.mkdir(parents=True, mode=0o700)
        made.mkdir(parents=True, mode=0o700, exist_ok=True)
        yield making, made
    finally:
        shutil.rmtree(making, ignore_errors=True)
        shutil.rmtree(made, ignore_errors=True)


def _put(source: Path, place: Path) -> None:
    """A part in its place, where the archive has it."""
    if source.exists():
        os.replace(source, place)
        sync(place.parent)


def _check_free(home: Path, database: Path) -> None:
    """InputError where something stands already in the place of what is restored."""
    taken = [name for name in (DATABASE, *FOLDERS) if (home / name).exists()]
    if taken:
        raise InputError("restore_not_empty", str(home), folder=home, names=", ".join(taken))
    if database.exists():
        raise InputError("restore_database_there", str(database), file=database)


def _revoked(database: Path, home: Path, secret: bytes, keep: Sequence[str]) -> list[str]:
    engine = connect(f"sqlite:///{database}", Keyring.of(secret).chaining if secret else None)
    try:
        sealed_with.check(engine, secret)
        schema.upgrade(engine, home=home)  # with the mark that the archive held, if any
        return revoked(engine, keep)
    finally:
        engine.dispose()  # the write-ahead log is then in the file


def revoked(engine: Engine, keep: Sequence[str]) -> list[str]:
    """Ids of the keys that a restored store held as valid, now revoked but for those to keep; its sessions end."""
    with writing(engine) as connection:
        sessions.end_all(connection)
        return [key.id for key in keys.revoke_but(connection, keep, OPERATOR)]


def _unpacked(archive: Path, making: Path, made: Path) -> Mapping[str, Any]:
    """The manifest of an archive, its database put into `made`, its other files into `making`; InputError where it is
    not one of ours, or not whole.
    """
    hashes: dict[str, str] = {}
    with tarfile.open(archive, "r:") as opened:
        for member in opened:
            source = opened.extractfile(member) if member.isreg() else None
            if source is None or not _is_ours(member.name):
                raise _broken(archive)
            place = (made if member.name == DATABASE else making) / member.name
            if place.parent not in (making, made):
                _made(place.parent, making)
            hashed = Hashed(source, member.size)
            with open(place, "xb", opener=private) as file:
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


def _is_ours(name: str) -> bool:
    """Whether a name in an archive lies where ours do, and nowhere else."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and str(path) == name and "\0" not in name
    return plain and (name in _SINGLE or (path.parts[0] in FOLDERS and len(path.parts) > 1))


def _broken(archive: Path) -> InputError:
    return InputError("backup_broken", str(archive), file=archive)
