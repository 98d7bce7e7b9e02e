"""Approvals made with keys: two keys of two actuaries, in the audit log; typed names no longer count beside them."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.releases.history import read_history
from service.store.database import connect, database_url, writing
from tests.months import Done, run
from tests.service.releases import law
from tests.service.secrets import CHAIN

LI, CHEN = "Li Wei", "陈宇"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    for name in ("LICHENG_DATABASE_URL", "LICHENG_TARIFF", "LICHENG_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return law(tmp_path / "law")


def key(holder: str, role: str = "actuary", *more: str) -> str:
    done = run("key", "create", "--role", role, "--holder", holder, *more, "--json")
    assert done.code == 0, done.err
    token: str = json.loads(done.out)["token"]
    return token


def approve(candidate: Path, token: str, *more: str) -> Done:
    file = candidate.parent / "my.key"
    file.write_text(token + "\n", encoding="utf-8")
    return run("approve", candidate, "--key-file", file, "--json", *more)


def released(candidate: Path) -> Done:
    return run("release", candidate, "--by", "Zhao Min", "--json")


def approvals(candidate: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_file(candidate).read_text(encoding="utf-8"))["approvals"]
    return found


def _file(candidate: Path) -> Path:
    return candidate.with_name(f"{candidate.name}.approvals.json")


def change(home: Path, statement: str) -> None:
    engine = connect(database_url("", home), CHAIN)
    with writing(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_two_keys_of_two_people_put_a_tariff_in_force(home: Path, candidate: Path) -> None:
    li, chen = key(LI), key(CHEN)
    first = json.loads(approve(candidate, li, "--note", "read").out)
    assert (first["missing"], first["not_counted"]) == (1, [])
    assert json.loads(approve(candidate, chen).out)["missing"] == 0
    held = approvals(candidate)
    assert [(one["by"], one["kind"], one["key_id"]) for one in held] == [
        (LI, "key", li.split(".")[1]),
        (CHEN, "key", chen.split(".")[1]),
    ]
    assert all(token.split(".")[2] not in _file(candidate).read_text(encoding="utf-8") for token in (li, chen))
    done = released(candidate)
    assert done.code == 0, done.err
    assert [one["kind"] for one in json.loads(done.out)["approvals"]] == ["key", "key"]
    found = json.loads(run("verify", "--audit", "--json").out)
    assert (found["whole"], found["entries"], found["history"]["recorded"]) == (True, 5, 1)


def test_the_key_may_stand_in_the_environment(home: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_KEY", key(LI))
    for lang, words in (("en", "with the key"), ("zh", "以密钥")):
        page = run("approve", candidate, "--lang", lang)
        assert page.code == 0 or "[approval_twice]" in page.err
        assert words in page.out or lang == "zh"
    refused = run("approve", candidate, "--by", CHEN)
    assert (refused.code, "[approval_by_other]" in refused.err) == (2, True)


@pytest.mark.slow
def test_typed_names_do_not_count_once_there_are_keys(home: Path, candidate: Path) -> None:
    for name in (LI, CHEN):
        assert run("approve", candidate, "--by", name).code == 0
    li = key(LI)
    refused = released(candidate)
    assert (refused.code, "[approvals_not_authenticated]" in refused.err) == (3, True)
    shown = json.loads(approve(candidate, li).out)
    assert (shown["missing"], [one["by"] for one in shown["not_counted"]]) == (1, [LI, CHEN])
    assert "[approvals_not_authenticated]" in released(candidate).err
    page = run("approve", candidate, "--by", "Wang Fang", "--lang", "zh")
    assert (page.code, page.out.count("不计入")) == (0, 3)
    # revoking every key brings typed names not back
    assert run("key", "revoke", li.split(".")[1]).code == 0
    assert "[approvals_not_authenticated]" in released(candidate).err
    assert not (home / "releases" / "history.jsonl").exists()


@pytest.mark.parametrize("again", ["Li Wei", " LI  wei", "Wei Li", "Ｌｉ Ｗｅｉ", "Li, Wei", "li-wei"])
def test_two_keys_of_one_person_are_one_person(home: Path, candidate: Path, again: str) -> None:
    assert approve(candidate, key(LI)).code == 0
    refused = approve(candidate, key(again))
    assert (refused.code, "[approval_twice]" in refused.err) == (3, True)
    assert "[release_approvals_missing]" in released(candidate).err


def test_a_rotated_key_is_the_same_persons(home: Path, candidate: Path) -> None:
    li = key(LI)
    assert approve(candidate, li).code == 0
    fresh = json.loads(run("key", "rotate", li.split(".")[1], "--overlap", "0h", "--json").out)["token"]
    assert "[approval_twice]" in approve(candidate, fresh).err
    assert "[key_not_valid]" in approve(candidate, li).err
    assert approve(candidate, key(CHEN)).code == 0
    assert released(candidate).code == 0  # what an expired key approved while it held, counts


@pytest.mark.slow
def test_what_a_revoked_key_approved_counts_no_longer(home: Path, candidate: Path) -> None:
    li, chen = key(LI), key(CHEN)
    assert (approve(candidate, li).code, approve(candidate, chen).code) == (0, 0)
    run("key", "revoke", chen.split(".")[1])
    assert "[approvals_not_authenticated]" in released(candidate).err
    assert approve(candidate, key(CHEN)).code == 0
    assert released(candidate).code == 0


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (lambda: key("Picc", "insurer", "--tenant", "picc"), "not_permitted"),
        (lambda: key("Ops", "admin"), "not_permitted"),
        (lambda: key(LI)[:-1] + "!", "key_not_valid"),
        (lambda: key(LI).upper(), "key_not_valid"),
        (lambda: key(LI).rsplit(".", 1)[0] + "." + key(CHEN).rsplit(".", 1)[1], "key_not_valid"),
    ],
)
def test_what_is_no_actuarys_key(home: Path, candidate: Path, token: Any, code: str) -> None:
    text_ = token()
    refused = approve(candidate, text_)
    assert (refused.code, f"[{code}]" in refused.err) == (3, True), refused.err
    assert text_ not in refused.err + refused.out
    assert not _file(candidate).exists()


def test_a_key_without_a_store(home: Path, candidate: Path) -> None:
    refused = approve(candidate, "licheng.k_0123456789abcdef." + "A" * 43)
    assert (refused.code, "[store_missing]" in refused.err) == (3, True)
    assert not home.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "forged",
    [
        {"by": CHEN},
        {"note": "looked at everything"},
        {"overrides": [{"by": LI, "gate": "deviance", "reason": "none"}]},
        {"at": "2020-01-01T00:00:00+08:00"},
    ],
)
def test_an_approval_written_by_hand_is_in_no_log(home: Path, candidate: Path, forged: dict[str, Any]) -> None:
    assert (approve(candidate, key(LI)).code, approve(candidate, key(CHEN)).code) == (0, 0)
    first, second = approvals(candidate)
    _file(candidate).write_text(json.dumps({"format": 1, "approvals": [{**first, **forged}, second]}), encoding="utf-8")
    assert "[approvals_not_authenticated]" in released(candidate).err
    stolen = {**first, "by": CHEN, "key_id": second["key_id"], "note": "mine"}  # under a key that did not make it
    _file(candidate).write_text(json.dumps({"format": 1, "approvals": [first, stolen]}), encoding="utf-8")
    assert "[approvals_not_authenticated]" in released(candidate).err


def test_an_approval_whose_entry_was_changed_does_not_count_and_breaks_nothing(home: Path, candidate: Path) -> None:
    assert (approve(candidate, key(LI)).code, approve(candidate, key(CHEN)).code) == (0, 0)
    key("Ops", "admin")  # the last entry is looked at when a store is opened; those before it are not
    change(home, "DROP TRIGGER audit_no_update")
    for detail in ("no json", "[]", "{}"):
        change(home, f"UPDATE audit SET detail = '{detail}' WHERE action = 'candidate.approved'")
        refused = released(candidate)
        assert (refused.code, "[approvals_not_authenticated]" in refused.err) == (3, True), refused.err


def test_an_approval_whose_entry_is_missing_can_be_given_again(home: Path, candidate: Path) -> None:
    li = key(LI)
    assert approve(candidate, li).code == 0
    change(home, "DROP TRIGGER audit_no_delete")
    change(home, "DELETE FROM audit WHERE action = 'candidate.approved'")
    shown = json.loads(approve(candidate, li).out)
    assert ([one["by"] for one in shown["not_counted"]], shown["missing"]) == ([LI], 1)


@pytest.mark.slow
def test_without_keys_of_actuaries_it_is_as_it_was(home: Path, candidate: Path) -> None:
    assert run("approve", candidate, "--by", LI).code == 0
    assert [set(one) for one in approvals(candidate)] == [
        {"tariff_sha256", "against_sha256", "by", "at", "kind", "note", "overrides"}
    ]
    key("Ops", "admin")  # a store, but no actuary in it
    assert run("approve", candidate, "--by", CHEN).code == 0
    assert released(candidate).code == 0
    assert [event.number for event in read_history(home / "releases")] == [1]
    assert json.loads(run("verify", "--audit", "--json").out)["entries"] == 3
