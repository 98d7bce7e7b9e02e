"""The caller: which key sent a request, its role, and whose data it may see."""

from __future__ import annotations

from dataclasses import dataclass

from anyio import to_thread
from fastapi import Request

from service.auth.tokens import Token
from service.clock import now
from service.conventions.problems import Problem
from service.running import running
from service.store import keys
from service.store.database import reading

INSURER, PLATFORM, ACTUARY, AUDITOR, ADMIN = ROLES = ("insurer", "platform", "actuary", "auditor", "admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. tenant: whose data, for a platform its slug; holder: the person or system that was given the key."""

    key_id: str
    role: str
    tenant: str
    holder: str


async def caller_of(request: Request) -> Caller:
    """The caller of a request; Problem 401 where there is no key, or one that does not hold (which, is not said)."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    token = Token.of(text.strip()) if kind.lower() == "bearer" else None
    found = None if token is None else await to_thread.run_sync(_found, request, token.key_id)
    if token is None or found is None or not token.is_of(found.secret_sha256) or not found.holds(now()):
        code = "key_missing" if not text else "key_not_valid"
        raise Problem(401, code, "Authorization", headers={"WWW-Authenticate": 'Bearer realm="licheng"'})
    return Caller(found.id, found.role, found.tenant, found.holder)


def _found(request: Request, key_id: str) -> keys.Key | None:
    with reading(running(request).engine) as connection:
        return keys.find(connection, key_id)
