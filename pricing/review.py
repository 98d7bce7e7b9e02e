"""Review: tables of a scheme that were due for a look before the month. A quote warns of them; a levy waits."""

from __future__ import annotations

from pricing.edition import Edition
from pricing.rules import tables_read
from pricing.scheme import Scheme


def overdue(edition: Edition, scheme: Scheme) -> list[str]:
    """Ids of the scheme's tables whose review lies before the month, unless they answer with a provisional value."""
    tables = (edition.tables[name] for name in tables_read(scheme))
    late = [table for table in tables if table.review_by is not None and edition.month > table.review_by]
    return [table.id for table in late if not edition.carries(table.id)]
