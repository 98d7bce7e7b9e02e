"""A run of training on the terminal: what was fitted and what was left out, relativities, what to look at."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.words import say
from service.terminal.prices import console

_FACTORS = 5  # of a peril that are shown
_LEVELS = 6  # of a factor that are shown
_FIGURES = ("peril", "rows", "test_rows", "aside", "exposure", "claims", "chosen", "cells")
_QUALITY = ("peril", "deviance", "homogeneous", "gain", "explained", "fidelity")
Line = Mapping[str, str]


def show_run(report: dict[str, Any], folder: Path, lang: str) -> None:
    """The figures of a run: rows with the reasons of those set aside, fit, relativities, notices."""
    out = console()
    message = "message_zh" if lang == "zh" else "message"
    out.print(Text(say("page_train", lang, plan=report["plan"], folder=folder), "bold"))
    perils: Mapping[str, dict[str, Any]] = report["perils"]
    out.print(_table(_FIGURES, [_figures(name, one) for name, one in perils.items()], lang))
    for one in perils.values():
        for reason in one.get("set_aside_reasons", ()):
            out.print(Text(f"- {reason[message]}", "yellow"))
    out.print(_table(_QUALITY, [_quality(name, one) for name, one in perils.items()], lang))
    for name, one in perils.items():
        for factor, elasticity in ((k, v) for k, v in one["elasticity"].items() if v is not None):
            said = say("page_train_elasticity", lang, peril=name, factor=factor, elasticity=f"{elasticity:.3f}")
            out.print(Text(said))
        if one["dispersion"] > 1:
            out.print(Text(say("page_train_dispersion", lang, peril=name, dispersion=f"{one['dispersion']:.3f}")))
        if one["gain"] < 2 * one["gain_error"]:
            out.print(Text(say("page_train_no_gain", lang, peril=name), "yellow"))
    for peril, table in _relativities(folder / "relativities.csv", lang):
        out.print(Text(say("page_train_relativities", lang, peril=peril)))
        out.print(table)
    for notice in report["notices"]:
        out.print(Text(f"! {notice[message]}", "yellow"))


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        left = name in ("peril", "chosen", "factor", "level")
        table.add_column(say(f"page_train_{name}", lang), justify="left" if left else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _figures(name: str, one: Mapping[str, Any]) -> list[str]:
    counts = (f"{one[key]:,}" for key in ("rows", "test_rows", "set_aside"))
    return [name, *counts, f"{one['exposure']:,.1f}", f"{one['claims']:,.0f}", one["candidate"], f"{one['cells']:,}"]


def _quality(name: str, one: Mapping[str, Any]) -> list[str]:
    deviances = (f"{one[key]:.3f}" for key in ("test_deviance", "homogeneous_deviance"))
    gain = f"{one['gain']:.3f} ± {one['gain_error']:.3f}"
    return [name, *deviances, gain, f"{100 * one['explained']:.2f} %", f"{100 * one['fidelity']['mean']:.2f} %"]


def _relativities(path: Path, lang: str) -> Iterator[tuple[str, Table]]:
    """A table per peril: the factors that spread its price most, some levels of each with 95 % intervals."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for peril, own in groupby(lines, key=lambda line: line["peril"]):
        factors = [list(levels) for _, levels in groupby(own, key=lambda line: line["factor"])]
        factors.sort(key=_spread, reverse=True)
        rows = [row for levels in factors[:_FACTORS] for row in _levels(levels)]
        names = ("factor", "level", "share", "claims", "relativity", "interval")
        yield peril, _table(names, rows, lang)


def _spread(levels: Sequence[Line]) -> float:
    """Variance of the log relativities over the exposure."""
    weights = [float(line["exposure"]) for line in levels]
    logs = [math.log(float(line["relativity"])) for line in levels]
    total = sum(weights) or 1.0
    mean = sum(w * x for w, x in zip(weights, logs, strict=True)) / total
    return sum(w * (x - mean) ** 2 for w, x in zip(weights, logs, strict=True)) / total


def _levels(levels: Sequence[Line]) -> Iterator[list[str]]:
    """Some levels of a factor as lines: all, or as many evenly along its exposure, its ends among them."""
    total = sum(float(line["exposure"]) for line in levels) or 1.0
    for place in _chosen([float(line["exposure"]) / total for line in levels]):
        line = levels[place]
        yield [
            line["factor"],
            line["level"],
            f"{100 * float(line['exposure']) / total:.1f} %",
            f"{float(line['claims']):,.0f}",
            f"{float(line['relativity']):.3f}",
            f"{float(line['low']):.3f} – {float(line['high']):.3f}",
        ]


def _chosen(shares: Sequence[float]) -> list[int]:
    if len(shares) <= _LEVELS:
        return list(range(len(shares)))
    found, passed = {0, len(shares) - 1}, 0.0
    for place, share in enumerate(shares):
        if int(passed * (_LEVELS - 1)) < int((passed + share) * (_LEVELS - 1)):
            found.add(place)
        passed += share
    return sorted(found)[:_LEVELS]


def show_gates(path: Path, lang: str) -> None:
    """How many gates passed, and what each that failed found; nothing where no step has judged them yet."""
    if not path.is_file():
        return
    out, found = console(), json.loads(path.read_text(encoding="utf-8"))["gates"]
    failed = [gate for gate in found if not gate["passed"]]
    out.print(Text(say("page_train_gates", lang, passed=len(found) - len(failed), failed=len(failed)), "bold"))
    for gate in failed:
        where = f"{gate['peril']}: " if gate["peril"] else ""
        out.print(Text(f"✗ {where}{gate['message_zh' if lang == 'zh' else 'message']}", "red"))


def show_scored(rows: int, out: object, per_peril: Mapping[str, Mapping[str, float]], lang: str) -> None:
    """What was scored: expected counts and amounts in sum, rows without figures."""
    page = console()

    def said(name: str) -> str:
        return ", ".join(f"{peril} {total:,.1f}" for peril, total in per_peril[name].items())

    page.print(Text(say("page_scored", lang, rows=f"{rows:,}", counts=said("counts"), out=out)))
    if per_peril["amounts"]:
        page.print(Text(say("page_scored_amounts", lang, amounts=said("amounts"))))
    for peril, without in per_peril["without"].items():
        if without:
            page.print(Text(say("page_scored_without", lang, peril=peril, rows=f"{without:,}"), "yellow"))
