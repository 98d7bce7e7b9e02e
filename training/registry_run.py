"""A run folder as a record needs it: whose product it is, what it was made from, its parameters and figures."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from pricing.errors import InputError
from pricing.folder_hash import folder_hash
from pricing.tariff import Tariff
from training.plan import read_plan
from training.run_facts import commit

_KEPT_BACK = frozenset({"impact.parquet"})  # prices of single workers are no record's business
_REFUSED = re.compile(r"[^\w.\- ]")
_LONGEST = 60
_SHOWN = 12  # hexadecimal digits of a hash that stand in a name
_OF_CANDIDATE = (
    *("tariff_sha256", "base_sha256", "effective_from", "data_sha256", "plan_sha256", "commit", "program", "seed"),
    "gates_passed",
)
_OF_DATA = ("data_sha256", "rows", "months", "synthetic")


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What a run folder holds. sha256: of all its files.

    factors: perils with the factors they were fitted on, for whoever compares products; params, metrics, tags: by names
    that any tracking server takes; files: paths to be kept, relative to the folder.
    """

    folder: Path
    product: str
    plan: str
    sha256: str
    factors: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Record:
        """InputError where the folder is no run that `licheng train` has finished."""
        if not (folder / "metrics.json").is_file() or not (folder / "tables").is_dir():
            raise InputError("registry_not_a_run", str(folder), folder=folder)
        metrics, candidate = _json(folder, "metrics.json"), _json(folder, "candidate.json")
        plan = str(metrics.get("plan", ""))
        product = str(candidate.get("product") or plan)
        if not product:
            raise InputError("registry_not_a_run", str(folder), folder=folder)
        return cls(
            folder,
            product,
            plan,
            folder_hash(folder),
            _factors(folder),
            _params(folder),
            _metrics(folder, metrics),
            _tags(folder, candidate),
            tuple(sorted(_files(folder))),
        )

    @property
    def name(self) -> str:
        """The product as a registry's name."""
        return key(self.product)

    @property
    def of_model(self) -> dict[str, str]:
        """Tags that matter of a version: not what each step took in, not the data's columns."""
        return {name: value for name, value in self.tags.items() if "/" not in name and name != "data_columns"}


def key(*parts: str) -> str:
    """Names joined to one that a tracking server takes; what it refuses is replaced, and a hash keeps names apart."""
    return "/".join(map(_clean, parts))


def _clean(name: str) -> str:
    name = name.replace("–", "-")  # of a band's label
    clean = _REFUSED.sub("_", name).strip(" .")[:_LONGEST]
    return clean if clean == name else f"{clean}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def data_digest(tags: Mapping[str, str]) -> str:
    """The data's hash without its prefix, as short as a dataset's digest has to be; empty where it is not known."""
    return tags.get("data_sha256", "").removeprefix("sha256:")[:_SHOWN]


def _json(folder: Path, name: str) -> dict[str, Any]:
    """A file of the run, nothing where the step that writes it has not run."""
    path = folder / name
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("registry_unreadable", str(path), reason=str(error)) from None
    return found if isinstance(found, dict) else {}


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in _KEPT_BACK and not any(part.startswith(".") for part in name.split("/")):
            yield name


def _factors(folder: Path) -> str:
    """Perils and their factors as fitted, whether or not the tables kept them: `theft: age, area; …`."""
    if not (folder / "relativities.csv").is_file():
        raise InputError("registry_not_a_run", str(folder), folder=folder)
    found: dict[str, set[str]] = {}
    with (folder / "relativities.csv").open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            found.setdefault(line["peril"], set()).add(line["factor"])
    return "; ".join(f"{peril}: {', '.join(sorted(factors))}" for peril, factors in sorted(found.items()))


def _params(folder: Path) -> dict[str, str]:
    """The plan with its defaults written out, one parameter per key, per peril and per factor."""
    if not (folder / "plan.yaml").is_file():
        return {}
    plan = read_plan(folder / "plan.yaml")
    found: dict[str, str] = {}
    for one in fields(plan):
        value = getattr(plan, one.name)
        if one.name in ("perils", "factors"):
            found |= {key(one.name, each.name): _said(each) for each in value}
        else:
            found[key(one.name)] = _said(value)
    return found


def _said(value: Any) -> str:
    """A value on one line."""
    if is_dataclass(value) and not isinstance(value, type):
        return ", ".join(f"{one.name}={_said(getattr(value, one.name))}" for one in fields(value) if one.name != "name")
    if isinstance(value, Path):
        return value.name
    if isinstance(value, tuple | list):
        return " ".join(map(_said, value)) if value else "none"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def _metrics(folder: Path, metrics: Mapping[str, Any]) -> dict[str, float]:
    """Figures per peril and segment, gates, seconds per step; what is no finite number stays in the files."""
    found = dict(_figures(metrics.get("perils", {})))
    judged = _json(folder, "judged.json")
    found |= {name: value for name, value in _figures(judged.get("perils", judged)) if name not in found}
    for gate in _json(folder, "gates.json").get("gates", []):
        of = [gate[part] for part in ("gate", "peril", "subject") if gate.get(part)]
        found |= {key("gates", *of): value for _, value in _figures({"measured": gate["measured"]})}
    for name, step in _json(folder, "steps.json").items():
        found |= dict(_figures({"steps": {name: {"seconds": step["seconds"]}}}))
    return found


def _figures(node: Mapping[str, Any], *above: str) -> Iterator[tuple[str, float]]:
    """Every number of nested mappings; of a list of segments, the ratio of actual to expected by their labels."""
    for name, value in node.items():
        if isinstance(value, Mapping):
            yield from _figures(value, *above, str(name))
        elif isinstance(value, list):
            labelled = {one["label"]: one.get("ratio") for one in value if isinstance(one, Mapping) and "label" in one}
            yield from _figures(labelled, *above, str(name))
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            yield key(*above, str(name)), float(value)


def _tags(folder: Path, candidate: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of what went in and came out, the program, whether the gates passed, and each step's inputs."""
    tags = {name: _said(candidate[name]) for name in _OF_CANDIDATE if candidate.get(name) is not None}
    data = _json(folder, "data.json")
    tags |= {f"data_{name.removeprefix('data_')}": _said(data[name]) for name in _OF_DATA if data.get(name)}
    if data:
        tags |= {name: data[name] for name in ("commit", "program") if data.get(name) and name not in tags}
        tags["data_columns"] = ", ".join(f"{one['name']}: {one['type']}" for one in data["columns"])
        tags["data_files"] = ", ".join(f"{one['name']} {one['sha256']}" for one in data["files"])
    if (folder / "plan.yaml").is_file():
        tags["plan_sha256"] = f"sha256:{hashlib.sha256((folder / 'plan.yaml').read_bytes()).hexdigest()}"
    gates = _json(folder, "gates.json")
    if "passed" in gates:
        tags["gates_passed"] = _said(gates["passed"])
    tags |= {"source": _source(folder / "tables"), "tables_sha256": folder_hash(folder / "tables")}
    if "commit" not in tags and (now := commit()):
        tags["commit_at_logging"] = now
    for name, step in _json(folder, "steps.json").items():
        tags[key("steps", name)] = step["inputs"]
    return tags


def _source(tables: Path) -> str:
    """What the tables say of themselves: plan, files of data, and the hash of both."""
    entries = (e for t in Tariff.load(tables).tables.values() for found in t.entries.values() for e in found)
    return next((entry.clause for entry in entries), "")
