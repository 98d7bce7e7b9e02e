"""From raw columns to codes: each factor's bands or levels, learned once from the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.bands import Bands, learn_bands, merged_bands, numbers
from models.experience import FloatArray, IntArray
from models.factor_spec import Codes, Column, FactorSpec
from models.levels import Levels, learn_levels
from models.penalty import Shape

__all__ = ["Bands", "Coding", "FactorSpec", "Levels", "recode"]


@dataclass(frozen=True, slots=True, eq=False)
class Coding:
    """The codes of all factors of a portfolio, in the order of their specs."""

    factors: tuple[Bands | Levels, ...]

    @classmethod
    def learn(
        cls,
        specs: Sequence[FactorSpec],
        columns: Mapping[str, Column],
        exposure: FloatArray,
        *,
        by: Literal["rows", "exposure"] = "rows",
        unseen: bool = False,
    ) -> Coding:
        """Bands of like numbers of rows (for boosting) or of like exposure (for a GLM); levels by exposure.

        unseen: reserve each factor's last code for values that training did not see.
        """
        weight = np.ones(len(exposure)) if by == "rows" else exposure
        learned: list[Bands | Levels] = []
        for spec in specs:
            if spec.kind == "numeric":
                learned.append(
                    learn_bands(spec, numbers(columns[spec.name], spec.name), exposure, weight, unseen=unseen)
                )
            else:
                learned.append(learn_levels(spec, columns[spec.name], exposure, unseen=unseen))
        return cls(tuple(learned))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each factor."""
        return tuple(factor.size for factor in self.factors)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """How each factor's codes lie to each other."""
        return tuple(factor.shape for factor in self.factors)

    @property
    def base_codes(self) -> tuple[int, ...]:
        """Code of relativity 1 of each factor."""
        return tuple(factor.base_code for factor in self.factors)

    def codes(self, columns: Mapping[str, Column]) -> Codes:
        """Codes of rows, shape (n, p); ValueError names the factor whose value has no code."""
        return np.column_stack([factor.codes(columns[factor.spec.name]) for factor in self.factors])

    def coarser(self, codes: Codes, exposure: FloatArray, most: int = 64) -> tuple[Coding, tuple[IntArray, ...]]:
        """At most so many bands per numeric factor, of like exposure, with the map from these codes to the coarser.

        Every coarser band is a run of whole bands, so a table of the coarser coding has an exact finer form:
        `table[map]`.
        """
        factors: list[Bands | Levels] = []
        maps: list[IntArray] = []
        for i, factor in enumerate(self.factors):
            merged = (factor, np.arange(factor.size))
            if isinstance(factor, Bands):
                merged = merged_bands(factor, codes[:, i], exposure, most)
            factors.append(merged[0])
            maps.append(merged[1])
        return Coding(tuple(factors)), tuple(maps)


def recode(codes: npt.NDArray[np.integer], maps: Sequence[IntArray]) -> Codes:
    """Codes of a coarser coding from those of the finer, shape (n, p)."""
    return np.column_stack([place.take(codes[:, i]) for i, place in enumerate(maps)]).astype(np.int32)
