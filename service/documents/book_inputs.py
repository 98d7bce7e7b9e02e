"""What a price is typed from: the attributes, options and quantities that a scheme of the edition reads, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pricing.edition import Edition
from pricing.pilot import tiers
from pricing.platform_terms import AS_IT_IS
from pricing.rate_table import NATION, UNITS
from pricing.rules import AVERAGE_WAGE, BASE, INDUSTRY_CLASS, OCCUPATION_INDUSTRY, PLATFORMS, PROVINCES
from pricing.scheme import Scheme
from pricing.usage import BY_NAME

HEADS = 100_000  # so that heads × wage stays exact in a spreadsheet
SHARED = 400_000_000  # greatest quantity of which a share is taken [ppm]: the same
_BEYOND_USAGE = {"heads": (HEADS, 1), "tenure_months": (1200, 30), "volatility_ppm": (100_000_000, 250_000)}
_USUAL_REGION, _USUAL_PLATFORM = "500000", "meituan"
_OUTSIDE = ("out", "not_established")


@dataclass(frozen=True, slots=True)
class Choice:
    """An input that is one of some levels; example: what stands in it at first."""

    name: str
    levels: tuple[str, ...]
    required: bool
    example: str = ""
    code: str = "value_missing"


@dataclass(frozen=True, slots=True)
class Number:
    """An input that is a whole number from 0 to `greatest`."""

    name: str
    greatest: int
    required: bool
    example: int | None = None
    code: str = "value_not_whole"


def inputs_of(edition: Edition, scheme: Scheme) -> tuple[Choice | Number, ...]:
    """Every input of a scheme's sheet: first who and where, then the options, then the month's quantities."""
    found = (*_who(edition, scheme), *_options(edition, scheme), *_quantities(scheme))
    return tuple({one.name: one for one in reversed(found)}.values())[::-1]


def _who(edition: Edition, scheme: Scheme) -> Iterator[Choice | Number]:
    region = example_region(edition, scheme)
    yield Choice("region", tuple(edition.regions), True, region, "region_not_known")
    if scheme.scope == "pilot":
        platforms = tuple(edition.nodes(PLATFORMS))
        yield Choice("platform", platforms, True, _platform(edition, platforms, region), "platform_not_in_scope")
    yield _occupation(edition, scheme)
    if scheme.scope == "employed":
        levels = edition.factors["employment"].levels
        employed = next((level for level in levels if level != "none"), "")
        yield Choice("employment", levels, True, employed, "employment_missing")
    if scheme.exposure == "contribution_base":
        yield Choice("industry", tuple(edition.nodes(INDUSTRY_CLASS)), False, code="industry_not_known")
        yield Choice("risk_class", edition.factors["risk_class"].levels, False, code="risk_class_not_known")
    if "vehicle" in (*scheme.needs, *(name for r in scheme.relativities for name in r.of)):
        levels = edition.factors["vehicle"].levels
        yield Choice("vehicle", levels, True, BY_NAME["vehicle"].example, "vehicle_missing")
    if scheme.scope == "pilot":
        yield Choice("pilot_tier", edition.factors["pilot_tier"].levels, False, code="request_value")
    if scheme.float_column:
        yield Number(scheme.float_column, UNITS["pct"], True, AS_IT_IS, "float_not_a_step")


def _occupation(edition: Edition, scheme: Scheme) -> Choice:
    """Occupations that the scheme is for; the example is the first of them that has a price."""
    levels = edition.factors["occupation"].levels
    if scheme.product is not None:
        levels = tuple(edition.nodes(scheme.product.occupations))
    elif scheme.scope == "pilot":
        levels = tuple(edition.nodes(OCCUPATION_INDUSTRY))
    elif scheme.scope == "courier":
        levels = ("parcel_courier",)
    return Choice("occupation", levels, True, levels[0] if levels else "", "occupation_not_in_scope")


def _options(edition: Edition, scheme: Scheme) -> Iterator[Choice]:
    """A cover's options with the levels that its own tables price; the standard one stands in the cell."""
    options = {} if scheme.product is None else scheme.product.options
    for name, standard in options.items():
        tables = [r.table for r in scheme.relativities if name in r.of]
        priced = dict.fromkeys(level for table in tables for level in _priced(edition, table, name))
        levels = tuple(level for level in edition.factors[name].levels if level in priced)
        example = standard if standard in levels else (levels[0] if levels else "")
        yield Choice(name, levels, True, example or "", "option_missing")


def _priced(edition: Edition, table: str, factor: str) -> Iterator[str]:
    """Levels of a factor that any value of a table in force stands under."""
    grid = edition.grid(table)
    axis = grid.keys.index(factor) if factor in grid.keys else None
    for number, level in enumerate(edition.factors[factor].levels, 1):
        if axis is not None and bool((grid.only(factor, number).values >= 0).any()):
            yield level


def _quantities(scheme: Scheme) -> Iterator[Number]:
    """Numbers that the scheme needs, and those that it uses where they are known."""
    shared = {name for r in scheme.relativities if r.per and r.share for name in r.of}
    needed = [scheme.exposure] if scheme.exposure in (*_BEYOND_USAGE, *BY_NAME) else []
    needed += [name for name in scheme.needs if name != "vehicle"]
    used = [name for r in scheme.relativities if r.by_curve for name in (*r.of, *r.per)]
    used += ["active_days"] if scheme.floor_by_days else []
    for name in dict.fromkeys((*needed, *used)):
        by_history = name == "volatility_ppm" and scheme.product is not None and scheme.product.underwriting is not None
        greatest, example = _BEYOND_USAGE.get(name) or (BY_NAME[name].greatest, int(BY_NAME[name].example))
        greatest = min(greatest, SHARED) if name in shared else greatest
        yield Number(name, greatest, name in needed or by_history, example)


def example_region(edition: Edition, scheme: Scheme) -> str:
    """A region whose tables answer, so that a sheet opens with a price: the usual one where it can be."""
    by_region: list[str] = [scheme.base_rate]
    by_region += [BASE] if scheme.exposure == "contribution_base" else []
    by_region += [AVERAGE_WAGE] if scheme.exposure == "heads" else []
    if scheme.product is not None and scheme.product.underwriting is not None:
        by_region.append(scheme.product.underwriting.benefit_limit)
    regions = sorted(edition.regions, key=lambda code: code != _USUAL_REGION)
    for region in regions:
        numbers = [edition.number_of(table, region) for table in by_region]
        inside = scheme.scope != "pilot" or _word(edition, PROVINCES, region) not in ("", *_OUTSIDE)
        if inside and all(isinstance(number, int) for number in numbers):
            return region
    return regions[0] if regions else NATION


def _word(edition: Edition, table: str, region: str) -> str:
    """The word of a table for a region; empty where none answers."""
    number = edition.number_of(table, region)
    return "" if isinstance(number, str) else str(edition.entries[number].entry.value)


def _platform(edition: Edition, platforms: tuple[str, ...], region: str) -> str:
    """A platform to begin with: one whose tier need not be assigned first, since a tier is never guessed."""
    _, required, _ = tiers(edition)
    place = edition.regions.get(region, 0)
    free = [name for name in platforms if not int(required[edition.platforms[name], place])]
    return next(iter(free or platforms), _USUAL_PLATFORM)
