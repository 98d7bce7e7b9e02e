"""Who pays more, who less: payers with their money by bands of the change, by platform, place, vehicle, distance.

A payer is a worker on a platform. In a segment whose value a payer has several of, it counts once in each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pricing.key_order import BoolArray
from pricing.units import IntArray
from pricing.usage import Usage
from training.impact_settled import Charged

FEN_EDGES = (100, 500, 1000, 2000, 5000, 10_000, 20_000)
PCT_EDGES = (5, 10, 25, 50, 100, 200)
DISTANCE_EDGES = (1, 250_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000)
SEGMENTS = ("platform", "region", "occupation", "vehicle", "distance_m")
COUNTS = ("payers", "more", "less", "same", "only_old", "only_new", "old_fen", "new_fen")
_FROM_NOTHING = 99


@dataclass(frozen=True, slots=True, eq=False)
class Payers:
    """Payers of a batch in the order of worker and platform, with both sides. worker, platform: codes of the usage's
    texts; has_old, has_new: whether any row is priced. Shapes (payers,).
    """

    worker: IntArray
    platform: IntArray
    old: IntArray
    new: IntArray
    has_old: BoolArray
    has_new: BoolArray

    @property
    def both(self) -> BoolArray:
        """Payers with a price on both sides."""
        return self.has_old & self.has_new


@dataclass(slots=True)
class Tally:
    """Sums of a comparison, added up batch by batch."""

    total: IntArray = field(default_factory=lambda: np.zeros(len(COUNTS), dtype=np.int64))
    bands: dict[str, dict[int, IntArray]] = field(default_factory=lambda: {"fen": {}, "pct": {}})
    segments: dict[str, dict[str, IntArray]] = field(default_factory=lambda: {name: {} for name in SEGMENTS})

    @property
    def payers(self) -> int:
        """Payers so far with a price on either side."""
        return int(self.total[0])

    def add(self, usage: Usage, old: Charged, new: Charged) -> Payers:
        """A batch of whole workers; its payers."""
        rows = (old.priced | new.priced).nonzero()[0]
        worker, platform = (_codes(name, rows, usage) for name in ("worker", "platform"))
        platforms = len(usage.texts.get("platform", ())) + 1
        key, of_row = np.unique(worker * platforms + platform, return_inverse=True)
        sums = _sums(of_row, len(key), rows, old, new)
        codes = np.divmod(key, platforms)
        payers = Payers(codes[0], codes[1], sums[0], sums[1], sums[2], sums[3])
        self.total = self.total + _counts(sums).sum(axis=1)
        self._add_bands(payers)
        for name in SEGMENTS:
            self._add_segment(name, (rows, of_row, len(key)), usage, (old, new))
        return payers

    def _add_bands(self, payers: Payers) -> None:
        old, new = payers.old[payers.both], payers.new[payers.both]
        for by, places in (("fen", fen_places(old, new)), ("pct", pct_places(old, new))):
            found, of_payer = np.unique(places, return_inverse=True)
            sums = _added(of_payer, len(found), (np.ones_like(old), old, new))
            for place, column in zip(found.tolist(), sums.T, strict=True):
                self.bands[by][place] = self.bands[by].get(place, 0) + column

    def _add_segment(
        self, name: str, grouped: tuple[IntArray, IntArray, int], usage: Usage, sides: tuple[Charged, Charged]
    ) -> None:
        """Payers within each value of a segment."""
        rows, of_row, _ = grouped
        values, of_value = _values(name, rows, usage)
        key, of_part = np.unique(of_row * len(values) + of_value, return_inverse=True)
        counts = _counts(_sums(of_part, len(key), rows, *sides))
        sums = _added(key % len(values) if len(values) else key, len(values), counts)
        for value, column in zip(values, sums.T, strict=True):
            self.segments[name][value] = self.segments[name].get(value, 0) + column

    def plain(self) -> dict[str, Any]:
        """As the report draws it."""
        return {
            "total": shown(self.total),
            "bands": {by: list(_shown_bands(found, by)) for by, found in self.bands.items()},
            "segments": {name: _shown_segment(name, found) for name, found in self.segments.items()},
        }


def shown(counts: IntArray) -> dict[str, int]:
    """Counts and money by name, with the change."""
    named = {name: int(count) for name, count in zip(COUNTS, counts.tolist(), strict=True)}
    return {**named, "change_fen": named["new_fen"] - named["old_fen"]}


def fen_places(old: IntArray, new: IntArray) -> IntArray:
    """Number of each payer's band of change in fen: 0 is none, negative where it falls."""
    size = np.searchsorted(np.array(FEN_EDGES), np.abs(new - old), side="left")
    places: IntArray = np.sign(new - old) * (1 + size.astype(np.int64))
    return places


def pct_places(old: IntArray, new: IntArray) -> IntArray:
    """Number of each payer's band of change in per cent of the old price."""
    size = sum((np.abs(new - old) * 100 > edge * old).astype(np.int64) for edge in PCT_EDGES)
    return np.where((old == 0) & (new > 0), _FROM_NOTHING, np.sign(new - old) * (1 + size))


def _sums(
    group: IntArray, groups: int, rows: IntArray, old: Charged, new: Charged
) -> tuple[IntArray, IntArray, BoolArray, BoolArray]:
    """Money and whether there is a price on both sides, per group of rows."""
    columns = [side.take(rows) for side in (old.fen, new.fen, _flag(old.priced), _flag(new.priced))]
    sums = _added(group, groups, columns)
    return sums[0], sums[1], sums[2] > 0, sums[3] > 0


def _flag(priced: BoolArray) -> IntArray:
    return priced.astype(np.int64)


def _counts(sums: tuple[IntArray, IntArray, BoolArray, BoolArray]) -> IntArray:
    """COUNTS of each group, shape (len(COUNTS), groups)."""
    old, new, has_old, has_new = sums
    both = has_old & has_new
    more, less, same = (both & (sign == np.sign(new - old)) for sign in (1, -1, 0))
    return np.stack([np.ones_like(old), more, less, same, has_old & ~has_new, has_new & ~has_old, old, new])


def _added(group: IntArray, groups: int, columns: Sequence[IntArray] | IntArray) -> IntArray:
    """Whole sums of columns per group, shape (columns, groups)."""
    sums = np.zeros((len(columns), groups), dtype=np.int64)
    for row, column in zip(sums, columns, strict=True):
        np.add.at(row, group, column)
    return sums


def _values(name: str, rows: IntArray, usage: Usage) -> tuple[list[str], IntArray]:
    """Values of a segment and which of them each row has; a region's is its province."""
    if name == "distance_m":
        return _distance_values(rows, usage)
    texts = [*usage.texts.get(name, ()), ""]
    named = [text[:2] + "0000" if name == "region" and text else text for text in texts]
    values = list(dict.fromkeys(named))
    return values, np.array([values.index(text) for text in named], dtype=np.int64).take(
        _codes(name, rows, usage), mode="wrap"
    )


def _codes(name: str, rows: IntArray, usage: Usage) -> IntArray:
    """Codes of a text at these rows, -1 where the column is empty in every row."""
    codes = usage.codes.get(name)
    return np.full(len(rows), -1, dtype=np.int64) if codes is None else codes.take(rows)


def _distance_values(rows: IntArray, usage: Usage) -> tuple[list[str], IntArray]:
    """Bands of the metres of each row's worker over all priced rows, by their first metre."""
    values = ["0", *map(str, DISTANCE_EDGES)]
    cells = usage.numbers.get("distance_m")
    if cells is None:
        return values, np.zeros(len(rows), dtype=np.int64)
    _, worker = np.unique(_codes("worker", rows, usage), return_inverse=True)
    metres = _added(worker, len(rows), [np.maximum(cells.take(rows), 0)])[0].take(worker)
    return values, np.searchsorted(np.array(DISTANCE_EDGES), metres, side="right").astype(np.int64)


def _shown_bands(found: Mapping[int, IntArray], by: str) -> Iterator[dict[str, Any]]:
    """From the largest fall to the largest rise: above `low` up to `high` where it rises, mirrored where it falls."""
    edges = FEN_EDGES if by == "fen" else PCT_EDGES
    for place, low, high in _edges(edges, by):
        payers, old, new = (int(number) for number in found.get(place, np.zeros(3, dtype=np.int64)).tolist())
        yield {"low": low, "high": high, "payers": payers, "old_fen": old, "new_fen": new}


def _edges(edges: Sequence[int], by: str) -> Iterator[tuple[int, int | None, int | None]]:
    """Place, low, high of each band; None is open, both None is a rise from nothing."""
    ends: list[tuple[int, int | None]] = list(zip((0, *edges), (*edges, None), strict=True))
    for place, (low, high) in reversed([*enumerate(ends, 1)]):
        if by == "fen" or low < 100:  # nothing falls by more than all of it
            yield -place, None if high is None else -high, -low
    yield 0, 0, 0
    yield from ((place, low, high) for place, (low, high) in enumerate(ends, 1))
    if by == "pct":
        yield _FROM_NOTHING, None, None


def _shown_segment(name: str, found: Mapping[str, IntArray]) -> list[dict[str, Any]]:
    """Values with their counts: distance from the shortest, all others from the most money."""
    lines = [{"value": value, **shown(counts)} for value, counts in found.items() if counts[0]]
    if name == "distance_m":
        return sorted(lines, key=lambda line: int(str(line["value"])))
    return sorted(lines, key=lambda line: (-max(int(line["old_fen"]), int(line["new_fen"])), str(line["value"])))
