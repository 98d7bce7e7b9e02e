"""The page of a comparison for the terminal: who pays more and who less, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.spoken import named, yuan_of_fen
from pricing.words import say
from service.engines.comparison import Change, Comparison
from service.terminal import compare_figures as figures
from service.terminal.prices import console

_MOST, _BAR = 8, 30
_STYLE = {"more": "red", "less": "green", "same": "dim", "only_a": "yellow", "only_b": "yellow"}


def show_comparison(comparison: Comparison, written: str, lang: str) -> None:
    """Sides, verdicts, distribution, kilometres, parts, and the largest changes."""
    out = console()
    out.print(Text(say("compare_title", lang, month=comparison.month), "bold"))
    for letter, side in (("A", comparison.a), ("B", comparison.b)):
        known = say("compare_known", lang, known_on=side.known_on)
        marks = f"{named('mark', side.status, lang)} · {named('mark', side.evidence, lang)}"
        out.print(Text(f"  {letter}  {side.title[lang]}").append(f" · {known} · {marks}", "dim"))
    for code, holds in (
        ("compare_synthetic", comparison.synthetic),
        ("compare_demonstration", comparison.demonstration),
        ("compare_other_usage", not comparison.same_usage),
    ):
        if holds:
            out.print(Text(f"! {say(code, lang)}", "yellow"))
    out.print(_verdicts(comparison, lang))
    out.print(Text(say("compare_by_yuan", lang), "bold"))
    out.print(_bands(comparison))
    out.print(Text(say("compare_by_km", lang), "bold"))
    out.print(_kilometres(comparison, lang))
    for kind, title in (
        ("platform", "compare_by_platform"),
        ("region", "compare_by_region"),
        ("occupation", "compare_by_occupation"),
    ):
        out.print(Text(say(title, lang), "bold"))
        out.print(_parts(comparison, kind, lang))
    for changes, title in ((comparison.increases, "compare_increases"), (comparison.decreases, "compare_decreases")):
        out.print(Text(say(title, lang), "bold"))
        out.print(_changes(changes, lang))
    if written:
        out.print(Text(say("compare_written", lang, path=written), "green"))


def _verdicts(comparison: Comparison, lang: str) -> Table:
    table = _table("", say("compare_workers", lang), "%", *_money(lang))
    for name, verdict in comparison.verdicts.items():
        share = figures.share(verdict.workers, comparison.compared) if not name.startswith("only") else ""
        words = Text(say(f"compare_{name}", lang), _STYLE[name])
        table.add_row(words, f"{verdict.workers:,}", share, *_sums(verdict.a_fen, verdict.b_fen))
        for reason in comparison.reasons:
            if {"only_a": "b", "only_b": "a"}.get(name) == reason.missing:
                table.add_row(Text(f"  {reason.code}", "dim"), Text(f"{reason.workers:,}", "dim"))
    table.add_row(say("compare_unpriced", lang), f"{comparison.unpriced:,}")
    total = comparison.a.levy_fen, comparison.b.levy_fen
    table.add_row(say("compare_total", lang), f"{comparison.workers:,}", "", *_sums(*total), style="bold")
    return table


def _bands(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for justify in ("right", "left", "right"):
        table.add_column(justify="right" if justify == "right" else "left", no_wrap=True)
    bands = [band for band in comparison.bands if band.by == "fen"]
    most = max((band.workers for band in bands), default=0) or 1
    for band in bands:
        words = figures.band_words(band)
        style = _STYLE[band.verdict]
        bar = "█" * (_BAR * band.workers // most) or ("▏" if band.workers else "")
        change = figures.signed(band.b_fen - band.a_fen)
        table.add_row(words, Text(f"{bar} {band.workers:,}", style), Text(change, "dim"))
    return table


def _kilometres(comparison: Comparison, lang: str) -> Table:
    heads = [say(f"compare_{name}", lang) for name in ("compared", "more", "less")]
    rates = [f"{side} {say(f'compare_per_{of}_short', lang)}" for of in ("order", "km") for side in "AB"]
    table = _table(say("compare_band", lang), *heads, *rates)
    for band in comparison.kilometres:
        money = (
            figures.rate(band.a_orders_fen, band.orders),
            figures.rate(band.b_orders_fen, band.orders),
            figures.rate(band.a_distance_fen, band.distance_m, 1000),
            figures.rate(band.b_distance_fen, band.distance_m, 1000),
        )
        counts = (band.compared, band.more, band.less)
        words = figures.kilometre_words(band, lang)
        table.add_row(words, *(f"{count:,}" for count in counts), *(figures.rate_words(rate) for rate in money))
    return table


def _parts(comparison: Comparison, kind: str, lang: str) -> Table:
    heads = [say(f"compare_{name}", lang) for name in ("workers", "more", "less")]
    table = _table("", *heads, *_money(lang))
    parts = [part for part in comparison.parts if part.kind == kind]
    for part in parts[:_MOST]:
        counts = (part.workers, part.more, part.less)
        table.add_row(part.names[lang], *(f"{count:,}" for count in counts), *_sums(part.a_fen, part.b_fen))
    if len(parts) > _MOST:
        table.add_row(f"… {len(parts) - _MOST}", style="dim")
    return table


def _changes(changes: Sequence[Change], lang: str) -> Table:
    table = _table("", "km", *_money(lang))
    for change in changes:
        km = "" if change.distance_m is None else f"{change.distance_m // 1000:,}"
        table.add_row(change.worker, km, *_sums(change.a_fen, change.b_fen))
    return table


def _money(lang: str) -> tuple[str, str, str]:
    return say("compare_side_a", lang), say("compare_side_b", lang), "B − A"


def _sums(a_fen: int, b_fen: int) -> tuple[str, str, str]:
    return yuan_of_fen(a_fen), yuan_of_fen(b_fen), figures.signed(b_fen - a_fen)


def _table(first: str, *rest: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first)
    for head in rest:
        table.add_column(head, justify="right")
    return table
