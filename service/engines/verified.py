"""Verify: settle a published folder again from its own usage, register and tables, and compare every file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from service.engines import folder as files
from service.engines import store
from service.engines.levy import Run, finish
from service.engines.local import Progress
from service.engines.previous import BEFORE, corrected, opened


def verify(folder: Path, progress: Progress) -> dict[str, Any]:
    """Hashes first (InputError where a file is not as written), then every line, declaration and refusal anew."""
    receipt = files.read_receipt(folder)
    now, before = opened(folder, receipt), corrected(folder)
    with tempfile.TemporaryDirectory(prefix=".licheng-verify-") as name:
        work, made = Path(name) / "work", Path(name) / "made"
        work.mkdir()
        made.mkdir()
        (made / files.USAGE).symlink_to((folder / files.USAGE).resolve())
        if before is not None:
            (made / BEFORE).symlink_to((folder / BEFORE).resolve())
        with store.opened(work) as connection:
            run = Run(now.terms, before, work, made, connection, progress)
            totals = finish(run)
            lines = store.unlike_rows(connection, folder / files.LINES, made / files.LINES)
        unlike = [
            name
            for name in (files.DECLARATIONS, files.REFUSALS, files.TOTALS)
            if files.sha256(folder / name) != files.sha256(made / name)
        ]
    unlike += [files.LINES] if lines else []
    return {"run": receipt["run"], "files": len(receipt["files"]), "unlike": unlike, "unlike_lines": lines, **totals}
