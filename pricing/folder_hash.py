"""The hash of a tariff folder: what an approval was given for, and what a release must still be."""

from __future__ import annotations

import hashlib
from pathlib import Path

# Written about a folder after it was hashed; they may change without changing the tariff.
BESIDE = ("release.json", "approvals.json")


def folder_hash(folder: Path) -> str:
    """`sha256:` and the hash of every file's path and bytes, in order of the paths.

    Left out are names that begin with a dot, `__pycache__`, and what is written about the folder afterwards.
    """
    hashed = hashlib.sha256()
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(found):
        if name in BESIDE or any(part.startswith(".") or part == "__pycache__" for part in name.split("/")):
            continue
        content = found[name].read_bytes()
        hashed.update(f"{len(name.encode())} {name} {len(content)} ".encode())
        hashed.update(content)
    return f"sha256:{hashed.hexdigest()}"


def file_hash(path: Path) -> str:
    """`sha256:` and the hash of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
