"""Side files of a month: enrolments in covers, and histories of revenue, as columns beside the usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pricing.units import IntArray, parse_month
from pricing.usage import BY_NAME, UNKNOWN, encode, whole_numbers

MONTH_UNKNOWN, MONTH_NOT_VALID = -1, -2
GREATEST: Mapping[str, int] = {
    "eligible": 100_000_000,
    "enrolled": 100_000_000,
    "revenue_fen": BY_NAME["revenue_fen"].greatest,
}
ENROLMENT_TEXTS = ("worker", "cover", "group", "from_month", "to_month")
HISTORY_COLUMNS = ("worker", "platform", "month", "revenue_fen")


_NO_ROWS: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of a side file as columns: texts with a code per row (-1 where empty), numbers with negative reasons."""

    rows: int
    texts: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, IntArray]
    numbers: Mapping[str, IntArray]
    _months: dict[str, IntArray] = field(default_factory=dict)
    _of_worker: dict[str, IntArray] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Sequence[Mapping[str, object]]) -> Table:
        """Records as columns. Columns in GREATEST are numbers, all others texts; an absent cell is empty."""
        texts: dict[str, tuple[str, ...]] = {}
        codes: dict[str, IntArray] = {}
        numbers: dict[str, IntArray] = {}
        for name in dict.fromkeys(name for record in records for name in record):
            cells = [record.get(name) for record in records]
            if name in GREATEST:
                numbers[name] = whole_numbers(cells, GREATEST[name])
            else:
                texts[name], codes[name] = encode(cells)
        return cls(len(records), texts, codes, numbers)

    def code(self, name: str) -> IntArray:
        """Codes of a text column; -1 in every row where there is no such column."""
        found = self.codes.get(name)
        return np.full(self.rows, -1, dtype=np.int64) if found is None else found

    def number(self, name: str) -> IntArray:
        """A number column; UNKNOWN in every row where there is no such column."""
        found = self.numbers.get(name)
        return np.full(self.rows, UNKNOWN, dtype=np.int64) if found is None else found

    def months(self, name: str) -> IntArray:
        """A column of months since year 0, read once; negative where a cell is empty or no month."""
        if name not in self._months:
            found = [parse_month(text) for text in self.texts.get(name, ())]
            months = [MONTH_NOT_VALID if month is None else month for month in found]
            self._months[name] = np.array([*months, MONTH_UNKNOWN], dtype=np.int64).take(self.code(name), mode="wrap")
        return self._months[name]

    def rows_of(self, worker: str) -> IntArray:
        """Places of a worker's rows, ascending; all workers' are found at once when the first is asked for."""
        if not self._of_worker and "worker" in self.texts:
            codes, names = self.code("worker"), self.texts["worker"]
            order = codes.argsort(kind="stable")
            ends = codes.take(order).searchsorted(np.arange(len(names)), side="right")
            starts = codes.take(order).searchsorted(np.arange(len(names)))
            places = zip(names, starts.tolist(), ends.tolist(), strict=True)
            self._of_worker.update({name: order[start:end] for name, start, end in places})
        return self._of_worker.get(worker, _NO_ROWS)

    def mapped(self, name: str, numbers: Mapping[str, int]) -> IntArray:
        """A number for each row's text, -1 where the mapping has none."""
        found = [numbers.get(text, -1) for text in self.texts.get(name, ())]
        return np.array([*found, -1], dtype=np.int64).take(self.code(name), mode="wrap")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What stands beside a month's usage."""

    enrolments: Table
    history: Table

    @classmethod
    def of(cls, enrolments: Sequence[Mapping[str, object]] = (), history: Sequence[Mapping[str, object]] = ()) -> Side:
        """From records."""
        return cls(Table.of(enrolments), Table.of(history))


NOTHING = Side.of()
