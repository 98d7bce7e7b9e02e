"""Approvals and releases in the audit log, so that neither can be written by hand into the files alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from service.auth.roles import ACTUARY, PERMITS
from service.auth.tokens import NOBODYS, Token
from service.clock import now
from service.releases.approval import KEY, Approval, same_person
from service.releases.files import json_text, sha256_of
from service.store import keys
from service.store.audit import OPERATOR, Act, append, details_of
from service.store.database import Connection, Engine, reading, writing

APPROVED, RELEASED, ROLLED_BACK = "candidate.approved", "tariff.released", "tariff.rolled_back"
RECORDED = "tariff.recorded"  # afterwards, by keys of two actuaries
RELEASES = (RELEASED, ROLLED_BACK, RECORDED)
PLACE = "LICHENG_KEY"


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """The record of approvals in the store. Its transactions are short, for a service may be writing.

    releases: the folder of releases that the store's data folder has.
    """

    engine: Engine
    releases: Path

    def demands_keys(self) -> bool:
        """Whether approvals must be made with keys: so once a key of an actuary was made, whatever became of it."""
        with reading(self.engine) as connection:
            return keys.has_role(connection, ACTUARY)

    def signer(self, text: str) -> keys.Key:
        """The key of whoever approves, by its token; InputError where it does not hold, or is not an actuary's."""
        token = Token.of(text)
        key = None if token is None else keys.look(self.engine, token.key_id)
        proven = token is not None and token.is_of(NOBODYS if key is None else key.secret_sha256)
        if key is None or not proven:
            raise InputError("key_not_valid", PLACE)
        return _holding(key)

    def counts(self, approval: Approval) -> bool:
        """Whether an approval was made with an actuary's key that was not revoked since, and is as the log has it."""
        if approval.kind != KEY or approval.key_id is None:
            return False
        with reading(self.engine) as connection:
            key = keys.find(connection, approval.key_id)
            logged = {said.get("approval_sha256") for said in details_of(connection, APPROVED, approval.key_id)}
        if key is None or key.role != ACTUARY or key.revoked_at is not None:
            return False
        return hash_of(approval) in logged and same_person(key.holder) == same_person(approval.by)

    def approved(self, approval: Approval, candidate: str) -> None:
        """Note an approval; InputError where its key was revoked in this moment."""
        said = {"candidate": candidate, "by": approval.by, "kind": approval.kind, "against": approval.against_sha256}
        detail = {**said, "approval_sha256": hash_of(approval)}
        with writing(self.engine) as connection:
            if approval.key_id is not None:
                check_holds(connection, approval.key_id)
            append(connection, Act(approval.key_id or OPERATOR, APPROVED, approval.tariff_sha256, detail))

    def released(self, event: Mapping[str, Any], releases: Path, key_id: str | None = None) -> None:
        """Note an event of history. One of another folder than the data folder's is told apart."""
        action = RELEASED if event["event"] == "release" else ROLLED_BACK
        elsewhere = {} if releases.resolve() == self.releases.resolve() else {"elsewhere": True}
        act = Act(key_id or OPERATOR, action, f"release {event['number']}", {**said_of(event), **elsewhere})
        with writing(self.engine) as connection:
            append(connection, act)


def check_holds(connection: Connection, key_id: str) -> None:
    """InputError where a key that was looked up before does not hold any more; inside the transaction that it signs."""
    key = keys.find(connection, key_id)
    assert key is not None
    _holding(key)


def said_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the log says of an event of history."""
    said = {name: event[name] for name in ("number", "by", "tariff_sha256", "folder_sha256", "reason")}
    return {"event": event["hash"], **said}


def hash_of(approval: Approval) -> str:
    """Hash of all that an approval says: its overrides, its note and its time are not to be changed either."""
    return sha256_of(json_text(approval.plain()).encode())


def _holding(key: keys.Key) -> keys.Key:
    if not key.holds(now()):
        raise InputError("key_not_valid", PLACE)
    if key.role not in PERMITS["candidates.approve"]:
        raise InputError("not_permitted", PLACE, role=key.role, roles=ACTUARY)
    return key
