"""Past experience as codes: what models are fitted on, with the deviance they are judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Experience:
    """Training rows of one peril, coded. n rows, p factors.

    codes: whole numbers from 0, below `sizes`, shape (n, p); ordered: whether neighbouring codes are alike, shape (p,);
    monotone: 1 where the rate never falls with the code, -1 where it never rises, else 0, shape (p,);
    exposure > 0 and counts >= 0, shape (n,); folds: which part of the cross-validation holds the row out, shape (n,);
    outside: how many of each factor's last codes stand outside its order (missing, unseen), shape (p,), empty for none.
    ValueError where these do not fit together.
    """

    codes: Codes
    sizes: tuple[int, ...]
    ordered: tuple[bool, ...]
    monotone: tuple[int, ...]
    exposure: FloatArray
    counts: FloatArray
    folds: IntArray
    outside: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays of other shapes, codes outside their sizes and rows without exposure."""
        rows, factors = self.codes.shape
        if {len(self.sizes), len(self.ordered), len(self.monotone), len(self.outside or self.sizes)} != {factors}:
            raise ValueError(f"{factors} columns of codes, but other numbers of sizes, orders or monotone marks")
        if {len(self.exposure), len(self.counts), len(self.folds)} != {rows} or rows == 0:
            raise ValueError(f"{rows} rows of codes, but other numbers of exposures, counts or folds")
        if (self.codes.min(axis=0) < 0).any() or (self.codes.max(axis=0) >= self.sizes).any():
            raise ValueError("a code lies outside its factor's size")
        if not (self.exposure > 0).all() or not (self.counts >= 0).all():
            raise ValueError("every row needs an exposure above 0 and a count of 0 or more: set the others aside first")
        if any(sign and not order for sign, order in zip(self.monotone, self.ordered, strict=True)):
            raise ValueError("only an ordered factor can be monotone")
        if any(out >= size for out, size in zip(self.outside, self.sizes, strict=False)):
            raise ValueError("no code of a factor is left inside its order")

    @property
    def parts(self) -> IntArray:
        """The numbers of the folds, ascending."""
        return np.unique(self.folds)

    @property
    def ranked(self) -> tuple[int, ...]:
        """How many of each factor's first codes are in order, shape (p,); 0 for a factor without an order."""
        outside = self.outside or (0,) * len(self.sizes)
        marks = zip(self.sizes, outside, self.ordered, strict=True)
        return tuple(size - out if order else 0 for size, out, order in marks)

    def where(self, rows: BoolArray) -> Experience:
        """The experience of some rows."""
        return Experience(
            self.codes[rows],
            self.sizes,
            self.ordered,
            self.monotone,
            self.exposure[rows],
            self.counts[rows],
            self.folds[rows],
            self.outside,
        )


def deviance_of_rows(counts: FloatArray, expected: FloatArray) -> FloatArray:
    """Poisson deviance 2·(y·ln(y/μ) − y + μ) of each row, shape (n,)."""
    share = np.divide(counts, expected, out=np.ones_like(expected), where=counts > 0)
    return 2 * (counts * np.log(share) - counts + expected)


def deviance(counts: FloatArray, expected: FloatArray) -> float:
    """Mean Poisson deviance per record × 100."""
    return float(100 * deviance_of_rows(counts, expected).mean())
