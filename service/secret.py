"""The service's one secret: from the environment or a file, made where the embedded default has none, never weak."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from pricing.errors import InputError

LEAST_BYTES = 32
_LEAST_KINDS = 7  # different bytes; 32 random hexadecimal digits have fewer once in five thousand million
_MADE_BYTES = 48
VARIABLE, FILE_VARIABLE, NAME = "LICHENG_SECRET", "LICHENG_SECRET_FILE", "secret"
# What people write where a secret should stand. Each is taken out, and what remains must still be long enough.
_WORDS = (
    *("password", "passw0rd", "secret", "changeme", "change-me", "change_me", "licheng", "example", "default", "admin"),
    *(
        "qwerty",
        "letmein",
        "insecure",
        "testing",
        "test",
        "1234567890",
        "0123456789",
        "123456",
        "abcdef",
        "development",
    ),
)


def secret_of(environ: Mapping[str, str], home: Path, make: bool) -> tuple[bytes, Path | None]:
    """The secret and the file that it stands in, None: the environment itself. b"" where there is none yet.

    make: whether to write one into the data folder where none is named. InputError where it is weak, two are named, or
    others can read its file.
    """
    text, named = environ.get(VARIABLE, ""), environ.get(FILE_VARIABLE, "")
    if text and named:
        raise InputError("secret_named_twice", VARIABLE)
    if text:
        secret = os.fsencode(text)
        check_strength(secret, VARIABLE)
        return secret, None
    path = Path(named) if named else home / NAME
    if not named and not path.exists():
        if not make:
            return b"", path
        _write(path)
    return _read(path), path


def check_strength(secret: bytes, place: str) -> None:
    """InputError where a secret is short, or is one that a person or a loop would write."""
    if len(secret) < LEAST_BYTES:
        raise InputError("secret_too_short", place, least=LEAST_BYTES)
    if len(set(secret)) < _LEAST_KINDS or _repeats(secret) or _counts(secret) or _without_words(secret) < LEAST_BYTES:
        raise InputError("secret_weak", place)


def _repeats(secret: bytes) -> bool:
    """Whether it is one piece written again and again."""
    return any(secret[size:] == secret[:-size] for size in range(1, len(secret) // 2 + 1))


def _counts(secret: bytes) -> bool:
    """Whether two thirds of its bytes only count on from the one before: once in a thousand million by chance."""
    steps = [abs(after - before) <= 1 for before, after in pairwise(secret)]
    return 3 * sum(steps) > 2 * len(steps)


def _without_words(secret: bytes) -> int:
    """How many bytes remain when known words are taken out."""
    text = secret.decode("utf-8", "replace").lower()
    for word in _WORDS:
        text = text.replace(word, "")
    return len(text.encode())


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        secret = path.read_bytes().strip()
    except OSError as error:
        raise InputError("secret_unreadable", str(path), reason=error.strerror or str(error)) from None
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise InputError("secret_open_to_others", str(path), file=path)
    check_strength(secret, str(path))
    return secret


def _write(path: Path) -> None:
    """A fresh secret, readable by its owner alone, whole or not at all; of two who write at once, one is kept."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_urlsafe(_MADE_BYTES).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    except OSError as error:
        raise InputError("secret_not_made", str(path), reason=error.strerror or str(error)) from None
