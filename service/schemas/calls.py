"""Every call of the API as the OpenAPI document describes it: what is sent, what is answered, who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON, LINES, CSV = "application/json", "application/x-ndjson", "text/csv"
PARQUET, FORM = "application/vnd.apache.parquet", "multipart/form-data"
_TABLES = (JSON, CSV, PARQUET)
# Problems by what a call has: every call may be answered with these.
ALWAYS = (400, 406, 414, 429, 431, 500, 503)
WITH_BODY = (408, 413, 415, 417, 422)
WITH_KEY = (401, 403)


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent. schema: a model's name, or "" for a file; example: a file of service/examples."""

    kinds: tuple[str, ...]
    schema: str
    example: str
    many: bool = False  # a list of it as well


@dataclass(frozen=True, slots=True)
class Call:
    """A call. answers: status to the model's name; action: of the table of permits, "": open to all; query: names of
    PARAMETERS; headers: names of HEADERS that the answer may have.
    """

    answers: Mapping[int, str]
    action: str = ""
    body: Body | None = None
    query: tuple[str, ...] = ()
    kinds: tuple[str, ...] = (JSON,)
    more: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    idempotent: bool = False
    many: str = ""  # the model of a list's item, where the answer may be a list
    path: Mapping[str, str] = field(default_factory=dict)  # examples of what the path names

    @property
    def problems(self) -> tuple[int, ...]:
        """Statuses with which it may be refused."""
        sent = WITH_BODY if self.body else (422,) if self.query or self.path else ()
        key = WITH_KEY if self.action else ()
        found = {*ALWAYS, *sent, *key, *self.more, *((404,) if self.path else ()), *((409,) if self.idempotent else ())}
        return tuple(sorted(found))


_PRICES = Body((JSON, LINES), "PricesRequest", "rider.json", many=True)
_QUOTE = Body((JSON,), "PricesRequest", "rider.json")
_DECLARATION = Body((JSON, CSV), "DeclarationRequest", "courier_station.json", many=True)
_MONTH = Body((CSV, PARQUET, FORM), "", "month/usage.csv")
_PAGE = ("limit", "cursor")
_OF = ("Licheng-Release", "Licheng-Edition")
_ID, _LEVY = {"quote_id": "q_01KC0000000000000000000000"}, {"levy_id": "lv_01KC0000000000000000000000"}
_WORKER, _MONTH_PATH = {"worker": "w_4KQ7ZB2M"}, {"month": "2025-08"}
_TABLE_PATH = {"month": "2025-08", "name": "work_injury/class_rate"}


def _table(schema: str, kinds: tuple[str, ...], query: tuple[str, ...] = ()) -> Call:
    return Call({200: schema}, "levies.read", query=query, kinds=kinds, more=(304, 409), path=_LEVY, headers=("ETag",))


CALLS: Mapping[tuple[str, str], Call] = {
    ("post", "/v1/prices"): Call(
        {200: "PricesAnswer"}, "prices", _PRICES, kinds=(JSON, LINES), headers=_OF, many="BatchItem"
    ),
    ("post", "/v1/quotes"): Call(
        {201: "QuoteDocument"}, "quotes.create", _QUOTE, headers=("Location", *_OF), idempotent=True
    ),
    ("get", "/v1/quotes"): Call({200: "QuotePage"}, "quotes.read", query=_PAGE, headers=("Link",)),
    ("get", "/v1/quotes/{quote_id}"): Call(
        {200: "QuoteDocument"}, "quotes.read", more=(410,), path=_ID, headers=("Licheng-Quote", *_OF)
    ),
    ("post", "/v1/quotes/{quote_id}/reproduce"): Call(
        {200: "Reproduction"}, "quotes.read", more=(408, 410, 413, 415, 417), path=_ID, idempotent=True, headers=_OF
    ),
    ("post", "/v1/declarations"): Call(
        {200: "DeclarationAnswer"}, "declarations", _DECLARATION, headers=("Licheng-Release",), many="DeclarationAnswer"
    ),
    ("post", "/v1/levies"): Call(
        {202: "Levy"},
        "levies.create",
        _MONTH,
        query=("month", "known_on", "schemes", "covers", "demonstration"),
        headers=("Location", "Retry-After"),
        idempotent=True,
    ),
    ("get", "/v1/levies"): Call({200: "LevyPage"}, "levies.read", query=_PAGE, headers=("Link",)),
    ("get", "/v1/levies/{levy_id}"): Call({200: "Levy"}, "levies.read", path=_LEVY, headers=("Retry-After",)),
    **{
        ("get", f"/v1/levies/{{levy_id}}/{name}"): _table("TablePage", _TABLES, (*_PAGE, "format"))
        for name in ("lines", "declarations", "refusals", "side-refusals")
    },
    ("get", "/v1/levies/{levy_id}/totals"): _table("Totals", (JSON,)),
    ("get", "/v1/levies/{levy_id}/receipt"): _table("Receipt", (JSON,)),
    ("get", "/v1/tariffs"): Call(
        {200: "TariffOverview"}, query=("month", "known_on"), more=(304,), headers=("ETag", *_OF)
    ),
    ("get", "/v1/tariffs/{month}"): Call(
        {200: "TariffMonth"},
        query=("known_on", "region", "table"),
        more=(304,),
        path=_MONTH_PATH,
        headers=("ETag", *_OF),
    ),
    ("get", "/v1/tariffs/{month}/tables/{name}"): Call(
        {200: "TariffTable"}, query=("known_on", "region"), more=(304,), path=_TABLE_PATH, headers=("ETag", *_OF)
    ),
    ("get", "/v1/schema"): Call({200: "Contract"}, query=("lang",), more=(304,), headers=("ETag",)),
    ("get", "/v1/workers/{worker}/export"): Call({200: "WorkerExport"}, "workers.export", path=_WORKER),
    ("delete", "/v1/workers/{worker}"): Call({200: "WorkerErasure"}, "workers.erase", path=_WORKER),
    ("get", "/v1/audit"): Call({200: "AuditPage"}, "audit.read", query=_PAGE, headers=("Link",)),
    ("get", "/status/live"): Call({200: "Live"}),
    ("get", "/status/ready"): Call({200: "Ready", 503: "Ready"}),
    ("get", "/metrics"): Call({200: ""}, kinds=("text/plain",), more=(401, 403)),
}
# Names of query parameters: meaning, and the JSON schema of their text.
PARAMETERS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "limit": ("items on a page; default 100", {"type": "integer", "minimum": 1, "maximum": 1000}),
    "cursor": ("where the page before ended, as its `next` says", {"type": "string"}),
    "month": ("YYYY-MM", {"type": "string", "example": "2025-08"}),
    "known_on": ("as known on this date; default: today in China", {"type": "string", "example": "2025-11-30"}),
    "region": ("only what answers for this region", {"type": "string", "example": "500000"}),
    "table": ("only this table", {"type": "string", "example": "work_injury/pilot_amount"}),
    "lang": ("language of meanings and sentences", {"type": "string", "enum": ["en", "zh"]}),
    "format": ("form of the whole table", {"type": "string", "enum": ["json", "csv", "parquet"]}),
    "schemes": ("names with commas between; default: all that may be levied", {"type": "string"}),
    "covers": ("names with commas between; default: none", {"type": "string"}),
    "demonstration": (
        "leave for schemes that are drafts or demonstrations",
        {"type": "string", "enum": ["true", "false"]},
    ),
}
HEADERS: Mapping[str, str] = {
    "X-Request-Id": "id of the request, as it was sent or made",
    "Location": "where the thing that was made is read",
    "Link": "the page that follows",
    "ETag": "equal tags, equal bytes; send it as If-None-Match",
    "Retry-After": "seconds after which to ask again",
    "Licheng-Release": "the release that answered: a number, `demonstration`, or `named`",
    "Licheng-Edition": "hash of the tables that answered",
    "Licheng-Quote": "`valid` or `expired`",
}
REQUIRED = ("month",)  # of POST /v1/levies, where no form says it
