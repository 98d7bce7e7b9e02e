"""Permits: which role may do what. One table, read by every route."""

from __future__ import annotations

from collections.abc import Mapping

from service.auth.caller import ACTUARY, ADMIN, AUDITOR, INSURER, PLATFORM, ROLES, Caller
from service.conventions.problems import Problem

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
_SEE_ALL = (AUDITOR, ADMIN)


def permit(caller: Caller, action: str) -> None:
    """Problem 403 where the caller's role may not do it."""
    if caller.role not in PERMITS[action]:
        raise Problem(403, "not_permitted", action, role=caller.role, roles=", ".join(PERMITS[action]))


def sees(caller: Caller, tenant: str) -> bool:
    """Whether a tenant's data is the caller's to see; where it is not, the thing does not exist for it (404)."""
    return caller.role in _SEE_ALL or caller.tenant == tenant
