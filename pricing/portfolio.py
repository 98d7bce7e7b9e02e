"""Reference portfolios: the cells on which the off-balance of a scheme's relativities is solved and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pricing.coding import Rows
from pricing.edition import Edition
from pricing.errors import TariffError
from pricing.merge import Merged
from pricing.ratio import limits, off_balance, relativities
from pricing.scheme import Scheme
from pricing.strict_yaml import read_yaml, whole
from pricing.units import IntArray, over_ppm
from pricing.usage import BY_NAME

_FRAME = ("status", "evidence", "source", "note", "cells")


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Cells of a portfolio: level per attribute, number per quantity, and what a cell weighs."""

    name: str
    cells: tuple[Mapping[str, str | int], ...]


def read_portfolios(path: Path) -> dict[str, Portfolio]:
    """`reference_portfolios.yaml` of a tariff folder; TariffError names the cell."""
    found = {}
    for name, body in read_yaml(path).get("portfolios", {}).items():
        for key in _FRAME:
            if not body.get(key):
                raise TariffError("missing_key", f"{path}, {name}", key=key)
        cells = tuple(_cell(cell, f"{path}, {name}, cell {number}") for number, cell in enumerate(body["cells"], 1))
        found[name] = Portfolio(name, cells)
    return found


def _cell(raw: Mapping[str, str], place: str) -> dict[str, str | int]:
    cell: dict[str, str | int] = {}
    for key, text in raw.items():
        column = BY_NAME.get(key)
        if key not in ("weight", "base_fen") and column is None:
            raise TariffError("unknown_key", place, key=key, known=", ".join(("weight", "base_fen", *BY_NAME)))
        greatest = column.greatest if column is not None else 1_000_000_000
        cell[key] = text if column is not None and column.kind == "text" else whole(text, greatest, place)
    for key in ("weight", "base_fen", "risk_class"):
        if key not in cell:
            raise TariffError("missing_key", place, key=key)
    return cell


def raw_ratios(portfolio: Portfolio, edition: Edition, scheme: Scheme) -> tuple[IntArray, list[int]]:
    """The cells' ratios before ÷ ω and limits [ppm], and their weights in premium: weight × base × class rate."""
    cells = portfolio.cells
    columns = {
        name: [cell.get(name) for cell in cells] for name in dict.fromkeys(key for cell in cells for key in cell)
    }
    codes = {
        n: np.array([edition.levels[n][str(v)] for v in column]) for n, column in columns.items() if n in edition.levels
    }
    numbers = {n: np.array(column, dtype=np.int64) for n, column in columns.items() if n not in edition.levels}
    each = np.arange(len(cells))
    rows = Rows(codes, numbers, each, each, frozenset())
    steps = relativities(rows, Merged(rows), edition, scheme)
    grid = edition.grid(scheme.base_rate)
    rates = grid.values.take(grid.places(codes, len(cells))).tolist()
    weights = [
        int(str(cell["weight"])) * int(str(cell["base_fen"])) * rate for cell, rate in zip(cells, rates, strict=True)
    ]
    ratio = steps[-1].ratio
    assert ratio is not None
    return ratio, weights


def gap(ratios: IntArray, weights: list[int], omega: int, bounds: tuple[int, int]) -> int:
    """Premium of the portfolio at ω minus its premium without relativities, in weight × ppm; falls as ω rises."""
    clamped = np.minimum(np.maximum(over_ppm(ratios, omega), bounds[0]), bounds[1]).tolist()
    return sum(weight * (ratio - 1_000_000) for weight, ratio in zip(weights, clamped, strict=True))


def is_balanced(portfolio: Portfolio, edition: Edition, scheme: Scheme) -> bool:
    """Whether no neighbouring ω keeps the portfolio's premium better than the one in the table."""
    ratios, weights = raw_ratios(portfolio, edition, scheme)
    omega, _ = off_balance(edition, scheme)
    gaps = [
        abs(gap(ratios, weights, candidate, limits(edition, scheme))) for candidate in (omega - 1, omega, omega + 1)
    ]
    return gaps[1] == min(gaps)
