"""A chart of premium by kilometres for the terminal, as columns of eighths."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from pricing.spoken import yuan_of_fen
from pricing.words import say

_BARS = " ▁▂▃▄▅▆▇█"
_ROWS, _WIDTH = 6, 60


def chart(points: Sequence[dict[str, int]], lang: str) -> Text:
    """Premium by merged kilometres, as columns of eighths; the mark stands under today's distance."""
    most = max(point["premium_fen"] for point in points) or 1
    last = points[-1]["distance_m"] or 1
    columns = [_at(points, last * place // (_WIDTH - 1)) * _ROWS * 8 // most for place in range(_WIDTH)]
    text = Text("\n" + say("page_curve", lang) + "\n")
    for row in range(_ROWS, 0, -1):
        label = f"{yuan_of_fen(most * row // _ROWS):>9} ┤"
        text.append(label, "dim")
        text.append("".join(_BARS[max(0, min(8, height - (row - 1) * 8))] for height in columns) + "\n", "cyan")
    today = "▲".rjust((_WIDTH + 1) // 2)
    text.append(" " * 11 + today + "\n", "bold")
    text.append(" " * 11 + f"0 km{f'{last // 2 // 1000:,} km':^{_WIDTH - 12}}{last // 1000:,} km", "dim")
    return text


def _at(points: Sequence[dict[str, int]], distance: int) -> int:
    return max(point["premium_fen"] for point in points if point["distance_m"] <= distance)
