"""Shape: what a table must hold to be read as a scheme or a rule reads it: numbers, words, lists, a curve or steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pricing import rules
from pricing.errors import TariffError
from pricing.product import Product
from pricing.rate_table import By, Curve, RateTable, Steps, Value
from pricing.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of leaf under some factors; the first `least` of them must stand, in this order."""

    kind: str
    factors: tuple[str, ...] = ()
    least: int = 0

    def __str__(self) -> str:
        return ": ".join((*(f"by_{name}" for name in self.factors), self.kind))


def _exactly(kind: str, *factors: str) -> Shape:
    return Shape(kind, factors, len(factors))


# Tables that the rules read by name, wherever they stand.
RULES: Mapping[str, Shape] = {
    rules.PAYERS: _exactly("number", "scheme", "payer"),
    rules.BASE: _exactly("number", "bound"),
    rules.AVERAGE_WAGE: _exactly("number"),
    rules.INDUSTRIES: _exactly("word", "industry"),
    rules.INDUSTRY_CLASS: _exactly("number", "industry"),
    rules.OCCUPATION_CLASS: _exactly("number", "occupation"),
    rules.PLAUSIBLE_SPEED: _exactly("number", "vehicle"),
    rules.OCCUPATION_INDUSTRY: _exactly("word", "occupation"),
    rules.READ_AS: _exactly("word", "pilot_industry"),
    rules.PROVINCES: _exactly("word"),
    rules.PLATFORMS: _exactly("word", "platform"),
    rules.TIER_RULE: Shape("word", ("platform_batch", "province_batch"), 1),
}
_BASE_RATE = {
    "orders": Shape("number", ("pilot_industry", "pilot_tier")),
    "contribution_base": Shape("number", ("risk_class",)),
    "heads": Shape("number"),
}


def check_shapes(tables: Mapping[str, RateTable], schemes: Mapping[str, Scheme]) -> None:
    """TariffError where an entry does not hold what its table is read as."""
    wanted = [(name, shape) for name, shape in RULES.items() if name in tables]
    for scheme in schemes.values():
        wanted += _of_scheme(scheme)
        _check_perils(tables, scheme)
    for name, shape in wanted:
        for entries in tables[name].entries.values():
            for entry in entries:
                factors, kinds = tuple(dict.fromkeys(_factors(entry.value))), set(_kinds(entry.value))
                fits = kinds == {shape.kind} and set(factors) <= set(shape.factors)
                if not fits or factors[: shape.least] != shape.factors[: shape.least]:
                    found = ": ".join((*(f"by_{factor}" for factor in factors), " / ".join(sorted(kinds))))
                    raise TariffError("table_shape", entry.id, wanted=shape, found=found)


def _check_perils(tables: Mapping[str, RateTable], scheme: Scheme) -> None:
    """TariffError where a peril has a frequency without a cost of its claims, or a cost without a frequency."""
    expected = scheme.expected
    if expected is None:
        return
    named = [
        {peril for entries in tables[table].entries.values() for e in entries for peril in nodes_of(e.value)}
        for table in (expected.frequency, expected.severity)
    ]
    if named[0] != named[1]:
        shown = [", ".join(sorted(perils)) for perils in named]
        raise TariffError("table_shape", f"{scheme.name}, {expected.severity}", wanted=shown[0], found=shown[1])


def nodes_of(value: Value) -> tuple[str, ...]:
    """Levels of a value's outermost factor."""
    return tuple(value.nodes) if isinstance(value, By) else ()


def _of_scheme(scheme: Scheme) -> Iterator[tuple[str, Shape]]:
    if scheme.product is None:
        yield scheme.base_rate, _BASE_RATE[scheme.exposure]
    else:
        yield from _of_product(scheme, scheme.product)
    if scheme.expected is not None:
        yield scheme.expected.frequency, _exactly("number", "peril")
        yield scheme.expected.severity, _exactly("number", "peril")
        if scheme.expected.anchor:
            yield scheme.expected.anchor, Shape("number")
    if scheme.reduction:
        yield scheme.reduction, Shape("number", ("risk_class",))
    if scheme.limits:
        yield scheme.limits, _exactly("number", "limit")
    if scheme.float_steps:
        by_class = scheme.exposure == "contribution_base"
        yield scheme.float_steps, _exactly("list", "risk_class") if by_class else Shape("steps")
    for relativity in scheme.relativities:
        yield relativity.table, Shape("curve") if relativity.by_curve else _exactly("number", *relativity.of)


def _of_product(scheme: Scheme, product: Product) -> Iterator[tuple[str, Shape]]:
    yield scheme.base_rate, Shape("number", ("occupation",))
    yield product.occupations, _exactly("word", "occupation")
    yield product.payers, Shape("number", ("engagement", "payer"))
    if product.enrolling is not None:
        yield product.enrolling.participation, Shape("number")
        yield product.enrolling.group_size, Shape("number")
        yield product.enrolling.window, Shape("list")
        yield product.enrolling.term, Shape("number")
    if product.underwriting is not None:
        yield product.underwriting.trend, Shape("number")


def _factors(value: Value) -> Iterator[str]:
    if isinstance(value, By):
        yield value.factor
        for node in value.nodes.values():
            yield from _factors(node)


def _kinds(value: Value) -> Iterator[str]:
    """Kinds of the leaves of a value."""
    if isinstance(value, By):
        for node in value.nodes.values():
            yield from _kinds(node)
    else:
        names = {Curve: "curve", Steps: "steps", tuple: "list", str: "word", int: "number"}
        yield next(name for kind, name in names.items() if isinstance(value, kind))
