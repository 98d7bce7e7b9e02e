"""What a scheme made of several requests settled together, as lists by row: what their answers are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from pricing.edition import Edition
from pricing.expected import exposure_to_claims
from pricing.flags import flags
from pricing.payers import bear
from pricing.scheme import Scheme
from pricing.settle import Priced, Settlement, due
from pricing.units import IntArray
from pricing.what_if import curve, next_kilometre
from service.prices.worksheets import Worksheets


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the rows of requests stand, and what is asked of them. first: first row of each request, and the end of the
    last; request, within: of each row, and its row there; order: row at each place in key order; langs: of the
    worksheets asked for; with_curve: whether curves are.
    """

    first: list[int]
    request: list[int]
    within: list[int]
    order: IntArray
    langs: tuple[str, ...]
    with_curve: bool

    @classmethod
    def of(cls, settlement: Settlement, rows: Sequence[int], langs: tuple[str, ...], with_curve: bool) -> Layout:
        """rows: how many each request has, one at least."""
        request = [number for number, count in enumerate(rows) for _ in range(count)]
        within = [row for count in rows for row in range(count)]
        return cls([*accumulate(rows, initial=0)], request, within, settlement.checked.order, langs, with_curve)

    def by_row(self, column: Any) -> Any:
        """A column of checked rows, which are in key order, in the order in which the rows were sent. An array."""
        sent = column.copy()
        sent[self.order] = column
        return sent

    def marked(self, column: IntArray) -> dict[int, list[tuple[int, int]]]:
        """(Row within its request, value) of a column in the order sent, where it is not 0, by request."""
        rows = column.nonzero()[0]
        found: dict[int, list[tuple[int, int]]] = {}
        for row, value in zip(rows.tolist(), column.take(rows).tolist(), strict=True):
            found.setdefault(self.request[row], []).append((self.within[row], value))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class PricedColumns:
    """Columns of the priced rows in the order sent, those of a request one after the other.

    bounds: of each request among them; row: of its request; place: among the rows in key order; payers: part of each,
    by row; flagged: flags of each request that has any, with the rows that carry them; worksheets: by language, of
    those asked for; chosen: level of each option of a cover; next_km_millifen, curve: per worker.
    """

    bounds: Sequence[tuple[int, int]]
    row: list[int]
    place: list[int]
    worker: list[int]
    levy_fen: list[int]
    status: list[int]
    evidence: list[int]
    base_fen: list[int] | None
    ratio_ppm: list[int] | None
    payers: Mapping[str, list[int]]
    flagged: Mapping[int, Sequence[tuple[str, list[int]]]]
    worksheets: Mapping[str, Worksheets]
    chosen: Mapping[str, list[int]]
    next_km_millifen: list[int] | None
    curve: list[list[tuple[int, int]]]
    exposure_to_claims: list[int]

    @classmethod
    def of(cls, priced: Priced, edition: Edition, scheme: Scheme, layout: Layout) -> PricedColumns:
        """From a priced month."""
        row = layout.order.take(priced.kept)
        place = row.argsort()
        row = row.take(place)
        bounds = list(pairwise(row.searchsorted(layout.first).tolist()))
        by_distance, expected = "distance_m" in scheme.needs, scheme.expected
        options = () if scheme.product is None else scheme.product.options
        base_fen, ratio_ppm = priced.sheet.base_fen, priced.sheet.ratio_ppm

        def listed(column: IntArray) -> list[int]:
            return column.take(place).tolist()  # type: ignore[no-any-return]

        return cls(
            bounds=bounds,
            row=[layout.within[which] for which in row.tolist()],
            place=place.tolist(),
            worker=listed(priced.rows.worker),
            levy_fen=listed(priced.levy_fen),
            status=listed(priced.status),
            evidence=listed(priced.evidence),
            base_fen=None if base_fen is None else listed(base_fen),
            ratio_ppm=None if ratio_ppm is None else listed(ratio_ppm),
            payers={payer: listed(parts) for payer, parts in _payers(priced, edition, scheme).items()},
            flagged=_flagged(priced, edition, scheme, (layout, row, place)),
            worksheets={lang: Worksheets.of(priced, edition, scheme, lang) for lang in layout.langs},
            chosen={name: priced.rows.codes[name].tolist() for name in options},
            next_km_millifen=next_kilometre(priced, edition, scheme).tolist() if by_distance else None,
            curve=curve(priced, edition, scheme) if by_distance and layout.with_curve else [],
            exposure_to_claims=[] if expected is None else listed(exposure_to_claims(priced.rows, expected)),
        )

    def options(self, place: int) -> dict[str, int]:
        """Level of each option of a row, by its place in key order."""
        return {name: levels[place] for name, levels in self.chosen.items()}


def _flagged(
    priced: Priced, edition: Edition, scheme: Scheme, standing: tuple[Layout, IntArray, IntArray]
) -> dict[int, list[tuple[str, list[int]]]]:
    layout, row, place = standing
    found: dict[int, list[tuple[str, list[int]]]] = {}
    for code, marked in flags(priced, edition, scheme):
        of_request: dict[int, list[int]] = {}
        for which in row[marked.take(place)].tolist():
            of_request.setdefault(layout.request[which], []).append(layout.within[which])
        for request, rows in of_request.items():
            found.setdefault(request, []).append((code, rows))
    return found


def _payers(priced: Priced, edition: Edition, scheme: Scheme) -> dict[str, IntArray]:
    return bear(priced.levy_fen, priced.rows.codes.get("engagement"), edition, scheme)


@dataclass(frozen=True, slots=True, eq=False)
class SchemeColumns:
    """What a scheme says to each request: its refused rows (row, code), whether it is due; and the priced rows.

    head: what it says to all, its name and title.
    """

    edition: Edition
    scheme: Scheme
    head: Mapping[str, object]
    refused: Mapping[int, Sequence[tuple[int, int]]]
    due: list[bool]
    priced: PricedColumns | None

    @classmethod
    def of(cls, name: str, settlement: Settlement, edition: Edition, layout: Layout) -> SchemeColumns:
        """From a settlement."""
        scheme, priced = edition.schemes[name], settlement.priced[name]
        is_due = layout.by_row(due(settlement.checked, edition, scheme)).tolist()
        head = {"scheme" if scheme.product is None else "cover": name, "title": dict(scheme.title)}
        return cls(
            edition,
            scheme,
            head,
            layout.marked(layout.by_row(settlement.refusals[name])),
            [True in is_due[start:end] for start, end in pairwise(layout.first)],
            None if priced is None else PricedColumns.of(priced, edition, scheme, layout),
        )
