"""What is answered on levies: how far one is, its tables and files."""

from __future__ import annotations

from typing import Any, Literal

from service.schemas.frame import Count, Day, Month, Said, Sentence, Time

State = Literal["queued", "running", "done", "failed"]


class LevyError(Sentence):
    """Why a month could not be settled at all."""

    place: str = ""


class Levy(Said):
    """A month that was sent, and how far it is."""

    format: Literal[1]
    id: str
    state: State
    provisional: bool
    month: Month
    known_on: Day
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    stage: str | None
    rows_done: Count | None
    rows: Count | None
    error: LevyError | None
    links: dict[str, str]


class LevyPage(Said):
    """Levies, the newest first."""

    format: Literal[1]
    items: list[Levy]
    next: str | None


class TablePage(Said):
    """Rows of a table of a settled month; which columns depends on who asks (see `GET /v1/schema`)."""

    format: Literal[1]
    provisional: bool
    items: list[dict[str, Any]]
    next: str | None


class Totals(Said):
    """Sums and counts of a month, each added up twice."""

    provisional: bool


class Receipt(Said):
    """Hashes of what was sent, and of the files that the service stores, in which workers have other ids."""

    provisional: bool
    run: str
