"""The caller: which key sent a request, its role, and whose data it may see."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from service.auth.tokens import NOBODYS, Token
from service.clock import now
from service.conventions.problems import Problem
from service.conventions.rates import count_guess, count_key, give_back
from service.running import running
from service.store.keys import Key
from service.store.known_keys import KnownKeys

_CHALLENGE = 'Bearer realm="licheng"'


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. tenant: whose data, for a platform its slug; holder: the person or system that was given the key."""

    key_id: str
    role: str
    tenant: str
    holder: str


async def caller_of(request: Request) -> Caller:
    """The caller of a request, also as `request.state.caller`; Problem 401 where there is no key, or one that does not
    hold (why, is not said), 429 where its address has sent too many of those. A key that was revoked stops within a
    second (see `known_keys`).
    """
    sent = request.headers.getlist("authorization")
    if not any(sent):
        raise _challenged("key_missing", _CHALLENGE)
    kind, _, text = sent[0].partition(" ")
    token = Token.of(text.strip(" ")) if len(sent) == 1 and kind.lower() == "bearer" else None
    known = running(request).known
    reads = token is not None and not await known.knows(token.key_id)
    if reads:  # the store is asked for this id alone: counted first, so that who guesses cannot ask on and on
        count_guess(request)
    found = None if token is None else await _caller_of(known, token)
    if found is None:
        if not reads:
            count_guess(request)
        raise _challenged("key_not_valid", f'{_CHALLENGE}, error="invalid_token"')
    if reads:
        give_back(request)
    request.state.caller = found
    count_key(request, found.key_id)
    return found


async def caller_of_token(request: Request, text: str) -> Caller | None:
    """The caller whose token a text is; None where it is none, or its key does not hold."""
    token = Token.of(text)
    return None if token is None else await _caller_of(running(request).known, token)


async def _caller_of(known: KnownKeys, token: Token) -> Caller | None:
    key = await known.find(token.key_id)
    proven = token.is_of(NOBODYS if key is None else key.secret_sha256)
    return _caller(key) if key is not None and proven else None


async def caller_of_key(request: Request, key_id: str) -> Caller | None:
    """The caller of a key that was proven before, as a signed session names it; None where it no longer holds."""
    key = await running(request).known.find(key_id)
    return None if key is None else _caller(key)


def _caller(key: Key) -> Caller | None:
    return Caller(key.id, key.role, key.tenant, key.holder) if key.holds(now()) else None


def _challenged(code: str, challenge: str) -> Problem:
    return Problem(401, code, "Authorization", headers={"WWW-Authenticate": challenge})
