"""Schemes as data: a scheme is a row of `schemes.yaml` made of known parts.

A new scheme of known parts needs no Python; an unknown part is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing.errors import TariffError
from pricing.expected import Expectation, read_expectation
from pricing.strict_yaml import both_languages, mapping_of, read_yaml, truth_of, words_of
from pricing.usage import NUMBERS, QUANTITIES

if TYPE_CHECKING:
    from pricing.product import Product

WORK_INJURY = "work_injury"
SCOPES = ("pilot", "employed", "courier", "proposal")
EXPOSURES = ("orders", "contribution_base", "heads")
FLOATS = ("pilot_float_pct", "class_float_pct")
_EXPOSURE_OF = {
    "pilot": ("orders",),
    "employed": ("contribution_base",),
    "courier": ("heads",),
    "proposal": ("contribution_base",),
}
_NEEDED_FOR = {"orders": "orders", "income_fen": "contribution_base"}
_KEYS = frozenset(
    [
        "title",
        "cover",
        "scope",
        "exposure",
        "floor_by_days",
        "base_rate",
        "reduction",
        "float",
        "float_steps",
        "relativities",
        "limits",
        "declared",
        "voluntary",
        "needs",
        "share_by",
        "expected",
    ]
)


@dataclass(frozen=True, slots=True)
class Relativity:
    """A relativity of a scheme: its table, the attributes or merged quantities (added) it is read by, what those are
    divided by; `share`: whether the quotient is a share in ppm, at most 1, or whole units per unit.
    """

    table: str
    of: tuple[str, ...]
    per: tuple[str, ...]
    share: bool

    @property
    def name(self) -> str:
        """Name of its step: the table's own."""
        return self.table.rsplit("/", 1)[-1]

    @property
    def by_curve(self) -> bool:
        """Whether it is read from a curve of a quantity, rather than by levels."""
        return self.of[0] in QUANTITIES

    @property
    def reads(self) -> tuple[str, ...]:
        """All that it is read by."""
        return (*self.of, *self.per)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to price a cover."""

    name: str
    title: Mapping[str, str]
    cover: str
    scope: str
    exposure: str
    floor_by_days: bool
    base_rate: str
    reduction: str
    float_column: str
    float_steps: str
    relativities: tuple[Relativity, ...]
    limits: str
    declared: bool
    voluntary: bool
    needs: tuple[str, ...]
    share_by: tuple[str, ...]
    product: Product | None = None
    expected: Expectation | None = None

    def tables(self) -> tuple[str, ...]:
        """Ids of the rate tables this scheme reads by name."""
        own = (self.base_rate, self.reduction, self.float_steps, self.limits)
        sold = () if self.product is None else self.product.tables()
        named = (*own, *(r.table for r in self.relativities), *sold, *self.expectation_tables())
        return tuple(dict.fromkeys(table for table in named if table))

    def expectation_tables(self) -> tuple[str, ...]:
        """Ids of the tables of its expected cost, which no premium rests on."""
        return () if self.expected is None else self.expected.tables()


def read_schemes(path: Path, tables: Collection[str]) -> dict[str, Scheme]:
    """`schemes.yaml` of a tariff folder; TariffError where a scheme names something unknown."""
    raw = read_yaml(path)
    if not raw.get("schemes"):
        raise TariffError("missing_key", str(path), key="schemes")
    bodies = mapping_of(raw, "schemes", str(path))
    schemes = {name: _scheme(name, mapping_of(bodies, name, str(path)), f"{path}, {name}") for name in bodies}
    for scheme in schemes.values():
        check_tables(scheme, tables, f"{path}, {scheme.name}")
    return schemes


def check_tables(scheme: Scheme, tables: Collection[str], place: str) -> None:
    """TariffError where a scheme reads a table that is not there."""
    for table in scheme.tables():
        if table not in tables:
            raise TariffError("table_missing", place, table=table)


def _scheme(name: str, body: Mapping[str, Any], place: str) -> Scheme:
    for key in body:
        if key not in _KEYS:
            raise TariffError("unknown_key", place, key=key, known=", ".join(sorted(_KEYS)))
    for key in ("title", "cover", "scope", "exposure", "base_rate"):
        if not body.get(key):
            raise TariffError("missing_key", place, key=key)
    _check_words(body, place)
    relativities = tuple(read_relativity(one, place, ("vehicle",)) for one in body.get("relativities", ()))
    needed = [word for word, exposure in _NEEDED_FOR.items() if exposure == body["exposure"]]
    for word in (*needed, *(name for r in relativities if not r.by_curve for name in r.of)):
        if word not in words_of(body, "needs", place):
            raise TariffError("missing_key", place, key=f"needs: {word}")
    return Scheme(
        name=name,
        title=both_languages(body["title"], place),
        cover=body["cover"],
        scope=body["scope"],
        exposure=body["exposure"],
        floor_by_days=truth_of(body, "floor_by_days", place),
        base_rate=body["base_rate"],
        reduction=body.get("reduction", ""),
        float_column=body.get("float", ""),
        float_steps=body.get("float_steps", ""),
        relativities=relativities,
        limits=body.get("limits", ""),
        declared=truth_of(body, "declared", place),
        voluntary=truth_of(body, "voluntary", place),
        needs=words_of(body, "needs", place),
        share_by=words_of(body, "share_by", place),
        expected=read_expectation(mapping_of(body, "expected", place), place) if "expected" in body else None,
    )


def _check_words(body: Mapping[str, Any], place: str) -> None:
    """TariffError where a scheme is made of a part that does not exist."""
    for key, known in (("scope", SCOPES), ("exposure", EXPOSURES), ("float", ("", *FLOATS))):
        one_of(body.get(key, ""), known, place)
    for key in ("needs", "share_by"):
        for word in words_of(body, key, place):
            one_of(word, (*NUMBERS, *(["vehicle"] if key == "needs" else [])), place)
    one_of(body["exposure"], _EXPOSURE_OF[body["scope"]], place)
    if body["exposure"] != "contribution_base" and "relativities" in body:
        raise TariffError("unknown_key", place, key="relativities", known="only beside exposure: contribution_base")
    if body["exposure"] == "contribution_base" and truth_of(body, "declared", place):
        raise TariffError("unknown_key", place, key="declared", known="only beside exposure: orders, heads")
    for key in ("cover", "base_rate", "reduction", "float_steps", "limits"):
        if not isinstance(body.get(key, ""), str):
            raise TariffError("table_missing", place, table=body[key])


def read_relativity(body: Any, place: str, attributes: tuple[str, ...]) -> Relativity:
    """One relativity of a list; TariffError names what is unknown. attributes: what may be read by levels."""
    if not isinstance(body, dict):
        raise TariffError("not_a_mapping", place, key="relativities")
    for key in body:
        one_of(key, ("table", "of", "per", "share"), place, "unknown_key")
    for key in ("table", "of"):
        if not body.get(key):
            raise TariffError("missing_key", place, key=key)
    if not isinstance(body["table"], str):
        raise TariffError("table_missing", place, table=body["table"])
    of, per = (_names(body, key, place) for key in ("of", "per"))
    known = QUANTITIES if of[0] in QUANTITIES else attributes
    for name in of:
        one_of(name, (*attributes, *QUANTITIES) if name == of[0] else known, place)
    for name in per:
        one_of(name, NUMBERS, place)
    return Relativity(body["table"], of, per, truth_of({"share": body.get("share", "true")}, "share", place))


def _names(body: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    """One name or several."""
    return (body[key],) if isinstance(body.get(key), str) and body[key] else words_of(body, key, place)


def one_of(word: Any, known: tuple[str, ...], place: str, code: str = "unknown_level") -> None:
    """TariffError where a word is not among the known ones."""
    if word not in known:
        raise TariffError(code, place, level=word, key=word, known=", ".join(filter(None, known)))
