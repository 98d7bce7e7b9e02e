"""What a caller sends as JSON: a worker's month to be priced, and a declaration."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from service.schemas.frame import Asked, Count, Day, Lang, Month, Region

_Name = Annotated[str, Field(min_length=1)]


class UsageRow(Asked):
    """One row of usage. A malformed value refuses the row where it is needed, not the request."""

    platform: _Name = Field(description="slug", examples=["meituan"])
    region: Region
    occupation: _Name = Field(examples=["food_rider"])
    month: Month = Field(default_factory=str, description="default: the request's")
    worker: str = Field(default_factory=str, description="default: the request's, and no other")
    contractor: str | None = None
    vehicle: str | None = None
    employment: str | None = None
    industry: str | None = None
    risk_class: Annotated[int, Field(ge=1, le=8)] | None = None
    orders: Annotated[int, Field(ge=0, le=100_000)] | None = None
    distance_m: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    worked_min: Count | None = None
    night_min: Count | None = None
    active_days: Annotated[int, Field(ge=0, le=31)] | None = None
    income_fen: Count | None = None
    goods_value_fen: Count | None = None
    live_min: Count | None = None
    desk_min: Count | None = None
    longest_sitting_min: Count | None = None
    revenue_fen: Count | None = None
    first_month: Month | None = None
    worker_ref: str | None = None


class RegisterRow(Asked):
    """One row of the register of platforms."""

    platform: _Name
    region: Region | None = None
    effective_from: Month | None = None
    pilot_tier: str | None = None
    pilot_float_pct: Annotated[int, Field(ge=1, le=10_000)] | None = None
    risk_class: Annotated[int, Field(ge=1, le=8)] | None = None
    class_float_pct: Annotated[int, Field(ge=1, le=10_000)] | None = None
    entity: str | None = None
    known_from: Day | None = None


class History(Asked):
    """Revenue of the months before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={})

    revenue_fen: dict[str, Any] = Field(default_factory=dict, description="fen by month, YYYY-MM")


class PricesRequest(Asked):
    """One worker's month."""

    month: Month
    worker: str = Field(description="pseudonym over all platforms, 8 to 64 of A-Za-z0-9_-", examples=["w_4KQ7ZB2M"])
    usage: Annotated[list[UsageRow], Field(min_length=1, max_length=1_000)]
    known_on: Day | None = Field(default=None, description="default: today in China")
    platforms: list[RegisterRow] = Field(default_factory=list, max_length=1_000)
    history: History = Field(default_factory=History)
    enrolment: dict[str, Any] = Field(
        default_factory=dict, description="options by cover or package, and `group` with id, eligible, enrolled"
    )
    schemes: list[str] = Field(default_factory=list, description="default: all; empty: none")
    covers: list[str] = Field(default_factory=list, description="default: those that apply; empty: none")
    lang: Lang = "en"
    curve: bool = Field(default=False, description="with the premium by distance")
    technical: bool = Field(default=False, description="with the expected cost")
    worksheet: bool = Field(default=True, description="false: without worksheets, which is faster")


class DeclarationRequest(Asked):
    """Totals of a platform, without workers."""

    month: Month
    platform: _Name
    region: Region
    occupation: str | None = None
    pilot_industry: str | None = None
    scheme: str | None = Field(default=None, description="default: pilot_per_order")
    orders: Annotated[int, Field(ge=0, le=100_000_000_000)] | None = None
    heads: Count | None = None
    pilot_tier: str | None = None
    pilot_float_pct: Annotated[int, Field(ge=1, le=10_000)] | None = None
    known_on: Day | None = None
