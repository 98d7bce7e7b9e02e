"""A tariff folder without the entries of the reference: what the next reference grows from."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

OWN = "synthetic_book_"  # the titles of the reference's entries begin with it: the names of its plans do
_START = re.compile(r"\s*- effective_from:")
_TITLE = re.compile(r'\s+title: ("synthetic_book_.*")\s*')
_CLAUSE = re.compile(r'\s+clause: (".*")\s*')


def write_without(tariff: Path, out: Path) -> Path:
    """Copy a tariff's tables into the new folder `out`, the reference's entries left out; the folder."""
    for path in sorted(tariff.rglob("*")):
        if path.suffix == ".yaml" or path.relative_to(tariff).as_posix() == "README.md":
            copy = out / path.relative_to(tariff)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            text = path.read_bytes().decode("utf-8")
            if OWN in text:
                copy.write_bytes(without(text).encode("utf-8"))
    return out


def without(text: str) -> str:
    """A table's text without the reference's entries, every other byte as it was."""
    return "".join(line for block in _blocks(text) if not _own(block) for line in block)


def sources(tariff: Path) -> tuple[str, ...]:
    """Titles and clauses of the reference's entries in a tariff, each once, by file."""
    found: list[str] = []
    for path in sorted(tariff.rglob("*.yaml")):
        for block in filter(_own, _blocks(path.read_bytes().decode("utf-8"))):
            found += [
                json.loads(m[1]) for line in block for m in (_TITLE.fullmatch(line), _CLAUSE.fullmatch(line)) if m
            ]
    return tuple(dict.fromkeys(found))


def _blocks(text: str) -> list[list[str]]:
    """The lines of a file apart: what stands before its entries, each entry, what stands after a list of them."""
    blocks: list[list[str]] = [[]]
    inside = False
    for line in text.splitlines(keepends=True):
        starts, ends = bool(_START.match(line)), inside and bool(re.match(r"[^\s#-]", line))
        if starts or ends:
            blocks.append([])
            inside = starts
        blocks[-1].append(line)
    return blocks


def _own(block: list[str]) -> bool:
    return any(_TITLE.fullmatch(line) for line in block)
