"""Claims per unit and mean cost of a claim, as the data have them, for the tables of the expected cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pricing.errors import InputError
from pricing.rate_table import UNITS, By
from pricing.tariff import Tariff
from pricing.units import parts_of
from training.candidate_spec import TECHNICAL, CandidateFrame, CandidateSpec
from training.candidate_values import NewEntry, last_entry
from training.notice import Notice

_PER = 1_000_000_000_000  # units of exposure that claims are counted on
_UNITS = {"frequency": "claims per million million", "severity": "fen"}


def technical(fitted: Tariff, tariff: Tariff, spec: CandidateSpec, frame: CandidateFrame) -> list[NewEntry]:
    """New entries of the frequency and severity tables that a plan names; perils that it does not name stay.

    A table of claims per order takes only a peril whose exposure is orders; InputError says what is unlike.
    """
    found: dict[str, NewEntry] = {}
    for peril, tables in spec.publish.items():
        for kind in (kind for kind in TECHNICAL if kind in tables):
            table, place = tables[kind], f"{peril}, {kind}"
            value = _value(fitted, tariff, frame, (peril, kind, table))
            if table not in found:
                old = last_entry(tariff, table, place).value
                assert isinstance(old, By), "checked with the value"
                found[table] = NewEntry(table, peril, kind, By(old.factor, dict(old.nodes)))
            found[table] = _with(found[table], peril, value)
    return [_said(one, spec) for one in found.values()]


def _value(fitted: Tariff, tariff: Tariff, frame: CandidateFrame, named: tuple[str, str, str]) -> int:
    """Claims per 10¹² units of exposure, or fen per claim."""
    peril, kind, table = named
    place = f"{peril}, {kind}"
    old = last_entry(tariff, table, place)
    if not isinstance(old.value, By) or old.value.factor != "peril" or tariff.tables[table].unit != _UNITS[kind]:
        raise InputError("candidate_table_shape", place, table=table)
    if peril not in old.value.nodes:
        known = ", ".join(old.value.nodes)
        raise InputError("candidate_level_not_known", place, level=peril, factor="peril", known=known)
    if peril not in fitted.perils:
        raise InputError("candidate_no_peril", place, peril=peril, known=", ".join(fitted.perils))
    exposure = fitted.perils[peril].exposure
    read_by = {s.expected.exposure for s in tariff.schemes.values() if s.expected and table in s.expected.tables()}
    if kind == "frequency" and read_by != set(exposure):
        facts = {"exposure": " × ".join(exposure), "expected": ", ".join(sorted(read_by)) or "-"}
        raise InputError("candidate_exposure_differs", place, table=table, **facts)
    return _mean(frame, peril, kind, place)


def _mean(frame: CandidateFrame, peril: str, kind: str, place: str) -> int:
    experience = frame.experience.get(peril)
    amounts = None if experience is None else experience.amounts_fen
    if experience is None or not experience.claims or not experience.exposure or (kind == "severity" and not amounts):
        raise InputError("candidate_no_experience", place, peril=peril, kind=kind)
    if kind == "frequency":
        value = int(parts_of(experience.claims, _PER, experience.exposure))
    else:
        value = int(parts_of(amounts, 1, experience.claims))
    if not 0 < value <= UNITS[_UNITS[kind]]:
        raise InputError("candidate_not_allowed", place, table=kind, value=value, greatest=UNITS[_UNITS[kind]])
    return value


def _with(entry: NewEntry, peril: str, value: int) -> NewEntry:
    assert isinstance(entry.value, By)
    perils = tuple(dict.fromkeys((*entry.perils, peril)))
    return replace(entry, value=By(entry.value.factor, {**entry.value.nodes, peril: value}), perils=perils)


def _said(entry: NewEntry, spec: CandidateSpec) -> NewEntry:
    """The perils that keep what they had, named in the source and to the reader."""
    assert isinstance(entry.value, By)
    kept = [level for level in entry.value.nodes if not _names(spec.publish.get(level, {}), entry.table)]
    if not kept:
        return entry
    facts = {"table": entry.table, "levels": ", ".join(kept)}
    notice = Notice("candidate_levels_kept", facts)
    return replace(entry, said=f"as before: {', '.join(kept)}", notices=(notice,))


def _names(tables: Mapping[str, str], table: str) -> bool:
    return any(tables.get(kind) == table for kind in TECHNICAL)
