"""A second opinion on every cover: read from its YAML, priced in exact fractions, importing nothing of ours."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.evaluator import (
    KEY,
    MILLION,
    Entry,
    Law,
    Refused,
    Row,
    curve_at,
    half_up,
    merged_shares,
    months_after,
    present,
    read_table,
    set_aside,
    weakest,
)

MISSING = {"orders": "orders_missing", "distance_m": "distance_missing", "vehicle": "vehicle_missing"}
GREATEST = ("longest_sitting_min", "tenure_months", "volatility_ppm")
FOREVER = "9999-12"
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Enrolment:
    """One enrolment of the worker in a cover: its months, its options as texts, and why it is refused."""

    start: str
    end: str
    chosen: dict[str, str | None]
    refusal: str = ""


@dataclass(frozen=True)
class Accepted:
    """A row that a cover prices."""

    index: int
    row: Row
    base: Entry
    used: list[Entry] = field(default_factory=list)


def names(value: Any) -> tuple[str, ...]:
    """A name or a list of names."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def word(level: Any) -> str:
    """A level as a text; YAML reads a bare yes as true."""
    return {True: "yes", False: "no"}[level] if isinstance(level, bool) else str(level)


def at_levels(entry: Entry, of: Iterable[str], chosen: Mapping[str, Any]) -> int | None:
    """The value of a table at the levels chosen, None where it has none."""
    node: Any = entry
    for name in of:
        by = node.get(f"by_{name}", {}) if isinstance(node, dict) else {}
        node = {word(level): value for level, value in by.items()}.get(str(chosen.get(name)))
    return node if isinstance(node, int) else None


# ---- is it sold, and to whom ----------------------------------------------------------------


def rules(cover: Entry) -> list[str]:
    """Tables that must answer for the nation."""
    enrolment, history = cover.get("enrolment", {}), cover.get("history", {})
    return [
        *(relativity["table"] for relativity in cover.get("relativities", ())),
        *([cover["limits"]] if cover.get("limits") else []),
        *(cover["occupations"], cover["payers"]),
        *(enrolment[name] for name in ("participation", "window", "term") if enrolment),
        *([history["trend"]] if history else []),
    ]


def check_sold(law: Law, cover: Entry) -> None:
    """Refuses a month before any of the cover's tables, or after one of them has ended."""
    for table in (cover["base_rate"], *rules(cover)):
        law.check_begun(table)
    for table in rules(cover):
        law.need(table, "rate_not_known")


def accept(law: Law, cover: Entry, index: int, row: Row, enrolled: str) -> Accepted:
    """The row with its base rate; the first refusal wins. enrolled: why the worker is not insured, or nothing."""
    law.check_region(row["region"])
    check_sold(law, cover)
    if row.get("occupation") not in law.need(cover["occupations"], "rate_not_known")["by_occupation"]:
        raise Refused("occupation_not_in_scope")
    base = law.need(cover["base_rate"], "rate_not_known", row["region"])
    if "value" not in base and at_levels(base, ["occupation"], row) is None:
        raise Refused("rate_not_known")
    if cover.get("history") and law.find(cover["history"]["benefit_limit"], row["region"]) is None:
        raise Refused("benefit_limit_not_known")
    if enrolled:
        raise Refused(enrolled)
    check_cells(law, cover, row)
    return Accepted(index, row, base)


def check_cells(law: Law, cover: Entry, row: Row) -> None:
    """Refuses a row that lacks what the cover needs, or whose work begins in no month or a later one."""
    for name in names(cover.get("needs")):
        none_driven = name == "distance_m" and row.get(name) == 0 and (row.get("orders") or 0) > 0
        if not present(row, name) or none_driven:
            raise Refused(MISSING.get(name, "value_missing"))
    if present(row, "first_month") and any("tenure_months" in names(r["of"]) for r in cover.get("relativities", ())):
        if not MONTH.fullmatch(str(row["first_month"])):
            raise Refused("first_month_not_valid")
        if row["first_month"] > law.month:
            raise Refused("first_month_later")


# ---- enrolments -----------------------------------------------------------------------------


def by_options(cover: Entry) -> list[tuple[str, tuple[str, ...]]]:
    """Tables that are read by options, with the options."""
    found = [(r["table"], names(r["of"])) for r in cover.get("relativities", ())]
    return [(table, of) for table, of in found if set(of) <= set(cover.get("options") or {})]


def enrolments(law: Law, cover: Entry, sent: list[Row], group: Row) -> list[Enrolment]:
    """The enrolments in the order sent, each with its own refusal, then with those of the sequence."""
    read = []
    for one in sent:
        chosen = {name: word(one[name]) if present(one, name) else level or None for name, level in options(cover)}
        start, end = one.get("from_month", law.month), one.get("to_month") or FOREVER
        read.append(Enrolment(start, end, chosen, own_refusal(law, cover, start, end, chosen, group)))
    read = [Enrolment(one.start, one.end, one.chosen, one.refusal or overlap(one, read)) for one in read]
    standing: list[Enrolment] = []
    for place in sorted(range(len(read)), key=lambda place: read[place].start):
        one = read[place]
        refusal = one.refusal or beside(law, cover, one, standing[-1:])  # against the last that stands
        read[place] = Enrolment(one.start, one.end, one.chosen, refusal)
        standing += [] if refusal else [one]
    return read


def options(cover: Entry) -> list[tuple[str, str | None]]:
    """The options of a cover with their standard levels."""
    return list((cover.get("options") or {}).items())


def own_refusal(law: Law, cover: Entry, start: str, end: str, chosen: Mapping[str, str | None], group: Row) -> str:
    """Months, then options, then what is said against selection."""
    if not MONTH.fullmatch(start) or not MONTH.fullmatch(end):
        return "month_not_valid"
    if end < start:
        return "enrolment_months"
    if None in chosen.values():
        return "option_missing"
    for table, of in by_options(cover):
        if at_levels(law.need(table, "rate_not_known"), of, chosen) is None:
            return "option_not_priced"
    return selection(law, cover["enrolment"], start, group) if cover.get("enrolment") else ""


def selection(law: Law, tables: Mapping[str, str], start: str, group: Row) -> str:
    """A group must be large enough, or else, as a person alone, start in the window."""
    window = law.need(tables["window"], "rate_not_known")["value"]
    in_window = int(start[-2:]) in window
    if not group.get("id"):
        return "" if in_window else "outside_enrolment_window"
    eligible, enrolled = group.get("eligible"), group.get("enrolled")
    if type(eligible) is not int or type(enrolled) is not int or not eligible > 0 or not 0 <= enrolled <= eligible:
        return "group_figures"
    if enrolled < law.need(tables["group_size"], "rate_not_known")["value"] and not in_window:
        return "group_too_small"
    least = law.need(tables["participation"], "rate_not_known")["value"]
    enough = Fraction(enrolled, eligible) >= Fraction(least, MILLION)
    return "" if enough or in_window else "participation_too_low"


def overlap(one: Enrolment, read: list[Enrolment]) -> str:
    """Whether an enrolment has months in common with another one."""
    others = [other for other in read if other is not one and not other.refusal]  # refused: never in force
    common = any(max(one.start, other.start) <= min(one.end, other.end) for other in others)
    return "enrolment_overlaps" if common else ""


def beside(law: Law, cover: Entry, one: Enrolment, others: list[Enrolment]) -> str:
    """What the enrolment before says against one: something taken back, or an option raised within a term."""
    if not cover.get("enrolment"):
        return ""
    term = law.need(cover["enrolment"]["term"], "rate_not_known")["value"]
    for option in cover["enrolment"].get("disclosed", ()):
        standard = cover["options"][option]
        for earlier in others:
            said, again = earlier.chosen[option], one.chosen[option]
            if earlier.start < one.start and said != standard and again != said:
                return "enrolment_taken_back"
    for earlier in others:
        if 0 < months_after(earlier.start, one.start) < term and raised(law, cover, earlier, one):
            return "enrolment_raised"
    return ""


def raised(law: Law, cover: Entry, before: Enrolment, after: Enrolment) -> bool:
    """Whether any option costs more in the later enrolment."""
    for table, of in by_options(cover):
        entry = law.need(table, "rate_not_known")
        old, new = at_levels(entry, of, before.chosen), at_levels(entry, of, after.chosen)
        if old is not None and new is not None and new > old:
            return True
    return False


def ended(one: Enrolment, month: str) -> bool:
    """Whether an enrolment is over by a month, as far as its months can be read and do not contradict each other."""
    contradicts = bool(MONTH.fullmatch(one.start)) and one.end < one.start
    return bool(MONTH.fullmatch(one.end)) and one.end < month and not contradicts


def in_force(law: Law, cover: Entry, read: list[Enrolment]) -> tuple[Enrolment | None, str]:
    """The enrolment of the month, or why there is none; the last refused one speaks."""
    begun = [one for one in read if not MONTH.fullmatch(one.start) or one.start <= law.month]
    good = [one for one in begun if not one.refusal and one.end >= law.month]
    if good:
        return good[-1], ""
    bad = [one for one in begun if one.refusal and not ended(one, law.month)]
    if bad:
        return None, bad[-1].refusal
    return None, "not_enrolled" if cover.get("enrolment") else ""


# ---- history --------------------------------------------------------------------------------


def volatility_of(revenue: list[int]) -> int:
    """Mean absolute deviation over mean, half up. [ppm]"""
    mean = Fraction(sum(revenue), len(revenue))
    deviation = sum((abs(amount - mean) for amount in revenue), Fraction(0)) / len(revenue)
    return half_up(deviation / mean * MILLION)


def back(month: str, months: int) -> str:
    """The month so many months earlier."""
    year, number = map(int, month.split("-"))
    whole = year * 12 + number - 1 - months
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"


def check_months(history: Mapping[str, Any]) -> None:
    """Refuses a history by its first bad month, oldest first, and that by the first thing that is wrong with it."""
    for month, amount in sorted(history.items()):
        if not MONTH.fullmatch(month):
            raise Refused("history_month")
        if type(amount) is not int or not 0 <= amount <= 10**12:
            raise Refused("history_amount")


def underwrite(law: Law, cover: Entry, history: Mapping[str, Any], start: str) -> int:
    """Volatility of the twelve months before the start; refused where they do not show a steady business. [ppm]"""
    check_months(history)
    known = [month for month in history if month < start]
    wanted = [back(start, months) for months in range(12, 0, -1)]
    if not known:
        raise Refused("history_missing")
    if min(known) > wanted[0]:
        raise Refused("history_too_short")
    if not set(wanted) <= set(known):
        raise Refused("history_gap")
    revenue = [history[month] for month in wanted]
    if not sum(revenue):
        raise Refused("history_mean_zero")
    least = law.need(cover["history"]["trend"], "rate_not_known")["value"]
    if sum(revenue[6:]) * MILLION < sum(revenue[:6]) * least:
        raise Refused("revenue_falling")
    return volatility_of(revenue)


# ---- the price ------------------------------------------------------------------------------


def merged(accepted: list[Accepted], of: Iterable[str], also: Mapping[str, int]) -> int | None:
    """Quantities merged over the rows and added; None where a row lacks one."""
    whole = 0
    for name in of:
        if name in also:
            whole += also[name]
            continue
        if not all(present(one.row, name) for one in accepted):
            return None
        amounts = [one.row[name] for one in accepted]
        whole += max(amounts) if name in GREATEST else sum(amounts)
    return whole


def relativity_of(
    relativity: Entry, entry: Entry, one: Accepted, accepted: list[Accepted], also: Mapping[str, int]
) -> int:
    """One factor: by levels, by a curve at a quantity or a quotient; 1 where it is left out. [ppm]"""
    if "curve" not in entry:
        return at_levels(entry, names(relativity["of"]), one.row) or 0
    quantity, whole = (merged(accepted, names(relativity.get(key)), also) for key in ("of", "per"))
    if quantity is None or (relativity.get("per") and not whole):
        return MILLION
    if relativity.get("per"):
        share = relativity.get("share", True) is not False
        quantity = half_up(Fraction(quantity * (MILLION if share else 1), whole or 1))
        quantity = min(quantity, MILLION) if share else quantity
    return curve_at(entry["curve"], quantity)


def price(law: Law, cover: Entry, one: Accepted, accepted: list[Accepted], also: Mapping[str, int]) -> tuple[int, int]:
    """Millifen of the whole month under one row's attributes, and the ratio. [ppm]"""
    rate = one.base.get("value") or at_levels(one.base, ["occupation"], one.row) or 0
    by = cover["exposure"]
    exposure = 1 if by == "insured_months" else merged(accepted, [by], also) or 0
    money = half_up(Fraction(rate * exposure, MILLION if by == "distance_m" else 1))
    ratio: int | None = None
    for relativity in cover.get("relativities", ()):
        entry = law.need(relativity["table"], "rate_not_known")
        factor = relativity_of(relativity, entry, one, accepted, also)
        ratio = factor if ratio is None else half_up(Fraction(ratio * factor, MILLION))
    if ratio is None:
        return money, MILLION
    if cover.get("limits"):
        limits = law.need(cover["limits"], "rate_not_known")["by_limit"]
        ratio = max(limits["least"], min(ratio, limits["greatest"]))
    return half_up(Fraction(money * ratio, MILLION)), ratio


def weights(cover: Entry, accepted: list[Accepted]) -> list[int]:
    """What the rows share by: the first quantity that all have and that is not zero in sum."""
    for name in names(cover.get("share_by")):
        if merged(accepted, [name], {}):
            return [one.row[name] for one in accepted]
    return [1] * len(accepted)


def borne(entry: Entry, row: Row, levy: int) -> dict[str, int]:
    """Each payer's fen: differences of cumulative shares, half up, in the order of the table."""
    if "by_engagement" in entry:
        entry = entry["by_engagement"]["contracted" if present(row, "contractor") else "direct"]
    parts, upto, before = {}, 0, 0
    for payer, share in entry["by_payer"].items():
        upto += share
        after = half_up(Fraction(levy * upto, MILLION))
        parts[payer], before = after - before, after
    return parts


# ---- the answer -----------------------------------------------------------------------------


def insured(
    law: Law, name: str, cover: Entry, request: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, int], str]:
    """Options and volatility of the worker's month in a cover, or why there is none."""
    body = dict(request.get("enrolment") or {})
    group = body.pop("group", {})
    sent = body.get(name, [])
    try:
        read = enrolments(law, cover, sent if isinstance(sent, list) else [sent], group)
        one, refusal = in_force(law, cover, read)
        chosen = dict(options(cover)) if one is None else one.chosen
        if refusal or not cover.get("history"):
            return chosen, {}, refusal
        history = (request.get("history") or {}).get("revenue_fen", {})
        return chosen, {"volatility_ppm": underwrite(law, cover, history, one.start if one else law.month)}, ""
    except Refused as refused:
        return {}, {}, str(refused)


def answer(law: Law, cover: Entry, accepted: list[Accepted], also: Mapping[str, int], rows: int) -> dict[str, Any]:
    """Premium, shares and payers of the accepted rows."""
    priced = [price(law, cover, one, accepted, also) for one in accepted]
    fen = merged_shares([money for money, _ in priced], weights(cover, accepted))
    levies = {one.index: levy for one, levy in zip(accepted, fen, strict=True)}
    entry = law.need(cover["payers"], "rate_not_known")
    payers: dict[str, int] = {}
    for one in accepted:
        for payer, part in borne(entry, one.row, levies[one.index]).items():
            payers[payer] = payers.get(payer, 0) + part
    ratios = {ratio for _, ratio in priced}
    return {
        "premium_fen": sum(fen),
        "shares_fen": [levies.get(i) for i in range(rows)],
        "millifen": {one.index: money for one, (money, _) in zip(accepted, priced, strict=True)},
        "ratio_ppm": ratios.pop() if len(ratios) == 1 else None,
        "payers": {payer: part for payer, part in payers.items() if part},
        **weakest([one.base for one in accepted]),
    }


def evaluate_cover(name: str, request: Mapping[str, Any], rates: Path) -> dict[str, Any]:
    """One cover's answer to a quote request: a price with its shares and payers, or a refusal."""
    month, known = str(request["month"]), str(request.get("known_on") or date.today())
    cover = read_table(rates / name / "cover.yaml")
    law = Law(rates, month, known)
    stamp = {"month": month, "worker": request["worker"]}
    usage = [{**stamp, **row} for row in request["usage"]]
    keys = [tuple(str(row.get(part) or "") for part in KEY) for row in usage]
    aside = set_aside(usage, keys)
    refusals = {i: code for i, code in aside.items() if code != "duplicate"}
    for i in refusals:  # a broken key before a conflict
        with suppress(Refused):
            law.check_region(usage[i]["region"])
            continue
        refusals[i] = "region_not_known"
    chosen, also, refusal = insured(law, name, cover, request)
    accepted: list[Accepted] = []
    for i in (i for i in sorted(range(len(usage)), key=lambda i: keys[i]) if i not in aside):
        tenure = usage[i].get("first_month")
        known_tenure = tenure if isinstance(tenure, str) and MONTH.fullmatch(tenure) else None
        begun = {"tenure_months": months_after(known_tenure, month)} if known_tenure else {}
        try:
            accepted.append(accept(law.for_row(), cover, i, {**usage[i], **chosen, **begun}, refusal))
        except Refused as refused:
            refusals[i] = str(refused)
    if not accepted:
        return {"refusal": refusals[min(refusals)], "row_refusals": refusals}
    return {**answer(law, cover, accepted, also, len(usage)), "row_refusals": refusals}


def evaluate_covers(request: Mapping[str, Any], rates: Path) -> dict[str, dict[str, Any]]:
    """Answers a quote request for the covers that it names."""
    return {name: evaluate_cover(name, request, rates) for name in request["covers"]}
