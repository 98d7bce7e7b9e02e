"""The report of a run: one page that carries everything in itself, in both languages, made from the run's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training import charts
from training.pages import drawn, rendered
from training.run_files import read_csv, read_json

_UNITS = (1.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1e6, 1e9, 1e12)


def report(
    run: Path,
    gates: Mapping[str, Any],
    overrides: Sequence[Mapping[str, str]],
    facts: Mapping[str, Any],
    lang: str = "en",
) -> str:
    """HTML of a run folder with `metrics.json`, `judged.json` and the files beside them.

    gates: as `gates.json` has them; overrides: by, gate, reason; facts: plan, date, plan_hash, data_hash, program,
    synthetic; lang: the language that the page opens in.
    """
    metrics, judged = (read_json(run / f"{name}.json") for name in ("metrics", "judged"))
    perils = {
        name: {"metrics": own, "judged": judged["perils"][name], "charts": _charts(judged["perils"][name])}
        for name, own in metrics["perils"].items()
    }
    return rendered(
        "report.html",
        **facts,
        lang=lang,
        gates=gates,
        overrides=overrides,
        perils=perils,
        candidates=read_csv(run / "candidates.csv"),
        edits=read_json(run / "edits.json").get("edits", []),
        impact=read_json(run / "impact.json"),
        impact_bands=_impact_bands(read_json(run / "impact.json")),
        set_aside=set_aside(read_csv(run / "set_aside.csv")),
        notices=metrics["notices"],
    )


def set_aside(lines: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Rows set aside, counted by peril, part and reason."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for line in lines:
        key = (line["peril"], line["part"], line["code"])
        one = found.setdefault(key, {"peril": key[0], "part": key[1], "rows": 0})
        one |= {"rows": one["rows"] + 1, "message": line["message"], "message_zh": line["message_zh"]}
    return list(found.values())


def _charts(judged: Mapping[str, Any]) -> dict[str, Any]:
    """Every chart of a peril, ready to stand in the page."""
    unit = _unit(judged["calibration"])
    against = "chart_in_force" if judged["double_lift"]["against"] == "in_force" else "chart_main_effects"
    factors = judged["psi"]["factors"]
    ranked = judged["interactions"][:20]
    names = [" × ".join(one["factors"]) for one in ranked]
    made: dict[str, Any] = {
        "lorenz": charts.lorenz(judged["lorenz"]),
        "lift": charts.rates(judged["lift"], unit),
        "double_lift": charts.rates(judged["double_lift"]["bands"], unit, against),
        "calibration": charts.ratios(judged["lift"], charts.both("chart_tenths")),
        "by_time": charts.ratios(judged["by_time"], charts.both("chart_time")) if judged["by_time"] else "",
        "mains": [charts.effect(one) for one in judged["mains"] if one["shape"] != "none"],
        "pairs": [charts.heat(one) for one in judged["pairs"]],
        "interactions": charts.bars(names, [one["spread"] for one in ranked], charts.both("chart_spread"))
        if names
        else "",
        "by_factor": [charts.ratios(lines, name) for name, lines in judged["by_factor"].items()],
        "psi": charts.bars(list(factors), [one["psi"] for one in factors.values()], "PSI", 0.1),
    }
    return {name: [drawn(one) for one in own] if isinstance(own, list) else drawn(own) for name, own in made.items()}


def _unit(whole: Mapping[str, float]) -> float:
    """Exposure per which the claims are a number that one likes to read."""
    rate = whole["claims"] / whole["exposure"]
    return next((unit for unit in _UNITS if rate * unit >= 0.1), _UNITS[-1])


def _impact_bands(moved: Mapping[str, Any]) -> dict[str, str]:
    """Per scheme the payers by band of change, as a chart."""
    found = {}
    for name, scheme in moved.get("schemes", {}).items():
        bands = [one for one in scheme["bands"]["pct"] if one["payers"]]
        labels = [_band_label(one) for one in bands]
        if bands:
            svg = charts.bars(labels, [one["payers"] for one in bands], charts.both("chart_payers"))
            found[name] = drawn(svg)
    return found


def _band_label(band: Mapping[str, Any]) -> str:
    low, high = (("" if band[end] is None else f"{band[end]:+d} %") for end in ("low", "high"))
    return f"{low or '−∞'} – {high or '+∞'}"
