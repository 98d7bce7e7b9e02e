"""The tables that a month was priced with, kept in its folder: enough to explain any line without anything else."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from pricing.edition import Edition
from pricing.tariff import Tariff
from pricing.units import month_text


def bundle(tariff: Tariff, edition: Edition) -> dict[str, Any]:
    """The tariff's files as text, with the edition's hash, month and knowledge date."""
    files = {
        path.relative_to(tariff.folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(tariff.folder.rglob("*.yaml"))
    }
    return {
        "format": 1,
        "edition": edition.hash,
        "month": month_text(edition.month),
        "known_on": edition.known.isoformat(),
        "files": files,
    }


def unbundle(path: Path) -> Tariff:
    """The tariff of an `edition.json`, as it was."""
    content = json.loads(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for relative, text in content["files"].items():
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return Tariff.load(folder)
