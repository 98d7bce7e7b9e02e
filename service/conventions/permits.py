"""Permits: what a caller may do, whose data it sees, and of which platform it may speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from service.auth.roles import PERMITS, PLATFORM, SEE_ALL
from service.conventions.caller import Caller
from service.conventions.problems import Problem


def permit(caller: Caller, action: str) -> None:
    """Problem 403 where the caller's role may not do it."""
    if caller.role not in PERMITS[action]:
        raise Problem(403, "not_permitted", action, role=caller.role, roles=", ".join(PERMITS[action]))


class Owned(Protocol):
    """What a tenant owns."""

    @property
    def tenant(self) -> str:
        """Whose it is."""


T = TypeVar("T", bound=Owned)


def seen(caller: Caller, found: T | None, named: str) -> T:
    """What was found, if it is the caller's to see; Problem 404 where there is none: another tenant's does not exist
    for it. named: how the caller named it.
    """
    if found is None or not (caller.role in SEE_ALL or caller.tenant == found.tenant):
        raise Problem(404, "not_found", pointer="", what=named[:64])
    return found


def listed_of(caller: Caller) -> str | None:
    """The tenant whose things a list of the caller's holds; None: everybody's."""
    return None if caller.role in SEE_ALL else caller.tenant


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
