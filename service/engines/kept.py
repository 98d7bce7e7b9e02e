"""The files of a month as its folder keeps them: usage, side files and register, sorted, and what is corrected."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from pricing.register import COLUMNS as REGISTER_COLUMNS
from pricing.tariff import Tariff
from service.engines import folder as files
from service.engines import store
from service.engines.form import HISTORY_FORM, enrolment_form
from service.engines.intake import Intake, usage_files
from service.engines.local import Progress, write_intake
from service.engines.month_files import SIDE_NAMES, MonthFiles
from service.engines.order import Order
from service.engines.previous import BEFORE, Previous


def intakes(order: Order, tariff: Tariff) -> tuple[Intake, dict[str, Intake]]:
    """What is read of an order: its usage, and its side files by name; InputError where a file is not there."""
    forms = {"enrolments": enrolment_form(tariff), "history": HISTORY_FORM}
    sides = {side: Intake(usage_files([path]), forms[side], upload=order.upload) for side, path in order.sides.items()}
    return Intake(usage_files(order.sources), upload=order.upload), sides


def keep_usage(
    connection: Any, intake: Intake, before: Previous | None, work: Path, made: Path, progress: Progress
) -> None:
    """Usage in key order: what was read, and of a previous month the platforms that it does not name."""
    read = work / "read.parquet"
    write_intake(intake, read, progress)
    sources = [f"SELECT * FROM read_parquet({store.quoted(read)})"]
    if before is not None:
        named = store.platforms_of(connection, sources[0])
        kept = ", ".join(map(store.quoted, named)) or "''"
        old = before.folder / files.USAGE
        others = f"platform IS NULL OR platform NOT IN ({kept})"
        sources.append(f"SELECT * FROM read_parquet({store.quoted(old)}) WHERE {others}")
    store.sort_usage(connection, sources, made / files.USAGE)


def keep_sides(connection: Any, given: Mapping[str, Intake], before: Previous | None, work: Path, made: Path) -> None:
    """Side files by worker: those given anew replace the earlier ones whole, the others stay as they were."""
    for side, intake in given.items():
        read = work / SIDE_NAMES[side]
        write_intake(intake, read, _silent)
        store.sort_side(connection, read, made / SIDE_NAMES[side])
    for side, path in (MonthFiles.of(before.folder).sides if before is not None else {}).items():
        if side not in given:
            shutil.copy2(path, made / SIDE_NAMES[side])


def _silent(stage: str, rows: int) -> None:
    """Rows of side files are not counted as rows of the month."""


def keep_before(before: Previous | None, made: Path) -> None:
    """What is corrected stays beside the correction, so that the folder alone proves its differences.

    Files are copied, not linked: whoever changes one folder must not change the other.
    """
    if before is None:
        return
    kept, old = made / BEFORE, before.folder
    kept.mkdir()
    lines = files.CHARGED if (old / files.CHARGED).is_file() else files.LINES
    sides = [path.name for path in MonthFiles.of(old).sides.values()]
    for name in (files.USAGE, *sides, files.REGISTER, files.EDITION, files.RECEIPT, files.CHARGED_SUMS, lines):
        shutil.copy2(old / name, kept / name)


def keep_register(path: Path, register: tuple[Mapping[str, Any], ...]) -> None:
    """The register as it was sent."""
    out = files.CsvFile(path, REGISTER_COLUMNS)
    with closing(out):
        for row in register:
            out.write(row)
