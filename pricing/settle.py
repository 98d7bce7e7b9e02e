"""Settle: check → merge → price → share → declare, for a whole month in one short function.

A single quote is a batch of one; a declaration of totals is a row that counts its orders or heads at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from pricing.check import Checked, check
from pricing.coding import Rows
from pricing.declaration import Declarations, declare
from pricing.edition import Edition
from pricing.errors import CODE, OUT_OF_SCOPE
from pricing.kernel import price
from pricing.key_order import BoolArray
from pricing.levy import Levies, share
from pricing.merge import Merged
from pricing.rate_table import STATUSES
from pricing.scheme import Scheme
from pricing.scope import gate
from pricing.side import NOTHING, Side
from pricing.units import IntArray
from pricing.usage import Usage
from pricing.worksheet import Worksheet

_OUTSIDE = [*OUT_OF_SCOPE, CODE["employment_missing"]]


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """What one scheme makes of a month. kept: places of the priced rows among the checked ones; the rest is in their
    order; status and evidence: ranks of the weakest marks per priced row.
    """

    kept: IntArray
    rows: Rows
    merged: Merged
    sheet: Worksheet
    levy_fen: IntArray
    levies: Levies | None
    declarations: Declarations | None
    status: IntArray
    evidence: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Settlement:
    """A settled month: the checked rows, and per scheme the refusals and the prices (None where no row was priced)."""

    checked: Checked
    refusals: Mapping[str, IntArray]
    priced: Mapping[str, Priced | None]


def settle(
    usage: Usage,
    edition: Edition,
    names: Iterable[str] | None = None,
    weakest: int = len(STATUSES) - 1,
    side: Side = NOTHING,
    apart: bool = False,
) -> Settlement:
    """Settle a month of usage under the schemes and covers named (all of the edition's by default).

    weakest: rank of the weakest status that may be charged; rows that would need a weaker one are refused.
    side: enrolments and histories of the workers; apart: whether each worker is a declaration of its own.
    """
    schemes = {name: edition.schemes[name] for name in (edition.schemes if names is None else names)}
    checked = check(usage, edition, schemes, side)
    refusals: dict[str, IntArray] = {}
    priced: dict[str, Priced | None] = {}
    for name, scheme in schemes.items():
        refusals[name], priced[name] = _priced(checked, checked.refusals[name], edition, scheme, weakest, apart)
    return Settlement(checked, refusals, priced)


def _priced(
    checked: Checked, refusals: IntArray, edition: Edition, scheme: Scheme, weakest: int, apart: bool
) -> tuple[IntArray, Priced | None]:
    """Price the rows that are not refused; rows of too weak a status are refused, and the rest priced without them."""
    kept = (refusals == 0).nonzero()[0]
    if not len(kept):
        return refusals, None
    rows = checked.rows
    cover = checked.insured.get(scheme.name)
    if cover is not None:
        rows = rows.beside(cover.codes, cover.numbers)
    rows = rows if len(kept) == len(checked.order) else rows.only(kept)
    if scheme.exposure == "heads":
        rows = _with_heads(rows)
    merged = Merged(rows)
    sheet = price(rows, merged, edition, scheme)
    status, evidence = _marks(rows, sheet, edition, scheme)
    if weakest < len(STATUSES) - 1 and (status > weakest).any():
        fewer = refusals.copy()
        fewer[kept[status > weakest]] = CODE["status_not_levied"]
        return _priced(checked, fewer, edition, scheme, weakest, apart)
    if scheme.declared:
        declarations = declare(rows, sheet, rows.numbers[scheme.exposure], edition, apart=apart)
        return refusals, Priced(kept, rows, merged, sheet, declarations.line_fen, None, declarations, status, evidence)
    levies = share(sheet.millifen, rows, merged, scheme.share_by)
    return refusals, Priced(kept, rows, merged, sheet, levies.levy_fen, levies, None, status, evidence)


def _with_heads(rows: Rows) -> Rows:
    """A worker is one head per platform and region; it stands on the first row in key order. Declared heads stay."""
    if "heads" in rows.numbers:
        return rows
    codes = rows.codes
    place = rows.worker
    for name in ("#platform", "#region"):
        place = place * (int(codes[name].max()) + 1) + codes[name]
    _, first = np.unique(place, return_index=True)
    heads = np.zeros(len(rows), dtype=np.int64)
    heads[first] = 1
    return Rows(codes, {**rows.numbers, "heads": heads}, rows.worker, rows.starts, rows.unsure)


def _marks(rows: Rows, sheet: Worksheet, edition: Edition, scheme: Scheme) -> tuple[IntArray, IntArray]:
    marks, entrance = sheet.marks(edition), gate(edition, scheme)
    if entrance.keys:
        marks = np.maximum(marks, entrance.marks.take(entrance.places(rows.codes, len(rows)), axis=1))
    status, evidence = marks
    return status, evidence


def due(checked: Checked, edition: Edition, scheme: Scheme) -> BoolArray:
    """Which rows a scheme is legally applicable to, by its scope alone: also where data or a rate are missing."""
    if scheme.scope in ("proposal", "product"):
        return np.zeros(len(checked.order), dtype=bool)
    entrance = gate(edition, scheme)
    within = edition.keep("due", scheme.name, lambda: ~np.isin(entrance.refusal, _OUTSIDE))
    return within.take(entrance.places(checked.rows.codes, len(checked.order)))
