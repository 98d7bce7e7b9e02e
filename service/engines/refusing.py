"""Refusing: while a month is settled, what it refuses of its usage and of its side files is written and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa

from pricing.arrow import Part
from pricing.edition import Edition
from service.engines import folder as files
from service.engines.month_files import MonthFiles
from service.engines.refusals_file import refusals_file
from service.engines.refused import REFUSAL_SCHEMA, refused_rows
from service.engines.side_refused import SIDE_REFUSAL_SCHEMA, SideRefusals
from service.engines.side_rows import judged

Write = Callable[[pa.RecordBatch], None]


class Refusing:
    """Writes the refusals of a month. refused: rows per scheme or cover; side: counts per side file."""

    def __init__(self, edition: Edition, sides: SideRefusals, write: Write, write_side: Write) -> None:
        self._edition = edition
        self._sides = sides
        self._write = write
        self._write_side = write_side
        self.refused: Counter[str] = Counter()

    @property
    def side(self) -> dict[str, dict[str, int]]:
        """Rows read, used, refused and of covers that were not asked for, per side file."""
        return self._sides.counts

    def part(self, part: Part) -> None:
        """What is refused of a part and of what stands beside it."""
        found = judged(part, self._edition, part.settlement.refusals)
        for batch in refused_rows(part, self._edition, found):
            self.refused[batch.column("scheme")[0].as_py()] += len(batch)
            self._write(batch)
        for batch in self._sides.known(part, found):
            self._write_side(batch)

    def unknown(self, side: str, batch: pa.RecordBatch) -> None:
        """Rows of a side file whose worker has no usage."""
        self._write_side(self._sides.unknown(side, batch))


@contextmanager
def refusing(folder: Path, month: MonthFiles, edition: Edition, work: Path) -> Iterator[Refusing]:
    """A writer of a folder's `refusals.csv` and, where side files were given, of its `side_refusals.csv`.
    work: a folder that vanishes.
    """
    with ExitStack() as stack:
        write = stack.enter_context(refusals_file(folder / files.REFUSALS, REFUSAL_SCHEMA, work))
        write_side: Write = _nothing
        if month.sides:
            path = folder / files.SIDE_REFUSALS
            write_side = stack.enter_context(refusals_file(path, SIDE_REFUSAL_SCHEMA, work))
        yield Refusing(edition, SideRefusals(edition, tuple(month.sides)), write, write_side)


def _nothing(batch: pa.RecordBatch) -> None:
    """Without side files nothing of them is refused."""
