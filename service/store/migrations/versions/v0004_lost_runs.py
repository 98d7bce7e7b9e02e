"""A levy counts those of its runs that died together with their service apart from the rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; runs of earlier programs count as ended by themselves."""
    op.add_column("levies", sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
