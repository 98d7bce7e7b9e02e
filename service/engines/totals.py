"""Totals that prove themselves: sums of the settlement beside a second aggregation of the files as written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pricing.errors import LichengError
from service.engines import folder as files
from service.engines import store
from service.engines.local import State, Terms
from service.engines.month_files import MonthFiles
from service.prices.technical import technical_of

_SUMS = ("workers_fen", "platforms_fen", "payers_fen", "declarations_fen")


class TotalsDisagree(LichengError):
    """The second aggregation came to other sums: nothing is published."""


def prove(connection: Any, folder: Path, terms: Terms, now: State, was: State | None) -> dict[str, Any]:
    """Totals per scheme, per cover and per side file; TotalsDisagree where two ways of adding up differ, or rows in are
    not rows out.
    """
    second = store.second_totals(connection, folder)
    rows = store.rows_read(connection, folder / files.USAGE)
    before = {} if was is None else store.payers_of(connection, was.lines)
    totals: dict[str, Any] = {"rows": rows, "schemes": {}, "covers": {}}
    for name in terms.schemes:
        found = {key: second.get(name, {}).get(key, 0) for key in (*_SUMS, "lines", "refused_rows")}
        levy_fen = _levied(now, name) - (0 if was is None else _levied(was, name))
        is_cover = terms.edition.schemes[name].product is not None
        counts = _counts(now, name, rows, is_cover)
        payers = _difference(now.payers.get(name, {}), before.get(name, {}))
        _prove_rows(name, counts, found, is_cover, of_all=was is None)
        _prove_sums(name, levy_fen, found, payers, second.get(name, {}).get("payers", {}))
        kind = "covers" if is_cover else "schemes"
        totals[kind][name] = {**counts, "levy_fen": levy_fen, "payers": payers, "second": found}
        if terms.edition.schemes[name].expected is not None:
            totals[kind][name]["technical"] = _technical(now, name, terms)
    return totals | {"side": _side(connection, folder, now)}


def _technical(now: State, name: str, terms: Terms) -> dict[str, Any]:
    """Expected cost of the whole month as it stands now, beside its levy."""
    declared = [one for group, one in now.declared.items() if group[0] == name]
    exposed, unexposed = (sum(getattr(one, field) for one in declared) for field in ("exposed", "unexposed"))
    return technical_of(exposed, unexposed > 0, _levied(now, name), terms.edition, terms.edition.schemes[name])


def _counts(now: State, name: str, rows: int, is_cover: bool) -> dict[str, int]:
    """Rows of a scheme or cover. Of a scheme, rows out of scope are refused and listed; of a cover, only counted."""
    priced = sum(declared.lines for group, declared in now.declared.items() if group[0] == name)
    refused, outside = now.refused.get(name, 0), now.out_of_scope.get(name, 0)
    counted = priced + refused + now.duplicates + (outside if is_cover else 0)
    if counted != rows:
        raise TotalsDisagree("totals_disagree", name, sums=[], rows=rows, counted=counted)
    counts = {"read": rows, "priced": priced, "refused": refused, "out_of_scope": outside}
    return {**counts, "duplicate": now.duplicates}


def _prove_rows(
    name: str, counts: Mapping[str, int], found: Mapping[str, int], is_cover: bool, *, of_all: bool
) -> None:
    """Rows as counted while settling are rows as written."""
    if found["refused_rows"] != counts["refused"] or (of_all and found["lines"] != counts["priced"]):
        written = found["refused_rows"] + found["lines"] + counts["duplicate"]
        written += counts["out_of_scope"] if is_cover else 0
        raise TotalsDisagree("totals_disagree", name, sums=[], rows=counts["read"], counted=written)


def _prove_sums(
    name: str, levy_fen: int, found: Mapping[str, int], payers: Mapping[str, int], second: Mapping[str, int]
) -> None:
    """The levy is the same by worker, platform, payer and declaration, and each payer's part is the same twice."""
    sums = {levy_fen, sum(payers.values()), *(found[key] for key in _SUMS)}
    if len(sums) > 1 or dict(payers) != _difference(second, {}):
        sums |= {*payers.values(), *second.values()} if len(sums) == 1 else set()
        raise TotalsDisagree("totals_disagree", name, sums=sorted(sums), rows=0, counted=0)


def _difference(now: Mapping[str, int], was: Mapping[str, int]) -> dict[str, int]:
    """Fen per payer against what was charged; a payer of nothing is left out."""
    found = {payer: now.get(payer, 0) - was.get(payer, 0) for payer in (now or was)}
    return {payer: fen for payer, fen in found.items() if fen}


def _side(connection: Any, folder: Path, now: State) -> dict[str, dict[str, int]]:
    """Rows of each side file: read = used + refused + unsettled, in the files as written too."""
    if not now.side:
        return {}
    second = store.side_refused(connection, folder / files.SIDE_REFUSALS)
    paths = MonthFiles.of(folder).sides
    for side, counts in now.side.items():
        rows, refused = store.rows_read(connection, paths[side]), second.get(side, 0)
        counted = counts["used"] + counts["unsettled"] + refused
        if rows != counts["read"] or counted != rows:
            raise TotalsDisagree("totals_disagree", side, sums=[], rows=rows, counted=counted)
    return now.side


def _levied(state: State, name: str) -> int:
    return sum(declared.levy_fen for group, declared in state.declared.items() if group[0] == name)
