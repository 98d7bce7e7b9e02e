"""What is answered on workers, the audit log and the state of the service, and every problem."""

from __future__ import annotations

from typing import Any, Literal

from service.schemas.frame import Count, Said, Seal, Sentence, Time


class AuditEntry(Said):
    """Who did what to which thing, sealed with the hash of the entry before."""

    number: Count
    at: Time
    actor: str
    action: str
    subject: str
    request_id: str | None
    detail: dict[str, Any]
    previous: Seal | None
    hash: Seal


class AuditPage(Said):
    """Entries, the first first."""

    format: Literal[1]
    items: list[AuditEntry]
    next: str | None


class NotRead(Sentence):
    """What could not be read, with why. place: the levy, or the quote and which document of it."""

    place: str


class KeptMonth(Said):
    """Rows of a settled month about one worker, by table, each as the month keeps it."""

    id: str
    tenant: str
    month: str
    created_at: Time
    lines: list[dict[str, Any]]
    usage: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
    enrolments: list[dict[str, Any]]
    history: list[dict[str, Any]]
    side_refusals: list[dict[str, Any]]


class WorkerExport(Said):
    """All that is kept of a worker, as far as it could be read; errors: what could not be."""

    format: Literal[1]
    worker: str
    stored_as: str
    exported_at: Time
    erased_at: Time | None
    quotes: list[dict[str, Any]]
    levies: list[KeptMonth]
    unfinished_levies: list[str]
    errors: list[NotRead]


class WorkerErasure(Said):
    """What was erased, and which uploads are still being settled."""

    format: Literal[1]
    erasure: str
    erased_at: Time
    quotes: Count
    unfinished_levies: list[str]


class Live(Said):
    """The process runs."""

    format: Literal[1]
    status: Literal["live"]


class Check(Said):
    """One check; where it fails, code and sentence say why."""

    check: str
    ok: bool
    code: str = ""
    message: str = ""
    message_zh: str = ""


class Ready(Said):
    """Whether requests can be answered; `degraded`: by an older release."""

    format: Literal[1]
    status: Literal["ready", "degraded", "not_ready"]
    release: int | None
    checks: list[Check]


class Problem(Sentence):
    """A request that is not answered as asked (RFC 9457). pointer: into the body (RFC 6901), "": the whole."""

    type: str
    title: str
    status: int
    detail: str
    place: str
    pointer: str
    request_id: str
