"""What a store holds: its schema, how much of each thing, the end of the audit log."""

from __future__ import annotations

from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, inspect, select

from service.store.database import reading
from service.store.tables import audit, metadata


def contents(engine: Engine) -> dict[str, Any]:
    """Schema, rows of each table, number and hash of the audit log's last entry; all at one moment."""
    with reading(engine) as connection:
        there = set(inspect(connection).get_table_names())
        tables = [table for table in metadata.sorted_tables if table.name in there]
        counted = {table.name: connection.execute(select(func.count()).select_from(table)).scalar() for table in tables}
        last = None
        if audit in tables:
            head = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
            last = connection.execute(head).first()
        return {
            "schema": MigrationContext.configure(connection).get_current_revision(),
            "rows": counted,
            "audit_head": None if last is None else f"{last.number}:{last.hash}",
        }
