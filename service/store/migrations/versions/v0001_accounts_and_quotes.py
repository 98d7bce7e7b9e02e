"""Keys, quotes, levies, idempotent answers, the audit log and erasures; the log can only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME, _HASH, _ID = sa.String(32), sa.String(80), sa.String(40)


def upgrade() -> None:
    """Make the tables."""
    _keys()
    _quotes()
    _levies()
    _idempotency()
    _audit()
    op.create_table(
        "erasures",
        sa.Column("worker_key", _HASH, nullable=False),
        sa.Column("erased_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("worker_key", name="pk_erasures"),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secret_sha256", _HASH, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("revoked_at", _TIME),
        sa.Column("replaces", _ID),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.ForeignKeyConstraint(["replaces"], ["keys.id"], name="fk_keys_replaces"),
    )


def _quotes() -> None:
    op.create_table(
        "quotes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key_id", _ID, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("worker_key", _HASH, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("known_on", sa.String(10), nullable=False),
        sa.Column("edition", _HASH, nullable=False),
        sa.Column("release", sa.Integer()),
        sa.Column("request", sa.LargeBinary()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("answer_sha256", _HASH, nullable=False),
        sa.Column("erased_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="fk_quotes_key_id"),
    )
    op.create_index("ix_quotes_tenant_id", "quotes", ["tenant", "id"])
    op.create_index("ix_quotes_worker_key", "quotes", ["worker_key"])


def _levies() -> None:
    op.create_table(
        "levies",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key_id", _ID, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("finished_at", _TIME),
        sa.Column("order", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("runner", sa.String(64)),
        sa.Column("beat_at", _TIME),
        sa.Column("stage", sa.String(16)),
        sa.Column("rows_done", sa.BigInteger()),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_levies"),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="fk_levies_key_id"),
    )
    op.create_index("ix_levies_tenant_id", "levies", ["tenant", "id"])
    op.create_index("ix_levies_state", "levies", ["state"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("key_id", _ID, nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("claim", _ID, nullable=False),
        sa.Column("fingerprint", _HASH),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("subject", _ID),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
    op.create_index("ix_idempotency_subject", "idempotency", ["subject"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("request_id", sa.String(64)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", _HASH),
        sa.Column("hash", _HASH, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{action.lower()} BEFORE {action} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
            )
        # REPLACE deletes without a trigger.
        op.execute(
            "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit "
            "WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number) "
            "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )
