"""Numbers as people say them: yuan, per cent, factors, quantities and levels, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache

from pricing.units import MILLIFEN_PER_FEN, PPM
from pricing.words import phrase, say, sentences, sources_in_chinese


@lru_cache(maxsize=4096)
def yuan(millifen: int) -> str:
    """Millifen as yuan with two to five decimals: 0.07, 0.077, 1,234.50."""
    whole, rest = divmod(millifen, 100 * MILLIFEN_PER_FEN)
    if rest % MILLIFEN_PER_FEN == 0:
        return f"{whole:,}.{rest // MILLIFEN_PER_FEN:02d}"
    return f"{whole:,}.{rest:05d}".rstrip("0")


@lru_cache(maxsize=4096)
def yuan_of_fen(fen: int) -> str:
    """Fen as yuan with two decimals."""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}.{rest:02d}"


@lru_cache(maxsize=4096)
def percent(ppm: int) -> str:
    """Ppm as per cent with what decimals it needs: 1.1, 100, 0.25."""
    whole, rest = divmod(ppm, PPM // 100)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)


@lru_cache(maxsize=4096)
def factor(ppm: int) -> str:
    """Ppm as a factor with six decimals at most: 1.377, 1."""
    whole, rest = divmod(ppm, PPM)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)


def quantity_words(name: str, value: int, lang: str) -> str:
    """A merged quantity as people say it: 3,490 km, 760 orders, 6,300.00 yuan."""
    return quantity_speaker(name, lang)(value)


@cache
def quantity_speaker(name: str, lang: str) -> Callable[[int], str]:
    """How a quantity of this name is said."""
    said, number = phrase(f"quantity_{name}", lang, "value"), _number_of(name)
    return lambda value: said(number(value))


def _number_of(name: str) -> Callable[[int], str]:
    if name.endswith("_fen") or "_fen_per_" in name:
        return yuan_of_fen
    if name.endswith("_ppm"):
        return percent
    return kilometres if name.endswith("_m") else "{:,}".format


def kilometres(metres: int) -> str:
    """Metres as kilometres with what decimals they need."""
    whole, rest = divmod(metres, 1000)
    return f"{whole:,}.{rest:03d}".rstrip("0") if rest else f"{whole:,}"


def levels_words(levels: Mapping[str, str], lang: str) -> str:
    """Levels of attributes and options as people say them: amounts in yuan, shares in per cent, days and months."""
    return joined((level_words(name, level, lang) for name, level in levels.items()), lang)


def level_words(name: str, level: str, lang: str) -> str:
    """One level: 20000000 of limit_fen is 200,000.00 yuan."""
    unit = name.rsplit("_", 1)[-1]
    if not level.isdecimal() or unit not in ("fen", "ppm", "days", "months"):
        return named(name if name == "vehicle" else "level", level, lang)
    return say(f"level_{unit}", lang, value=level_number(name, level))


def joined(parts: Iterable[str], lang: str) -> str:
    """Several words in a row: a, b in English, with the mark of enumeration in Chinese."""
    return ("、" if lang == "zh" else ", ").join(parts)


def payers_words(payers: Mapping[str, int], lang: str) -> str:
    """Who bears how much: platform 3.63, worker 2.18."""
    shown = (f"{say('payer_' + payer, lang)} {yuan_of_fen(fen)}" for payer, fen in payers.items())
    return joined(shown, lang)


def named(kind: str, name: str, lang: str) -> str:
    """What people call a level, an option, a peril or a mark; a tariff's own that has no word is shown as it is."""
    return sentences(lang).get(f"{kind}_{name}", name)


def source_words(source: str, lang: str) -> str:
    """A source, `title · clause`, in a language; in Chinese what has no translation stays as it is."""
    if lang != "zh":
        return source
    known = sources_in_chinese()
    return " · ".join(known.get(part, part) for part in source.split(" · "))


def level_number(name: str, level: str) -> str:
    """A level's number alone: yuan without empty decimals, per cent, or as it is."""
    if name.endswith("_fen") and level.isdecimal():
        return yuan_of_fen(int(level)).removesuffix(".00")
    return percent(int(level)) if name.endswith("_ppm") and level.isdecimal() else level


def per_words(unit: str, lang: str) -> str:
    """`per order` and the like, in words."""
    return say("per_" + unit.removeprefix("millifen per ").replace(" ", "_"), lang)


def share_words(ppm: int, lang: str) -> str:
    """A share in ppm as per cent."""
    return f"{percent(ppm)} %"


def yuan_ratio(numerator: int, denominator: int) -> str:
    """A quotient of millifen as yuan, cut to six decimals below the yuan."""
    tenths = numerator * 10 // denominator
    whole, rest = divmod(tenths, PPM)
    return f"{whole:,}.{rest:06d}"
