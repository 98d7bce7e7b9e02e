"""The cover that a claim is made under: in force in the month of the event, on the options that hold by then."""

from __future__ import annotations

import datetime as dt

import numpy as np

from pricing.benefit_tables import Said
from pricing.claim_parts import Claim, Cover, Step, first_day
from pricing.claim_terms import ClaimTerms
from pricing.edition import Edition
from pricing.enrolment import Enrolled, enrolled, raised, since
from pricing.enrolment import in_force as holds_in
from pricing.errors import CODE
from pricing.gate import closed
from pricing.rate_table import NATION, Found
from pricing.scheme import Scheme
from pricing.units import month_text, parse_month


def entered(claim: Claim, edition: Edition, scheme: Scheme, terms: ClaimTerms) -> Cover | Step:
    """The cover in force in the month of the event, or the step that refuses the claim."""
    assert scheme.product is not None
    shut = closed(edition, scheme)
    offered = claim.occupation in edition.nodes(scheme.product.occupations)
    if shut or not offered:
        return _not_in_force(claim, shut or CODE["occupation_not_in_scope"])
    found = enrolled(claim.side.enrolments, edition, scheme)
    if scheme.product.enrolling is None and not holds_in(found, claim.event.month).any():
        if found.refusals.any():
            return _not_in_force(claim, int(found.refusals[found.refusals > 0][0]))
        standard = {name: level or "" for name, level in scheme.product.options.items()}
        return Cover(edition, scheme, terms, None, standard, elsewhere=len(found.own) > 0)
    month = claim.event.month
    begun = (found.starts <= month).nonzero()[0].tolist()
    for place in begun:
        if found.refusals[place] == 0 and found.ends[place] >= month:
            cover = _of(place, found, edition, scheme, terms)
            while (before := _not_yet(claim, place, found, cover)) is not None:
                place = before
                cover = _of(place, found, edition, scheme, terms)
            return cover
    bad = [int(found.refusals[place]) for place in begun if found.refusals[place]]
    bad += [int(code) for code in found.refusals[found.starts > month] if code]
    if not bad and len(found.own) and not begun:
        first = month_text(int(found.starts.min()))
        return _not_in_force(claim, Said("claim_before_cover", {"date": claim.event.date.isoformat(), "first": first}))
    return _not_in_force(claim, bad[0] if bad else CODE["not_enrolled"])


def _of(place: int, found: Enrolled, edition: Edition, scheme: Scheme, terms: ClaimTerms) -> Cover:
    """The cover on the options of one enrolment."""
    levels = {name: edition.factors[name].levels[int(of[place]) - 1] for name, of in found.levels.items()}
    return Cover(edition, scheme, terms, since(found, place), levels)


def _not_yet(claim: Claim, place: int, found: Enrolled, cover: Cover) -> int | None:
    """The enrolment that this one follows and raises, while the waiting time of what was raised still runs."""
    if not cover.terms.waiting:
        return None
    begins = first_day(int(found.starts[place])) + dt.timedelta(days=cover.option(cover.terms.waiting).value)
    good = (found.refusals == 0) & (found.ends == found.starts[place] - 1)
    if claim.event.date >= begins or not good.any():
        return None
    before = int(good.nonzero()[0][-1])
    pair = np.array([before]), np.array([place])
    return before if raised(found, cover.edition, cover.scheme, *pair).any() else None


def _not_in_force(claim: Claim, refusal: Said | int) -> Step:
    month = parse_month(claim.event.date.isoformat()[:7])
    assert month is not None
    return Step("cover_in_force", False, None, "", None, {"month": month_text(month)}, refusal=refusal)


def in_force(claim: Claim, cover: Cover) -> Step:
    """The step that says since when the cover is in force."""
    assert cover.scheme.product is not None
    found = cover.edition.tables[cover.scheme.product.occupations].look_up(
        NATION, cover.edition.month, cover.edition.known
    )
    facts = {"month": month_text(claim.event.month), "occupation": claim.occupation}
    entry = found if isinstance(found, Found) else None
    if cover.starts is None:
        words = "cover_enrolment_elsewhere" if cover.elsewhere else "cover_without_enrolment"
        return Step("cover_in_force", True, None, "", None, facts, entry, words=words)
    facts["first"] = month_text(cover.starts)
    return Step("cover_in_force", True, None, "", None, facts, entry)
