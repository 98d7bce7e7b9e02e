"""Declarations of totals, without workers: orders or heads of a platform, region and industry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from pricing.edition import Edition
from pricing.errors import InputError, LichengError
from pricing.rate_table import EVIDENCE, NATION, STATUSES
from pricing.register import read_register
from pricing.scheme import Scheme
from pricing.settle import Priced, settle
from pricing.tariff import Tariff
from pricing.units import PPM, month_text
from pricing.usage import DECLARED_GREATEST, Usage
from pricing.worksheet import at
from service.fields import object_of, one_of, read_date, read_month, repeated
from service.json_text import readable
from service.prices.batch import Check
from service.prices.declared_twice import Declared, Earlier
from service.prices.shown import shown_flags
from service.prices.together import FORMAT
from service.prices.worksheets import Worksheets
from service.reading import read_csv
from service.refusals import of_error, of_row

COLUMNS = [
    "month",
    "platform",
    "region",
    "occupation",
    "pilot_industry",
    "scheme",
    "orders",
    "heads",
    "pilot_tier",
    "pilot_float_pct",
    "known_on",
]
_STANDARD_SCHEME = "pilot_per_order"
_ALL_WORKERS = "all-workers"
_CSV_TEXTS = frozenset(COLUMNS) - {"orders", "heads", "pilot_float_pct"}


def read_csv_totals(text: str, place: str) -> list[dict[str, Any]]:
    """Declarations of a CSV, a row each, without their empty cells."""
    rows = read_csv(text, place, _CSV_TEXTS)
    return [{name: value for name, value in row.items() if value != ""} for row in rows]


def declared(
    sent: Any, tariff: Tariff, today: dt.date, lang: str, place: str, *, check: Check = lambda raw: None
) -> Iterator[dict[str, Any]]:
    """The answer to one declaration, or one to each of a list, with its `row`, where one that an earlier one declares
    already says so; InputError where the list is empty. check: what each must pass before it is read, LichengError.
    """
    if not isinstance(sent, list):
        yield _answered(sent, tariff, today, lang, check)[0]
        return
    if not sent:
        raise InputError("no_declarations", place)
    earlier = Earlier()
    for row, one in enumerate(sent):
        answer, found = _answered(one, tariff, today, lang, check)
        warning = None if found is None else earlier.warning(row, found)
        yield {"row": row, **answer} | ({"warnings": [*answer["warnings"], warning]} if warning else {})


def declare(raw: Any, tariff: Tariff, today: dt.date, lang: str = "en") -> dict[str, Any]:
    """Price one declaration; a refused one answers {"refusal": …} so that a list of them goes on."""
    return _answered(raw, tariff, today, lang, lambda raw: None)[0]


def _answered(
    raw: Any, tariff: Tariff, today: dt.date, lang: str, check: Check
) -> tuple[dict[str, Any], Declared | None]:
    """The answer to a declaration, and what it declares; None where it is refused."""
    try:
        check(raw)
    except LichengError as error:
        return {"format": FORMAT, "refusal": of_error(error)}, None
    try:
        return _declare(readable(object_of(raw, "declaration"), "declaration"), tariff, today, lang)
    except InputError as error:
        return {"format": FORMAT, "refusal": of_error(error)}, None


def _declare(
    raw: Mapping[str, Any], tariff: Tariff, today: dt.date, lang: str
) -> tuple[dict[str, Any], Declared | None]:
    for key in raw:
        if key not in COLUMNS and not key.startswith("x_"):
            raise InputError("unknown_column", key, key=key, known=", ".join(COLUMNS))
    month = read_month(raw.get("month"), "month")
    known_on = read_date(raw.get("known_on"), "known_on") or today
    scheme = tariff.schemes[one_of(raw.get("scheme") or _STANDARD_SCHEME, "scheme", tariff.work_injury)]
    if not scheme.declared:
        declared = ", ".join(s.name for s in tariff.schemes.values() if s.declared)
        raise InputError("scheme_not_declared", "scheme", scheme=scheme.name, known=declared)
    edition = tariff.on(
        month, known_on, read_register([_terms(raw, tariff)], tariff.factors["pilot_tier"].levels, tariff.regions)
    )
    settlement = settle(Usage.of([_record(raw, scheme)], DECLARED_GREATEST), edition, [scheme.name])
    answer = {
        "format": FORMAT,
        "month": month_text(month),
        "declared_month": month_text(month + 1),
        "known_on": known_on.isoformat(),
        "edition": edition.hash,
        "scheme": scheme.name,
        **{
            key: repeated(raw[key])
            for key in ("platform", "region", "occupation", "pilot_industry", "orders", "heads")
            if key in raw
        },
    }
    priced = settlement.priced[scheme.name]
    if priced is None:
        number = int(settlement.refusals[scheme.name][0])
        refusal = of_row(number, raw, edition, scheme, None, DECLARED_GREATEST)
        return answer | {"levy_fen": None, "refusal": refusal}, None
    answer |= _priced(priced, edition, scheme, raw, lang)
    return answer, _declared(answer, raw, priced, (month, known_on, scheme))


def _declared(answer: Mapping[str, Any], raw: Mapping[str, Any], priced: Priced, frame: tuple[Any, ...]) -> Declared:
    """What a priced declaration declares: an occupation is one way to name an industry; an amount and a float are what
    the tier and the float that were given, or left out, come to. frame: month, known date, scheme.
    """
    month, known_on, scheme = frame
    industry = int(priced.rows.codes["pilot_industry"][0]) or raw.get("occupation")
    of = (month, known_on, scheme.name, raw.get("platform"), raw.get("region"), industry)
    terms = {"pilot_tier": answer["amount_millifen"], "pilot_float_pct": answer["float_ppm"]}
    return Declared(of, ((scheme.exposure, raw[scheme.exposure]), *terms.items()))


def _terms(raw: Mapping[str, Any], tariff: Tariff) -> dict[str, Any]:
    """The declaration's own tier and float as a row of a register. (An unknown region is refused with its row.)"""
    platform, region = raw.get("platform"), str(raw.get("region", ""))
    given = {key: raw[key] for key in ("pilot_tier", "pilot_float_pct") if raw.get(key) not in (None, "")}
    known = len(region) == 6 and region.isascii() and region.isdigit() and region[:2] + "0000" in tariff.regions
    return {
        "platform": platform if platform and isinstance(platform, str) else "-",
        "region": region if known else NATION,
        **given,
    }


def _record(raw: Mapping[str, Any], scheme: Scheme) -> dict[str, Any]:
    """The total as one row of usage: its exposure counts all orders or heads at once."""
    record = {
        key: raw.get(key) for key in ("month", "platform", "region", "occupation", "pilot_industry", scheme.exposure)
    }
    if record["pilot_industry"]:
        record["occupation"] = record["occupation"] or "task_worker"
    else:
        del record["pilot_industry"]
    return record | {"worker": _ALL_WORKERS}


def _priced(priced: Priced, edition: Edition, scheme: Scheme, raw: Mapping[str, Any], lang: str) -> dict[str, Any]:
    declarations = priced.declarations
    assert declarations is not None
    amount = priced.sheet.step("base_rate")
    step = priced.sheet.step("float")
    assert amount is not None
    answer: dict[str, Any] = {
        "levy_fen": int(declarations.levy_fen[0]),
        "amount_millifen": at(amount.operand, 0) if scheme.exposure == "orders" else None,
        "float_ppm": PPM if step is None else at(step.operand, 0),
        "status": STATUSES[int(priced.status[0])],
        "evidence": EVIDENCE[int(priced.evidence[0])],
    }
    lines = Worksheets.of(priced, edition, scheme, lang).alone()
    warnings = shown_flags(priced, edition, scheme, [raw], [0])
    return answer | {"worksheet": lines, "warnings": warnings}
