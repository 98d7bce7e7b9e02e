"""What may not be approved, released or rolled back, each refused by name with nothing written."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pricing.errors import LichengError, TariffError
from pricing.folder_hash import file_hash, folder_hash
from pricing.tariff import SHIPPED, Tariff
from service.releases.approval import Wish, approve, pairs, person, same_person
from service.releases.history import in_force, read_history
from service.releases.release import release, rollback
from tests.service.releases import (
    BASE_ID,
    NOON,
    approved,
    facts,
    gate,
    law,
    number_in_force,
    released,
    run_folder,
    write,
)

ONE_NUMBER = """
name: base
title: {en: Base, zh: 基数}
unit: claims per million million
entries:
  - effective_from: 2026-01
    known_from: 2026-01-01
    status: demonstration
    evidence: none
    source: {title: A test}
    value: 7
"""
LI, CHEN = "Li Wei", "陈宇"


def code_of(act: Callable[[], object]) -> str:
    """The code an act is refused with."""
    with pytest.raises(LichengError) as caught:
        act()
    for lang in ("en", "zh"):
        assert caught.value.message(lang)
    return caught.value.code


@pytest.mark.parametrize("again", ["Li Wei", " li  wei ", "LI WEI", "Ｌｉ　Ｗｅｉ", "Li\tWei"])
def test_one_person_is_one_person(again: str) -> None:
    assert same_person(again) == same_person(LI)
    assert same_person("Li Wen") != same_person(LI)


@pytest.mark.parametrize(("name", "code"), [("", "person_missing"), (" \u3000", "person_missing")])
def test_nobody(name: str, code: str) -> None:
    assert code_of(lambda: person(name)) == code


def test_a_name_with_what_cannot_be_seen() -> None:
    assert code_of(lambda: person("Li\u200b Wei")) == "person_not_valid"


def test_two_approvals_by_one_person(tmp_path: Path) -> None:
    candidate = approved(law(tmp_path / "law"), tmp_path / "releases", LI)
    assert code_of(lambda: approve(candidate, tmp_path / "releases", Wish(" LI  wei", NOON))) == "approval_twice"
    file = tmp_path / "law.approvals.json"
    held = json.loads(file.read_text(encoding="utf-8"))
    assert [one["by"] for one in held["approvals"]] == [LI]
    # also where the file was written by hand
    write(file, {**held, "approvals": [*held["approvals"], {**held["approvals"][0], "by": "ＬＩ wei"}]})
    assert code_of(lambda: release(candidate, tmp_path / "releases", LI, NOON)) == "release_approvals_missing"
    assert not (tmp_path / "releases" / "history.jsonl").exists()


def test_a_tariff_that_changed_since_its_approval(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    candidate = approved(law(tmp_path / "law"), releases)
    path = candidate / "contribution_base.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("floor: 750000", "floor: 750001"), encoding="utf-8")
    assert code_of(lambda: release(candidate, releases, LI, NOON)) == "release_hash_differs"
    assert number_in_force(releases) == 0
    approve(candidate, releases, Wish(LI, NOON))
    assert code_of(lambda: release(candidate, releases, LI, NOON)) == "release_hash_differs"
    approve(candidate, releases, Wish(CHEN, NOON))
    assert release(candidate, releases, LI, NOON)["number"] == 1


def test_an_override_needs_its_reason_and_a_failed_gate(tmp_path: Path) -> None:
    assert code_of(lambda: pairs(["deviance"], [])) == "override_without_reason"
    assert code_of(lambda: pairs(["deviance"], ["  "])) == "override_without_reason"
    assert code_of(lambda: pairs(["deviance"], ["a", "b"])) == "reason_without_override"
    assert pairs(["a", "b"], [" one", "two "]) == (("a", "one"), ("b", "two"))
    run = run_folder(tmp_path / "run", failed=("deviance",))
    wish = Wish(LI, NOON, overrides=(("lint", "it passed"),))
    assert code_of(lambda: approve(run, tmp_path / "releases", wish)) == "override_not_failed"
    assert not (run / "approvals.json").exists()


def test_gates_are_looked_at_again_when_released(tmp_path: Path) -> None:
    run, releases = run_folder(tmp_path / "run"), tmp_path / "releases"
    approved(run, releases)
    write(run / "gates.json", {"format": 1, "passed": False, "gates": [gate("deviance", "injury", False)]})
    assert code_of(lambda: release(run, releases, LI, NOON)) == "gates_failed"
    write(run / "gates.json", {"format": 1, "passed": True, "gates": [gate("deviance", "injury", False)]})
    assert code_of(lambda: release(run, releases, LI, NOON)) == "release_file_not_valid"
    (run / "gates.json").unlink()
    assert code_of(lambda: release(run, releases, LI, NOON)) == "gates_missing"


def test_a_tariff_in_which_lint_finds_an_error(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    candidate = law(tmp_path / "law", floor=3_800_000)  # above its cap of 37,000.00
    with pytest.raises(TariffError) as caught:
        approve(candidate, releases, Wish(LI, NOON))
    assert caught.value.code == "candidate_lint_errors"
    assert str(caught.value.values["first"]).startswith(BASE_ID)
    assert not (tmp_path / "law.approvals.json").exists()


def test_tables_without_law(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "factors.yaml").write_text("factors: {vehicle: {levels: [e_bike], complete: true}}\n", encoding="utf-8")
    (tables / "base.yaml").write_text(ONE_NUMBER, encoding="utf-8")
    peril = "perils:\n  injury: {exposure: [months], frequency: {base: base, relativities: []}}\n"
    (tables / "perils.yaml").write_text(peril, encoding="utf-8")
    assert list(Tariff.load(tables).perils) == ["injury"]
    assert code_of(lambda: approve(tables, tmp_path / "releases", Wish(LI, NOON))) == "candidate_without_law"


def test_a_copy_that_is_not_what_was_approved(tmp_path: Path) -> None:
    releases, elsewhere = tmp_path / "releases", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "note.md").write_text("not looked at", encoding="utf-8")
    candidate = law(tmp_path / "law")
    (candidate / "linked").symlink_to(elsewhere)
    approved(candidate, releases)
    assert code_of(lambda: release(candidate, releases, LI, NOON)) == "release_changed_meanwhile"
    assert (number_in_force(releases), list(releases.glob("*0001*"))) == (0, [])


def test_a_tariff_that_needs_what_is_not_hashed(tmp_path: Path) -> None:
    releases, candidate = tmp_path / "releases", law(tmp_path / "law")
    (candidate / ".cost").mkdir()
    (candidate / "work_injury" / "observed_cost.yaml").rename(candidate / ".cost" / "observed_cost.yaml")
    schemes = (candidate / "schemes.yaml").read_text(encoding="utf-8")
    hidden = schemes.replace("anchor: work_injury/observed_cost", "anchor: .cost/observed_cost")
    assert hidden != schemes
    (candidate / "schemes.yaml").write_text(hidden, encoding="utf-8")
    approved(candidate, releases)
    assert code_of(lambda: release(candidate, releases, LI, NOON)) == "table_missing"
    assert (number_in_force(releases), list(releases.glob("*0001*"))) == (0, [])


def test_a_folder_that_is_no_candidate(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    releases = tmp_path / "releases"
    assert code_of(lambda: approve(tmp_path / "nothing", releases, Wish(LI, NOON))) == "candidate_not_found"
    # its gates go with it
    assert code_of(lambda: approve(run / "tariff", releases, Wish(LI, NOON))) == "candidate_inside_run"


def test_a_run_whose_tariff_was_edited_afterwards(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    (run / "tariff" / "note.md").write_text("a thought", encoding="utf-8")
    assert code_of(lambda: approve(run, tmp_path / "releases", Wish(LI, NOON))) == "candidate_altered"
    broken = {name: value for name, value in facts(run, SHIPPED).items() if name != "data_sha256"}
    write(run / "candidate.json", {**broken, "gates_passed": True})
    assert code_of(lambda: approve(run, tmp_path / "releases", Wish(LI, NOON))) == "release_file_not_valid"


def test_an_approvals_file_that_is_broken(tmp_path: Path) -> None:
    candidate = law(tmp_path / "law")
    for content in ({}, {"approvals": [{"by": LI}]}, {"approvals": [1]}):
        write(tmp_path / "law.approvals.json", content)
        refused = code_of(lambda: approve(candidate, tmp_path / "releases", Wish(LI, NOON)))
        assert refused == "release_file_not_valid"


@pytest.mark.slow
def test_a_candidate_made_before_another_release_does_not_undo_it(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    run = approved(run_folder(tmp_path / "run"), releases, LI)
    shipped = approved(shutil.copytree(SHIPPED, tmp_path / "as_before"), releases)
    released(law(tmp_path / "law"), releases)
    # The run was made from a tariff without the new base: releasing it would take the base away again.
    assert code_of(lambda: approve(run, releases, Wish(CHEN, NOON))) == "candidate_base_differs"
    assert code_of(lambda: release(shipped, releases, LI, NOON)) == "release_base_differs"
    # Law may take an entry back, where two people have seen that it does.
    shown = approve(shipped, releases, Wish(LI, NOON))
    assert [table["gone"] for table in shown["changes"]["tables"]] == [[BASE_ID]]
    approve(shipped, releases, Wish(CHEN, NOON))
    assert release(shipped, releases, LI, NOON)["number"] == 2


def test_the_very_tariff_in_force(tmp_path: Path) -> None:
    candidate = approved(shutil.copytree(SHIPPED, tmp_path / "as_before"), tmp_path / "releases")
    assert code_of(lambda: release(candidate, tmp_path / "releases", LI, NOON)) == "release_in_force"


def test_rollbacks_that_are_refused(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    assert code_of(lambda: rollback(releases, 0, Wish(LI, NOON, "why not"))) == "rollback_nothing"
    released(law(tmp_path / "law"), releases)
    assert code_of(lambda: rollback(releases, 0, Wish(LI, NOON, " "))) == "rollback_reason_missing"
    assert code_of(lambda: rollback(releases, 7, Wish(LI, NOON, "why not"))) == "rollback_unknown"
    assert code_of(lambda: rollback(releases, 1, Wish(LI, NOON, "why not"))) == "rollback_in_force"
    assert code_of(lambda: rollback(releases, 0, Wish("", NOON, "why not"))) == "person_missing"
    rollback(releases, 0, Wish(LI, NOON, "withdrawn"))
    with (releases / "0001" / "contribution_base.yaml").open("a", encoding="utf-8") as file:
        file.write("# a line more\n")
    assert code_of(lambda: rollback(releases, 1, Wish(LI, NOON + dt.timedelta(1), "after all"))) == "release_altered"
    assert [event.number for event in read_history(releases)] == [1, 0]
    assert in_force(releases).folder == SHIPPED


@pytest.mark.parametrize("name", ["gates.json", "model_card.md", "tables/one.yaml"])
def test_papers_that_no_step_wrote_are_not_approved(tmp_path: Path, name: str) -> None:
    """Each file is held to the hash that its step left: a gate turned by hand, a card with another name in it."""
    run = run_folder(tmp_path / "run")
    place = run / name
    place.parent.mkdir(exist_ok=True)
    if not place.exists():
        place.write_text("as it was", encoding="utf-8")
    output = name.split("/")[0]
    hashed = folder_hash(run / output) if (run / output).is_dir() else file_hash(run / output)
    record = {"inputs": "", "outputs": {output: hashed}, "seconds": 1}
    (run / "steps.json").write_text(json.dumps({"report": record}), encoding="utf-8")
    approve(run, tmp_path / "releases", Wish(LI, NOON))
    place.write_text(place.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert code_of(lambda: approve(run, tmp_path / "releases", Wish(CHEN, NOON))) == "candidate_papers_altered"


@pytest.mark.parametrize("override", [{"by": LI, "gate": "deviance", "reason": " "}, {"nothing": 1}])
def test_an_override_without_a_reason_is_no_override(tmp_path: Path, override: dict[str, object]) -> None:
    run = run_folder(tmp_path / "run", failed=("deviance",))
    good = Wish(LI, NOON, overrides=(("deviance", "four claims only"),))
    approve(run, tmp_path / "releases", good)
    path = run / "approvals.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    found["approvals"][0]["overrides"].append(override)
    path.write_text(json.dumps(found), encoding="utf-8")
    assert code_of(lambda: approve(run, tmp_path / "releases", Wish(CHEN, NOON))) == "release_file_not_valid"
