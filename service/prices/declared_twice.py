"""Declarations of one list that stand twice. Each is priced all the same, for a list may ask what would be; but a later
one says that an earlier one declares the same total, or declares it otherwise.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from service.refusals import both

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Declared:
    """A priced declaration. of: what is declared, alike for all that declare it, however they name it; said: how much,
    and on what terms, by the names of the columns that say so.
    """

    of: Hashable
    said: tuple[tuple[str, Any], ...]


class Earlier:
    """The priced declarations of a list so far, by what they declare and what they said: the first row of each."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, dict[tuple[tuple[str, Any], ...], int]] = {}

    def warning(self, row: int, declared: Declared) -> Json | None:
        """What the declaration in a row has to say of the earlier ones, with the row of the one it repeats, or else of
        the first; None where it has nothing to say. It is an earlier one from now on.
        """
        rows = self._rows.setdefault(declared.of, {})
        same = rows.setdefault(declared.said, row)
        if same != row:
            return {**both("declaration_twice"), "rows": [same]}
        if len(rows) == 1:
            return None
        said, first = next(iter(rows.items()))
        columns = [name for (name, here), (_, there) in zip(declared.said, said, strict=True) if here != there]
        return {**both("declaration_differs", columns=", ".join(columns)), "rows": [first]}
