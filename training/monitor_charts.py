"""Actual ÷ expected with intervals that need not be even on both sides, and marks of what is not judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.charts import GREY, INK, both, chart, exposure_bars, ticks

_LEVEL = 7  # letters of a label that may have to be turned, which needs room
_HIGHEST = 4.0  # of an axis; an interval that reaches further is cut


def held(bands: Sequence[Mapping[str, Any]], label: str) -> str:
    """Each band's actual ÷ expected over bars of exposure; hollow where a band has `judged` false."""
    long = any(len(band["label"]) > _LEVEL for band in bands)
    with chart(5.2, 3.6 if long else 2.8) as (axes, out):
        exposure_bars(axes, [band["exposure"] for band in bands])
        axes.axhline(1, color=GREY, linewidth=0.8)
        known = [(place, band) for place, band in enumerate(bands) if band["ratio"] is not None]
        for place, band in known:
            sides = [[band["ratio"] - band["low"]], [band["high"] - band["ratio"]]]
            face = INK if band.get("judged", True) else "white"
            axes.errorbar(
                [place], [band["ratio"]], yerr=sides, fmt="o", color=INK, ecolor=GREY, mfc=face, markersize=4, capsize=2
            )
        ticks(axes, [band["label"] for band in bands])
        axes.set_xlabel(label)
        axes.set_ylabel(both("chart_ratio"))
        axes.set_ylim(0, min(max([1.5, *(1.2 * band["high"] for _, band in known)]), _HIGHEST))
    return out[0]
