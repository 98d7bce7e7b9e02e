"""Permits: what a caller may do, whose data it sees, and of which platform it may speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.auth.roles import PERMITS, PLATFORM, SEE_ALL
from service.conventions.caller import Caller
from service.conventions.problems import Problem


def permit(caller: Caller, action: str) -> None:
    """Problem 403 where the caller's role may not do it."""
    if caller.role not in PERMITS[action]:
        raise Problem(403, "not_permitted", action, role=caller.role, roles=", ".join(PERMITS[action]))


def sees(caller: Caller, tenant: str) -> bool:
    """Whether a tenant's data is the caller's to see; where it is not, the thing does not exist for it (404)."""
    return caller.role in SEE_ALL or caller.tenant == tenant


def only_own(caller: Caller, sent: Any, pointer: str = "") -> None:
    """Problem 403 where a platform sends another platform's usage or totals.

    sent: a request with its usage, a declaration, or a list of either, as it was read; pointer: where it stands in the
    body. What is of the wrong form is left to the door that reads it.
    """
    if caller.role != PLATFORM:
        return
    for one, place in _named(sent, pointer):
        named = one.get("platform")
        if isinstance(named, str) and named != caller.tenant:
            pointed = f"{place}/platform"
            where = ", ".join(f"row {part}" if part.isdecimal() else part for part in pointed.split("/")[1:])
            raise Problem(403, "platform_not_yours", where, pointer=pointed, platform=named[:64], own=caller.tenant)


def _named(sent: Any, pointer: str) -> list[tuple[Mapping[str, Any], str]]:
    """What may name a platform, with where it stands: requests, their rows of usage, declarations."""
    listed = [(one, f"{pointer}/{row}") for row, one in enumerate(sent)] if isinstance(sent, list) else []
    listed = listed or [(sent, pointer)]
    objects = [(one, place) for one, place in listed if isinstance(one, Mapping)]
    rows = [
        (row, f"{place}/usage/{number}")
        for one, place in objects
        if isinstance(one.get("usage"), list)
        for number, row in enumerate(one["usage"])
        if isinstance(row, Mapping)
    ]
    return [*objects, *rows]
