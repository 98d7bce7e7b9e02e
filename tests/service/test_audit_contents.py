"""The audit log against what is stored, and against who has the database without the secret."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.auth.keyring import Keyring
from service.releases.audit_check import check
from service.store import keys, levies, quotes, workers
from service.store.audit import Act, append, entries
from service.store.database import Engine, reading, writing
from service.store.levies import Ended, Levy
from service.store.quotes import Quote
from tests.months import run
from tests.service.test_audit import by_hand

AT = "2026-11-26T10:00:00+08:00"


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two quotes of two workers, the second erased, and a month."""
    with writing(engine) as connection:
        key = keys.create(connection, keys.Wanted("insurer", "picc", "Quoting system"), "operator").key_id
        for number in (1, 2):
            documents = {"request": b"sealed", "answer": b"sealed too", "answer_sha256": "sha256:3"}
            days = {"created_at": AT, "valid_until": "2026-12-26", "month": "2026-10", "known_on": "2026-11-26"}
            whose = {"id": f"q_{number}", "key_id": key, "tenant": "picc", "worker_key": f"w_{number}"}
            stored = Quote(**whose, **days, edition="sha256:2", release=0, **documents)  # type: ignore[arg-type]
            quotes.put(connection, [(stored, None)])
        sent = Levy("lv_1", key, "meituan", "2026-10", "queued", AT, "{}")
        levies.put(connection, sent, Act(key, levies.RECEIVED, "lv_1", {"month": "2026-10"}))
        assert levies.claim(connection, "lv_1", "runner") is not None
        assert levies.finish(connection, "lv_1", "runner", Ended(7))
        workers.erase(connection, "w_2", "operator")
    return engine


def found(engine: Engine, folder: Path) -> dict[str, Any]:
    with reading(engine) as connection:
        return check(connection, [], folder)


def test_what_is_stored_is_as_the_log_says(filled: Engine, tmp_path: Path) -> None:
    whole = found(filled, tmp_path)
    assert (whole["whole"], whole["contents"]) == (True, {"compared": 4, "wrong": 0, "first": []})
    with reading(filled) as connection:
        log = " ".join(entry.detail for entry in entries(connection))
    assert "w_2" not in log


def test_an_erasure_takes_the_hash_of_the_answer_along_and_can_be_done_again(filled: Engine, tmp_path: Path) -> None:
    with writing(filled) as connection:
        erased = connection.execute(text("SELECT answer_sha256 FROM quotes WHERE id = 'q_2'")).scalar_one()
        workers.erase(connection, "w_2", "operator")
    assert erased is None
    assert found(filled, tmp_path)["whole"]


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE quotes SET month = '2020-01' WHERE id = 'q_1'", ("quote", "changed")),
        ("UPDATE quotes SET worker_key = 'w_9' WHERE id = 'q_1'", ("quote", "changed")),
        ("UPDATE quotes SET answer = request WHERE id = 'q_1'", ("quote", "changed")),
        ("UPDATE quotes SET answer_sha256 = 'sha256:4' WHERE id = 'q_1'", ("quote", "changed")),
        ("UPDATE quotes SET request = NULL, answer = NULL WHERE id = 'q_1'", ("quote", "changed")),
        (
            "UPDATE quotes SET request = NULL, answer = NULL, answer_sha256 = NULL,"
            " erased_at = (SELECT erased_at FROM erasures) WHERE id = 'q_1'",
            ("quote", "changed"),
        ),
        ("UPDATE quotes SET answer = request, erased_at = NULL WHERE id = 'q_2'", ("quote", "changed")),
        ("DELETE FROM quotes WHERE id = 'q_1'", ("quote", "missing")),
        ("UPDATE quotes SET id = 'q_3' WHERE id = 'q_1'", ("quote", "unlogged")),
        ("UPDATE levies SET tenant = 'didi'", ("levy", "changed")),
        ("""UPDATE levies SET "order" = '{ }'""", ("levy", "changed")),
        ("UPDATE levies SET state = 'failed'", ("levy", "changed")),
        ("DELETE FROM levies", ("levy", "missing")),
        ("UPDATE levies SET id = 'lv_2'", ("levy", "unlogged")),
        ("DELETE FROM erasures", ("erasure", "missing")),
        (f"INSERT INTO erasures VALUES ('w_7', '{AT}')", ("erasure", "unlogged")),
        (f"UPDATE erasures SET erased_at = '{AT}'", ("erasure", "changed")),
    ],
)
def test_what_was_changed_by_hand(filled: Engine, tmp_path: Path, statement: str, finding: tuple[str, str]) -> None:
    with writing(filled) as connection:
        connection.execute(text(statement))
    wrong = found(filled, tmp_path)
    assert (wrong["whole"], wrong["broken"]) == (False, None)
    assert finding in [(one["what"], one["why"]) for one in wrong["contents"]["first"]]


def chained(said: list[dict[str, Any]], key: bytes | None) -> list[dict[str, Any]]:
    """Entries sealed anew, as somebody does who knows how, and has another key or none."""
    previous, sealed = None, []
    for one in said:
        entry = {**{name: value for name, value in one.items() if name != "hash"}, "previous": previous}
        plain = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        plainly = "sha256:" + hashlib.sha256(plain).hexdigest()
        previous = plainly if key is None else "hmac-sha256:" + hmac.digest(key, plain, "sha256").hex()
        sealed.append({**entry, "hash": previous})
    return sealed


@pytest.mark.parametrize(
    ("key", "why"), [(None, {"number": 6, "why": "unkeyed"}), (b"another key", {"number": 1, "why": "hash"})]
)
def test_a_chain_that_was_rewritten_without_the_secret(
    filled: Engine, tmp_path: Path, key: bytes | None, why: dict[str, object]
) -> None:
    with reading(filled) as connection:
        said = [dict(row) for row in connection.execute(text("SELECT * FROM audit ORDER BY number")).mappings()]
    by_hand(filled, "DELETE FROM audit")
    names = ", ".join(said[0])
    with writing(filled) as connection:
        for entry in chained(said, key):
            connection.execute(text(f"INSERT INTO audit ({names}) VALUES (:{', :'.join(said[0])})"), entry)
    assert found(filled, tmp_path)["broken"] == why
    with writing(filled) as connection:  # what the service writes then does not make it whole
        append(connection, Act("operator", "test.done", "x"))
    assert found(filled, tmp_path)["broken"] == (why if key else {"number": 7, "why": "keyed"})


def test_an_entry_without_a_key_after_keyed_ones(filled: Engine, tmp_path: Path) -> None:
    by_hand(filled, "UPDATE audit SET hash = 'sha256:0' WHERE number = 6")
    assert found(filled, tmp_path)["broken"] == {"number": 6, "why": "unkeyed"}


def test_commands_that_write_the_log_take_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    for name in ("LICHENG_DATABASE_URL", "LICHENG_SECRET", "LICHENG_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)
    made = json.loads(run("key", "create", "--role", "admin", "--holder", "Ops", "--json").out)["key"]["id"]
    secret = tmp_path / "secret"
    kept = secret.read_bytes()
    assert Keyring.of(kept.strip()).chaining
    secret.unlink()
    for words in (
        ("key", "revoke", made),
        ("verify", "--audit"),
        ("key", "create", "--role", "admin", "--holder", "x"),
    ):
        done = run(*words)
        assert (done.code, "[audit_without_secret]" in done.err, secret.exists()) == (3, True, False), done.err
    assert run("key", "list").code == 0
    monkeypatch.setenv("LICHENG_SECRET", "dG8gYmUgb3Igbm90IHRvIGJlIHRoYXQgaXMgdGhlIHF1")
    for words in (("key", "revoke", made), ("key", "create", "--role", "admin", "--holder", "x")):
        done = run(*words)
        assert (done.code, "[audit_other_secret]" in done.err) == (3, True)
    assert json.loads(run("verify", "--audit", "--json").out)["broken"] == {"number": 1, "why": "hash"}
    monkeypatch.delenv("LICHENG_SECRET")
    secret.write_bytes(kept)
    secret.chmod(0o600)
    assert run("key", "revoke", made).code == 0
    assert json.loads(run("verify", "--audit", "--json").out)["whole"]


@pytest.mark.parametrize(("lang", "words"), [("en", "not as the log says"), ("zh", "与日志不符")])
def test_the_page_names_what_is_not_as_the_log_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, words: str
) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    for name in ("LICHENG_DATABASE_URL", "LICHENG_SECRET", "LICHENG_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert run("key", "create", "--role", "admin", "--holder", "Ops").code == 0
    from service.cli.here import looked_at

    with looked_at() as engine, writing(engine) as connection:
        connection.execute(text(f"INSERT INTO erasures VALUES ('w_7', '{AT}')"))
    page = run("verify", "--audit", "--lang", lang)
    assert (page.code, "".join(words.split()) in "".join(page.out.split())) == (5, True)
