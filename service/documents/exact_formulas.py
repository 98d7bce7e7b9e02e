"""Whole-number arithmetic as spreadsheet formulas that round as the kernel does, with the greatest value each can take.

A spreadsheet counts in doubles and keeps 15 digits, so no intermediate value may pass 10^15. A product that could is
split into millions and the rest; where even that is not enough, nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from pricing.units import MILLIFEN_PER_FEN, PPM

SAFE = 10**15
_HALF = PPM // 2


class TooLarge(ArithmeticError):
    """A product that a spreadsheet could not keep exactly; the argument is the formula."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of a sheet: a cell or a formula, and the greatest value it can take."""

    text: str
    greatest: int

    def __str__(self) -> str:
        return self.text


def constant(value: int) -> Whole:
    """A number written out."""
    return Whole(str(value), value)


def kept(found: Whole) -> Whole:
    """The same number; TooLarge where a spreadsheet could not hold it exactly."""
    if found.greatest > SAFE:
        raise TooLarge(found.text)
    return found


def times(amount: Whole, number: Whole) -> Whole:
    """Amount × number."""
    return kept(Whole(f"{amount}*{number}", amount.greatest * number.greatest))


def times_ppm(amount: Whole, ratio: Whole) -> Whole:
    """Amount × ratio [ppm], half up. Beyond 10^15: millions × ratio, and the rest × ratio rounded."""
    greatest = (amount.greatest * ratio.greatest + _HALF) // PPM
    if amount.greatest * ratio.greatest + _HALF <= SAFE:
        return Whole(f"INT(({amount}*{ratio}+{_HALF})/{PPM})", greatest)
    kept(Whole(f"{ratio}", PPM * ratio.greatest + _HALF))
    millions = f"INT({amount}/{PPM})"
    rest = f"INT((({amount}-{millions}*{PPM})*{ratio}+{_HALF})/{PPM})"
    return kept(Whole(f"{millions}*{ratio}+{rest}", greatest))


def over_ppm(ratio: Whole, divisor: Whole, least: int) -> Whole:
    """Ratio ÷ ratio, half up [ppm]. least: of the divisor, above zero."""
    kept(Whole(f"{ratio}", ratio.greatest * PPM + divisor.greatest))
    greatest = (ratio.greatest * PPM) // least + 1
    return kept(Whole(f"INT(({ratio}*{PPM}+INT({divisor}/2))/{divisor})", greatest))


def parts_of(amount: Whole, numerator: Whole, denominator: Whole) -> Whole:
    """Amount × numerator ÷ denominator, half up; the denominator is a whole number above zero."""
    product = times(amount, numerator) if numerator.text != "1" else amount
    kept(Whole(product.text, product.greatest + denominator.greatest))
    half = f"INT({denominator}/2)" if not denominator.text.isdecimal() else str(int(denominator.text) // 2)
    least = int(denominator.text) if denominator.text.isdecimal() else 1
    return Whole(f"INT(({product}+{half})/{denominator})", product.greatest // least + 1)


def between_knots(quantity: Whole, points: tuple[str, str, str, str], rise: int, greatest: int) -> Whole:
    """y₀ + (y₁ − y₀) × (x − x₀) ÷ (x₁ − x₀), half up. points: cells or formulas of x₀, y₀, x₁, y₁.

    rise: greatest |y₁ − y₀| × (x₁ − x₀) of a curve; greatest: its greatest y. [ppm]
    """
    x, y, next_x, next_y = points
    kept(Whole(quantity.text, rise + quantity.greatest))
    part = f"INT((({next_y}-{y})*({quantity}-{x})+INT(({next_x}-{x})/2))/({next_x}-{x}))"
    return Whole(f"{y}+{part}", greatest)


def to_millifen(fen: Whole) -> Whole:
    """Fen as millifen."""
    return times(fen, constant(MILLIFEN_PER_FEN))


def to_fen(millifen: Whole) -> Whole:
    """Millifen, half up to fen."""
    half = MILLIFEN_PER_FEN // 2
    return Whole(f"INT(({millifen}+{half})/{MILLIFEN_PER_FEN})", millifen.greatest // MILLIFEN_PER_FEN + 1)
