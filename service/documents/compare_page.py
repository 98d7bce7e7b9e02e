"""The page of a comparison: one file to read on a phone or print, in both languages, with nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pricing.explain import Line
from pricing.spoken import source_words, yuan, yuan_of_fen
from pricing.tariff import Tariff
from pricing.words import COLON, LANGUAGES, say
from service.documents.charts import Bar, bars, lines, strip
from service.engines.changed_worksheets import Sheet
from service.engines.compared_sides import names_of
from service.engines.comparison import Comparison, KilometreBand
from service.terminal import compare_figures as figures

_MOST_PLATFORMS = 12


def page(comparison: Comparison, tariff: Tariff, lang: str = "en") -> str:
    """The page as HTML; lang is the language that is shown first."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(
        say=say,
        langs=LANGUAGES,
        colon=COLON,
        yuan=yuan,
        yuan_of_fen=yuan_of_fen,
        f=figures,
        names_of=names_of,
        steps=_steps,
        source_in=_source_in,
    )
    found = environment.get_template("compare.html").render(
        c=comparison, tariff=tariff, lang=lang, charts=_charts(comparison), sources=_sources(comparison)
    )
    return found + "\n"


def _source_in(source: str) -> dict[str, str]:
    """A source in both languages."""
    return {lang: source_words(source, lang) for lang in LANGUAGES}


def _charts(comparison: Comparison) -> dict[str, str]:
    """SVG by the name under which the page places it."""
    verdicts = comparison.verdicts
    known = [band for band in comparison.kilometres if band.low_m is not None]
    edges = [_edges(band) for band in known]
    rates = {
        "worker": [
            (figures.rate(b.a_compared_fen, b.compared), figures.rate(b.b_compared_fen, b.compared)) for b in known
        ],
        "order": [(figures.rate(b.a_orders_fen, b.orders), figures.rate(b.b_orders_fen, b.orders)) for b in known],
        "km": [
            (figures.rate(b.a_distance_fen, b.distance_m, 1000), figures.rate(b.b_distance_fen, b.distance_m, 1000))
            for b in known
        ],
    }
    return {
        "strip": strip([(verdicts[name].workers, name) for name in ("less", "same", "more")]),
        "fen": _changes(comparison, "fen"),
        "pct": _changes(comparison, "pct"),
        "platform": _platforms(comparison),
        **{name: lines(edges, [a for a, _ in pairs], [b for _, b in pairs]) for name, pairs in rates.items()},
    }


def _edges(band: KilometreBand) -> tuple[str, str]:
    low = f"{(band.low_m or 0) // 1000:,}"
    return (f"{low}+", "") if band.high_m is None else (low, f"–{band.high_m // 1000:,}")


def _changes(comparison: Comparison, by: str) -> str:
    groups = []
    for band in comparison.bands:
        words = figures.band_words(band)
        if band.by == by and (band.workers or words != figures.NO_BASE):
            groups.append([Bar({"": words}, band.workers, f"{band.workers:,}", band.verdict)])
    return bars(groups)


def _platforms(comparison: Comparison) -> str:
    parts = [part for part in comparison.parts if part.kind == "platform"][:_MOST_PLATFORMS]
    return bars(
        [
            [Bar(part.names, fen, f"{fen // 100:,}", paint) for fen, paint in ((part.a_fen, "a"), (part.b_fen, "b"))]
            for part in parts
        ]
    )


def _steps(sheets: Sequence[Sheet], place: int) -> Sequence[Line]:
    """Steps of a worksheet; where they are those of the one before, only the last, which differs."""
    own = sheets[place].steps
    return own[-1:] if place and sheets[place - 1].steps[:-1] == own[:-1] else own


def _sources(comparison: Comparison) -> list[Line]:
    """Each entry that a shown worksheet rests on, once."""
    changes = (*comparison.increases, *comparison.decreases)
    sheets = [sheet for change in changes for sheet in (*change.a_sheets, *change.b_sheets)]
    found = {step.entry: step for sheet in sheets for step in sheet.steps if step.entry}
    return [found[entry] for entry in sorted(found)]
