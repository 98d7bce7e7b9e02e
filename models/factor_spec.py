"""What a plan says of a rating factor, with the names its values go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Column = npt.NDArray[Any]

# Texts of values that stand for "unknown" where they are not text themselves.
_NOTHING = frozenset({"nan", "None", "<NA>", "NaT"})


@dataclass(frozen=True, slots=True)
class FactorSpec:
    """What a plan says of a factor.

    levels: most codes it may have, those for missing and unseen values with it; knots: most knots of its curve;
    monotone: 1 where the rate never falls with the value, -1 where it never rises; base: value of relativity 1, else
    the code with most exposure. ValueError where these contradict each other.
    """

    name: str
    kind: Literal["numeric", "categorical"] = "numeric"
    shape: Literal["levels", "curve"] = "levels"
    monotone: int = 0
    levels: int = 255
    knots: int = 10
    base: str | float | None = None

    def __post_init__(self) -> None:
        """Refuse unknown words, an order of what has none, numbers that leave no choice."""
        if self.kind not in ("numeric", "categorical") or self.shape not in ("levels", "curve"):
            raise ValueError(f"{self.name}: kind is numeric or categorical, shape is levels or curve")
        if self.kind == "categorical" and (self.monotone or self.shape == "curve"):
            raise ValueError(f"{self.name}: a categorical factor has no order, so neither a curve nor a direction")
        if self.monotone not in (-1, 0, 1) or self.levels < 3 or self.knots < 2:
            raise ValueError(f"{self.name}: monotone is -1, 0 or 1; at least 3 levels and 2 knots")


def text_of(item: object) -> str | None:
    """A level's name: whole floats as whole numbers, None where nothing is said."""
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    text = str(item)
    if isinstance(item, str):
        return text or None
    return None if text in _NOTHING else text
