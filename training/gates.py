"""The gates: what a candidate must hold before two people may approve it, each with its figure and its bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pricing.errors import InputError
from pricing.strict_yaml import known_keys
from pricing.words import LANGUAGES, as_json, say
from training.plan_fields import Fields

SEGMENTS = ("platform", "region", "distance_band")
_ROUNDING = 2e-6  # of a log step: relativities are whole ppm


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of a plan's `gates`.

    deviance: least gain on the homogeneous model, per record × 100; calibration: greatest distance of actual ÷ expected
    from 1, or what chance explains (95 %), if that is more; fidelity_mean: of the tables to the fit; fairness: greatest
    distance of a group's actual ÷ expected from 1 beyond chance; dislocation: greatest change of the premium in sum of
    a platform, a region or a band of distance.
    """

    deviance: float = 0.0
    calibration: float = 0.05
    fidelity_mean: float = 0.03
    fairness: float = 0.1
    dislocation: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(SEGMENTS, 0.25))


def read_gates(raw: Mapping[str, Any], place: str, fidelity_mean: float) -> Bounds:
    """The plan's `gates`, all optional; InputError names what is unknown or no number."""
    body = raw.get("gates", {})
    if not isinstance(body, Mapping):
        raise InputError("not_an_object", f"{place}, gates", key="gates", found=as_json(body))
    known_keys(body, frozenset(("deviance", "calibration", "fairness", "dislocation")), f"{place}, gates")
    fields = Fields(body, f"{place}, gates")
    moved = body.get("dislocation", {})
    if not isinstance(moved, Mapping):
        raise InputError("not_an_object", f"{place}, gates, dislocation", key="dislocation", found=as_json(moved))
    known_keys(moved, frozenset(SEGMENTS), f"{place}, gates, dislocation")
    segments = Fields(moved, f"{place}, gates, dislocation")
    usual = Bounds()
    return Bounds(
        deviance=fields.number("deviance", usual.deviance),
        calibration=fields.above_zero("calibration") or usual.calibration,
        fidelity_mean=fidelity_mean,
        fairness=fields.above_zero("fairness") or usual.fairness,
        dislocation={name: segments.above_zero(name) or usual.dislocation[name] for name in SEGMENTS},
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: what was measured against which bound. subject: the group or segment that is furthest, or ""."""

    gate: str
    peril: str
    measured: float
    bound: float
    passed: bool
    subject: str = ""

    def shown(self) -> dict[str, Any]:
        """As `gates.json` has it."""
        code = f"gate_{self.gate}"
        facts = {"measured": f"{self.measured:.4g}", "bound": f"{self.bound:.4g}", "subject": self.subject or "–"}
        words = {
            name: say(code, lang, **facts) for name, lang in zip(("message", "message_zh"), LANGUAGES, strict=True)
        }
        line = {"gate": self.gate, "peril": self.peril, "measured": float(self.measured), "bound": float(self.bound)}
        return line | {"subject": self.subject, "passed": bool(self.passed), **words}


def gates(
    metrics: Mapping[str, Any], judged: Mapping[str, Any], bounds: Bounds, candidate: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`gates.json`: of every peril, then of the candidate tariff where there is one.

    metrics, judged: as their files have them; candidate: findings of the lint and changes by segment, or None.
    """
    found = [gate for name in metrics["perils"] for gate in _of_peril(name, metrics, judged, bounds)]
    if candidate is not None:
        found += _of_candidate(candidate, bounds)
    return {"format": 1, "passed": all(bool(gate.passed) for gate in found), "gates": [gate.shown() for gate in found]}


def _of_peril(name: str, metrics: Mapping[str, Any], judged: Mapping[str, Any], bounds: Bounds) -> Iterator[Gate]:
    own, shown = metrics["perils"][name], judged["perils"][name]
    yield Gate("deviance", name, own["gain"], bounds.deviance, own["gain"] >= bounds.deviance)
    whole = shown["calibration"]
    bound = max(bounds.calibration, whole["high"] - whole["ratio"])
    off = abs(whole["ratio"] - 1)
    yield Gate("calibration", name, off, bound, off <= bound)
    mean = own["fidelity"]["mean"]
    yield Gate("fidelity", name, mean, bounds.fidelity_mean, mean <= bounds.fidelity_mean)
    for one in shown["certificates"]:
        step = one["worst_step"]
        yield Gate("monotone", name, step, 0.0, step >= -_ROUNDING, one["factor"])
    if shown["fairness"]:
        far, subject = max(_beyond_chance(shown["fairness"]), default=(0.0, ""))
        yield Gate("fairness", name, far, bounds.fairness, far <= bounds.fairness, subject)


def _beyond_chance(groups: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """How far each group's actual ÷ expected lies from 1, less what chance explains."""
    for column, lines in groups.items():
        for line in lines:
            if line["ratio"] is not None:
                far = abs(line["ratio"] - 1) - (line["high"] - line["ratio"])
                yield max(far, 0.0), f"{column} = {line['label']}"


def _of_candidate(candidate: Mapping[str, Any], bounds: Bounds) -> Iterator[Gate]:
    errors = len(candidate["lint"])
    yield Gate("lint", "", float(errors), 0.0, not errors, candidate["lint"][0] if errors else "")
    for segment, bound in bounds.dislocation.items():
        changes = candidate["changes"].get(segment)
        if changes:
            subject, change = max(changes.items(), key=lambda one: abs(one[1]))
            yield Gate("dislocation", segment, abs(change), bound, abs(change) <= bound, f"{segment} = {subject}")


def changes(moved: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Change of the premium in sum by platform, region and band of distance, all schemes together, from an impact."""
    found: dict[str, dict[str, list[int]]] = {}
    for scheme in moved.get("schemes", {}).values():
        for kind, lines in scheme["segments"].items():
            for line in lines:
                sums = found.setdefault(kind, {}).setdefault(str(line["value"]), [0, 0])
                sums[0] += line["old_fen"]
                sums[1] += line["new_fen"]
    named = {"platform": "platform", "region": "region", "distance_m": "distance_band"}
    return {
        named[kind]: {value: new / old - 1 for value, (old, new) in values.items() if old > 0}
        for kind, values in found.items()
        if kind in named
    }
