"""Small charts as SVG text: narrow enough for a phone, told apart without colour. Labels come in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from pricing.spoken import yuan

WIDTH = 360
_LABEL, _END = 112, 292
_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 50, 350, 10, 166, 206


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its label, what is written at its end, and the class that paints it."""

    labels: Mapping[str, str]
    value: int
    shown: str
    paint: str


def bars(groups: Sequence[Sequence[Bar]]) -> str:
    """Horizontal bars from a common zero; the bars of a group stand close together under the first one's label."""
    most = max((bar.value for group in groups for bar in group), default=0) or 1
    parts, y = [], 2
    for group in groups:
        middle = y + 7 * len(group) + 4
        parts += [_text(_LABEL - 6, middle, _cut(words), "end", lang) for lang, words in group[0].labels.items()]
        for bar in group:
            width = max((_END - _LABEL) * bar.value // most, 1 if bar.value else 0)
            parts.append(f'<rect class="{bar.paint}" x="{_LABEL}" y="{y}" width="{width}" height="13"/>')
            parts.append(_text(_LABEL + width + 4, y + 11, bar.shown, "start"))
            y += 14
        y += 4
    axis = f'<line class="axis" x1="{_LABEL}" y1="0" x2="{_LABEL}" y2="{y}"/>'
    return _svg(y, [*parts, axis])


def strip(shares: Sequence[tuple[int, str]]) -> str:
    """One bar cut into shares of a whole."""
    whole = sum(value for value, _ in shares) or 1
    parts, so_far = [], 0
    for value, paint in shares:
        x, end = WIDTH * so_far // whole, WIDTH * (so_far + value) // whole
        parts.append(f'<rect class="{paint}" x="{x}" y="0" width="{end - x}" height="22"/>')
        so_far += value
    return _svg(22, parts, ' class="strip" preserveAspectRatio="none"')


def lines(labels: Sequence[tuple[str, str]], a: Sequence[int | None], b: Sequence[int | None]) -> str:
    """Two lines over bands, in yuan from millifen: A dashed with rings, B solid with squares. None is a gap."""
    step = _step(max((value for value in (*a, *b) if value is not None), default=0))
    top = step * max(-(-value // step) for value in (*a, *b, step) if value is not None)
    parts = []
    for tick in range(0, top + 1, step):
        y = _y(tick, top)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>')
        parts.append(_text(_LEFT - 5, y + 4, yuan(tick), "end"))
    wide = (_RIGHT - _LEFT) // max(len(labels), 1)
    xs = [_LEFT + wide * place + wide // 2 for place in range(len(labels))]
    for x, (first, second) in zip(xs, labels, strict=True):
        parts += [_text(x, _BOTTOM + 15, first, "middle"), _text(x, _BOTTOM + 28, second, "middle")]
    for paint, values in (("a", a), ("b", b)):
        parts += _line(xs, [None if value is None else _y(value, top) for value in values], paint)
    return _svg(_HEIGHT, parts)


def _line(xs: Sequence[int], ys: Sequence[int | None], paint: str) -> list[str]:
    runs: list[list[tuple[int, int]]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    paths = [f'<polyline class="line-{paint}" points="{" ".join(f"{x},{y}" for x, y in run)}"/>' for run in runs if run]
    return paths + [_mark(x, y, paint) for run in runs for x, y in run]


def _mark(x: int, y: int, paint: str) -> str:
    if paint == "a":
        return f'<circle class="mark-a" cx="{x}" cy="{y}" r="4"/>'
    return f'<rect class="mark-b" x="{x - 4}" y="{y - 4}" width="8" height="8"/>'


def _y(value: int, top: int) -> int:
    return _BOTTOM - (_BOTTOM - _TOP) * value // top


def _step(most: int) -> int:
    """A round distance of ticks, so that at most five reach the greatest value."""
    step = 10
    while step * 5 < most:
        first = int(str(step)[0])
        step = step * 5 // 2 if first == 2 else step * 2
    return step


def _text(x: int, y: int, words: str, anchor: str, lang: str = "") -> str:
    said = f' lang="{lang}"' if lang else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{said}>{escape(words)}</text>'


def _cut(words: str, most: int = 15) -> str:
    """Words that fit beside a bar; a Chinese character is as wide as two letters."""
    wide = [2 if ord(letter) > 0x2E80 else 1 for letter in words]
    if sum(wide) <= most:
        return words
    kept = next(place for place in range(len(words)) if sum(wide[: place + 1]) > most - 1)
    return words[:kept] + "…"


def _svg(height: int, parts: Sequence[str], more: str = "") -> str:
    return f'<svg{more} viewBox="0 0 {WIDTH} {height}" aria-hidden="true">{"".join(parts)}</svg>'
