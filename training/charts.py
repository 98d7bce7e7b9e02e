"""Charts as SVG in a page: labelled in both languages, with units, readable in grey. Only here is matplotlib known."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pricing.words import say

INK, GREY, PALE, ACCENT = "#1b1b1b", "#767676", "#d9d9d9", "#0b5cad"
_FONTS = "system-ui, 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "licheng",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
}
_MOST_TICKS = 24  # labels of an axis; of more every second, third … is written
_LONGEST = 18  # letters of a label below an axis
_WIDE = 20.0  # an interval that reaches so far says nothing


def both(code: str) -> str:
    """A short label in both languages."""
    return f"{say(code, 'en')} · {say(code, 'zh')}"


@contextmanager
def chart(width: float, height: float) -> Iterator[tuple[Axes, list[str]]]:
    """An empty chart, in inches, and a list whose first element is its SVG afterwards."""
    out: list[str] = []
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Chinese letters are not measured by a font of ours: the reader's browser draws them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure.subplots(), out
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    out.append(_inline(text.getvalue()))


def _inline(svg: str) -> str:
    """The `<svg>` element alone, in the reader's fonts, as wide as its column."""
    body = svg[svg.index("<svg") :]
    body = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1), count=1
    )
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    return re.sub(r"(font: [0-9.]+px) [^;\"]*", rf"\1 {_FONTS}", body)


def ticks(axes: Axes, labels: Sequence[str]) -> None:
    """Labels below an axis: not all of many, long ones turned."""
    every = -(-len(labels) // _MOST_TICKS)
    shown = [label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…" for label in labels]
    long = max((len(label) for label in shown), default=0) * len(labels) > 45
    axes.set_xticks(
        range(0, len(labels), every), shown[::every], rotation=60 if long else 0, ha="right" if long else "center"
    )


def exposure_bars(axes: Axes, exposure: Sequence[float]) -> None:
    """Bars of exposure behind the lines, on an axis of their own."""
    behind = axes.twinx()
    behind.bar(range(len(exposure)), exposure, color=PALE, width=0.9, zorder=0)
    behind.set_ylim(0, 3 * max([*exposure, 1e-12]))
    behind.set_yticks([])
    behind.spines["right"].set_visible(False)
    axes.set_zorder(behind.get_zorder() + 1)
    axes.patch.set_visible(False)


def lorenz(curve: Mapping[str, Any]) -> str:
    """Share of claims by share of exposure, from the lowest expected rate."""
    with chart(3.6, 3.4) as (axes, out):
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
        axes.plot(curve["exposure"], curve["claims"], color=ACCENT, linewidth=1.8)
        axes.fill_between(curve["exposure"], curve["claims"], curve["exposure"], color=PALE, alpha=0.6)
        axes.set_xlabel(both("chart_share_exposure"))
        axes.set_ylabel(both("chart_share_claims"))
        axes.text(0.05, 0.9, f"Gini {curve['gini']:.3f}", color=INK)
    return out[0]


def rates(bands: Sequence[Mapping[str, Any]], unit: float, other: str = "") -> str:
    """Claims per `unit` of exposure by band: actual, expected, and by another model where one is named."""
    with chart(5.2, 3.2) as (axes, out):
        place = range(len(bands))
        for key, label, style in (
            ("claims", "chart_actual", {"color": INK, "marker": "o", "linestyle": "-"}),
            ("expected", "chart_expected", {"color": ACCENT, "marker": "s", "linestyle": "--"}),
            *([("other", other, {"color": GREY, "marker": "^", "linestyle": ":"})] if other else ()),
        ):
            values = [unit * band[key] / band["exposure"] for band in bands]
            axes.plot(place, values, label=both(label), markersize=4, linewidth=1.3, **style)
        ticks(axes, [band["label"] for band in bands])
        axes.set_ylim(bottom=0)
        axes.set_xlabel(both("chart_tenths"))
        axes.set_ylabel(f"{both('chart_rate')} {unit:,.0f}")
        axes.legend(fontsize=8)
    return out[0]


def ratios(bands: Sequence[Mapping[str, Any]], label: str) -> str:
    """Actual ÷ expected of each band with its 95 % interval, over bars of exposure."""
    with chart(5.2, 2.8) as (axes, out):
        exposure_bars(axes, [band["exposure"] for band in bands])
        known = [(k, band) for k, band in enumerate(bands) if band["ratio"] is not None]
        axes.axhline(1, color=GREY, linewidth=0.8)
        axes.errorbar(
            [k for k, _ in known],
            [band["ratio"] for _, band in known],
            yerr=[band["high"] - band["ratio"] for _, band in known],
            fmt="o",
            color=INK,
            ecolor=GREY,
            markersize=4,
            capsize=2,
        )
        ticks(axes, [band["label"] for band in bands])
        axes.set_xlabel(label)
        axes.set_ylabel(both("chart_ratio"))
        axes.set_ylim(0, min(max([2.0, *(band["ratio"] * 1.2 for _, band in known)]), 4.0))
    return out[0]


def effect(main: Mapping[str, Any]) -> str:
    """A published main effect over its exposure, beside the main-effect model with its 95 % intervals."""
    with chart(5.2, 3.0) as (axes, out):
        numeric = main["kind"] == "numeric"
        fitted, at = main["fitted"], [_number(text) for text in main["at"]]
        if numeric and main["shape"] != "none" and None not in at[:-1]:
            _numeric_effect(axes, main, at)
        else:
            exposure_bars(axes, main["exposure"] or [0.0])
            axes.plot(
                range(len(main["at"])),
                main["relativity"],
                "s",
                color=ACCENT,
                markersize=5,
                label=both("chart_published"),
            )
            ticks(axes, [str(text) for text in main["at"]])
            _fitted_levels(axes, fitted, [str(text) for text in main["at"]])
        axes.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
        axes.set_xlabel(main["factor"])
        axes.set_ylabel(both("chart_relativity"))
        axes.set_ylim(0, _top(main))
        axes.legend(fontsize=8)
    return out[0]


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _top(main: Mapping[str, Any]) -> float:
    """High enough for the published values and most of the intervals."""
    return 1.35 * float(max([1.5, *main["relativity"], *(y for y in main["fitted"]["relativity"] if y < 5)]))


def _numeric_effect(axes: Axes, main: Mapping[str, Any], at: Sequence[float | None]) -> None:
    """Over the factor's own scale: a curve through its knots, or steps; a level of the missing stands in the legend."""
    points = [(x, y) for x, y in zip(at, main["relativity"], strict=True) if x is not None]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    own = list(_intervals(main["fitted"]))
    if own:
        places = [one[0] for one in own]
        axes.fill_between(places, [one[2] for one in own], [one[3] for one in own], color=PALE, step="post")
        dashed = {"color": GREY, "linestyle": "--", "linewidth": 1, "label": both("chart_fitted")}
        axes.step(places, [one[1] for one in own], where="post", **dashed)
    if main["shape"] == "curve":
        axes.plot(xs, ys, "s-", color=ACCENT, markersize=4, linewidth=1.6, label=both("chart_published"))
    else:
        end = max(xs[-1], *(one[0] for one in own)) if own else xs[-1]
        label = both("chart_published")
        axes.step([*xs, end], [*ys, ys[-1]], where="post", color=ACCENT, linewidth=1.8, label=label)
    missing = [y for x, y in zip(at, main["relativity"], strict=True) if x is None]
    if missing:
        axes.plot([], [], " ", label=f"{both('chart_missing')} {missing[0]:.3f}")


def _intervals(fitted: Mapping[str, Any]) -> Iterator[tuple[float, float, float, float]]:
    """Place, relativity, lower and upper end of each level of a number that the data say something of."""
    columns = (fitted[key] for key in ("at", "relativity", "low", "high"))
    for text, value, low, high in zip(*columns, strict=True):
        place = _number(text)
        if place is not None and low is not None and high < _WIDE:
            yield place, value, low, high


def _fitted_levels(axes: Axes, fitted: Mapping[str, Any], labels: Sequence[str]) -> None:
    """The main-effect model at the levels that are published under their own names."""
    of = {name: place for place, name in enumerate(fitted["at"])}
    for k, name in enumerate(labels):
        place = of.get(name)
        if place is not None and fitted["low"][place] is not None and fitted["high"][place] < _WIDE:
            low, high = fitted["low"][place], fitted["high"][place]
            axes.plot([k, k], [low, high], color=GREY, linewidth=1)
            axes.plot([k], [fitted["relativity"][place]], "_", color=GREY, markersize=9)
    axes.plot([], [], color=GREY, linewidth=1, label=both("chart_fitted"))


def heat(pair: Mapping[str, Any]) -> str:
    """A table of two factors: darker is dearer; cells without exposure are hatched."""
    rows, columns = pair["labels"]
    with chart(max(3.2, 0.55 * len(columns) + 1.6), max(2.2, 0.36 * len(rows) + 1.2)) as (axes, out):
        axes.imshow(pair["relativity"], cmap="Greys", vmin=0.5, vmax=1.8, aspect="auto")
        for i, line in enumerate(pair["relativity"]):
            for j, value in enumerate(line):
                empty = not pair["exposure"][i][j] > 0
                text = f"({value:.2f})" if empty else f"{value:.2f}"
                axes.text(j, i, text, ha="center", va="center", fontsize=7, color="white" if value > 1.3 else INK)
        ticks(axes, columns)
        axes.set_yticks(range(len(rows)), [row[:_LONGEST] for row in rows])
        axes.set_ylabel(pair["factors"][0])
        axes.set_xlabel(pair["factors"][1])
    return out[0]


def bars(names: Sequence[str], values: Sequence[float], label: str, mark: float | None = None) -> str:
    """Values by name, the first on top, with a line at a bound."""
    with chart(5.2, 0.26 * len(names) + 1.0) as (axes, out):
        axes.barh(range(len(names)), values, color=ACCENT, height=0.6)
        axes.set_yticks(range(len(names)), [name[:40] for name in names])
        axes.invert_yaxis()
        axes.set_xlabel(label)
        if mark is not None:
            axes.axvline(mark, color=INK, linestyle="--", linewidth=1)
    return out[0]
