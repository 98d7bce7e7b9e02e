"""Sessions that were ended; the hash of an answer goes with the answer. What follows in the audit log is keyed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME, _HASH, _ID = sa.String(32), sa.String(80), sa.String(40)


def upgrade() -> None:
    """Add a table, and empty what an erasure left."""
    op.create_table(
        "ended_sessions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ended_sessions"),
    )
    if op.get_bind().dialect.name == "sqlite":  # what is emptied is overwritten in the file as well
        op.execute("PRAGMA secure_delete=ON")
    with op.batch_alter_table("quotes") as quotes:
        quotes.alter_column("answer_sha256", existing_type=_HASH, nullable=True)
    op.execute("UPDATE quotes SET answer_sha256 = NULL WHERE erased_at IS NOT NULL")
