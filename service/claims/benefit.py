"""The benefit: one question about a statutory benefit as JSON comes in, amounts with their worksheet go out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pricing.benefit import death, disability, life_care, stop_work, unemployment
from pricing.benefit_tables import Benefit, Said, Step, Unanswered, overdue, together
from pricing.dependants import KINDS as RELATIONS
from pricing.dependants import SPOUSE, Dependant
from pricing.edition import Edition
from pricing.errors import InputError
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.tariff import Tariff
from pricing.units import month_text
from pricing.usage import BY_NAME
from pricing.words import LANGUAGES
from service.fields import list_of, object_of, one_of, read_date, read_month
from service.json_text import readable
from service.refusals import both

FORMAT = 1
CARE_LEVELS = ("full", "large", "part")
GRADES = tuple(range(1, 11))
_MOST = {"wage_fen": BY_NAME["income_fen"].greatest, "contribution_years": 80}
_COMMON = ("benefit", "month", "known_on", "scheme", "employment", "lang")
_PILOT, _PROPOSAL = "pilot_per_order", "mileage_linked"
_NO_EMPLOYER_NEEDED = (_PILOT, _PROPOSAL, "courier_single")


@dataclass(frozen=True, slots=True)
class Question:
    """A request that has the contract's form; fields that were not given are None."""

    edition: Edition
    raw: Mapping[str, Any]
    scheme: str | None

    @property
    def region(self) -> str:
        """A region of six digits in a known province."""
        region = _needed(self.raw, "region")
        if not isinstance(region, str) or not self.edition.region_number(region):
            raise InputError("region_not_known", "region", value=region)
        return region

    def whole(self, key: str) -> int:
        """A whole number that is not negative; InputError where it is missing or no such number."""
        value = _needed(self.raw, key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise InputError("value_not_whole", key, column=key, value=value)
        if value < 0:
            raise InputError("value_negative", key, column=key, value=value)
        if value > _MOST[key]:
            raise InputError("value_too_large", key, column=key, value=value, greatest=_MOST[key])
        return value

    def chosen(self, key: str, known: tuple[Any, ...]) -> Any:
        """A value out of a known list that must be given."""
        return one_of(_needed(self.raw, key), key, known)


def _needed(raw: Mapping[str, Any], key: str) -> Any:
    if raw.get(key) is None:
        raise InputError("missing_field", key, key=key)
    return raw[key]


def _disability(ask: Question) -> Benefit:
    region, wage, grade = ask.region, ask.whole("wage_fen"), ask.chosen("grade", GRADES)
    found = disability(ask.edition, region, wage, grade, employer=ask.scheme != _PILOT)
    return together((found, _care(ask))) if "care" in ask.raw else found


def _care(ask: Question) -> Benefit:
    return life_care(ask.edition, ask.region, ask.chosen("care", CARE_LEVELS))


def _death(ask: Question) -> Benefit:
    dependants = tuple(_dependant(raw, place) for place, raw in enumerate(list_of(ask.raw, "dependants")))
    spouses = sum(one.kind == SPOUSE for one in dependants)
    if spouses > 1:
        raise Unanswered("benefit_spouse_twice", "dependants", count=spouses)
    return death(ask.edition, ask.region, ask.whole("wage_fen") if dependants else None, dependants)


def _dependant(raw: Any, place: int) -> Dependant:
    where = f"dependants, {place}"
    one = object_of(raw, where)
    for key in one:
        if key not in ("kind", "lone") and not key.startswith("x_"):
            raise InputError("unknown_column", f"{where}, {key}", key=key, known="kind, lone")
    kind = one_of(_needed(one, "kind"), f"{where}, kind", RELATIONS)
    return Dependant(kind, one_of(one.get("lone", False), f"{where}, lone", (True, False)))


def _stop_work(ask: Question) -> Benefit:
    return stop_work(ask.edition, employer=ask.scheme != _PILOT)


def _unemployment(ask: Question) -> Benefit:
    region, years = ask.region, ask.whole("contribution_years")
    against_will = one_of(ask.raw.get("involuntary"), "involuntary", (True, False, None))
    if against_will is False:
        raise Unanswered("benefit_voluntary", "involuntary")
    found = unemployment(ask.edition, region, years)
    return found if against_will else replace(found, warnings=(*found.warnings, Said("benefit_conditions")))


_KINDS: Mapping[str, tuple[Callable[[Question], Benefit], tuple[str, ...]]] = {
    "disability": (_disability, ("region", "wage_fen", "grade", "care")),
    "care": (_care, ("region", "care")),
    "death": (_death, ("region", "wage_fen", "dependants")),
    "stop_work": (_stop_work, ()),
    "unemployment": (_unemployment, ("region", "contribution_years", "involuntary")),
}
KINDS: Mapping[str, tuple[str, ...]] = {kind: keys for kind, (_, keys) in _KINDS.items()}
KEYS = tuple(dict.fromkeys((*_COMMON, *(key for keys in KINDS.values() for key in keys))))


def benefit(raw: Any, tariff: Tariff, today: dt.date, lang: str = "en") -> dict[str, Any]:
    """Answer a question about a benefit; InputError where it is malformed, a refusal where the tables do not know."""
    request = readable(object_of(raw, "request"), "request")
    for key in request:
        if key not in KEYS and not key.startswith("x_"):
            raise InputError("unknown_column", key, key=key, known=", ".join(KEYS))
    kind = one_of(_needed(request, "benefit"), "benefit", tuple(KINDS))
    spoken = one_of(request.get("lang", lang), "lang", LANGUAGES)
    scheme = one_of(request.get("scheme"), "scheme", (*tariff.work_injury, None))
    edition = tariff.on(
        read_month(request.get("month"), "month"), read_date(request.get("known_on"), "known_on") or today
    )
    answer: dict[str, Any] = {
        "format": FORMAT,
        "benefit": kind,
        "month": month_text(edition.month),
        "known_on": edition.known.isoformat(),
        "edition": edition.hash,
        **{key: request[key] for key in KEYS[5:] if key in request},
    }
    try:
        _check_employer(request, kind, scheme, tariff)
        found = _assumed(_KINDS[kind][0](Question(edition, request, scheme)), kind, scheme)
    except Unanswered as refused:
        return answer | {"refusal": {**both(refused.code, **refused.values), "place": refused.place}}
    return answer | _shown(found, edition, _unused(request, kind), spoken)


def _check_employer(request: Mapping[str, Any], kind: str, scheme: str | None, tariff: Tariff) -> None:
    """Without an employer the statute insures nobody for work injury, but for the schemes made for that."""
    levels = tariff.factors["employment"].levels
    employment = one_of(request.get("employment"), "employment", (*levels, None))
    if employment == "none" and kind != "unemployment" and scheme not in _NO_EMPLOYER_NEEDED:
        raise Unanswered("no_employer", "employment")


def _assumed(found: Benefit, kind: str, scheme: str | None) -> Benefit:
    """What no text that was read says of a scheme's benefits is an assumption."""
    codes = {_PILOT: "benefit_assumed_pilot", _PROPOSAL: "benefit_assumed_proposal"}
    if scheme not in codes or kind == "unemployment":
        return found
    return replace(found, assumption=Said(codes[scheme]))


def _unused(request: Mapping[str, Any], kind: str) -> list[Said]:
    used = [key for key in _COMMON if kind != "unemployment" or key not in ("scheme", "employment")]
    unused = [key for key in KEYS if key in request and key not in (*used, *KINDS[kind])]
    return [Said("benefit_not_used", {"keys": ", ".join(unused)})] if unused else []


def _shown(found: Benefit, edition: Edition, unused: list[Said], lang: str) -> dict[str, Any]:
    """A benefit in the contract's form."""
    said = [*found.warnings, *overdue(edition, found.steps), *unused]
    status = found.status
    warnings = [both(one.code, **one.values) for one in said]
    warnings += [_lacking(lack.monthly, lack.reason) for lack in found.lacking]
    warnings += [both("is_" + status)] if status != STATUSES[0] else []
    return {
        "lump_sum_fen": found.lump_sum_fen,
        "monthly_fen": found.monthly_fen,
        "months": found.months,
        "amounts": [
            {
                "name": amount.name,
                "fen": amount.fen,
                "payer": amount.payer,
                "paid": "monthly" if amount.monthly else "once",
                "from_month": amount.from_month if amount.monthly else None,
                "to_month": amount.to_month,
            }
            for amount in found.amounts
        ],
        "pensions": [
            {"kind": part.kind, "lone": part.lone, "share_ppm": part.share_ppm, "monthly_fen": part.monthly_fen}
            for part in found.dependants
        ],
        "payer": {amount.name: amount.payer for amount in found.amounts},
        "worksheet": [_line(step, lang) for step in found.steps],
        "status": status,
        "evidence": found.evidence,
        "warnings": warnings,
        "assumption": None if found.assumption is None else both(found.assumption.code, **found.assumption.values),
    }


def _lacking(monthly: bool, reason: Unanswered) -> dict[str, str]:
    """Why a part is missing, inside a sentence that says which."""
    code = "benefit_pensions_incomplete" if monthly else "benefit_incomplete"
    words = {lang: both(code, reason=reason.message(lang)) for lang in LANGUAGES}
    return {"code": code, "message": words["en"]["message"], "message_zh": words["zh"]["message_zh"]}


def _line(step: Step, lang: str) -> dict[str, Any]:
    line: dict[str, Any] = {"step": step.name, "operand": step.operand, "unit": step.unit}
    line |= {"running_fen": step.running_fen, "text": step.texts[lang]}
    if step.found is None:
        return line
    entry = step.found.entry
    noted = {"note": entry.note[lang]} if entry.note else {}
    return (
        line
        | noted
        | {
            "entry": entry.id,
            "source": " · ".join(filter(None, (entry.source, entry.clause))),
            "status": STATUSES[step.found.status],
            "evidence": EVIDENCE[entry.evidence],
        }
    )
