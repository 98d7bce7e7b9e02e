"""The audit log: only grows, and whatever is changed, left out, put in or cut off shows."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pricing.errors import InputError
from service.cli.here import record_here
from service.releases.approval import Wish
from service.releases.audit_check import Head, check, head_of
from service.releases.history import HISTORY
from service.releases.release import release, rollback
from service.store import keys
from service.store.audit import Act, append, entries
from service.store.database import Engine, connect, database_url, reading, writing
from tests.months import run
from tests.service.releases import NOON, approved, law
from tests.service.secrets import CHAIN
from tests.service.serving import Service, client

WANTED = keys.Wanted("insurer", "picc", "Quoting system")


def three(engine: Engine) -> list[str]:
    """A key made, rotated, and the new one revoked: four entries. Ids of the keys."""
    with writing(engine) as connection:
        old = keys.create(connection, WANTED, "operator")
        new = keys.rotate(connection, old.key_id, None, NOON, "operator")
        keys.revoke(connection, new.key_id, "operator")
    return [old.key_id, new.key_id]


def checked(engine: Engine, releases: Path, *heads: str) -> dict[str, Any]:
    with reading(engine) as connection:
        return check(connection, [head_of(one) for one in heads], releases)


def by_hand(engine: Engine, *statements: str) -> None:
    """Statements as somebody writes them who has the database itself: without the triggers that forbid them."""
    with writing(engine) as connection:
        if connection.dialect.name == "sqlite":
            for action in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{action}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_whole_log_and_its_head(engine: Engine, tmp_path: Path) -> None:
    assert checked(engine, tmp_path)["head"] is None
    three(engine)
    found = checked(engine, tmp_path)
    assert (found["whole"], found["entries"], found["broken"], found["keys"]) == (True, 4, None, [])
    with writing(engine) as connection:
        append(connection, Act("operator", "test.done", "x"))
    later = checked(engine, tmp_path, found["head"])
    assert (later["whole"], later["entries"]) == (True, 5)
    assert later["heads"] == [{"head": found["head"], "stands": True}]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_lets_the_log_only_grow(engine: Engine, statement: str) -> None:
    three(engine)
    with pytest.raises(Exception, match="only grows"), writing(engine) as connection:
        connection.execute(text(statement))
    with reading(engine) as connection:
        assert len(list(entries(connection))) == 4


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE audit SET actor = 'k_somebody' WHERE number = 2"], {"number": 2, "why": "hash"}),
        (["UPDATE audit SET detail = '{}' WHERE number = 4"], {"number": 4, "why": "hash"}),
        (["DELETE FROM audit WHERE number = 2"], {"number": 3, "why": "number"}),
        (["DELETE FROM audit WHERE number = 1"], {"number": 2, "why": "number"}),
        (
            ["DELETE FROM audit WHERE number = 2", "UPDATE audit SET number = number - 1 WHERE number = 3"],
            {"number": 2, "why": "previous"},
        ),
        (["UPDATE audit SET previous = NULL WHERE number = 3"], {"number": 3, "why": "previous"}),
        (["UPDATE audit SET detail = 'no json' WHERE number = 1"], {"number": 1, "why": "hash"}),
    ],
)
def test_what_was_changed_by_hand(engine: Engine, tmp_path: Path, statements: list[str], broken: object) -> None:
    three(engine)
    by_hand(engine, *statements)
    found = checked(engine, tmp_path)
    assert (found["whole"], found["broken"]) == (False, broken)


def test_a_cut_end_shows_against_a_head_and_against_the_keys(engine: Engine, tmp_path: Path) -> None:
    [_, new] = three(engine)
    head = checked(engine, tmp_path)["head"]
    by_hand(engine, "DELETE FROM audit WHERE number = 4")
    found = checked(engine, tmp_path, head)
    assert (found["whole"], found["broken"], found["keys"]) == (False, None, [new])  # revoked, the log does not know
    assert found["heads"] == [{"head": head, "stands": False}]


def test_a_log_rewritten_with_good_hashes_shows_against_a_head(engine: Engine, tmp_path: Path) -> None:
    three(engine)
    head = checked(engine, tmp_path)["head"]
    by_hand(engine, "DELETE FROM audit", "DELETE FROM keys WHERE replaces IS NOT NULL", "DELETE FROM keys")
    three(engine)
    assert checked(engine, tmp_path)["whole"]
    assert not checked(engine, tmp_path, head)["whole"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE keys SET role = 'admin' WHERE id = '{new}'",
        "UPDATE keys SET revoked_at = NULL WHERE id = '{new}'",
        "UPDATE keys SET expires_at = NULL WHERE id = '{old}'",
        "UPDATE keys SET tenant = 'didi' WHERE id = '{old}'",
        "DELETE FROM keys WHERE id = '{new}'",
        "INSERT INTO keys (id, secret_sha256, role, tenant, holder, created_at)"
        " VALUES ('k_byhand', 'sha256:0', 'admin', 'operator', 'nobody', '2026-01-01T00:00:00+08:00')",
    ],
)
def test_a_key_that_was_made_or_changed_by_hand(engine: Engine, tmp_path: Path, statement: str) -> None:
    old, new = three(engine)
    with writing(engine) as connection:
        connection.execute(text(statement.format(old=old, new=new)))
    found = checked(engine, tmp_path)
    touched = "k_byhand" if "k_byhand" in statement else new if "{new}" in statement else old
    assert (found["whole"], found["broken"], found["keys"]) == (False, None, [touched])


@pytest.mark.parametrize(
    "text_", ["", "7", "7:", "0:sha256:" + "0" * 64, "x:sha256:" + "0" * 64, "1:sha256:" + "G" * 64]
)
def test_what_is_no_head(text_: str) -> None:
    with pytest.raises(InputError) as caught:
        head_of(text_)
    assert caught.value.code == "audit_head_not_valid"
    assert head_of("7:sha256:" + "a" * 64) == Head(7, "sha256:" + "a" * 64)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a store, a release and a rollback in both records."""
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    for name in ("LICHENG_DATABASE_URL", "LICHENG_TARIFF"):
        monkeypatch.delenv(name, raising=False)
    assert run("key", "create", "--role", "admin", "--holder", "Ops").code == 0
    releases = tmp_path / "home" / "releases"
    with record_here() as record:
        release(approved(law(tmp_path / "law"), releases), releases, "Zhao Min", NOON, record)
        rollback(releases, 0, Wish("Zhao Min", NOON, "withdrawn"), record)
    return tmp_path / "home"


def verified(*options: str) -> tuple[int, dict[str, Any]]:
    done = run("verify", "--audit", "--json", *options)
    return done.code, json.loads(done.out)


def test_the_log_ends_with_the_release_that_history_ends_with(home: Path) -> None:
    code, found = verified()
    assert (code, found["whole"], found["entries"]) == (0, True, 3)
    assert found["history"] == {"wrong": None, "recorded": 0, "last": 0, "unrecorded": 0, "error": None}


def test_a_history_cut_at_its_end(home: Path) -> None:
    path = home / "releases" / HISTORY
    path.write_text(path.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    code, found = verified()
    assert (code, found["history"]["wrong"], found["history"]["last"]) == (5, "cut", 1)
    path.unlink()
    shutil.rmtree(home / "releases" / "0001")
    assert verified()[1]["history"]["wrong"] == "cut"


def test_a_release_that_was_written_into_history_alone(home: Path) -> None:
    rollback(home / "releases", 1, Wish("nobody", NOON, "by hand"))
    code, found = verified()
    assert (code, found["history"]["wrong"], found["history"]["unrecorded"]) == (5, "ahead", 1)
    assert run("rollback", "--to", "0", "--by", "Zhao Min", "--reason", "looked at").code == 0
    code, found = verified()  # a later event that is recorded does not hide it
    assert (code, found["history"]["wrong"], found["history"]["unrecorded"]) == (5, "ahead", 1)


def test_a_history_that_is_broken_itself(home: Path) -> None:
    path = home / "releases" / HISTORY
    path.write_text(path.read_text(encoding="utf-8").replace("Zhao Min", "Somebody"), encoding="utf-8")
    code, found = verified()
    assert (code, found["history"]["wrong"], found["history"]["error"]["code"]) == (5, "broken", "history_chain_broken")


def test_a_release_elsewhere_is_told_apart(home: Path, tmp_path: Path) -> None:
    candidate = approved(law(tmp_path / "other"), tmp_path / "elsewhere")
    done = run("release", candidate, "--by", "Zhao Min", "--releases", tmp_path / "elsewhere")
    assert done.code == 0, done.err
    assert verified()[0] == 0


def test_releases_from_before_there_was_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    releases = tmp_path / "home" / "releases"
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    with record_here() as record:
        assert record is None
    long_ago = NOON.replace(year=2020)
    release(approved(law(tmp_path / "law"), releases, at=long_ago), releases, "Zhao Min", long_ago)
    run("key", "create", "--role", "admin", "--holder", "Ops")
    code, found = verified()
    assert (code, found["history"]["unrecorded"], found["history"]["wrong"]) == (0, 1, None)


@pytest.mark.parametrize(
    ("lang", "whole", "cut"), [("en", "is whole", "no longer stands"), ("zh", "日志完整", "已不在日志中")]
)
def test_pages(home: Path, lang: str, whole: str, cut: str) -> None:
    page = run("verify", "--audit", "--lang", lang)
    head = verified()[1]["head"]
    assert (page.code, whole in page.out, head in page.out) == (0, True, True)
    forged = f"2:sha256:{'0' * 64}"
    page = run("verify", "--audit", "--head", head, "--head", forged, "--lang", lang)
    assert (page.code, "".join(cut.split()) in "".join(page.out.split()), forged in page.out) == (5, True, True)


@pytest.mark.parametrize("arguments", [("--audit", "folder"), (), ("folder", "--head", "1:x")])
def test_calls_that_are_wrong(arguments: tuple[str, ...]) -> None:
    assert run("verify", *arguments).code == 2


def test_a_store_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    done = run("verify", "--audit")
    assert (done.code, "[store_missing]" in done.err, list(tmp_path.iterdir())) == (3, True, [])


def test_the_log_over_http_is_the_chain_in_pages(service: Service) -> None:
    items, address = [], "/v1/audit?limit=2"
    while address:
        page = service.get(address, "auditor").json()
        assert len(page["items"]) <= 2
        items, address = [*items, *page["items"]], page["next"]
    assert [one["number"] for one in items] == list(range(1, len(items) + 1))
    assert [one["previous"] for one in items] == [None, *(one["hash"] for one in items[:-1])]
    assert {one["action"] for one in items} == {"key.created", "audit.listed"}
    engine = connect(database_url("", service.home), CHAIN)
    with reading(engine) as connection:
        assert [one.hash for one in entries(connection)] == [one["hash"] for one in items]
    engine.dispose()
    assert "sha256" not in json.dumps([one["detail"] for one in items])


def test_an_entry_whose_facts_were_changed_is_listed_without_them(tmp_path: Path) -> None:
    with client(tmp_path) as service:
        engine = connect(database_url("", service.home), CHAIN)
        by_hand(engine, "UPDATE audit SET detail = 'no json' WHERE number = 2")
        engine.dispose()
        answer = service.get("/v1/audit?limit=3", "auditor")
    assert answer.status_code == 200, answer.text
    assert [bool(one["detail"]) for one in answer.json()["items"]] == [True, False, True]
