"""A levy keeps the hash of the receipt that it published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; months that were published before have none."""
    op.add_column("levies", sa.Column("receipt", sa.String(80)))
