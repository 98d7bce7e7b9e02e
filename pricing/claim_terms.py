"""Terms of a claim as data: the `claim` section of a cover, made of known parts.

A new cover of a known shape gets its claim from its YAML alone; an unknown part is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pricing.errors import TariffError
from pricing.scheme import one_of
from pricing.strict_yaml import both_languages, mapping_of, required, truth_of

INDEMNITY, INCOME = "indemnity", "income"
PER = ("event", "order", "twelve_months")
Titles = Mapping[str, Mapping[str, str]]

_TITLES = ("kinds", "excluded", "no_proof")
_OPTIONS: Mapping[str, str] = {
    "waiting": "_days",
    "share": "_ppm",
    "deductible": "_fen",
    "elimination": "_days",
    "months": "_months",
}
_TABLES = ("event_limit", "fall", "cost_share", "monthly_limit", "interval", "running")
_COMMON = ("shape", "kinds", "excluded", "proofs", "no_proof", "waiting", "share", "event_limit")
# Parts of each shape, and which of them must stand.
_PARTS: Mapping[str, tuple[str, ...]] = {
    INDEMNITY: (*_COMMON, "declared_value", "deductible", "limits"),
    INCOME: (*_COMMON, *_TABLES, "elimination", "months", "monthly_limit_level"),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    INDEMNITY: ("kinds", "proofs", "limits"),
    INCOME: ("kinds", "proofs", "share", "elimination", "months", *_TABLES[:-1], "monthly_limit_level"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on what is paid: the option that holds it [fen], and what it is counted per."""

    option: str
    per: str


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """Which events are paid, what must be proved, and by which options and tables the amount is worked out.

    kinds, excluded, no_proof: names with titles; proofs: groups of names with titles, of which one each is enough.
    waiting, share, deductible, elimination, months: options, "" where there is none; the rest are table ids.
    """

    shape: str
    kinds: Titles
    excluded: Titles
    proofs: tuple[Titles, ...]
    no_proof: Titles
    waiting: str
    share: str
    declared_value: bool
    deductible: str
    limits: tuple[Limit, ...]
    event_limit: str
    fall: str
    cost_share: str
    monthly_limit: str
    monthly_limit_level: str
    elimination: str
    months: str
    interval: str
    running: str

    def tables(self) -> tuple[str, ...]:
        """Ids of the rate tables that a claim reads by name."""
        return tuple(filter(None, (getattr(self, name) for name in _TABLES)))

    def proof_titles(self) -> dict[str, Mapping[str, str]]:
        """Title of each proof by its name."""
        return {name: title for group in self.proofs for name, title in group.items()}


def read_claim(body: Mapping[str, Any], options: Collection[str], place: str) -> ClaimTerms:
    """The `claim` section of a cover, whose keys are in `body`; TariffError names the part that is not known."""
    raw, place = mapping_of(body, "claim", place), f"{place}, claim"
    shape = required(raw, "shape", place)
    one_of(shape, tuple(_PARTS), place)
    for key in raw:
        one_of(key, _PARTS[shape], place, "unknown_key")
    _check_needed(body, raw, shape, place)
    known = tuple(options)
    parts: dict[str, Any] = {key: _titles(raw[key], key, place) if key in raw else {} for key in _TITLES}
    parts |= {key: _option(raw, key, ending, known, place) for key, ending in _OPTIONS.items()}
    parts |= {key: _text(raw, key, place) for key in (*_TABLES, "monthly_limit_level")}
    return ClaimTerms(
        shape=shape,
        proofs=tuple(_titles(group, "proofs", place) for group in _list(raw, "proofs", place)),
        declared_value=truth_of(raw, "declared_value", place),
        limits=tuple(_limit(one, known, place) for one in _list(raw, "limits", place)),
        **parts,
    )


def _check_needed(body: Mapping[str, Any], raw: Mapping[str, Any], shape: str, place: str) -> None:
    """TariffError where a part is missing, or rests on a section of the cover that is not there."""
    for key in _NEEDED[shape]:
        required(raw, key, place)
    rests_on = [("enrolment", "waiting" in raw or shape == INCOME), ("history", shape == INCOME)]
    for section, needed in rests_on:
        if needed and section not in body:
            raise TariffError("missing_key", place, key=section)


def _titles(raw: Any, key: str, place: str) -> dict[str, Mapping[str, str]]:
    if not isinstance(raw, dict) or not raw:
        raise TariffError("not_a_mapping", place, key=key)
    return {name: both_languages(title, f"{place}, {key}, {name}") for name, title in raw.items()}


def _list(raw: Mapping[str, Any], key: str, place: str) -> list[Any]:
    found = raw.get(key, [])
    if not isinstance(found, list):
        raise TariffError("not_words", place, key=key)
    return found


def _option(raw: Mapping[str, Any], key: str, ending: str, options: tuple[str, ...], place: str) -> str:
    """The option that holds a part, in the part's unit; "" where the part is absent."""
    if key not in raw:
        return ""
    one_of(raw[key], tuple(name for name in options if name.endswith(ending)), place)
    return str(raw[key])


def _limit(raw: Any, options: tuple[str, ...], place: str) -> Limit:
    if not isinstance(raw, dict):
        raise TariffError("not_a_mapping", place, key="limits")
    for key in raw:
        one_of(key, ("option", "per"), place, "unknown_key")
    one_of(required(raw, "per", place), PER, place)
    required(raw, "option", place)
    return Limit(_option(raw, "option", "_fen", options, place), raw["per"])


def _text(raw: Mapping[str, Any], key: str, place: str) -> str:
    found = raw.get(key, "")
    if not isinstance(found, str):
        raise TariffError("table_missing", place, table=found)
    return found
