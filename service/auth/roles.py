"""Roles of keys, and which of them may do what: one table, read by every door."""

from __future__ import annotations

from collections.abc import Mapping

INSURER, PLATFORM, ACTUARY, AUDITOR, ADMIN = ROLES = ("insurer", "platform", "actuary", "auditor", "admin")
HOUSE = (ACTUARY, AUDITOR, ADMIN)  # roles of whoever runs the service: they share one tenant
PERMITS: Mapping[str, tuple[str, ...]] = {
    "prices": ROLES,
    "declarations": ROLES,
    "quotes.create": (INSURER, PLATFORM, ADMIN),
    "quotes.read": (INSURER, PLATFORM, AUDITOR, ADMIN),
    "levies.create": (PLATFORM, ADMIN),
    "levies.read": (PLATFORM, AUDITOR, ADMIN),
    "candidates.approve": (ACTUARY,),
    "workers.export": (AUDITOR, ADMIN),
    "workers.erase": (ADMIN,),
    "audit.read": (AUDITOR, ADMIN),
}
SEE_ALL = (AUDITOR, ADMIN)  # roles that see every tenant's data
