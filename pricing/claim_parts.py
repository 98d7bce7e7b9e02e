"""A claim, the cover it is made under, and the steps that decide it; the steps that claims of every shape share.

A step says whether it holds: true, false (which refuses the claim), or None where something is still to be proved.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pricing.benefit_tables import Known, Said, Unanswered, look_up, where
from pricing.claim_terms import ClaimTerms
from pricing.edition import Edition
from pricing.enrolment import by_options
from pricing.rate_table import NATION, Found
from pricing.scheme import Scheme
from pricing.side import Side
from pricing.spoken import yuan_of_fen
from pricing.units import shared_down

FEN = "fen"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: a dated event with its source; id: what several claims of one event have in common, or ""."""

    date: dt.date
    kind: str
    source: str
    id: str

    @property
    def month(self) -> int:
        """Its month, counted since year 0."""
        return self.date.year * 12 + self.date.month - 1


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was paid before under this cover, in its month; event: the id of the event it was paid for, or ""."""

    month: int
    paid_fen: int
    event: str


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A claim for one event. month: the month claimed; proofs: given (True) or refused (False), absent where open.

    fen: amounts by name: loss_fen, declared_value_fen, revenue_fen, claimed_fen; index: category index per month [ppm].
    """

    region: str
    occupation: str
    event: Event
    month: int
    side: Side
    proofs: Mapping[str, bool]
    fen: Mapping[str, int]
    index: Mapping[int, int] | None
    index_source: str
    earlier: tuple[Earlier, ...]

    def same_event(self, one: Earlier) -> bool:
        """Whether something paid earlier was for this event."""
        return bool(one.event) and alike(one.event) == alike(self.event.id)


def alike(name: str) -> str:
    """An event's id as two are compared: blanks and capitals make no other event of it."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. running_fen: the amount after it, None before there is one; found: the entry that it rests on.

    refusal: why it refuses where it does not hold, as a sentence or as the number of a row's code; lacks: the proofs of
    which one is still needed.
    """

    name: str
    holds: bool | None
    operand: int | None
    unit: str
    running_fen: int | None
    facts: Mapping[str, object]
    found: Found | None = None
    refusal: Said | int | None = None
    lacks: tuple[str, ...] = ()
    words: str = ""

    @property
    def sentence(self) -> str:
        """What its sentence is filed under: its name, where no other is given."""
        return self.words or self.name


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A cover as it stands for the claim: its terms, and the options of the enrolment in force.

    starts: first month of the enrolment, None where the cover needs none; levels: the level of each option; elsewhere:
    an enrolment was sent that is not in force then.
    """

    edition: Edition
    scheme: Scheme
    terms: ClaimTerms
    starts: int | None
    levels: Mapping[str, str] = field(default_factory=dict)
    elsewhere: bool = False

    def option(self, name: str) -> Known:
        """The number that an option stands for, with the entry that prices it; Unanswered where it is no number."""
        table = next(r.table for r in by_options(self.scheme) if name in r.of)
        found = self.edition.tables[table].look_up(NATION, self.edition.month, self.edition.known)
        level = self.levels[name]
        if not isinstance(found, Found) or not level.isdecimal():
            raise Unanswered("benefit_not_known", table, table=table, **where(self.edition, NATION))
        return Known(int(level), name.rsplit("_", 1)[-1], found)


def waited(claim: Claim, cover: Cover) -> Iterator[Step]:
    """Whether the event lies behind the waiting time, counted in days from the first day of the first month."""
    if not cover.terms.waiting or cover.starts is None:
        return
    days = cover.option(cover.terms.waiting)
    first = first_day(cover.starts)
    begins = first + dt.timedelta(days=days.value)
    facts = {"days": days.value, "first": first.isoformat(), "begins": begins.isoformat()}
    facts["date"] = claim.event.date.isoformat()
    holds = claim.event.date >= begins
    refusal = None if holds else Said("claim_within_waiting", facts)
    yield Step("waiting", holds, days.value, "days", None, facts, days.found, refusal)


def caused(claim: Claim, cover: Cover) -> Step:
    """Whether the cause is covered: an event of an allowed kind, dated, with its source, and known by now."""
    event, terms = claim.event, cover.terms
    title = terms.kinds.get(event.kind) or terms.excluded[event.kind]
    facts = {"cause": title, "date": event.date.isoformat(), "source": event.source}
    facts["known_on"] = cover.edition.known.isoformat()
    refusal = None
    if event.kind not in terms.kinds:
        refusal = Said("claim_cause_excluded", facts)
    elif event.date > cover.edition.known:
        refusal = Said("claim_event_later", facts)
    return Step("cause", refusal is None, None, "", None, facts, refusal=refusal)


def proved(claim: Claim, cover: Cover) -> Iterator[Step]:
    """One step per proof: given, still to be given, or refused. What is only reported by oneself is none of them."""
    for group in cover.terms.proofs:
        given = {name: claim.proofs.get(name) for name in group}
        holds = True if True in given.values() else None if None in given.values() else False
        named = tuple(name for name in group if given[name] is holds)
        facts = {"proofs": tuple(group[name] for name in named)}
        refusal = Said("claim_not_proved", facts) if holds is False else None
        lacks, words = ((), "") if holds is not None else (named, "proof_open")
        yield Step("proof", holds, None, "", None, facts, None, refusal, lacks, words)


def accumulated(claim: Claim, cover: Cover, fen: int, paid: int = 0) -> Iterator[Step]:
    """The part of this claim where all claims of the event pass its limit: in proportion, cut to whole fen.

    paid: what was paid of the same claim before, which the proportion also holds for.
    """
    if not cover.terms.event_limit:
        return
    limit = look_up(cover.edition, cover.terms.event_limit)
    if not isinstance(limit, Known):
        facts = {"table": cover.terms.event_limit, **where(cover.edition, NATION)}
        raise Unanswered("benefit_not_known", cover.terms.event_limit, **facts)
    if "claimed_fen" not in claim.fen:
        facts = {"limit": yuan_of_fen(limit.value), "running": yuan_of_fen(fen)}
        lacks = ("event_total",)
        yield Step("accumulation", None, limit.value, FEN, fen, facts, limit.found, None, lacks, "accumulation_open")
        return
    claimed = claim.fen["claimed_fen"]
    facts = {"limit": yuan_of_fen(limit.value), "claimed": yuan_of_fen(claimed), "before": yuan_of_fen(fen + paid)}
    facts["paid"] = yuan_of_fen(paid)
    if claimed < fen + paid:
        refusal = Said("claim_event_total_below", facts)
        yield Step("accumulation", False, claimed, FEN, fen, facts, limit.found, refusal)
        return
    part = max(shared_down(fen + paid, min(limit.value, claimed), max(claimed, 1)) - paid, 0)
    words = "" if claimed > limit.value else "accumulation_within"
    facts["running"] = yuan_of_fen(part)
    yield Step("accumulation", True, limit.value, FEN, part, facts, limit.found, words=words)


def benefit(fen: int) -> Step:
    """The last step: the amount in whole fen; nothing left refuses the claim."""
    refusal = None if fen > 0 else Said("claim_nothing_to_pay")
    return Step("benefit", fen > 0, fen, FEN, fen, {"running": yuan_of_fen(fen)}, refusal=refusal)


def first_day(month: int) -> dt.date:
    """The first day of a month counted since year 0."""
    return dt.date(month // 12, month % 12 + 1, 1)
