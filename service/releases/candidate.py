"""A candidate for release: a run folder with its tariff, or a plain tariff folder that was edited by hand."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import InputError, TariffError
from pricing.folder_hash import file_hash, folder_hash
from pricing.lint import lint
from pricing.tariff import Tariff
from pricing.words import Phrase
from service.releases.files import read_object

# Papers of a run that go with a release; model cards are found by their beginning.
PAPERS = ("candidate.json", "gates.json", "impact.json", "report.html")
MODEL_CARDS = "model_card*.md"
# What a release keeps of candidate.json.
FACTS = (
    *("plan", "product", "effective_from", "tables", "tariff_sha256", "base_sha256"),
    *("data_sha256", "plan_sha256", "commit", "program", "seed"),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of a run: `name` is its gate with the peril it was measured on; texts: its message per language."""

    gate: str
    peril: str
    passed: bool
    texts: Mapping[str, str]

    @property
    def name(self) -> str:
        """As an override names it."""
        return f"{self.gate}/{self.peril}" if self.peril else self.gate

    def plain(self) -> dict[str, Any]:
        """As an answer shows it."""
        said = {"message": self.texts["en"], "message_zh": self.texts["zh"]}
        return {"gate": self.gate, "peril": self.peril, "passed": self.passed, **said}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be approved. folder: its tariff; approvals: where they stand; facts: of its run, None for law alone."""

    name: str
    folder: Path
    approvals: Path
    facts: Mapping[str, Any] | None
    gates: tuple[Gate, ...]
    papers: tuple[Path, ...]

    @property
    def hash(self) -> str:
        """The folder hash of the tariff as it is now."""
        return folder_hash(self.folder)

    @property
    def failed(self) -> tuple[Gate, ...]:
        """Gates that did not pass."""
        return tuple(gate for gate in self.gates if not gate.passed)


def candidate_of(named: Path) -> Candidate:
    """The candidate of a folder; InputError where it is neither a run's folder nor a tariff's."""
    path = named if named.name not in ("", "..") else Path(os.path.abspath(named))
    if (path / "candidate.json").is_file() and (path / "tariff").is_dir():
        return _of_run(path)
    if (path.parent / "candidate.json").is_file() and path.name == "tariff":
        raise InputError("candidate_inside_run", str(named), folder=named, run=named.parent)
    if not any((path / name).is_file() for name in ("schemes.yaml", "perils.yaml")):
        raise InputError("candidate_not_found", str(named), folder=named)
    return Candidate(path.name, path, path.with_name(f"{path.name}.approvals.json"), None, (), ())


def _of_run(path: Path) -> Candidate:
    facts = read_object(path / "candidate.json")
    missing = [key for key in (*FACTS, "gates_passed") if key not in facts]
    if missing:
        raise _unreadable(path / "candidate.json", "release_why_keys", keys=", ".join(missing))
    if not _well_formed(facts):
        raise _unreadable(path / "candidate.json", "release_why_form")
    _check_outputs(path)
    papers = [path / name for name in PAPERS if (path / name).is_file()] + sorted(path.glob(MODEL_CARDS))
    gates = _gates(path / "gates.json")
    if facts["gates_passed"] is not True and all(gate.passed for gate in gates):
        raise _unreadable(path / "gates.json", "release_why_gates")
    kept = {key: facts[key] for key in FACTS}
    return Candidate(path.name, path / "tariff", path / "approvals.json", kept, gates, tuple(papers))


def _check_outputs(path: Path) -> None:
    """InputError where a file of the run is not what its step wrote, as `steps.json` says."""
    if not (path / "steps.json").is_file():
        return
    for step, record in read_object(path / "steps.json").items():
        for name, hashed in record["outputs"].items():
            place = path / name
            now = folder_hash(place) if place.is_dir() else file_hash(place) if place.is_file() else ""
            if now != hashed:
                raise InputError("candidate_papers_altered", str(place), file=name, step=step)


def _well_formed(facts: Mapping[str, Any]) -> bool:
    """Whether hashes and names are texts, and the tables a list of entries."""
    texts = all(isinstance(facts[key], str) for key in ("plan", "tariff_sha256", "base_sha256", "data_sha256"))
    listed = facts["tables"] if isinstance(facts["tables"], list) else [None]
    return texts and all(isinstance(one, Mapping) and isinstance(one.get("entry"), str) for one in listed)


def _gates(path: Path) -> tuple[Gate, ...]:
    """Gates of a run; InputError where the file is missing, or says otherwise in sum than gate by gate."""
    if not path.is_file():
        raise InputError("gates_missing", str(path), file=path)
    found = read_object(path)
    try:
        gates = tuple(_gate(one) for one in found["gates"])
        agree = found["passed"] is all(gate.passed for gate in gates)
    except (KeyError, TypeError, AttributeError):
        raise _unreadable(path, "release_why_form") from None
    if not agree:
        raise _unreadable(path, "release_why_gates")
    return gates


def _gate(one: Mapping[str, Any]) -> Gate:
    """A gate as the run wrote it; TypeError where it does not say plainly whether it passed."""
    if not isinstance(one["passed"], bool):
        raise TypeError
    return Gate(one["gate"], one.get("peril") or "", one["passed"], {"en": one["message"], "zh": one["message_zh"]})


def _unreadable(path: Path, why: str, **facts: object) -> InputError:
    return InputError("release_file_not_valid", str(path), file=path.name, why=Phrase(why, facts))


def checked(candidate: Candidate, today: dt.date) -> Tariff:
    """The candidate's tariff; an error where it does not load, has no law, lint finds one, or its run made another."""
    tariff = Tariff.load(candidate.folder)
    if not tariff.schemes:
        raise TariffError("candidate_without_law", str(candidate.folder), folder=candidate.folder)
    errors = [finding for finding in lint(tariff, today) if finding.severity == "error"]
    if errors:
        facts = {"folder": candidate.folder, "count": len(errors), "first": f"{errors[0].place} ({errors[0].code})"}
        raise TariffError("candidate_lint_errors", str(candidate.folder), **facts)
    if candidate.facts is not None and candidate.facts["tariff_sha256"] != candidate.hash:
        run = candidate.approvals.parent
        raise InputError("candidate_altered", str(candidate.folder), folder=candidate.folder, run=run)
    return tariff
