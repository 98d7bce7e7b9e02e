"""Verify: settle a published folder again from its own usage, register and tables, and compare every file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from service.engines import folder as files
from service.engines import store
from service.engines.charged import charged
from service.engines.levy import Run, finish
from service.engines.local import Progress, settle_state
from service.engines.month_files import MonthFiles
from service.engines.previous import BEFORE, Previous, corrected, opened


def verify(folder: Path, progress: Progress) -> dict[str, Any]:
    """Hashes first (InputError where a file is not as written), then every line, declaration and refusal anew.

    Of a correction, what it corrects is settled again too, from what is kept of it in the folder.
    """
    receipt = files.read_receipt(folder)
    now, before = opened(folder, receipt), corrected(folder)
    with tempfile.TemporaryDirectory(prefix=".licheng-verify-") as name:
        work, made = Path(name) / "work", Path(name) / "made"
        work.mkdir()
        made.mkdir()
        month = MonthFiles.of(folder)
        for path in (month.usage, *month.sides.values()):
            (made / path.name).symlink_to(path.resolve())
        if before is not None:
            (made / BEFORE).symlink_to((folder / BEFORE).resolve())
        with store.opened(work) as connection:
            run = Run(now.terms, now.register, before, work, made, connection, progress, receipt["synthetic"])
            run.whole, run.unfinished = "covers" in receipt, receipt.get("unfinished")
            totals = finish(run)
            unlike = _unlike(folder, made)
            if before is not None and not _is_settled(before, work / "before.parquet", progress):
                unlike.append(f"{BEFORE}/{files.CHARGED}")
    return {"run": receipt["run"], "files": len(receipt["files"]), "unlike": unlike, **totals}


def _unlike(folder: Path, made: Path) -> list[str]:
    """Names of the files that a second settlement made otherwise."""
    texts = [files.DECLARATIONS, files.REFUSALS, files.TOTALS, files.CHARGED_SUMS]
    texts += [name for name in (files.SIDE_REFUSALS,) if (folder / name).is_file()]
    tables = [name for name in (files.LINES, files.CHARGED) if (folder / name).is_file()]
    unlike = [name for name in texts if files.sha256(folder / name) != files.sha256(made / name)]
    return unlike + [name for name in tables if not store.alike(folder / name, made / name)]


def _is_settled(before: Previous, out: Path, progress: Progress) -> bool:
    """Whether what a correction started from is what its usage and tables make of it."""
    state = settle_state(MonthFiles.of(before.folder), before.terms, out, progress)
    kept = charged(before.folder)
    return state.declared == kept.declared and store.alike(kept.lines, out)
