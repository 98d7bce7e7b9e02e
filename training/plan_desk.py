"""What a plan says of the time after the fit: who owns it, edits, gates, groups to look at, candidate, impact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing.strict_yaml import known_keys, mapping_of, month_of
from training.candidate_spec import CandidateSpec, read_candidate
from training.gates import Bounds, read_gates
from training.plan_fields import Fields

KEYS = ("purpose", "owner", "review_by", "edits", "in_force", "fairness", "gates", "candidate", "impact")


@dataclass(frozen=True, slots=True)
class PlannedDesk:
    """Paths are relative to the plan in its file, not here.

    edits: file of edits by hand; in_force: the tables that the fit is compared with; fairness: columns that are looked
    at and priced by nobody; month, earlier: folders of levies that the impact is worked out on.
    """

    purpose: str = ""
    owner: str = ""
    review_by: str = ""
    edits: Path | None = None
    in_force: Path | None = None
    fairness: tuple[str, ...] = ()
    gates: Bounds = field(default_factory=Bounds)
    candidate: CandidateSpec | None = None
    month: Path | None = None
    earlier: Path | None = None


def read_desk(raw: Mapping[str, Any], path: Path, fidelity_mean: float) -> PlannedDesk:
    """The keys `KEYS` of a plan, all optional; InputError or TariffError names what is unknown or of another form."""
    place = str(path)
    top = Fields(raw, place)
    if "review_by" in raw:
        month_of(raw["review_by"], f"{place}, review_by")
    impact = mapping_of(raw, "impact", place) if "impact" in raw else {}
    known_keys(impact, frozenset(("month", "earlier")), f"{place}, impact")
    folders = Fields(impact, f"{place}, impact")

    def beside(fields: Fields, key: str) -> Path | None:
        name = fields.word(key)
        return None if name is None else path.parent / name

    return PlannedDesk(
        purpose=top.word("purpose") or "",
        owner=top.word("owner") or "",
        review_by=top.word("review_by") or "",
        edits=beside(top, "edits"),
        in_force=beside(top, "in_force"),
        fairness=top.words("fairness"),
        gates=read_gates(raw, place, fidelity_mean),
        candidate=read_candidate(mapping_of(raw, "candidate", place), f"{place}, candidate")
        if "candidate" in raw
        else None,
        month=beside(folders, "month"),
        earlier=beside(folders, "earlier"),
    )
