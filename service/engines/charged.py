"""What a published month has charged in sum: its lines and declarations as they stand, for the next correction."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pricing.declaration import Group
from pricing.month import Declared
from service.engines import folder as files
from service.engines.local import State


def write_sums(state: State, path: Path) -> None:
    """Declarations of a state, whole."""
    rows = [{"group": list(group), **_plain(declared)} for group, declared in sorted(state.declared.items())]
    files.write_json(path, rows)


def _plain(declared: Declared) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, set) else value for name, value in asdict(declared).items()}


def charged(folder: Path) -> State:
    """The state that a folder left: of a first settlement its lines are what was charged."""
    lines = folder / files.CHARGED
    declared: dict[Group, Declared] = {}
    for row in json.loads((folder / files.CHARGED_SUMS).read_text(encoding="utf-8")):
        group = tuple(row.pop("group"))
        declared[group] = Declared(**{**row, "amounts": set(row["amounts"]), "floats": set(row["floats"])})
    return State(lines if lines.is_file() else folder / files.LINES, declared)
