"""What is answered to prices, quotes and declarations."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from service.schemas.frame import Count, Day, Evidence, Hash, Month, Said, Sentence, Status, Time, Title, Whole


class Refused(Sentence):
    """Why there is no price: of a row, or of all. row: counted from 0."""

    row: Count = 0
    out_of_scope: bool = False
    column: str = ""


class Warned(Sentence):
    """What to know of a price. rows: which carry it."""

    rows: list[Count]
    factor: str = ""


class Line(Said):
    """A step of a worksheet: what was multiplied, and what it came to, in thousandths of a fen."""

    row: Count = 0
    step: str
    operand: Whole
    unit: str
    running_millifen: Whole
    ratio_ppm: Whole | None = None
    source: str = ""
    entry: str = ""
    status: Status | None = None
    evidence: Evidence | None = None
    text: str


class Share(Said):
    """A row's part of the premium, and who bears it."""

    row: Count
    platform: str
    levy_fen: Count
    payers: dict[str, Count]


class Point(Said):
    """A point of the curve."""

    distance_m: Count
    premium_fen: Count


class Price(Said):
    """What a scheme or a cover makes of the month. premium_fen is null where it is refused: never 0 for unknown."""

    title: Title
    premium_fen: Count | None
    refusals: list[Refused]
    refusal: Refused | None = None
    status: Status | None = None
    evidence: Evidence | None = None
    incomplete: bool = False
    contribution_base_fen: Count | None = None
    ratio_ppm: Count | None = None
    next_km_millifen: Whole | None = None
    curve: list[Point] = Field(default_factory=list)
    technical: dict[str, Any] = Field(default_factory=dict)
    payers: dict[str, Count] = Field(default_factory=dict)
    shares: list[Share] = Field(default_factory=list)
    worksheet: list[Line] = Field(default_factory=list)
    warnings: list[Warned] = Field(default_factory=list)


class SchemePrice(Price):
    """A scheme of work injury."""

    scheme: str
    due: bool
    why: Sentence


class CoverPrice(Price):
    """A cover that may be added."""

    cover: str
    options: dict[str, Any] = Field(default_factory=dict)
    conditions: list[Title] = Field(default_factory=list)


class PackagePrice(Said):
    """Covers sold together; incomplete: those that are refused, or leave out a row."""

    package: str
    title: Title
    covers: list[str]
    premium_fen: Count | None
    incomplete: list[str]


class PricesAnswer(Said):
    """Every scheme and cover asked for, side by side."""

    format: Literal[1]
    month: Month
    known_on: Day
    edition: Hash
    worker: str | int | None
    merged: dict[str, Count]
    schemes: list[SchemePrice]
    covers: list[CoverPrice]
    packages: list[PackagePrice]


class ProblemWithin(Sentence):
    """A request of a batch that is refused for itself."""

    place: str
    pointer: str


class RefusedItem(Said):
    """Its row in the batch, and the problem."""

    row: Count
    problem: ProblemWithin


class PricedItem(PricesAnswer):
    """An answer in a batch."""

    row: Count


class QuoteDocument(Said):
    """A stored quote. `answer` is what `POST /v1/prices` answers."""

    format: Literal[1]
    id: str
    created_at: Time
    valid_until: Day
    release: int | None
    edition: Hash
    answer: PricesAnswer


class QuoteListed(Said):
    """A quote in a list."""

    id: str
    created_at: Time
    valid_until: Day
    month: Month
    edition: Hash
    release: int | None


class QuotePage(Said):
    """Quotes, the newest first. next: address of the page that follows, or null."""

    format: Literal[1]
    items: list[QuoteListed]
    next: str | None


class Reproduction(Said):
    """A stored quote computed again. differences: JSON pointers into `answer`."""

    format: Literal[1]
    id: str
    equal: bool
    answer_sha256: Hash
    reproduced_sha256: Hash
    edition: Hash
    reproduced_edition: Hash
    release: int | None
    differences: list[str]


class DeclarationAnswer(Said):
    """The legal amount of a declaration, or why there is none."""

    format: Literal[1]
    month: Month | None = None
    declared_month: Month | None = None
    known_on: Day | None = None
    edition: Hash | None = None
    scheme: str | None = None
    levy_fen: Count | None = None
    amount_millifen: Count | None = None
    float_ppm: Count | None = None
    status: Status | None = None
    evidence: Evidence | None = None
    worksheet: list[Line] = Field(default_factory=list)
    warnings: list[Warned] = Field(default_factory=list)
    refusal: Refused | None = None
