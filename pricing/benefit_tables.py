"""The tables of statutory benefits: read with their marks, and the steps and results that rest on them.

Every step names its operand, its running amount in whole fen and the entry it rests on, in both languages, so that a
person with a pencil comes to the same fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pricing.edition import Edition
from pricing.errors import TariffError
from pricing.rate_table import EVIDENCE, NATION, STATUSES, By, Found
from pricing.rules import AVERAGE_WAGE
from pricing.units import month_text
from pricing.words import LANGUAGES, say

LUMP_SUM = "benefits/lump_sum"
ALLOWANCE = "benefits/allowance"
WAGE_LIMITS = "benefits/wage_limits"
MINIMUM_WAGE = "benefits/minimum_wage"
CARE = "benefits/care"
FUNERAL = "benefits/funeral"
URBAN_INCOME = "benefits/urban_income"
DEATH_MULTIPLE = "benefits/death_multiple"
DEPENDANTS = "benefits/dependants"
STOP_WORK = "benefits/stop_work"
PAYER = "benefits/payer"
UNEMPLOYMENT_MONTHS = "benefits/unemployment_months"
UNEMPLOYMENT_AMOUNT = "benefits/unemployment_amount"
UNEMPLOYMENT_LATER = "benefits/unemployment_later"

# Who may pay: the work-injury fund, the employer, the unemployment fund.
FUND, EMPLOYER, UNEMPLOYMENT_FUND = "fund", "employer", "unemployment_fund"

# What a refusal says where a table has no value for the region and month.
_NOT_KNOWN: Mapping[str, str] = {AVERAGE_WAGE: "average_wage_not_known", URBAN_INCOME: "benefit_income_not_known"}
_DEMONSTRATION = STATUSES.index("demonstration")


class Unanswered(TariffError):
    """What the tables cannot answer for a well-formed question; a door shows it as a refusal."""


@dataclass(frozen=True, slots=True)
class Known:
    """A value of a table, with the entry that it stands in; in the unit of its table."""

    value: int
    unit: str
    found: Found


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence by its code, with its facts."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. operand: in `unit`; running_fen: the amount after it, None where it is no money; found: its entry."""

    name: str
    operand: int
    unit: str
    running_fen: int | None
    found: Found | None
    texts: Mapping[str, str]

    @classmethod
    def of(cls, name: str, operand: Known | tuple[int, str], running_fen: int | None, **facts: object) -> Step:
        """A step whose sentence is `benefit_step_<name>`; operand: of a table, or a number with its unit.

        A fact that is itself in words is a function of the language.
        """
        found = operand.found if isinstance(operand, Known) else None
        value, unit = (operand.value, operand.unit) if isinstance(operand, Known) else operand
        texts = {lang: say(f"benefit_step_{name}", lang, **_spoken(facts, lang)) for lang in LANGUAGES}
        return cls(name, value, unit, running_fen, found, texts)


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money of a benefit: paid once, or each month of a span (1 is the first; to None: no end known)."""

    name: str
    fen: int
    payer: str
    monthly: bool
    from_month: int = 1
    to_month: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One dependant's monthly pension. share_ppm: of own wage, before the sum is held to own wage."""

    kind: str
    lone: bool
    share_ppm: int
    monthly_fen: int


@dataclass(frozen=True, slots=True)
class Lack:
    """A part of a benefit that the tables do not know, and why."""

    monthly: bool
    reason: Unanswered


@dataclass(frozen=True, slots=True)
class Benefit:
    """What is paid, by whom, and how it was worked out; `lacking` says what the tables do not know of it."""

    amounts: tuple[Amount, ...] = ()
    steps: tuple[Step, ...] = ()
    warnings: tuple[Said, ...] = ()
    months: int | None = None
    dependants: tuple[Part, ...] = ()
    lacking: tuple[Lack, ...] = ()
    assumption: Said | None = None

    @property
    def lump_sum_fen(self) -> int | None:
        """All that is paid once; None where nothing is or a part is not known. [fen]"""
        once = [amount.fen for amount in self.amounts if not amount.monthly]
        return sum(once) if once and all(lack.monthly for lack in self.lacking) else None

    @property
    def monthly_fen(self) -> int | None:
        """What is paid in the first month; None where nothing is or a part is not known. [fen]"""
        first = [amount.fen for amount in self.amounts if amount.monthly and amount.from_month == 1]
        return sum(first) if first and not any(lack.monthly for lack in self.lacking) else None

    @property
    def status(self) -> str:
        """The weakest status of the steps; a demonstration where it rests on an assumption."""
        ranks = [step.found.status for step in self.steps if step.found]
        return STATUSES[max([*ranks, _DEMONSTRATION if self.assumption else 0])]

    @property
    def evidence(self) -> str:
        """The weakest evidence of the steps; none where it rests on an assumption."""
        ranks = [step.found.entry.evidence for step in self.steps if step.found]
        return EVIDENCE[max([*ranks, len(EVIDENCE) - 1 if self.assumption else 0])]


def _spoken(facts: Mapping[str, object], lang: str) -> dict[str, object]:
    return {name: fact(lang) if callable(fact) else fact for name, fact in facts.items()}


def together(benefits: Iterable[Benefit]) -> Benefit:
    """Several benefits as one; a step that several share stands once."""
    parts = tuple(benefits)
    steps: list[Step] = []
    for part in parts:
        steps += [step for step in part.steps if step not in steps]
    return Benefit(
        amounts=tuple(amount for part in parts for amount in part.amounts),
        steps=tuple(steps),
        warnings=tuple(warning for part in parts for warning in part.warnings),
        dependants=tuple(one for part in parts for one in part.dependants),
        lacking=tuple(lack for part in parts for lack in part.lacking),
    )


def look_up(edition: Edition, table_id: str, region: str = NATION, *levels: str) -> Known | str:
    """A table's value for the edition's month, or why there is none: `before`, `ended` or `no_level`."""
    if table_id not in edition.tables:
        raise TariffError("table_missing", table_id, table=table_id)
    table = edition.tables[table_id]
    found = table.look_up(region, edition.month, edition.known)
    if isinstance(found, str):
        return found
    value = _at(found.entry.value, levels)
    return Known(value, table.unit, found) if isinstance(value, int) else "no_level"


def known(edition: Edition, table_id: str, region: str = NATION, *levels: str) -> Known:
    """As `look_up`; Unanswered with the table's name where there is no value."""
    answer = look_up(edition, table_id, region, *levels)
    if isinstance(answer, Known):
        return answer
    raise Unanswered(_NOT_KNOWN.get(table_id, "benefit_not_known"), table_id, table=table_id, **where(edition, region))


def where(edition: Edition, region: str) -> dict[str, object]:
    """Region, month and knowledge, as the facts of a sentence."""
    return {"region": region, "month": month_text(edition.month), "known_on": edition.known.isoformat()}


def payer_of(edition: Edition, benefit: str, *levels: str) -> str:
    """Who pays a benefit: `fund` or `employer`."""
    found = edition.tables[PAYER].look_up(NATION, edition.month, edition.known)
    word = _at(found.entry.value, (benefit, *levels)) if isinstance(found, Found) else None
    if word not in (FUND, EMPLOYER):
        raise Unanswered("benefit_not_known", PAYER, table=PAYER, **where(edition, NATION))
    return str(word)


def overdue(edition: Edition, steps: Iterable[Step]) -> tuple[Said, ...]:
    """A warning for each table of the steps whose review lies before the month."""
    ids = dict.fromkeys(step.found.entry.id.split("@")[0] for step in steps if step.found)
    tables = (edition.tables[table_id] for table_id in ids)
    late = [table.id for table in tables if table.review_by is not None and table.review_by < edition.month]
    return tuple(Said("benefit_review_overdue", {"table": table, "month": month_text(edition.month)}) for table in late)


def _at(value: object, levels: tuple[str, ...]) -> object:
    """What a value says at these levels, from the outermost; None where it does not go that way."""
    for level in levels:
        if isinstance(value, By):
            value = value.nodes.get(level)
    return value
