"""The worksheet: the named steps of a price as columns, with the entry each step rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pricing.edition import NO_ENTRY, Edition
from pricing.units import PPM, IntArray

Read = tuple[IntArray, IntArray | int, Mapping[str, IntArray | int]]


class Step(NamedTuple):
    """One step for all rows. operand: in `unit`; entry: number of the entry, NO_ENTRY where a row used none;
    money: running millifen after the step; ratio: running ppm, where the step works on the ratio; facts: what the
    sentence of the step needs besides. Shapes (rows,); a single number stands for all rows.
    """

    name: str
    unit: str
    operand: IntArray | int
    entry: IntArray | int
    money: IntArray
    ratio: IntArray | None = None
    facts: Mapping[str, IntArray | int] = MappingProxyType({})

    @property
    def read(self) -> Read:
        """What was read for the rows: their factor, its entry, what it was read by."""
        assert not isinstance(self.operand, int)
        return self.operand, self.entry, self.facts

    def applies(self, row: int) -> bool:
        """Whether the step changes or says anything for a row: a factor of 1 without an entry does not."""
        return at(self.entry, row) != NO_ENTRY or at(self.operand, row) != PPM or not self.unit.startswith("ppm")


def at(column: IntArray | int, row: int) -> int:
    """A row's value of a column."""
    return column if isinstance(column, int) else int(column[row])


@dataclass(slots=True, eq=False)
class Worksheet:
    """The steps of a price in their order, and the marks they leave. `millifen` is the price of each row."""

    rows: int
    steps: list[Step] = field(default_factory=list)

    @property
    def millifen(self) -> IntArray:
        """Price of each row. [millifen]"""
        return self.steps[-1].money

    @property
    def ratio_ppm(self) -> IntArray | None:
        """Ratio of each row, where the scheme has one."""
        return self.steps[-1].ratio

    @property
    def base_fen(self) -> IntArray | None:
        """Contribution base of each row, where the scheme has one."""
        step = self.step("contribution_base")
        return step.operand if step is not None and not isinstance(step.operand, int) else None

    def step(self, name: str) -> Step | None:
        """The step of that name, if the scheme has it."""
        return next((step for step in self.steps if step.name == name), None)

    def marks(self, edition: Edition) -> IntArray:
        """Weakest status and evidence over the entries of a row's steps, as ranks, shape (2, rows)."""
        alike = [edition.ranks[step.entry] for step in self.steps if isinstance(step.entry, int)]
        marks = np.empty((2, self.rows), dtype=np.int64)
        marks[0], marks[1] = map(max, zip((0, 0), *alike, strict=True))
        for step in self.steps:
            if not isinstance(step.entry, int):
                np.maximum(marks, edition.marks.take(step.entry, axis=1, mode="wrap"), out=marks)
        return marks
