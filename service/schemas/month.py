"""What is answered on levies: how far one is, its tables and files."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from service.schemas.frame import Count, Day, Month, Said, Sentence, Time, Whole

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


class Counted(Said):
    """Rows and fen of a scheme or cover of a month. read = priced + refused + duplicate, of a cover + out_of_scope."""

    read: Count
    priced: Count
    refused: Count = Field(
        description="Of a scheme with the rows out of its scope, which are listed as refusals: refused - out_of_scope"
        " should have been priced, as the command line and the page of the month print it. Of a cover without them."
    )
    out_of_scope: Count = Field(description="Rows that the scheme or cover is not for; nothing is wrong with them.")
    duplicate: Count
    levy_fen: Whole


class Totals(Said):
    """Sums and counts of a month, each added up twice."""

    provisional: bool
    schemes: dict[str, Counted] = Field(default_factory=dict)
    covers: dict[str, Counted] = Field(default_factory=dict)
    unfinished: bool = Field(
        default=False,
        description="The month was not over when it was sent, by China's calendar: a first look. Send it again.",
    )


class Receipt(Said):
    """Hashes of what was sent, and of the files that the service stores, in which workers have other ids."""

    provisional: bool
    run: str
