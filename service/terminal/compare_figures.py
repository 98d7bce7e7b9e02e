"""Figures of a comparison as people read them: signs, shares, rates, and the names of bands."""

from __future__ import annotations

from pricing.spoken import yuan_of_fen
from pricing.units import parts_of, to_millifen
from pricing.words import say
from service.engines.comparison import Band, KilometreBand

NONE = "—"
NO_BASE = "A = 0"


def signed(fen: int) -> str:
    """A change as yuan with its sign: +12.00, −3.50, 0.00."""
    return f"{'+' if fen > 0 else '−' if fen < 0 else ''}{yuan_of_fen(abs(fen))}"


def share(part: int, whole: int) -> str:
    """A share in per cent with one decimal."""
    if not whole:
        return NONE
    tenths = parts_of(1000, part, whole)
    return f"{tenths // 10}.{tenths % 10} %"


def change(a_fen: int, b_fen: int) -> str:
    """B against A in per cent with one decimal and its sign."""
    if not a_fen or a_fen == b_fen:
        return NONE
    return f"{'+' if b_fen > a_fen else '−'}{share(abs(b_fen - a_fen), a_fen)}"


def rate(fen: int, count: int, of: int = 1) -> int | None:
    """Money over `of` units of a count, half up; None where there are no units. [millifen]"""
    return int(parts_of(to_millifen(fen), of, count)) if count else None


def rate_words(millifen: int | None, decimals: int = 4) -> str:
    """A rate as yuan with so many decimals, half up."""
    if millifen is None:
        return NONE
    whole, rest = divmod(parts_of(millifen, 10**decimals, 100_000), 10**decimals)
    return f"{whole:,}.{rest:0{decimals}d}"


def band_words(band: Band) -> str:
    """A band of change: −50 … −20, 0, +5 … +10, > +200; in yuan or per cent."""
    unit = 100 if band.by == "fen" else 1
    low, high = (None if edge is None else edge // unit for edge in (band.low, band.high))
    if low is None and high is None:
        return NO_BASE
    if low is None or high is None:
        return f"> {_edge(low)}" if high is None and low is not None else f"< {_edge(high or 0)}"
    return "0" if low == high == 0 else f"{_edge(low)} … {_edge(high)}"


def _edge(number: int) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number)}"


def kilometre_words(band: KilometreBand, lang: str) -> str:
    """A band of kilometres: 250-500 km, 3,000+ km, or that none were sent."""
    if band.low_m is None:
        return say("compare_no_km", lang)
    low = f"{band.low_m // 1000:,}"
    shown = f"{low}+" if band.high_m is None else f"{low}–{band.high_m // 1000:,}"
    return say("quantity_distance_m", lang, value=shown)
