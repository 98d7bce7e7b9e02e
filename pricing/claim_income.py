"""Claims for income that breaks off: the trigger by own revenue, the category index, and the benefit of one month.

The interruption runs from the day of the event. Its first days are borne by the insured; of a month, the days that lie
behind them are paid, as days ÷ days of the month, half up to the fen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from pricing.benefit_tables import Known, Said, known, look_up
from pricing.claim_parts import FEN, Claim, Cover, Step, accumulated, first_day
from pricing.enrolment import number_of
from pricing.errors import CODE
from pricing.history import MONTHS, Histories, histories, underwritten
from pricing.rate_table import NATION
from pricing.spoken import factor, percent, yuan_of_fen
from pricing.units import LARGEST, PPM, at_or_under, days_of_month, month_text, parts_of, times_ppm


def triggered(claim: Claim, cover: Cover) -> Iterator[Step]:
    """The month is over; history as at enrolment and up to the event; interval between claims and months claimed; then
    the fall of own revenue and of the category.
    """
    yield _month_over(claim, cover)
    yield _history(claim, cover)
    if cover.terms.running:
        yield _running(claim, cover)
    yield _interval(claim, cover)
    yield _months(claim, cover)
    yield _fall(claim, cover)
    yield _index(claim)


def _before(claim: Claim, month: int) -> Histories:
    """Revenue of the twelve months before a month."""
    worker = np.zeros(claim.side.history.rows, dtype=np.int64)
    return histories(claim.side.history, worker, np.array([month]))


def _history(claim: Claim, cover: Cover) -> Step:
    """What is refused of a history at enrolment, and of the twelve months before the event."""
    product = cover.scheme.product
    assert product is not None
    assert product.underwriting is not None
    assert cover.starts is not None
    least = known(cover.edition, product.underwriting.trend)
    trend = number_of(cover.edition, product.underwriting.trend)
    _, refused = underwritten(_before(claim, cover.starts), np.array([cover.starts]), trend)
    code = int(refused[0]) or _incomplete(_before(claim, claim.event.month))
    months = {"first": month_text(cover.starts - MONTHS), "last": month_text(claim.event.month - 1)}
    facts = {**months, "least": percent(least.value)}
    return Step("history", not code, least.value, "ppm", None, facts, least.found, code or None)


def _month_over(claim: Claim, cover: Cover) -> Step:
    """Whether the month claimed was over by what is known: before, neither its revenue nor its index can be."""
    last = first_day(claim.month + 1) - dt.timedelta(days=1)
    facts = {"month": month_text(claim.month), "last": last.isoformat(), "known_on": cover.edition.known.isoformat()}
    refusal = None if last < cover.edition.known else Said("claim_month_not_over", facts)
    return Step("month_over", refusal is None, None, "", None, facts, refusal=refusal)


def _running(claim: Claim, cover: Cover) -> Step:
    """Whether the business still ran when the event came: a fall that began before it was not its doing."""
    count = known(cover.edition, cover.terms.running)
    share = known(cover.edition, cover.terms.fall)
    revenue = _before(claim, claim.event.month).revenue_fen[0].tolist()
    own, most = sum(revenue[MONTHS - count.value :]), times_ppm(_median(revenue) * count.value, share.value)
    facts: dict[str, object] = {"count": count.value, "own": yuan_of_fen(own), "percent": percent(share.value)}
    facts |= {"most": yuan_of_fen(most), "median": yuan_of_fen(_median(revenue))}
    facts |= {"first": month_text(claim.event.month - count.value), "last": month_text(claim.event.month - 1)}
    refusal = None if own > most else Said("claim_fallen_before", facts)
    return Step("running", refusal is None, count.value, "months", None, facts, count.found, refusal)


def _median(revenue_fen: list[int]) -> int:
    """Median of twelve months, half up to the fen."""
    low, high = sorted(revenue_fen)[MONTHS // 2 - 1 : MONTHS // 2 + 1]
    return int(parts_of(low + high, 1, 2))


def _incomplete(found: Histories) -> int:
    """Code of what is wrong with the twelve months before the event, 0 where they stand."""
    if found.refusals[0]:
        return int(found.refusals[0])
    if found.earliest[0] == LARGEST:
        return CODE["history_missing"]
    return 0 if (found.given > 0).all() else CODE["history_gap"]


def _interval(claim: Claim, cover: Cover) -> Step:
    """Whether what was paid for other events lies far enough back."""
    others = [one.month for one in claim.earlier if not claim.same_event(one)]
    last = min(others, key=lambda month: abs(claim.event.month - month), default=None)
    interval = known(cover.edition, cover.terms.interval)
    facts: dict[str, object] = {"months": interval.value, "event": month_text(claim.event.month)}
    facts["last"] = "–" if last is None else month_text(last)
    near = last is not None and abs(claim.event.month - last) < interval.value
    words = "interval_first" if last is None else ""
    refusal = Said("claim_too_soon", facts) if near else None
    return Step("interval", not near, interval.value, "months", None, facts, interval.found, refusal, words=words)


def _months(claim: Claim, cover: Cover) -> Step:
    """Whether the month claimed lies within a year of the event, is not paid yet, and is not one too many."""
    paid = [one.month for one in claim.earlier if claim.same_event(one)]
    most = cover.option(cover.terms.months)
    facts: dict[str, object] = {"count": len(set(paid)) + 1, "most": most.value}
    facts |= {"month": month_text(claim.month), "event": month_text(claim.event.month)}
    code = ""
    if not 0 <= claim.month - claim.event.month < MONTHS:
        code = "claim_month_outside"
    elif claim.month in paid:
        code = "claim_month_twice"
    elif len(set(paid)) >= most.value:
        code = "claim_months_used"
    refusal = Said(code, facts) if code else None
    return Step("months", not code, most.value, "months", None, facts, most.found, refusal)


def _fall(claim: Claim, cover: Cover) -> Step:
    """Whether own revenue is at or under the share of the same month last year."""
    share = known(cover.edition, cover.terms.fall)
    since = claim.month - claim.event.month  # the months before the event begin a year before it
    last_year = int(_before(claim, claim.event.month).revenue_fen[0][since])
    own = claim.fen["revenue_fen"]
    facts = {"month": month_text(claim.month), "own": yuan_of_fen(own), "last_month": month_text(claim.month - MONTHS)}
    facts |= {"last": yuan_of_fen(last_year), "percent": percent(share.value)}
    facts["most"] = yuan_of_fen(times_ppm(last_year, share.value))
    holds = last_year > 0 and at_or_under(own, last_year, share.value)
    code = "claim_revenue_not_fallen" if last_year > 0 else "claim_nothing_last_year"
    refusal = None if holds else Said(code, facts)
    return Step("fall", holds, share.value, "ppm", None, facts, share.found, refusal)


def _index(claim: Claim) -> Step:
    """Whether the category's index lies below that of the same month last year; open where it is not given."""
    facts: dict[str, object] = {"month": month_text(claim.month), "last_month": month_text(claim.month - MONTHS)}
    if claim.index is None:
        return Step("index", None, None, "", None, facts, lacks=("category_index",), words="index_open")
    now, before = claim.index[claim.month], claim.index[claim.month - MONTHS]
    facts |= {"now": factor(now), "before": factor(before), "source": claim.index_source}
    refusal = None if now < before else Said("claim_index_not_falling", facts)
    return Step("index", refusal is None, now, "ppm", None, facts, refusal=refusal)


def income(claim: Claim, cover: Cover) -> Iterator[Step]:
    """The benefit of one month: a share of the usual month after costs, at most the local unemployment benefit."""
    months = _before(claim, claim.event.month).revenue_fen[0].tolist()
    low, high = sorted(months)[MONTHS // 2 - 1 : MONTHS // 2 + 1]
    fen = _median(months)
    said = {"sixth": yuan_of_fen(low), "seventh": yuan_of_fen(high), "running": yuan_of_fen(fen)}
    yield Step("median", True, fen, FEN, fen, said)
    cost = known(cover.edition, cover.terms.cost_share, NATION, claim.occupation)
    fen, step = _share("cost_share", PPM - cost.value, fen, cost)
    yield step
    replaced = cover.option(cover.terms.share)
    fen, step = _share("replaced", replaced.value, fen, replaced)
    yield step
    terms = cover.terms
    limit = look_up(cover.edition, terms.monthly_limit, claim.region, terms.monthly_limit_level)
    where_ = {"region": claim.region, "month": month_text(claim.month), "before": yuan_of_fen(fen)}
    if not isinstance(limit, Known):
        yield Step("monthly_limit", False, None, "", fen, where_, refusal=CODE["benefit_limit_not_known"])
        return
    fen = min(fen, limit.value)
    said = {**where_, "limit": yuan_of_fen(limit.value), "running": yuan_of_fen(fen)}
    yield Step("monthly_limit", True, limit.value, limit.unit, fen, said, limit.found)
    yield (step := _eliminated(claim, cover, fen))
    assert step.running_fen is not None
    before = sum(one.paid_fen for one in claim.earlier if claim.same_event(one))
    yield from accumulated(claim, cover, step.running_fen, before)


def _share(name: str, ppm: int, before: int, rests_on: Known) -> tuple[int, Step]:
    """An amount times a share, with its step; the operand is what the table or option says."""
    fen = times_ppm(before, ppm)
    facts = {"before": yuan_of_fen(before), "percent": percent(ppm), "said": percent(rests_on.value)}
    return fen, Step(name, True, rests_on.value, "ppm", fen, facts | {"running": yuan_of_fen(fen)}, rests_on.found)


def _eliminated(claim: Claim, cover: Cover, before: int) -> Step:
    """The days of the month that lie behind the first days from the event on, which the insured bears."""
    days = cover.option(cover.terms.elimination)
    paid_from = claim.event.date + dt.timedelta(days=days.value)
    whole = days_of_month(claim.month)
    first = first_day(claim.month)
    paid = whole - min(max((paid_from - first).days, 0), whole)
    fen = parts_of(before, paid, whole)
    facts: dict[str, object] = {"days": days.value, "date": claim.event.date.isoformat()}
    facts |= {"paid_from": paid_from.isoformat(), "paid": paid, "whole": whole, "month": month_text(claim.month)}
    facts |= {"before": yuan_of_fen(before), "running": yuan_of_fen(fen)}
    refusal = None if paid else Said("claim_within_elimination", facts)
    return Step("elimination", bool(paid), days.value, "days", fen, facts, days.found, refusal)
