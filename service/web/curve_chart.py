"""The curve of premium by kilometres as SVG, with this month's point and, dashed, what the law takes today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEFT, RIGHT, TOP, BOTTOM = 64, 664, 44, 256
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid: where it stands, and the amount there. [fen or m]"""

    at: int
    amount: int


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the curve: distance, premium and where they stand. [m, fen, px, px]"""

    distance_m: int
    premium_fen: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CurveChart:
    """What the picture shows, in its own coordinates."""

    points: tuple[Point, ...]
    today: int  # place of this month's point
    law_y: int | None
    yuan: tuple[Tick, ...]
    kilometres: tuple[Tick, ...]

    @property
    def line(self) -> str:
        """The curve as the points of a polyline."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)


def curve_chart(curve: Sequence[tuple[int, int]], today_m: int, law_fen: int | None) -> CurveChart:
    """The picture of a curve. curve: (distance, premium) in order of distance [m, fen]; law_fen: None draws no line."""
    step, step_m = _step(max(*(fen for _, fen in curve), law_fen or 0)), _step(curve[-1][0])
    top = step * -(-max(*(fen for _, fen in curve), law_fen or 0, 1) // step)
    wide = curve[-1][0] or 1

    def x(metres: int) -> int:
        return LEFT + (RIGHT - LEFT) * metres // wide

    def y(fen: int) -> int:
        return BOTTOM - (BOTTOM - TOP) * fen // top

    points = tuple(Point(metres, fen, x(metres), y(fen)) for metres, fen in curve)
    return CurveChart(
        points,
        min(range(len(points)), key=lambda place: abs(points[place].distance_m - today_m)),
        None if law_fen is None else y(law_fen),
        tuple(Tick(y(fen), fen) for fen in range(0, top + 1, step)),
        tuple(Tick(x(metres), metres) for metres in range(0, wide + 1, step_m)),
    )


def _step(most: int) -> int:
    """A round distance of ticks, 1, 2 or 5 times a power of ten, so that at most five reach the greatest value."""
    step, place = 1, 0
    while step * _TICKS < most:
        step = step * (2, 5, 2)[place % 3] // (1, 2, 1)[place % 3]
        place += 1
    return step
