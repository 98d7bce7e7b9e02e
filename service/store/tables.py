"""The tables of the store. A column's meaning stands beside it; migrations/ makes and changes them.

Times are RFC 3339 texts in Asia/Shanghai; hashes are hexadecimal. A worker appears only re-keyed (`worker_key`), and
documents that name one are sealed (see `service.auth.keyring`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)
_TIME, _HASH, _ID = String(32), String(80), String(40)

keys = Table(
    "keys",
    metadata,
    Column("id", _ID, primary_key=True),  # the public part of the key, k_…
    Column("secret_sha256", _HASH, nullable=False),  # the secret part is shown once and never stored
    Column("role", String(16), nullable=False),
    Column("tenant", String(64), nullable=False),  # whose data: a platform's slug, an insurer's name
    Column("holder", String(200), nullable=False),  # the person or system that holds it; "" of a demonstration's
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME),
    Column("revoked_at", _TIME),
    Column("replaces", _ID, ForeignKey("keys.id")),  # the key that this one was rotated from
)

quotes = Table(
    "quotes",
    metadata,
    Column("id", _ID, primary_key=True),  # q_…, ascending in time
    Column("key_id", _ID, ForeignKey("keys.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("worker_key", _HASH, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("month", String(7), nullable=False),
    Column("known_on", String(10), nullable=False),
    Column("edition", _HASH, nullable=False),
    Column("release", Integer),  # number of the release that answered, 0: the demonstration; null: LICHENG_TARIFF
    Column("request", LargeBinary),  # sealed; null once erased
    Column("answer", LargeBinary),  # sealed; null once erased
    Column("answer_sha256", _HASH),  # of the answer's bytes; null once erased, for it could be guessed back
    Column("erased_at", _TIME),
    Index("ix_quotes_tenant_id", "tenant", "id"),
    Index("ix_quotes_worker_key", "worker_key"),
)

levies = Table(
    "levies",
    metadata,
    Column("id", _ID, primary_key=True),  # lv_…; the folder of its files has the same name
    Column("key_id", _ID, ForeignKey("keys.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("state", String(16), nullable=False),  # queued, running, done, failed
    Column("created_at", _TIME, nullable=False),
    Column("started_at", _TIME),
    Column("finished_at", _TIME),
    Column("order", Text, nullable=False),  # JSON: month, known_on, register, schemes, covers, files with hashes
    Column("attempts", Integer, nullable=False, server_default="0"),  # how often a process began to settle it
    Column("lost", Integer, nullable=False, server_default="0"),  # how many of those died together with their service
    Column("runner", String(64)),  # which process settles it
    Column("beat_at", _TIME),  # when that process last said that it lives
    Column("stage", String(16)),  # read, settle, …
    Column("rows_done", BigInteger),
    Column("rows", BigInteger),
    Column("error", Text),  # JSON of a refusal of the whole month
    Column("receipt", _HASH),  # hash of the published receipt, whose hashes are those of the other files
    Index("ix_levies_tenant_id", "tenant", "id"),
    Index("ix_levies_state", "state"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key_id", _ID, primary_key=True),
    Column("idempotency_key", String(255), primary_key=True),
    Column("route", String(200), nullable=False),
    Column("claim", _ID, nullable=False),  # which try holds it: one that was taken over can no longer finish
    Column("fingerprint", _HASH),  # keyed hash of the request; null while the first is in flight
    Column("status", Integer),  # null while the first request is in flight
    Column("headers", Text),
    Column("body", LargeBinary),  # sealed; null once erased
    Column("subject", _ID),  # id of what was made or read, so that an erasure finds the body
    Column("created_at", _TIME, nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
    Index("ix_idempotency_subject", "subject"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # from 1, without a gap
    Column("at", _TIME, nullable=False),
    Column("actor", String(64), nullable=False),  # id of a key, `operator` (command line) or `service`
    Column("action", String(40), nullable=False),  # such as quote.created, key.revoked
    Column("subject", String(200), nullable=False),  # id of what was acted on
    Column("request_id", String(64)),
    Column("detail", Text, nullable=False),  # JSON, never with a worker's id
    Column("previous", _HASH),  # hash of the entry before; keyed from the entry `audit.keyed` on, or from the first
    Column("hash", _HASH, nullable=False),
)

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("id", _ID, primary_key=True),  # se_…, of a browser that signed out
    Column("until", _TIME, nullable=False),  # when its cookie would have ended: then it is forgotten
)

erasures = Table(
    "erasures",
    metadata,
    Column("worker_key", _HASH, primary_key=True),  # who asked to be forgotten: never unsealed again
    Column("erased_at", _TIME, nullable=False),
)
