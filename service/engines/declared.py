"""A declaration as a row of `declarations.csv`: of a first settlement, or the difference between two states."""

from __future__ import annotations

from typing import Any

from pricing.declaration import Group
from pricing.edition import Edition
from pricing.month import Declared
from pricing.rate_table import EVIDENCE, STATUSES
from pricing.units import month_text


def declaration_row(group: Group, now: Declared, was: Declared, edition: Edition) -> dict[str, Any]:
    """Sums are differences (against nothing, for a first settlement); marks are the weaker of the two states."""
    scheme, platform, region, by, entity = group
    declared = edition.schemes[scheme].declared
    return {
        "month": month_text(edition.month),
        "declared_month": month_text(edition.month + 1),
        "scheme": scheme,
        "platform": platform,
        "region": region,
        "pilot_industry": by if declared else "",
        "risk_class": "" if declared else by,
        "entity": entity,
        "lines": now.lines - was.lines,
        "orders": now.orders - was.orders,
        "heads": now.heads - was.heads,
        "amount_millifen": next(iter(now.amounts)) if len(now.amounts) == 1 else None,
        "float_ppm": next(iter(now.floats)) if len(now.floats) == 1 else None,
        "levy_fen": now.levy_fen - was.levy_fen,
        "status": STATUSES[max(now.status, was.status)],
        "evidence": EVIDENCE[max(now.evidence, was.evidence)],
    }
