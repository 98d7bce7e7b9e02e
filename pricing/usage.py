"""The columns and key of a month's usage, and how raw values become whole numbers and codes of texts.

A text column is held as its distinct texts and a code per row (-1 where empty), a number column as int64 in which a
negative value says why there is no number. So nothing is guessed, and a bad cell costs only the schemes that need it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from pricing.errors import CODE, InputError
from pricing.units import IntArray

UNKNOWN, NEGATIVE, NOT_WHOLE, NOT_A_NUMBER, TOO_LARGE = -1, -2, -3, -4, -5
# A bad cell is minus (its reason + 8 × which of the column's distinct bad cells it is): unlike ones stay unlike.
_REASONS = 8
_CELL_CODES = np.array(
    [
        0,
        *(
            CODE[c]
            for c in ("value_missing", "value_negative", "value_not_whole", "value_not_a_number", "value_too_large")
        ),
    ]
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[+-]?[0-9]{0,400}\.?[0-9]{0,400}([eE][+-]?[0-9]{1,4})?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
MINUTES_OF_A_MONTH = 31 * 24 * 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column of usage. `greatest` is 0 for text; `needed_by` names schemes and covers."""

    name: str
    kind: str
    greatest: int
    needed_by: tuple[str, ...]
    example: str


COLUMNS: tuple[Column, ...] = (
    Column("month", "text", 0, ("all",), "2025-08"),
    Column("worker", "text", 0, ("all",), "w_4KQ7ZB2M"),
    Column("platform", "text", 0, ("all",), "meituan"),
    Column("contractor", "text", 0, (), "agency/station_12"),
    Column("region", "text", 0, ("all",), "500000"),
    Column("occupation", "text", 0, ("all",), "food_rider"),
    Column("vehicle", "text", 0, ("mileage_linked",), "e_bike"),
    Column("employment", "text", 0, ("class_rate",), "none"),
    Column("industry", "text", 0, ("class_rate",), "道路运输业"),
    Column("risk_class", "whole", 8, ("class_rate",), "5"),
    Column("orders", "whole", 100_000, ("pilot_per_order", "cargo_damage"), "620"),
    Column("distance_m", "whole", 100_000_000, ("mileage_linked", "third_party"), "2790000"),
    Column("worked_min", "whole", MINUTES_OF_A_MONTH, ("factors",), "10920"),
    Column("night_min", "whole", MINUTES_OF_A_MONTH, ("factors",), "1800"),
    Column("active_days", "whole", 31, ("pro-rating",), "26"),
    Column("income_fen", "whole", 10_000_000_000, ("class_rate", "mileage_linked"), "520000"),
    Column("goods_value_fen", "whole", 1_000_000_000_000, ("cargo_damage",), "3100000"),
    Column("live_min", "whole", MINUTES_OF_A_MONTH, ("lumbar", "stress"), "7200"),
    Column("desk_min", "whole", MINUTES_OF_A_MONTH, ("lumbar", "stress"), "3600"),
    Column("longest_sitting_min", "whole", MINUTES_OF_A_MONTH, ("lumbar", "stress"), "300"),
    Column("revenue_fen", "whole", 1_000_000_000_000, ("income_interruption",), "1100000"),
    Column("first_month", "text", 0, ("add-on",), "2023-04"),
    Column("worker_ref", "text", 0, (), "R-1001"),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
KEY = ("month", "worker", "platform", "contractor", "region", "occupation", "vehicle")
TEXTS = tuple(c.name for c in COLUMNS if c.kind == "text")
NUMBERS = tuple(c.name for c in COLUMNS if c.kind == "whole")
_GREATEST_OF: Mapping[str, int] = {c.name: c.greatest for c in COLUMNS if c.kind == "whole"}
# Merged by the greatest over the worker's rows; all others are added.
GREATEST = frozenset({"active_days", "longest_sitting_min", "tenure_months", "volatility_ppm"})
# What a curve may be read by: columns of numbers, and what is worked out from first_month or from a history.
QUANTITIES = (*NUMBERS, "tenure_months", "volatility_ppm")
# Columns that only a declaration of totals has.
DECLARED_GREATEST: Mapping[str, int] = {"orders": 100_000_000_000, "heads": 100_000_000}
DECLARED_TEXTS = ("pilot_industry",)
# Columns of the side files.
SIDE_COLUMNS = ("cover", "from_month", "to_month", "group", "eligible", "enrolled")
COLUMN_NUMBER: Mapping[str, int] = {
    name: n for n, name in enumerate(("", *BY_NAME, "heads", *DECLARED_TEXTS, *SIDE_COLUMNS))
}


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """Rows of usage as columns.

    texts: distinct texts per text column; codes: place in `texts` per row, -1 where empty, shape (rows,);
    numbers: int64 per number column, shape (rows,), negative where there is no number (UNKNOWN to TOO_LARGE);
    unsure: the columns in which some row has no text or no number. A column that is not there is empty in every row.
    """

    rows: int
    texts: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, IntArray]
    numbers: Mapping[str, IntArray]
    unsure: frozenset[str]

    @classmethod
    def of(cls, records: Sequence[Mapping[str, object]], greatest: Mapping[str, int] | None = None) -> Usage:
        """Rows of a request as columns; InputError where a column is unknown. Bad cells are kept as what is wrong."""
        limits = _GREATEST_OF if greatest is None else {**_GREATEST_OF, **greatest}
        texts: dict[str, tuple[str, ...]] = {}
        columns: dict[str, list[int]] = {}
        names = [*dict.fromkeys(chain.from_iterable(records))]
        by_column = zip(*[map(record.get, names) for record in records], strict=True)
        for name, cells in zip(names, by_column, strict=True):
            if name in limits:
                columns[name] = _whole_cells(cells, limits[name])
            elif name in BY_NAME or (name in DECLARED_TEXTS and greatest is not None):
                texts[name], columns[name] = _encoded(cells)
            elif not name.startswith("x_"):
                raise InputError("unknown_column", name, key=name, known=", ".join(BY_NAME))
        arrays = np.array([*columns.values()], dtype=np.int64).reshape(len(columns), len(records))
        unsure = (arrays.min(axis=1, initial=0) < 0).tolist()
        named = dict(zip(columns, arrays, strict=True))
        codes = {name: named[name] for name in texts}
        numbers = {name: column for name, column in named.items() if name not in texts}
        lacking = frozenset(name for name, lacks in zip(columns, unsure, strict=True) if lacks)
        return cls(len(records), texts, codes, numbers, lacking)

    def in_order(self, order: IntArray) -> Usage:
        """The same rows in another order."""
        codes = {name: column.take(order) for name, column in self.codes.items()}
        numbers = {name: column.take(order) for name, column in self.numbers.items()}
        return Usage(self.rows, self.texts, codes, numbers, self.unsure)

    def apart(self, groups: Sequence[int]) -> Usage:
        """The same rows as if each group of them had a worker of its own, who is called by the group's number.

        groups: number of rows of each group, one after the other; each has one worker with a good id.
        """
        named = tuple(name_apart(group) for group in range(len(groups)))
        own = np.repeat(np.arange(len(groups)), groups)
        return Usage(
            self.rows, {**self.texts, "worker": named}, {**self.codes, "worker": own}, self.numbers, self.unsure
        )

    @classmethod
    def of_columns(
        cls,
        rows: int,
        texts: Mapping[str, tuple[str, ...]],
        codes: Mapping[str, IntArray],
        numbers: Mapping[str, IntArray],
    ) -> Usage:
        """Columns as usage; looks once which of them are unsure."""
        columns = {**codes, **numbers}
        return cls(
            rows, texts, codes, numbers, frozenset(n for n, column in columns.items() if column.min(initial=0) < 0)
        )


def name_apart(group: int) -> str:
    """What the worker of a group that is kept apart is called; names are in the order of the numbers."""
    return f"group_{group:09d}"


def encode(cells: Iterable[object]) -> tuple[tuple[str, ...], IntArray]:
    """Texts as distinct texts and codes; None and "" are -1. What is no text becomes one, for a check to name it."""
    texts, codes = _encoded(cells)
    return texts, np.array(codes, dtype=np.int64)


def _encoded(cells: Iterable[object]) -> tuple[tuple[str, ...], list[int]]:
    places: dict[str, int] = {}
    codes = [
        -1
        if cell is None or cell == ""
        else places.setdefault(cell if isinstance(cell, str) else f"{cell!r} (no text)", len(places))
        for cell in cells
    ]
    return tuple(places), codes


def whole_numbers(cells: Sequence[object], greatest: int) -> IntArray:
    """Values as whole numbers up to `greatest`; negative where one is none, unlike for unlike bad cells."""
    return np.array(_whole_cells(cells, greatest), dtype=np.int64)


def _whole_cells(cells: Sequence[object], greatest: int) -> list[int]:
    good = [cell for cell in cells if type(cell) is int and 0 <= cell <= greatest]
    if len(good) == len(cells):
        return good
    bad: dict[str, int] = {}
    numbers = [whole_number(cell, greatest) for cell in cells]
    for place, number in enumerate(numbers):
        if number < UNKNOWN:
            numbers[place] = number - _REASONS * bad.setdefault(repr(cells[place]), len(bad))
    return numbers


def cell_codes(cells: IntArray) -> IntArray:
    """Refusal code of each cell: 0 where it is a number."""
    return _CELL_CODES.take(np.where(cells < 0, -cells % _REASONS, 0))


def whole_number(cell: object, greatest: int) -> int:
    """A value as a whole number up to `greatest`, or the negative number that says why it is none. Texts are none."""
    if type(cell) is int:
        return (cell if cell <= greatest else TOO_LARGE) if cell >= 0 else NEGATIVE
    if cell is None or cell == "":
        return UNKNOWN
    if isinstance(cell, float):
        return NOT_WHOLE if math.isfinite(cell) else NOT_A_NUMBER
    return NOT_A_NUMBER


def whole_text(text: str) -> object:
    """A cell of a text file as an int, a float or, where it is no number, the text itself: for `whole_number`."""
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped):
        return int(stripped)
    return float(stripped) if any(map(str.isalnum, stripped)) and _DECIMAL.fullmatch(stripped) else stripped
