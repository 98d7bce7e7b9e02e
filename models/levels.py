"""Levels of a categorical factor: codes by exposure, the rarest pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.experience import FloatArray
from models.factor_spec import Codes, Column, FactorSpec, text_of
from models.penalty import Shape


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Codes of a categorical factor: most exposed level first, the rarest pooled in one, then missing, unseen.

    values: every level seen in training, by exposure; `kept` of them have a code of their own.
    """

    spec: FactorSpec
    values: tuple[str, ...]
    kept: int
    missing: bool
    unseen: bool
    base_code: int

    @property
    def _named(self) -> int:
        return self.kept + (self.kept < len(self.values))

    @property
    def size(self) -> int:
        """Number of codes."""
        return self._named + self.missing + self.unseen

    @property
    def shape(self) -> Shape:
        """How the codes lie to each other: in no order."""
        return Shape(self.size)

    def labels(self) -> tuple[str, ...]:
        """A word per code."""
        pooled = ("other",) * (self._named - self.kept)
        return (*self.values[: self.kept], *pooled, *("missing",) * self.missing, *("unseen",) * self.unseen)

    def codes(self, column: Column) -> Codes:
        """Code of each row; a level that training never saw is refused unless a code is reserved for it."""
        known: dict[str | None, int] = {value: min(i, self.kept) for i, value in enumerate(self.values)}
        if self.missing:
            known[None] = self._named
        items = column.tolist()
        code_of = {item: known.get(text_of(item), -1) for item in set(items)}
        codes = np.fromiter((code_of[item] for item in items), dtype=np.int32, count=len(items))
        strange = codes < 0
        if strange.any():
            if not self.unseen:
                found = sorted({str(items[i]) for i in np.flatnonzero(strange)[:1000]})[:5]
                raise ValueError(f"{self.spec.name}: levels that training never saw: {', '.join(found)}")
            codes[strange] = self.size - 1
        return codes


def learn_levels(spec: FactorSpec, column: Column, exposure: FloatArray, *, unseen: bool) -> Levels:
    """Levels by falling exposure; at most `spec.levels` codes, the rarest pooled in one."""
    items = np.asarray(column).tolist()
    texts = {item: text_of(item) for item in set(items)}
    number = {text: i for i, text in enumerate(dict.fromkeys(texts[item] for item in items))}
    place = np.fromiter((number[texts[item]] for item in items), dtype=np.int64, count=len(items))
    mass = dict(zip(number, np.bincount(place, weights=exposure).tolist(), strict=True))
    missing = mass.pop(None, None) is not None
    values = sorted((text for text in mass if text is not None), key=lambda text: (-mass[text], text))
    if not values:
        raise ValueError(f"{spec.name}: no row has a value")
    room = spec.levels - missing - unseen
    kept = len(values) if len(values) <= room else room - 1
    base = 0
    if spec.base is not None:
        if text_of(spec.base) not in values[:kept]:
            raise ValueError(f"{spec.name}: the base {spec.base} is none of its levels: {', '.join(values[:20])}")
        base = values.index(str(text_of(spec.base)))
    return Levels(spec, tuple(values), kept, missing, unseen, base)
