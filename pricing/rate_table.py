"""Dated rate tables: reads the YAML under a tariff folder, strictly, into frozen entries.

Numbers are read as text into whole numbers of the table's unit; whatever is unknown, missing, doubled or out of order
is refused by name with file and entry. The format is described in `rates/README.md`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from pricing.errors import TariffError
from pricing.units import month_text, parse_month

STATUSES = ("enacted", "provisional", "draft", "demonstration")
EVIDENCE = ("primary", "quoted", "derived", "memory", "none")
PROVISIONAL = STATUSES.index("provisional")
NATION = "000000"

# Greatest value of a number in each unit: with these no product of the kernel reaches 2^63 (lint shows it).
UNITS: Mapping[str, int] = {
    "ppm of contribution_base": 1_000_000,
    "ppm of average_wage": 1_000_000,
    "millifen per order": 10_000_000,
    "millifen per 1000 km": 1_000_000_000,
    "millifen per hour": 10_000_000,
    "millifen per insured month": 1_000_000_000,
    "fen per month": 10_000_000,
    "ppm": 10_000_000,
    "pct": 500,
    "risk class": 8,
    "metre per minute": 10_000,
    "word": 0,
}
_TABLE_KEYS = frozenset({"name", "title", "unit", "review_by", "carry_forward_months", "entries"})
_ENTRY_KEYS = frozenset(
    [
        "region",
        "effective_from",
        "ends",
        "known_from",
        "known_from_assumed",
        "status",
        "evidence",
        "source",
        "note",
        "value",
        "steps",
        "curve",
        "off_balance_ppm",
        "reference_portfolio",
    ]
)
_REGION = re.compile(r"[0-9]{6}")
_DEEPEST = 30
_WHOLE = re.compile(r"[0-9]{1,18}")
_GREATEST_X = 100_000_000_000  # with UNITS["ppm"] it keeps a curve's arithmetic below 2^63


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Every scalar stays text; a key that stands twice is refused."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise TariffError("duplicate_key", f"line {node.start_mark.line + 1}", key=key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=True)
        return mapping


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as nested texts; TariffError `yaml_unreadable` or `duplicate_key`."""
    try:
        text = path.read_text(encoding="utf-8")
        _nested(text)
        loaded = yaml.load(text, Loader=_Loader)
    except OSError:
        raise TariffError("table_missing", str(path), table=path.stem) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TariffError("yaml_unreadable", str(path), reason=_reason(error)) from None
    except TariffError as error:
        raise TariffError(error.code, f"{path}, {error.place}", **error.values) from None
    if not isinstance(loaded, dict):
        raise TariffError("yaml_unreadable", str(path), reason="not a mapping")
    return loaded


def _nested(text: str) -> None:
    """YAMLError where a text is nested far beyond any table: libyaml would overflow its stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deeply")


def _reason(error: Exception) -> str:
    """What is wrong, with its line where the reader knows it."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"{problem}, line {mark.line + 1}" if mark and problem else str(error).splitlines()[0]


@dataclass(frozen=True, slots=True)
class By:
    """A value per level of a factor; a level's node is again a value."""

    factor: str
    nodes: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Curve:
    """Knots of a piecewise-linear curve, with the off-balance that belongs to it, if any. [ppm]"""

    x: tuple[int, ...]
    y: tuple[int, ...]
    off_balance_ppm: int | None
    reference_portfolio: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Allowed floats: 100 plus or minus multiples of `step`, at most `limit` away. [pct]"""

    step: int
    limit: int


Node = int | str | tuple[int, ...] | By
Value = Node | Curve | Steps


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated value with its source and marks; months are counted since year 0, `ends` is inclusive."""

    id: str
    region: str
    effective_from: int
    ends: int | None
    known_from: dt.date
    known_from_assumed: bool
    status: int
    evidence: int
    source: str
    clause: str
    note: Mapping[str, str]
    value: Value


@dataclass(frozen=True, slots=True)
class Found:
    """The entry that answers for a month as known on a date; `carried` where its period is over."""

    entry: Entry
    carried: bool

    @property
    def status(self) -> int:
        """Rank in STATUSES: a carried value is provisional at best."""
        return max(self.entry.status, PROVISIONAL) if self.carried else self.entry.status


@dataclass(frozen=True, slots=True)
class RateTable:
    """A dated table: its entries per region, ascending by effective_from, then known_from."""

    id: str
    title: Mapping[str, str]
    unit: str
    review_by: int | None
    carry_forward_months: int
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def on(self, region: str, month: int, known: dt.date) -> Found | str:
        """What this region's own entries say: Found, `before` the first known entry, or `ended`."""
        answer: Entry | None = None
        for entry in self.entries.get(region, ()):
            if entry.effective_from <= month and entry.known_from <= known:
                answer = entry
        if answer is None:
            return "before"
        past = 0 if answer.ends is None else month - answer.ends
        if past > self.carry_forward_months and past > 0:
            return "ended"
        return Found(answer, past > 0)

    def look_up(self, region: str, month: int, known: dt.date) -> Found | str:
        """County → city → province → nation: the most specific level with an entry begun answers, also when ended."""
        for level in levels_of(region):
            found = self.on(level, month, known)
            if found != "before":
                return found
        return "before"


def levels_of(region: str) -> tuple[str, ...]:
    """The look-up levels of a region, most specific first."""
    return tuple(dict.fromkeys((region, region[:4] + "00", region[:2] + "0000", NATION)))


def read_table(path: Path, table_id: str) -> RateTable:
    """Read one dated table; TariffError with file and entry where it is not of the format."""
    raw = read_yaml(path)
    _known_keys(raw, _TABLE_KEYS, str(path))
    for key in ("name", "title", "unit", "entries"):
        _required(raw, key, str(path))
    if raw["name"] != path.stem:
        raise TariffError("name_differs", str(path), name=raw["name"], stem=path.stem)
    if not isinstance(raw["unit"], str) or raw["unit"] not in UNITS:
        raise TariffError("unknown_unit", str(path), unit=raw["unit"], known=", ".join(UNITS))
    if not isinstance(raw["entries"], list) or not raw["entries"]:
        raise TariffError("missing_key", str(path), key="entries")
    return RateTable(
        id=table_id,
        title=both_languages(raw["title"], str(path)),
        unit=raw["unit"],
        review_by=_month(raw["review_by"], str(path)) if "review_by" in raw else None,
        carry_forward_months=whole(raw.get("carry_forward_months", "0"), 120, str(path)),
        entries=_in_order(raw["entries"], raw["unit"], table_id, str(path)),
    )


def _in_order(raw: list[Any], unit: str, table_id: str, path: str) -> dict[str, tuple[Entry, ...]]:
    per_region: dict[str, tuple[Entry, ...]] = {}
    for number, item in enumerate(raw, 1):
        place = f"{path}, entry {number}"
        if not isinstance(item, dict):
            raise TariffError("missing_key", place, key="effective_from")
        entry = _entry(item, unit, table_id, place)
        before = per_region.get(entry.region, ())
        if before and (before[-1].effective_from, before[-1].known_from) >= (entry.effective_from, entry.known_from):
            raise TariffError("entry_out_of_order", place, month=month_text(entry.effective_from), region=entry.region)
        if before and before[-1].effective_from == entry.effective_from:
            entry = _renamed(entry)
        per_region[entry.region] = (*before, entry)
    return per_region


def _renamed(entry: Entry) -> Entry:
    """A later statement about the same month keeps its own id, and the earlier one keeps the short one."""
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    return Entry(**{**values, "id": f"{entry.id}~{entry.known_from.isoformat()}"})


def _entry(raw: dict[str, Any], unit: str, table_id: str, place: str) -> Entry:
    _known_keys(raw, _ENTRY_KEYS, place, allow_by=True)
    for key in ("effective_from", "known_from", "status", "evidence", "source"):
        _required(raw, key, place)
    region = raw.get("region", NATION)
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        raise TariffError("region_not_valid", place, region=region)
    effective = _month(raw["effective_from"], place)
    ends = _month(raw["ends"], place) if "ends" in raw else None
    if ends is not None and ends < effective:
        raise TariffError("ends_before_start", place, ends=raw["ends"], start=raw["effective_from"])
    source = raw["source"] if isinstance(raw["source"], dict) else {}
    if not source.get("title") or not all(isinstance(text, str) for text in source.values()):
        raise TariffError("missing_source", place)
    _known_keys(source, frozenset({"title", "clause"}), place)
    return Entry(
        id=f"{table_id}@{raw['effective_from']}" + ("" if region == NATION else f"/{region}"),
        region=region,
        effective_from=effective,
        ends=ends,
        known_from=_date(raw["known_from"], place),
        known_from_assumed=truth_of(raw, "known_from_assumed", place),
        status=_word_of(raw["status"], STATUSES, "unknown_status", place),
        evidence=_word_of(raw["evidence"], EVIDENCE, "unknown_evidence", place),
        source=source["title"],
        clause=source.get("clause", ""),
        note=both_languages(raw["note"], place) if "note" in raw else {},
        value=_value(raw, unit, place),
    )


def _value(raw: dict[str, Any], unit: str, place: str) -> Value:
    keys = [key for key in raw if key in ("value", "steps", "curve") or key.startswith("by_")]
    if len(keys) != 1:
        raise TariffError("one_value", place, found=", ".join(keys) or "-")
    if keys[0] == "curve":
        return _curve(raw, unit, place)
    for key in ("off_balance_ppm", "reference_portfolio"):
        if key in raw:
            raise TariffError("unknown_key", place, key=key, known="only beside a curve")
    if keys[0] == "steps":
        steps = _mapping(raw["steps"], place)
        _known_keys(steps, frozenset({"step", "limit"}), place)
        values = [whole(_required(steps, key, place), UNITS[unit], place) for key in ("step", "limit")]
        if not 0 < values[0] <= values[1] <= 100:
            raise TariffError("steps_not_valid", place, step=values[0], limit=values[1])
        return Steps(*values)
    return _node(raw["value"] if keys[0] == "value" else {keys[0]: raw[keys[0]]}, unit, place)


def _node(raw: Any, unit: str, place: str) -> Node:
    if isinstance(raw, dict):
        if len(raw) != 1 or not next(iter(raw)).startswith("by_"):
            raise TariffError("one_value", place, found=", ".join(raw) or "-")
        key, levels = next(iter(raw.items()))
        nodes = {level: _node(node, unit, place) for level, node in _mapping(levels, place).items()}
        return By(key.removeprefix("by_"), nodes)
    if isinstance(raw, list):
        return tuple(whole(item, UNITS[unit], place) for item in raw)
    if raw == "":
        raise TariffError("one_value", place, found="-")
    return str(raw) if unit == "word" else whole(raw, UNITS[unit], place)


def _curve(raw: dict[str, Any], unit: str, place: str) -> Curve:
    knots = raw["curve"]
    if not isinstance(knots, list) or len(knots) < 2 or any(not isinstance(k, list) or len(k) != 2 for k in knots):
        raise TariffError("curve_knots", place)
    x = tuple(whole(knot[0], _GREATEST_X, place) for knot in knots)
    y = tuple(whole(knot[1], UNITS[unit], place) for knot in knots)
    if any(b <= a for a, b in pairwise(x)):
        raise TariffError("curve_not_ascending", place)
    off_balance = whole(raw["off_balance_ppm"], UNITS["ppm"], place) if "off_balance_ppm" in raw else None
    if off_balance == 0:
        raise TariffError("number_not_whole", place, text="0", greatest=UNITS["ppm"])
    return Curve(x, y, off_balance, raw.get("reference_portfolio", ""))


def whole(text: Any, greatest: int, place: str) -> int:
    """A text as a whole number of at most `greatest`; anything else is refused, never rounded."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        raise TariffError("number_not_whole", place, text=text, greatest=greatest)
    number = int(text)
    if number > greatest:
        raise TariffError("number_too_large", place, text=text, greatest=greatest)
    return number


def mapping_of(raw: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    """What a key holds, which must be names with what belongs to them."""
    if not isinstance(raw.get(key), dict):
        raise TariffError("not_a_mapping", place, key=key)
    found: dict[str, Any] = raw[key]
    return found


def words_of(raw: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    """A list of words, empty where the key is absent."""
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(word and isinstance(word, str) for word in found):
        raise TariffError("not_words", place, key=key)
    return tuple(found)


def truth_of(raw: Mapping[str, Any], key: str, place: str) -> bool:
    """true or false, false where the key is absent."""
    text = raw.get(key, "false")
    if text not in ("true", "false"):
        raise TariffError("not_true_or_false", place, key=key, text=text)
    return bool(text == "true")


def leaves(value: Value) -> Iterator[int | str]:
    """All numbers or words of a value."""
    if isinstance(value, By):
        for node in value.nodes.values():
            yield from leaves(node)
    elif isinstance(value, Curve):
        yield from value.y
    elif isinstance(value, tuple):
        yield from value
    elif isinstance(value, Steps):
        yield from (value.step, value.limit)
    else:
        yield value


def _mapping(raw: Any, place: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or not raw:
        raise TariffError("one_value", place, found=str(raw))
    return raw


def _required(raw: Mapping[str, Any], key: str, place: str) -> Any:
    if key not in raw or raw[key] in ("", None):
        raise TariffError("missing_source" if key == "source" else "missing_key", place, key=key)
    return raw[key]


def _known_keys(raw: Mapping[str, Any], known: frozenset[str], place: str, *, allow_by: bool = False) -> None:
    for key in raw:
        if key not in known and not (allow_by and key.startswith("by_")) and not key.startswith("x_"):
            raise TariffError("unknown_key", place, key=key, known=", ".join(sorted(known)))


def both_languages(raw: Any, place: str) -> dict[str, str]:
    """Text for people: {en, zh}, neither empty."""
    if not isinstance(raw, dict) or set(raw) != {"en", "zh"} or not all(t and isinstance(t, str) for t in raw.values()):
        raise TariffError("both_languages", place)
    return raw


def _word_of(word: str, known: tuple[str, ...], code: str, place: str) -> int:
    if word not in known:
        raise TariffError(code, place, word=word, known=", ".join(known))
    return known.index(word)


def _month(text: Any, place: str) -> int:
    month = parse_month(text) if isinstance(text, str) else None
    if month is None:
        raise TariffError("table_month_not_valid", place, text=text)
    return month


def _date(text: Any, place: str) -> dt.date:
    try:
        date = dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise TariffError("table_date_not_valid", place, text=text) from None
    if date.isoformat() != text:
        raise TariffError("table_date_not_valid", place, text=text)
    return date
