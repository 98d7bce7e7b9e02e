"""What a scheme made of several requests settled together, as lists by row: what their answers are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pricing.edition import Edition
from pricing.expected import exposure_to_claims
from pricing.explain import Explained, columns_of
from pricing.flags import flags
from pricing.payers import bear
from pricing.scheme import Scheme
from pricing.settle import Priced, Settlement, due
from pricing.what_if import curve, next_kilometre


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the rows of requests stand, and what is asked of them. first: first row of each request; owner: request of
    each row; order: row at each place in key order; langs: of the worksheets asked for; with_curve: whether curves are.
    """

    first: list[int]
    owner: list[int]
    order: list[int]
    langs: tuple[str, ...]
    with_curve: bool

    @classmethod
    def of(cls, settlement: Settlement, rows: Sequence[int], langs: tuple[str, ...], with_curve: bool) -> Layout:
        """rows: how many each request has."""
        owner = [number for number, count in enumerate(rows) for _ in range(count)]
        return cls(list(accumulate(rows, initial=0))[:-1], owner, settlement.checked.order.tolist(), langs, with_curve)

    def by_row(self, column: Any) -> list[int]:
        """A column of checked rows, which are in key order, in the order in which the rows were sent."""
        sent = [0] * len(self.order)
        for row, value in zip(self.order, column.tolist(), strict=True):
            sent[row] = value
        return sent


@dataclass(frozen=True, slots=True, eq=False)
class PricedColumns:
    """Columns of the priced rows, by their place among them. row: which of the rows sent; places: of each request."""

    row: list[int]
    worker: list[int]
    places: list[list[int]]
    levy_fen: list[int]
    status: list[int]
    evidence: list[int]
    base_fen: list[int] | None
    ratio_ppm: list[int] | None
    payers: Mapping[str, list[int]]
    flags: Sequence[tuple[str, list[bool]]]
    explained: Mapping[str, Explained]  # by language, of those asked for
    chosen: Mapping[str, list[int]]  # level of each option of a cover
    next_km_millifen: list[int] | None  # per worker
    curve: list[list[tuple[int, int]]]  # per worker, where one is asked for
    exposure_to_claims: list[int]

    @classmethod
    def of(cls, priced: Priced, edition: Edition, scheme: Scheme, layout: Layout) -> PricedColumns:
        """From a priced month."""
        row = [layout.order[place] for place in priced.kept.tolist()]
        places: list[list[int]] = [[] for _ in layout.first]
        for place, which in enumerate(row):
            places[layout.owner[which]].append(place)
        base, ratio, by_distance = priced.sheet.base_fen, priced.sheet.ratio_ppm, "distance_m" in scheme.needs
        options = () if scheme.product is None else scheme.product.options
        expected = scheme.expected
        return cls(
            row=row,
            worker=priced.rows.worker.tolist(),
            places=places,
            levy_fen=priced.levy_fen.tolist(),
            status=priced.status.tolist(),
            evidence=priced.evidence.tolist(),
            base_fen=None if base is None else base.tolist(),
            ratio_ppm=None if ratio is None else ratio.tolist(),
            payers=_payers(priced, edition, scheme),
            flags=[(code, marked.tolist()) for code, marked in flags(priced, edition, scheme)],
            explained=_explained(priced, edition, scheme, layout),
            chosen={name: priced.rows.codes[name].tolist() for name in options},
            next_km_millifen=next_kilometre(priced, edition, scheme).tolist() if by_distance else None,
            curve=curve(priced, edition, scheme) if by_distance and layout.with_curve else [],
            exposure_to_claims=[] if expected is None else exposure_to_claims(priced.rows, expected).tolist(),
        )

    def options(self, place: int) -> dict[str, int]:
        """Level of each option of a row."""
        return {name: levels[place] for name, levels in self.chosen.items()}


def _explained(priced: Priced, edition: Edition, scheme: Scheme, layout: Layout) -> dict[str, Explained]:
    sheets = columns_of(priced) if layout.langs else []
    return {lang: Explained.of(priced, sheets, edition, scheme, lang) for lang in layout.langs}


def _payers(priced: Priced, edition: Edition, scheme: Scheme) -> dict[str, list[int]]:
    borne = bear(priced.levy_fen, priced.rows.codes.get("engagement"), edition, scheme)
    return {payer: parts.tolist() for payer, parts in borne.items()}


@dataclass(frozen=True, slots=True, eq=False)
class SchemeColumns:
    """What a scheme says to each row sent: its refusal (0: none), whether the scheme is due; and the priced ones."""

    edition: Edition
    scheme: Scheme
    refused: list[int]
    due: list[int]
    priced: PricedColumns | None

    @classmethod
    def of(cls, name: str, settlement: Settlement, edition: Edition, layout: Layout) -> SchemeColumns:
        """From a settlement."""
        scheme, priced = edition.schemes[name], settlement.priced[name]
        return cls(
            edition,
            scheme,
            layout.by_row(settlement.refusals[name]),
            layout.by_row(due(settlement.checked, edition, scheme)),
            None if priced is None else PricedColumns.of(priced, edition, scheme, layout),
        )
