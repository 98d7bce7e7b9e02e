"""Candidates for release as tests need them: law edited by hand, and a run with its gates."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

from pricing.folder_hash import folder_hash
from pricing.tariff import SHIPPED
from service.clock import SHANGHAI
from service.releases.approval import Wish, approve
from service.releases.history import in_force
from service.releases.release import release

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
BASE_ID, DISTANCE_ID = "contribution_base@2026-07/110000", "work_injury/distance@2027-01"
NEW_BASE = """
  - region: "110000"
    effective_from: 2026-07
    ends: 2027-06
    known_from: 2026-08-20
    status: enacted
    evidence: quoted
    source: {title: "A notice made up for a test", clause: "lower and upper limit"}
    by_bound: {floor: FLOOR, cap: 3700000}
"""
# The knots of the entry before, and its off-balance, said again: a model that found the same.
NEW_DISTANCE = """
  - effective_from: 2027-01
    known_from: 2026-11-26
    status: demonstration
    evidence: none
    source: {title: "A model made up for a test"}
"""


def law(folder: Path, floor: int = 750_000, base: Path = SHIPPED) -> Path:
    """A tariff with a new contribution base of Beijing. [fen]"""
    shutil.copytree(base, folder)
    with (folder / "contribution_base.yaml").open("a", encoding="utf-8") as file:
        file.write(NEW_BASE.replace("FLOOR", str(floor)).lstrip("\n"))
    return folder


def run_folder(folder: Path, failed: tuple[str, ...] = (), base: Path = SHIPPED) -> Path:
    """A run whose tariff has a new distance curve. failed: gates that did not pass."""
    shutil.copytree(base, folder / "tariff", ignore=shutil.ignore_patterns("*.json", "*.html", "model_card*"))
    path = folder / "tariff" / "work_injury" / "distance.yaml"
    text = path.read_text(encoding="utf-8")
    values = text[text.rindex("    curve:") :]
    path.write_text(text.rstrip("\n") + NEW_DISTANCE + values.rstrip("\n") + "\n", encoding="utf-8")
    gates = [gate(name, peril, name not in failed) for name, peril in (("deviance", "injury"), ("lint", ""))]
    passed = all(one["passed"] for one in gates)
    write(folder / "gates.json", {"format": 1, "passed": passed, "gates": gates})
    write(folder / "candidate.json", {**facts(folder, base), "gates_passed": passed})
    for name in ("report.html", "model_card.md", "model_card.zh.md"):
        (folder / name).write_text(f"of {folder.name}", encoding="utf-8")
    return folder


def facts(folder: Path, base: Path) -> dict[str, Any]:
    """What a run says of its candidate."""
    return {
        "format": 1,
        "plan": "riders",
        "product": "work_injury_riders",
        "tariff_sha256": folder_hash(folder / "tariff"),
        "base_sha256": folder_hash(base),
        "effective_from": "2027-01",
        "tables": [
            {"table": "work_injury/distance", "entry": DISTANCE_ID, "peril": "injury", "factor": "distance_m"},
        ],
        "data_sha256": "sha256:da7a",
        "plan_sha256": "sha256:91a4",
        "commit": None,
        "program": "0.1.0",
        "seed": 2026,
    }


def gate(name: str, peril: str, passed: bool) -> dict[str, Any]:
    """A gate as a run writes it."""
    said = {"message": f"{name} was measured.", "message_zh": f"测得 {name}。"}
    return {"gate": name, "peril": peril, "measured": -1.0, "bound": 0.0, "passed": passed, **said}


def write(path: Path, value: object) -> None:
    """A value as JSON."""
    path.write_text(json.dumps(value), encoding="utf-8")


def approved(candidate: Path, releases: Path, *people: str, at: dt.datetime = NOON) -> Path:
    """The candidate, approved by people."""
    for name in people or ("Li Wei", "陈宇"):
        approve(candidate, releases, Wish(name, at))
    return candidate


def released(candidate: Path, releases: Path, at: dt.datetime = NOON) -> dict[str, Any]:
    """A candidate approved by two people and released."""
    return release(approved(candidate, releases, at=at), releases, "Zhao Min", at)


def number_in_force(releases: Path) -> int:
    """The number that history names, its folder checked."""
    return in_force(releases).number
