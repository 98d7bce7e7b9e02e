"""Approvals of a candidate: who agreed to which tariff, with what note, and which failed gates were overridden, why.

A person is either a name that was typed (kind `unauthenticated`), or the holder of an actuary's key (kind `key`). Once
the service has had a key of an actuary, typed names count no longer.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.words import Phrase
from service.disk import write_whole
from service.releases.candidate import Candidate, candidate_of, checked
from service.releases.changes import changes, undone
from service.releases.files import json_text, locked, read_object
from service.releases.history import in_force

NEEDED = 2
UNAUTHENTICATED, KEY = "unauthenticated", "key"


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's agreement to one tariff. against: hash of the tariff in force then; overrides: by, gate, reason.

    key_id: the key that it was made with, None where a name was typed.
    """

    tariff_sha256: str
    against_sha256: str
    by: str
    at: str
    kind: str
    note: str
    overrides: tuple[Mapping[str, str], ...]
    key_id: str | None = None

    def plain(self) -> dict[str, Any]:
        """As the file holds it."""
        said = {**asdict(self), "overrides": [dict(one) for one in self.overrides]}
        return {name: value for name, value in said.items() if name != "key_id" or value is not None}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for: overrides are pairs of a gate and the reason why its failing is borne."""

    by: str
    at: dt.datetime
    note: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    key_id: str | None = None


class Record(Protocol):
    """Where approvals and releases are noted beside their files: the audit log of a service."""

    def demands_keys(self) -> bool:
        """Whether only approvals made with keys count."""

    def counts(self, approval: Approval) -> bool:
        """Whether an approval was made with a key, and is as the record has it."""

    def approved(self, approval: Approval, candidate: str) -> None:
        """Note an approval."""

    def released(self, event: Mapping[str, Any], releases: Path, key_id: str | None = None) -> None:
        """Note a release or a rollback. key_id: the key that it was done with, None where a name was typed."""


def person(name: str, option: str = "--by") -> str:
    """A name as it is kept: NFKC, without outer or doubled blanks; InputError where nobody is named."""
    kept = " ".join(unicodedata.normalize("NFKC", name).split())
    if not kept:
        raise InputError("person_missing", option)
    if any(unicodedata.category(letter)[0] == "C" for letter in kept):
        raise InputError("person_not_valid", option, name=ascii(name).strip("'"))
    return kept


def same_person(name: str) -> str:
    """A name as two names are compared: as it is kept, without regard to capitals."""
    return unicodedata.normalize("NFKC", person(name).casefold())


def pairs(gates: Sequence[str], reasons: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Each overridden gate with its reason, in the order given; InputError where one stands without the other."""
    for number, gate in enumerate(gates):
        if number >= len(reasons) or not reasons[number].strip():
            raise InputError("override_without_reason", "--reason", gate=gate)
    if len(reasons) > len(gates):
        raise InputError("reason_without_override", "--override", reason=reasons[len(gates)])
    return tuple(zip(gates, (reason.strip() for reason in reasons), strict=True))


def read_approvals(candidate: Candidate) -> tuple[Approval, ...]:
    """All approvals of a candidate, also those of tariffs it held before; InputError where the file is broken."""
    if not candidate.approvals.exists():
        return ()
    found = read_object(candidate.approvals)
    try:
        approvals = tuple(Approval(**{**one, "overrides": tuple(one["overrides"])}) for one in found["approvals"])
        for one in approvals:
            dt.datetime.fromisoformat(one.at)
            person(one.by)
            if not all(str(override[key]).strip() for override in one.overrides for key in ("by", "gate", "reason")):
                raise ValueError("an override without person, gate or reason")
    except (KeyError, TypeError, ValueError, InputError):
        facts = {"file": candidate.approvals.name, "why": Phrase("release_why_form", {})}
        raise InputError("release_file_not_valid", str(candidate.approvals), **facts) from None
    return approvals


def counted(approvals: Sequence[Approval], now: str, against: str, undoes: bool) -> list[Approval]:
    """Approvals that hold: of exactly this tariff. One that undoes entries counts only against what is in force now."""
    return [one for one in approvals if one.tariff_sha256 == now and (one.against_sha256 == against or not undoes)]


def people(approvals: Sequence[Approval]) -> set[str]:
    """The different people among approvals; a holder of keys is one person also where the name's words are turned."""
    return {_who(one) for one in approvals}


def _who(approval: Approval) -> str:
    name = same_person(approval.by)
    if approval.kind != KEY:
        return name
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return " ".join(sorted(words)) or name


def authentic(approvals: Sequence[Approval], record: Record | None) -> tuple[list[Approval], list[Approval]]:
    """Approvals that count, and those that do not because the record demands keys and they were made without."""
    if record is None or not record.demands_keys():
        return list(approvals), []
    counting = [one for one in approvals if record.counts(one)]
    return counting, [one for one in approvals if one not in counting]


def check_gates(candidate: Candidate, approvals: Sequence[Approval]) -> None:
    """InputError `gates_failed` where a gate failed that no approval overrides."""
    overridden = {override["gate"] for one in approvals for override in one.overrides}
    bare = [gate.name for gate in candidate.failed if not {gate.name, gate.gate} & overridden]
    if bare:
        raise InputError("gates_failed", str(candidate.approvals.parent), gates=", ".join(bare))


def check_base(candidate: Candidate, against: str, undoes: Sequence[str]) -> None:
    """InputError where a run's tariff was made from another one than is in force, and would undo its entries."""
    if candidate.facts is not None and candidate.facts["base_sha256"] != against and undoes:
        raise InputError("candidate_base_differs", candidate.name, count=len(undoes), first=undoes[0])


def approve(path: Path, releases: Path, wish: Wish, record: Record | None = None) -> dict[str, Any]:
    """Write a person's approval of the tariff as it is now; an error where it could not be released as it is.

    The file is written before the record: what breaks off between them does not count, and can be done again.
    """
    candidate = candidate_of(path)
    now, tariff, standing = candidate.hash, checked(candidate, wish.at.date()), in_force(releases)
    found = changes(Tariff.load(standing.folder), tariff)
    check_base(candidate, standing.hash, undone(found))
    with locked(candidate.approvals.parent):
        before = read_approvals(candidate)
        approval = _approval(candidate, wish, now, standing.hash)
        alike, idle = authentic(counted(before, now, standing.hash, bool(undone(found))), record)
        if people([approval]) & people([one for one in (*alike, *idle) if _stands_for(one, approval, alike)]):
            raise InputError("approval_twice", str(candidate.approvals), by=approval.by)
        check_gates(candidate, [*alike, approval])
        everything = [one.plain() for one in (*before, approval)]
        write_whole(candidate.approvals, json_text({"format": 1, "approvals": everything}).encode())
        if record is not None:
            record.approved(approval, candidate.name)
    holding, late = authentic([*alike, approval], record)
    return {
        "format": 1,
        "candidate": candidate.name,
        "tariff_sha256": now,
        "approvals": [one.plain() for one in holding],
        **({} if record is None else {"not_counted": [one.plain() for one in (*idle, *late)]}),
        "missing": max(0, NEEDED - len(people(holding))),
        "gates": [gate.plain() for gate in candidate.gates],
        "in_force": standing.number,
        "changes": found,
    }


def _stands_for(one: Approval, fresh: Approval, alike: Sequence[Approval]) -> bool:
    """Whether an approval already says what a fresh one would: it counts, or both are names that were typed."""
    return one in alike or one.kind == fresh.kind == UNAUTHENTICATED


def _approval(candidate: Candidate, wish: Wish, now: str, against: str) -> Approval:
    """The approval that is wished for; InputError where it overrides a gate that did not fail."""
    failed = [name for gate in candidate.failed for name in (gate.gate, gate.name)]
    by = person(wish.by)
    for gate, _ in wish.overrides:
        if gate not in failed:
            shown = ", ".join(one.name for one in candidate.failed) or "-"
            raise InputError("override_not_failed", "--override", gate=gate, failed=shown)
    overrides = tuple({"by": by, "gate": gate, "reason": reason} for gate, reason in wish.overrides)
    at = wish.at.isoformat(timespec="seconds")
    kind = UNAUTHENTICATED if wish.key_id is None else KEY
    return Approval(now, against, by, at, kind, wish.note.strip(), overrides, wish.key_id)
