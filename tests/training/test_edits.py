"""Edits by hand: what each kind does to a table, that the claims stay balanced, and what is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pricing.errors import InputError
from tests.training.desk import peril
from training.edited import edited
from training.edits import Edit, read_edits
from training.fit import Fitted

PERILS = {"accident": ("area", "km", "age")}
GOOD: dict[str, Any] = {"peril": "accident", "factor": "area", "by": "Li", "reason": "few claims"}


def read(tmp_path: Path, *edits: Mapping[str, Any], in_force: bool = False) -> tuple[Edit, ...]:
    path = tmp_path / "edits.yaml"
    path.write_text(yaml.safe_dump({"edits": [{**GOOD, **edit} for edit in edits]}), encoding="utf-8")
    return read_edits(path, PERILS, in_force)


def relativities(fitted: Fitted, name: str) -> dict[str, float]:
    """Relativity of each published level by what the tables say of its first code."""
    place = next(i for i, factor in enumerate(fitted.coding.factors) if factor.spec.name == name)
    labels = fitted.coding.factors[place].labels()
    return dict(zip(labels, np.exp(fitted.tables.by_code((place,))).tolist(), strict=True))


def test_an_override_moves_its_level_alone(tmp_path: Path) -> None:
    fitted, train, _ = peril()
    before = relativities(fitted, "area")
    changed, records = edited(fitted, train, read(tmp_path, {"kind": "override", "level": "south", "relativity": 1.3}))
    after = relativities(changed, "area")
    assert after["south"] == pytest.approx(1.3)
    assert {name: after[name] for name in after if name != "south"} == {
        name: before[name] for name in before if name != "south"
    }
    [record] = records
    assert (record["level"], record["edited"], record["by"], record["reason"]) == ("south", 1.3, "Li", "few claims")
    assert record["fitted"] == pytest.approx(before["south"])


def test_the_claims_stay_balanced(tmp_path: Path) -> None:
    fitted, train, _ = peril()
    edits = read(tmp_path, {"kind": "cap", "most": 1.1}, {"kind": "smooth", "factor": "age", "levels": 5})
    changed, _ = edited(fitted, train, edits)
    assert (changed.rate(train.columns) * train.exposure).sum() == pytest.approx(train.counts.sum(), rel=1e-9)


def test_caps_and_rounding(tmp_path: Path) -> None:
    fitted, train, _ = peril()
    changed, _ = edited(fitted, train, read(tmp_path, {"kind": "cap", "least": 1.0, "most": 1.2}))
    before = relativities(fitted, "area")
    assert relativities(changed, "area") == pytest.approx(
        {name: min(max(own, 1.0), 1.2) for name, own in before.items()}
    )
    assert max(before.values()) > 1.2
    rounded, _ = edited(fitted, train, read(tmp_path, {"kind": "round", "to": 0.05}))
    steps = np.array(list(relativities(rounded, "area").values())) / 0.05
    assert np.allclose(steps, np.rint(steps))


def test_smoothing_keeps_the_mean_and_lessens_the_steps(tmp_path: Path) -> None:
    fitted, train, _ = peril()
    changed, _ = edited(fitted, train, read(tmp_path, {"kind": "smooth", "factor": "km", "levels": 3}))
    [place] = fitted.curves
    before, after = (np.log(one.curves[place].y) for one in (fitted, changed))
    assert np.abs(np.diff(after)).max() < np.abs(np.diff(before)).max()
    assert (np.diff(after) >= 0).all()


def test_credibility_lies_between(tmp_path: Path) -> None:
    fitted, train, _ = peril()
    old = np.where(train.columns["area"] == "south", 2.0, 1.0)
    for towards, target in (("base", 1.0), ("in_force", 2.0)):
        edits = read(tmp_path, {"kind": "credibility", "z": 0.25, "towards": towards}, in_force=True)
        changed, _ = edited(fitted, train, edits, lambda factor: old)
        fitted_south = relativities(fitted, "area")["south"]
        assert relativities(changed, "area")["south"] == pytest.approx(fitted_south**0.25 * target**0.75)


def test_credibility_towards_itself_changes_nothing(tmp_path: Path) -> None:
    fitted, train, _ = peril()
    [place] = fitted.curves
    own = fitted.curves[place].at(np.asarray(train.columns["km"], dtype=float))
    edit = {"kind": "credibility", "factor": "km", "z": 0.1, "towards": "in_force"}
    changed, _ = edited(fitted, train, read(tmp_path, edit, in_force=True), lambda factor: own)
    assert changed.curves[place].y == pytest.approx(fitted.curves[place].y)


BROKEN = [
    ("no reason", {"kind": "cap", "most": 2.0, "reason": " "}, "edit_needs"),
    ("nobody", {"kind": "cap", "most": 2.0, "by": ""}, "edit_needs"),
    ("unknown kind", {"kind": "improve"}, "plan_word_not_known"),
    ("unknown peril", {"kind": "cap", "most": 2.0, "peril": "flood"}, "plan_word_not_known"),
    ("unknown factor", {"kind": "cap", "most": 2.0, "factor": "moon"}, "plan_word_not_known"),
    ("a key of another kind", {"kind": "cap", "most": 2.0, "z": 0.5}, "unknown_key"),
    ("a cap without ends", {"kind": "cap"}, "edit_cap"),
    ("a cap upside down", {"kind": "cap", "least": 2.0, "most": 1.0}, "edit_cap"),
    ("no level", {"kind": "override", "relativity": 1.0}, "missing_key"),
    ("a relativity of nothing", {"kind": "override", "level": "south", "relativity": 0}, "plan_not_above_zero"),
    ("no relativity", {"kind": "override", "level": "south"}, "edit_needs"),
    ("an even window", {"kind": "smooth", "factor": "age", "levels": 4}, "edit_even"),
    ("rounding to nothing", {"kind": "round", "to": 5}, "edit_round"),
    ("a z above one", {"kind": "credibility", "z": 1.5}, "edit_z"),
    ("nothing in force", {"kind": "credibility", "z": 0.5, "towards": "in_force"}, "edit_without_in_force"),
]


@pytest.mark.parametrize(("change", "code"), [pytest.param(*case[1:], id=case[0]) for case in BROKEN])
def test_an_edit_that_is_none(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"kind": "cap", "most": 2.0, "peril": "accident"}, change)
    assert caught.value.code == code
    assert "edit 2" in caught.value.place
    assert caught.value.message("en") != caught.value.message("zh")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "override", "level": "east", "relativity": 1.0}, "edit_level"),
        ({"kind": "smooth", "levels": 3}, "edit_not_ordered"),
    ],
)
def test_an_edit_that_does_not_fit_the_tables(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    fitted, train, _ = peril()
    with pytest.raises(InputError) as caught:
        edited(fitted, train, read(tmp_path, change))
    assert caught.value.code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_edits(tmp_path / "none.yaml", PERILS, False)
    assert caught.value.code == "edits_not_found"
