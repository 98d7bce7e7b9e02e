"""Products: covers that are bought. A cover is a folder with `cover.yaml` and dated tables; its price is a scheme.

A cover of known parts needs no Python; an unknown part is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.claim_terms import ClaimTerms, read_claim
from pricing.errors import TariffError
from pricing.expected import read_expectation
from pricing.scheme import WORK_INJURY, Relativity, Scheme, check_tables, one_of, read_relativity
from pricing.strict_yaml import both_languages, mapping_of, read_yaml, required, words_of
from pricing.usage import NUMBERS

EXPOSURES: Mapping[str, str] = {
    "distance_m": "millifen per 1000 km",
    "orders": "millifen per order",
    "insured_months": "millifen per insured month",
}
_KEYS = frozenset(
    [
        *("name", "title", "exposure", "base_rate", "occupations", "payers", "options", "relativities", "limits"),
        *("needs", "share_by", "enrolment", "history", "conditions", "claim", "expected"),
    ]
)


@dataclass(frozen=True, slots=True)
class Enrolling:
    """Rules against selection, as table ids: least participation and least size of a group, months in which a person
    may enrol alone, and for how many months the cover may not be raised.

    disclosed: options that are facts about the insured: once disclosed, a later enrolment may not take them back.
    """

    participation: str
    group_size: str
    window: str
    term: str
    disclosed: tuple[str, ...] = ()

    def tables(self) -> tuple[str, ...]:
        """Ids of its tables."""
        return (self.participation, self.group_size, self.window, self.term)


@dataclass(frozen=True, slots=True)
class Underwriting:
    """What a history of revenue must show, as table ids: its trend, and the benefit that limits what may be paid."""

    trend: str
    benefit_limit: str


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold under a cover: to whom, who pays, which options (with the standard level, if there is one), how it
    is taken out, and its conditions in words.
    """

    occupations: str
    payers: str
    options: Mapping[str, str | None]
    enrolling: Enrolling | None
    underwriting: Underwriting | None
    conditions: tuple[Mapping[str, str], ...]
    claim: ClaimTerms | None

    def national(self) -> tuple[str, ...]:
        """Ids of the tables that must answer for the whole nation before anything is sold."""
        rules = () if self.enrolling is None else self.enrolling.tables()
        trend = () if self.underwriting is None else (self.underwriting.trend,)
        return (self.occupations, self.payers, *rules, *trend)

    def tables(self) -> tuple[str, ...]:
        """Ids of the rate tables that the product reads by name."""
        limit = () if self.underwriting is None else (self.underwriting.benefit_limit,)
        return (*self.national(), *limit, *(() if self.claim is None else self.claim.tables()))


def read_covers(folder: Path, tables: Collection[str]) -> dict[str, Scheme]:
    """Every `*/cover.yaml` of a tariff folder as a scheme with its product; TariffError names what is wrong."""
    covers = {}
    for path in sorted(folder.glob("*/cover.yaml")):
        name = path.parent.name
        if name == WORK_INJURY:
            raise TariffError("unknown_level", str(path), level=name, known="-")
        covers[name] = _cover(name, read_yaml(path), str(path))
        check_tables(covers[name], tables, str(path))
    return covers


def _cover(name: str, body: Mapping[str, Any], place: str) -> Scheme:
    for key in body:
        if key not in _KEYS and not key.startswith("x_"):
            raise TariffError("unknown_key", place, key=key, known=", ".join(sorted(_KEYS)))
    for key in ("title", "exposure", "base_rate", "occupations", "payers"):
        required(body, key, place)
    one_of(body["exposure"], tuple(EXPOSURES), place)
    options = {key: level or None for key, level in _texts(body, "options", place).items()}
    relativities = tuple(read_relativity(one, place, ("vehicle", *options)) for one in body.get("relativities", ()))
    needs, share_by = words_of(body, "needs", place), words_of(body, "share_by", place)
    _check_names(body, options, relativities, place)
    return Scheme(
        name=name,
        title=both_languages(body["title"], place),
        cover=name,
        scope="product",
        exposure=body["exposure"],
        floor_by_days=False,
        base_rate=body["base_rate"],
        reduction="",
        float_column="",
        float_steps="",
        relativities=relativities,
        limits=body.get("limits", ""),
        declared=False,
        voluntary=True,
        needs=needs,
        share_by=share_by,
        product=_product(body, options, place),
        expected=read_expectation(mapping_of(body, "expected", place), place) if "expected" in body else None,
    )


def _product(body: Mapping[str, Any], options: Mapping[str, str | None], place: str) -> Product:
    if "history" in body and "enrolment" not in body:
        raise TariffError("missing_key", place, key="enrolment")
    conditions = body.get("conditions", [])
    if not isinstance(conditions, list):
        raise TariffError("not_words", place, key="conditions")
    return Product(
        occupations=body["occupations"],
        payers=body["payers"],
        options=options,
        enrolling=_enrolling(body, options, place) if "enrolment" in body else None,
        underwriting=_underwriting(body, place) if "history" in body else None,
        conditions=tuple(both_languages(one, place) for one in conditions),
        claim=read_claim(body, options, place) if "claim" in body else None,
    )


def _check_names(
    body: Mapping[str, Any], options: Mapping[str, str | None], relativities: tuple[Relativity, ...], place: str
) -> None:
    """TariffError where a need is no column, the exposure is not needed, or an option has no table that prices it."""
    for key in ("needs", "share_by"):
        for word in words_of(body, key, place):
            one_of(word, (*NUMBERS, *(["vehicle"] if key == "needs" else [])), place)
    needs = words_of(body, "needs", place)
    read = [name for r in relativities if not r.by_curve for name in r.of]
    for name in (body["exposure"], *(["vehicle"] if "vehicle" in read else [])):
        if name != "insured_months" and name not in needs:
            raise TariffError("missing_key", place, key=f"needs: {name}")
    alone = [name for r in relativities if not r.by_curve and set(r.of) <= set(options) for name in r.of]
    for name in options:
        if name not in alone:
            raise TariffError("missing_key", place, key=f"relativities: {name}")


def _texts(body: Mapping[str, Any], key: str, place: str) -> dict[str, str]:
    found = mapping_of(body, key, place) if key in body else {}
    for name, text in found.items():
        if not isinstance(text, str):
            raise TariffError("not_words", place, key=f"{key}: {name}")
    return found


def _enrolling(body: Mapping[str, Any], options: Collection[str], place: str) -> Enrolling:
    raw = dict(mapping_of(body, "enrolment", place))
    disclosed = words_of(raw, "disclosed", place)
    raw.pop("disclosed", None)
    for name in disclosed:
        one_of(name, tuple(options), place)
    names = tuple(name for name in Enrolling.__annotations__ if name != "disclosed")
    return Enrolling(**_parts({"enrolment": raw}, "enrolment", names, place), disclosed=disclosed)


def _underwriting(body: Mapping[str, Any], place: str) -> Underwriting:
    return Underwriting(**_parts(body, "history", tuple(Underwriting.__annotations__), place))


def _parts(body: Mapping[str, Any], key: str, names: tuple[str, ...], place: str) -> dict[str, str]:
    """The table ids of a rule, each of them there."""
    found = _texts(body, key, place)
    for name in found:
        one_of(name, names, place, "unknown_key")
    for name in names:
        required(found, name, place)
    return found
