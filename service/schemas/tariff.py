"""What is answered on tariffs and on the contract itself."""

from __future__ import annotations

from typing import Any, Literal

from service.schemas.frame import Count, Day, Evidence, Hash, Month, Said, Sentence, Status, Time, Title


class Event(Said):
    """A release or a rollback; the chain of hashes shows a line that was changed or left out."""

    event: Literal["release", "rollback"]
    number: Count
    tariff_sha256: Hash
    at: Time
    previous: Hash | None
    hash: Hash


class Release(Said):
    """The release that answers. number: null where LICHENG_TARIFF names a folder; approvals: how many."""

    by: Literal["shipped", "history", "LICHENG_TARIFF"]
    number: Count | None
    tariff_sha256: Hash
    demonstration: bool
    notice: Sentence | None
    event: Event | None
    approvals: Count
    models: list[dict[str, Any]]


class Marks(Said):
    """How many of the entries have each mark."""

    status: dict[str, Count]
    evidence: dict[str, Count]


class Entry(Said):
    """A dated entry of a table with its value, source and marks."""

    entry: str
    title: Title
    region: str
    effective_from: Month
    ends: Month | None
    known_from: Day
    known_from_assumed: bool
    carried_forward: bool
    status: Status
    evidence: Evidence
    unit: str
    value: Any
    source: str


class TariffOverview(Said):
    """The release that answers, its marks, and the history of releases."""

    format: Literal[1]
    month: Month
    known_on: Day
    edition: Hash
    release: Release
    marks: Marks
    events: list[Event]
    links: dict[str, str]


class TariffMonth(Said):
    """What is in force for a month."""

    format: Literal[1]
    month: Month
    known_on: Day
    edition: Hash
    entries: list[Entry]
    release: Release
    marks: Marks
    links: dict[str, str]


class OfRelease(Said):
    """Which release a table is of."""

    number: Count | None
    demonstration: bool


class TariffTable(Said):
    """One table: its entries that answer, and its history region by region."""

    format: Literal[1]
    table: str
    title: Title
    unit: str
    carry_forward_months: Count | None
    review_by: Month | None
    month: Month
    known_on: Day
    edition: Hash
    region: str
    release: OfRelease
    entries: list[Entry]
    history: list[dict[str, Any]]
    links: dict[str, str]


class ProblemCode(Said):
    """A code of a problem, with its sentence; names in braces are filled in."""

    status: int
    code: str
    message: str


class Contract(Said):
    """Columns of every file, codes of every list, every refusal and problem."""

    format: Literal[1]
    usage: list[dict[str, Any]]
    platforms: list[dict[str, Any]]
    declaration: list[dict[str, Any]]
    enrolments: list[dict[str, Any]]
    history: list[dict[str, Any]]
    codes: dict[str, list[str]]
    refusals: list[dict[str, Any]]
    problems: list[ProblemCode]
