"""What a state of a month is settled from: its usage, with the side files that were given beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.engines import folder as files

SIDE_NAMES = {"enrolments": files.ENROLMENTS, "history": files.HISTORY}


@dataclass(frozen=True, slots=True)
class MonthFiles:
    """Parquet files sorted by worker. sides: by `enrolments` and `history`; one that was not given is not there."""

    usage: Path
    sides: dict[str, Path]

    @classmethod
    def of(cls, folder: Path) -> MonthFiles:
        """The files of a published folder, or of what is kept of one."""
        paths = {side: folder / name for side, name in SIDE_NAMES.items()}
        return cls(folder / files.USAGE, {side: path for side, path in paths.items() if path.is_file()})
