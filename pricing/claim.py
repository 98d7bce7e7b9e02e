"""Claims: for one event, whether and what a cover pays, step by step, with what is still to be proved.

Whole fen throughout, half up where a share is taken, cut down where a limit is divided. The tables are an edition's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pricing.benefit_tables import Said, Unanswered
from pricing.claim_cover import entered, in_force
from pricing.claim_income import income, triggered
from pricing.claim_parts import (
    FEN,
    Claim,
    Cover,
    Earlier,
    Step,
    accumulated,
    benefit,
    caused,
    proved,
    waited,
)
from pricing.claim_terms import INCOME, ClaimTerms, Limit
from pricing.edition import Edition
from pricing.history import MONTHS
from pricing.scheme import Scheme
from pricing.spoken import percent, yuan_of_fen
from pricing.units import month_text, times_ppm

PAID, REFUSED, OPEN = "paid", "refused", "open"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a claim. benefit_fen: of an open one, what will be paid once it is proved; refusal: a sentence
    or the number of a row's code; to_prove: groups of proofs, of which one each is needed.
    """

    decision: str
    benefit_fen: int
    steps: tuple[Step, ...]
    to_prove: tuple[tuple[str, ...], ...] = ()
    refusal: Said | int | None = None


def decide(claim: Claim, edition: Edition, scheme: Scheme, terms: ClaimTerms) -> Decision:
    """Go through the steps of a claim up to the first that refuses it. edition: of the month claimed."""
    if (contradiction := _contradiction(claim, edition, terms)) is not None:
        return Decision(REFUSED, 0, (), refusal=contradiction)
    steps: list[Step] = []
    try:
        for step in _steps(claim, edition, scheme, terms):
            steps.append(step)
            if step.holds is False:
                return Decision(REFUSED, 0, tuple(steps), refusal=step.refusal)
    except Unanswered as reason:
        return Decision(REFUSED, 0, tuple(steps), refusal=Said(reason.code, reason.values))
    to_prove = tuple(step.lacks for step in steps if step.lacks)
    return Decision(OPEN if to_prove else PAID, steps[-1].running_fen or 0, tuple(steps), to_prove)


def _contradiction(claim: Claim, edition: Edition, terms: ClaimTerms) -> Said | None:
    """What a claim cannot say of payments: to come, for this event before it, or twice for one month of income."""
    now = edition.known.year * MONTHS + edition.known.month - 1
    paid: set[int] = set()
    for one in claim.earlier:
        facts = {"month": month_text(one.month), "date": claim.event.date.isoformat()}
        facts["known_on"] = edition.known.isoformat()
        same = claim.same_event(one)
        if one.month > now or (same and one.month < claim.event.month):
            return Said("claim_earlier_outside", facts)
        if same and terms.shape == INCOME and one.month in paid:
            return Said("claim_earlier_twice", facts)
        paid |= {one.month} if same else set()
    return None


def _steps(claim: Claim, edition: Edition, scheme: Scheme, terms: ClaimTerms) -> Iterator[Step]:
    cover = entered(claim, edition, scheme, terms)
    if isinstance(cover, Step):
        yield cover
        return
    yield in_force(claim, cover)
    yield from waited(claim, cover)
    yield caused(claim, cover)
    if terms.shape == INCOME:
        yield from triggered(claim, cover)
    yield from proved(claim, cover)
    fen = 0
    for step in income(claim, cover) if terms.shape == INCOME else _indemnity(claim, cover):
        fen = fen if step.running_fen is None else step.running_fen
        yield step
    yield benefit(fen)


def _indemnity(claim: Claim, cover: Cover) -> Iterator[Step]:
    """The whole loss of the event, at most the declared value; the share replaced; less the deductible; within the
    limits; less what was paid for the event before.
    """
    terms = cover.terms
    fen = claim.fen["loss_fen"]
    yield Step("loss", True, fen, FEN, fen, {"running": yuan_of_fen(fen)})
    if terms.declared_value:
        value = claim.fen["declared_value_fen"]
        before, fen = fen, min(fen, value)
        facts = {"before": yuan_of_fen(before), "limit": yuan_of_fen(value), "running": yuan_of_fen(fen)}
        yield Step("declared_value", True, value, FEN, fen, facts)
    if terms.share:
        share = cover.option(terms.share)
        before, fen = fen, times_ppm(fen, share.value)
        facts = {"before": yuan_of_fen(before), "percent": percent(share.value), "running": yuan_of_fen(fen)}
        yield Step("share", True, share.value, "ppm", fen, facts, share.found)
    if terms.deductible:
        borne = cover.option(terms.deductible)
        before, fen = fen, max(fen - borne.value, 0)
        facts = {"before": yuan_of_fen(before), "deductible": yuan_of_fen(borne.value), "running": yuan_of_fen(fen)}
        yield Step("deductible", True, borne.value, FEN, fen, facts, borne.found)
    for limit in terms.limits:
        step = _limited(claim, cover, limit, fen)
        fen = step.running_fen or 0
        yield step
    for step in accumulated(claim, cover, fen):
        fen = fen if step.running_fen is None else step.running_fen
        yield step
    if any(claim.same_event(one) for one in claim.earlier):
        yield _less_paid(claim, fen)


def _less_paid(claim: Claim, before: int) -> Step:
    """What the whole loss is worth, less what was paid for the same event."""
    paid = sum(one.paid_fen for one in claim.earlier if claim.same_event(one))
    fen = max(before - paid, 0)
    facts = {"before": yuan_of_fen(before), "paid": yuan_of_fen(paid), "running": yuan_of_fen(fen)}
    facts["event"] = claim.event.id
    refusal = None if fen else Said("claim_paid_already", facts)
    return Step("paid_before", fen > 0, paid, FEN, fen, facts, refusal=refusal)


def _limited(claim: Claim, cover: Cover, limit: Limit, before: int) -> Step:
    """A limit per event or order; or what other events leave of it that were paid within twelve months of this one."""
    most = cover.option(limit.option)
    paid = sum(one.paid_fen for one in _counted(claim, limit.per))
    left = max(most.value - paid, 0)
    fen = min(before, left)
    facts = {"limit": yuan_of_fen(most.value), "paid": yuan_of_fen(paid), "left": yuan_of_fen(left)}
    facts |= {"before": yuan_of_fen(before), "running": yuan_of_fen(fen)}
    first, last = claim.event.month - MONTHS + 1, claim.event.month + MONTHS - 1
    facts |= {"first": month_text(first), "last": month_text(last)}
    return Step(f"limit_{limit.per}", True, most.value, FEN, fen, facts, most.found)


def _counted(claim: Claim, per: str) -> Iterator[Earlier]:
    """What was paid for other events and counts against a limit; what was paid for this one is taken off last."""
    if per != "twelve_months":
        return
    for one in claim.earlier:
        if not claim.same_event(one) and abs(claim.event.month - one.month) < MONTHS:
            yield one
