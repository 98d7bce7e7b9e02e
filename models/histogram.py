"""Sums over a matrix of codes by weighted histograms: what a design matrix of zeros and ones would give, without it.

Every column of codes stands for one column of zeros and ones per code; "full" arrays hold the intercept, then all
codes of the first factor, of the second, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.experience import BoolArray, FloatArray

_Kind = TypeVar("_Kind", bound=np.generic)

_BLOCK = 16_384  # rows whose codes stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class CodeMatrix:
    """columns: codes by factor, shape (p, n), in the smallest unsigned type; sizes: codes of each factor."""

    columns: npt.NDArray[np.unsignedinteger]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, codes: npt.NDArray[np.integer], sizes: Sequence[int]) -> CodeMatrix:
        """From codes, shape (n, p); ValueError where one lies outside its factor's size."""
        if codes.shape[1] != len(sizes):
            raise ValueError(f"{codes.shape[1]} columns of codes for {len(sizes)} factors")
        if len(codes) and ((codes.min(axis=0) < 0).any() or (codes.max(axis=0) >= np.asarray(sizes)).any()):
            raise ValueError("a code lies outside its factor's size")
        kind = np.min_scalar_type(max(sizes, default=1))
        return cls(np.ascontiguousarray(codes.T, dtype=kind), tuple(sizes))

    def __len__(self) -> int:
        """Number of rows."""
        return int(self.columns.shape[1])

    @property
    def starts(self) -> tuple[int, ...]:
        """Place of each factor's first code in a full array, the intercept at 0."""
        return tuple(int(start) for start in np.cumsum([1, *self.sizes])[:-1])

    @property
    def width(self) -> int:
        """Length of a full array."""
        return 1 + sum(self.sizes)

    def where(self, rows: BoolArray) -> CodeMatrix:
        """Some of the rows."""
        return CodeMatrix(np.ascontiguousarray(self.columns[:, rows]), self.sizes)

    def parts(self, full: npt.NDArray[_Kind]) -> list[npt.NDArray[_Kind]]:
        """A full array's part of each factor, views."""
        return [full[start : start + size] for start, size in zip(self.starts, self.sizes, strict=True)]

    def _blocks(self) -> Iterator[tuple[slice, npt.NDArray[np.intp]]]:
        for start in range(0, len(self), _BLOCK):
            rows = slice(start, start + _BLOCK)
            yield rows, self.columns[:, rows].astype(np.intp)

    def linear(self, full: FloatArray) -> FloatArray:
        """Intercept and effects added up per row, shape (n,)."""
        effects = self.parts(full)
        eta = np.full(len(self), full[0])
        for rows, columns in self._blocks():
            for effect, column in zip(effects, columns, strict=True):
                eta[rows] += effect.take(column)
        return eta

    def sums(self, weight: FloatArray) -> FloatArray:
        """Weight in all and of each code: a full array."""
        total = np.zeros(self.width)
        total[0] = weight.sum()
        parts = self.parts(total)
        for rows, columns in self._blocks():
            for part, column in zip(parts, columns, strict=True):
                part += np.bincount(column, weights=weight[rows], minlength=len(part))
        return total

    def cross(self, weight: FloatArray) -> FloatArray:
        """Weight of each code with each other: X'WX, shape (width, width)."""
        pairs = [(i, j) for j in range(len(self.sizes)) for i in range(j)]
        tables = {(i, j): np.zeros(self.sizes[i] * self.sizes[j]) for i, j in pairs}
        for rows, columns in self._blocks():
            held = weight[rows]
            for j, size in enumerate(self.sizes):
                for i in range(j):
                    table = tables[i, j]
                    table += np.bincount(columns[i] * size + columns[j], weights=held, minlength=len(table))
        return self._assembled(self.sums(weight), tables)

    def _assembled(self, sums: FloatArray, tables: dict[tuple[int, int], FloatArray]) -> FloatArray:
        matrix = np.diag(sums)
        matrix[0], matrix[:, 0] = sums, sums
        for (i, j), table in tables.items():
            first = slice(self.starts[i], self.starts[i] + self.sizes[i])
            second = slice(self.starts[j], self.starts[j] + self.sizes[j])
            matrix[first, second] = table.reshape(self.sizes[i], self.sizes[j])
            matrix[second, first] = matrix[first, second].T
        return matrix
