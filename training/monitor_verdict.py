"""The verdict on a peril's tables: keep, watch, rebalance, refit, or not judged, each with its evidence in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pricing.words import LANGUAGES, say
from training.monitor_bounds import Bounds

# From the best to the worst: of several perils the last one is the whole's.
VERDICTS = ("keep", "watch", "unjudged", "rebalance", "refit")
_FEW = 0.25  # an interval that reaches further from its ratio sees only large changes
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence: what it asks for, one of `VERDICTS`, and its sentence by code."""

    asks: str
    code: str
    values: Mapping[str, object]

    def shown(self) -> dict[str, Any]:
        """As `monitor.json` has it."""
        words = {
            key: say(self.code, lang, **self.values)
            for key, lang in zip(("message", "message_zh"), LANGUAGES, strict=True)
        }
        return {"asks": self.asks, "code": self.code, **words}


def verdict(figures: Figures, bounds: Bounds) -> dict[str, Any]:
    """`verdict`, the `factor` that would rebalance (None but for that verdict), `evidence`, of a peril's figures."""
    if figures["whole"] is None:
        found = [Finding("unjudged", "monitor_nothing_mature", {"late": bounds.late})]
    elif figures["whole"]["ratio"] is None:
        found = list(_unpriced(figures, bounds))
    else:
        found = [*_level(figures, bounds), *_slope(figures, bounds), *_levels(figures, bounds)]
        found += [*_mix(figures, bounds), *_unpriced(figures, bounds)]
    asked = worst([one.asks for one in found])
    whole = figures["whole"]
    factor = None if asked != "rebalance" else {key: whole[key] for key in ("ratio", "low", "high")}
    return {"verdict": asked, "factor": factor, "evidence": [one.shown() for one in found]}


def worst(asked: list[str]) -> str:
    """Of several verdicts the one that asks for most."""
    return max(asked, key=VERDICTS.index)


def _level(figures: Figures, bounds: Bounds) -> Iterator[Finding]:
    whole = figures["whole"]
    low, high = 1 - bounds.level_margin, 1 + bounds.level_margin
    off = whole["low"] > high or whole["high"] < low
    values = {key: f"{whole[key]:.3f}" for key in ("ratio", "low", "high")}
    values |= {"claims": f"{whole['claims']:,.0f}", "expected": f"{whole['expected']:,.1f}", **_sure(bounds)}
    if off and not whole["claims"] > 0:
        yield Finding("unjudged", "monitor_no_claims", {"expected": values["expected"]})
        return
    if off:
        yield Finding("rebalance", "monitor_level_off", values)
        return
    within = not whole["low"] <= 1 <= whole["high"]
    values["margin"] = f"{bounds.level_margin:g}"
    yield Finding("keep", "monitor_level_within" if within else "monitor_level_holds", values)
    reach = whole["high"] - whole["ratio"]
    if reach > _FEW:
        yield Finding("keep", "monitor_few_claims", {"low": f"{whole['low']:.2f}", "high": f"{whole['high']:.2f}"})


def _slope(figures: Figures, bounds: Bounds) -> Iterator[Finding]:
    slope = figures["slope"]
    if slope is None:
        yield Finding("unjudged", "monitor_slope_unknown", {})
        return
    low, high = 1 - bounds.slope_margin, 1 + bounds.slope_margin
    values = {key: f"{slope[key]:.3f}" for key in ("value", "low", "high")} | _sure(bounds)
    if slope["high"] < low:
        yield Finding("refit", "monitor_slope_flat", values)
    elif slope["low"] > high:
        yield Finding("refit", "monitor_slope_steep", values)
    else:
        within = not slope["low"] <= 1 <= slope["high"]
        values["margin"] = f"{bounds.slope_margin:g}"
        yield Finding("keep", "monitor_slope_within" if within else "monitor_slope_holds", values)


def _levels(figures: Figures, bounds: Bounds) -> Iterator[Finding]:
    """Factors whose claims differ from the tables by more than chance, all factors counted (Bonferroni)."""
    factors = figures["factors"]
    bound = (1 - bounds.sure) / max(len(factors), 1)
    off = {name: one for name, one in factors.items() if one["p"] < bound}
    common = {"bound": f"{bound:.2g}", "factors": len(factors)}
    for name, one in off.items():
        ratio = figures["whole"]["ratio"]
        far = max(one["bands"], key=lambda band: _away(band, ratio))
        values = {"factor": name, "p": f"{one['p']:.2g}", "level": far["label"], "ratio": f"{far['ratio']:.3f}"}
        yield Finding("refit", "monitor_factor_off", {**values, **common})
    if factors and not off:
        name = min(factors, key=lambda each: float(factors[each]["p"]))
        values = {"factor": name, "p": f"{factors[name]['p']:.2g}"}
        yield Finding("keep", "monitor_factors_hold", {**values, **common})


def _away(band: Figures, ratio: float) -> float:
    """How far a level's claims lie from the whole's ratio, in standard deviations."""
    due = band["expected"] * ratio
    return float(abs(band["claims"] - due) / (band["spread"] * due) ** 0.5) if due > 0 else 0.0


def _mix(figures: Figures, bounds: Bounds) -> Iterator[Finding]:
    """Factors whose mix of exposure has moved, further than chance moves it."""
    judged = {name: one for name, one in figures["factors"].items() if not one["of_time"]}
    moved = {name: one for name, one in judged.items() if one["psi"] >= max(bounds.psi_watch, one["psi_chance"])}
    for name, one in moved.items():
        gone = one["psi"] > bounds.psi_refit
        values = {"factor": name, "psi": f"{one['psi']:.3f}", **_furthest(one)}
        values["bound"] = f"{bounds.psi_refit if gone else bounds.psi_watch:g}"
        yield Finding("refit" if gone else "watch", "monitor_mix_gone" if gone else "monitor_mix_moved", values)
    if judged and not moved:
        name = max(judged, key=lambda each: float(judged[each]["psi"]))
        values = {"factor": name, "psi": f"{judged[name]['psi']:.3f}", "bound": f"{bounds.psi_watch:g}"}
        by_chance = judged[name]["psi"] >= bounds.psi_watch
        yield Finding("keep", "monitor_mix_by_chance" if by_chance else "monitor_mix_holds", values)


def _furthest(factor: Figures) -> dict[str, str]:
    """The level whose share of the exposure has moved most, before and after."""
    lines = zip(factor["labels"], factor["before"], factor["after"], strict=True)
    label, before, after = max(lines, key=lambda line: abs(line[2] - line[1]))
    return {"level": label, "before": f"{100 * before:.1f}", "after": f"{100 * after:.1f}"}


def _unpriced(figures: Figures, bounds: Bounds) -> Iterator[Finding]:
    """Rows that the tables do not price, or expect nothing of."""
    nothing = figures["nothing"]
    if nothing["rows"]:
        values = {"rows": f"{nothing['rows']:,}", "claims": f"{nothing['claims']:,.0f}"}
        seen = figures["whole"]["ratio"] is not None
        yield Finding("keep" if seen else "unjudged", "monitor_expects_nothing", values)
    share = figures["unpriced"]
    if share > 0:
        over = share > bounds.unpriced
        values = {"share": f"{100 * share:.2f}", "bound": f"{100 * bounds.unpriced:g}"}
        yield Finding("refit" if over else "keep", "monitor_unpriced_over" if over else "monitor_unpriced", values)


def _sure(bounds: Bounds) -> dict[str, str]:
    return {"sure": f"{100 * bounds.sure:g}"}
