"""Totals that prove themselves: sums of the settlement beside a second aggregation of the files as written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pricing.errors import LichengError
from service.engines import folder as files
from service.engines import store
from service.engines.local import State

_SUMS = ("workers_fen", "platforms_fen", "payers_fen", "declarations_fen")


class TotalsDisagree(LichengError):
    """The second aggregation came to other sums: nothing is published."""


def prove(connection: Any, folder: Path, schemes: Sequence[str], now: State, was: State | None) -> dict[str, Any]:
    """Totals per scheme; TotalsDisagree where two ways of adding up differ, or rows in are not rows out."""
    second = store.second_totals(connection, folder)
    rows = store.rows_read(connection, folder / files.USAGE)
    totals: dict[str, Any] = {"rows": rows, "schemes": {}}
    for name in schemes:
        found = {key: second.get(name, {}).get(key, 0) for key in (*_SUMS, "lines", "refused_rows")}
        levy_fen = _levied(now, name) - (0 if was is None else _levied(was, name))
        priced = sum(declared.lines for group, declared in now.declared.items() if group[0] == name)
        refused = now.refused.get(name, 0)
        counted = priced + refused + now.duplicates
        sums = {levy_fen, *(found[key] for key in _SUMS)}
        written = found["refused_rows"] == refused and (was is not None or found["lines"] == priced)
        if len(sums) > 1 or counted != rows or not written:
            raise TotalsDisagree("totals_disagree", name, sums=sorted(sums), rows=rows, counted=counted)
        counts = {"read": rows, "priced": priced, "refused": refused, "out_of_scope": now.out_of_scope.get(name, 0)}
        counts["duplicate"] = now.duplicates
        totals["schemes"][name] = {**counts, "levy_fen": levy_fen, "second": found}
    return totals


def _levied(state: State, name: str) -> int:
    return sum(declared.levy_fen for group, declared in state.declared.items() if group[0] == name)
